// asyncio's servers: a listening socket, and a task a connection. What comes is taken by a callback of the loop's, so that a server can be
// closed by anybody at any time; its connections' tasks go on until they are over.
//
// A server is held by its owner, by each of its connections, by whoever waits for it, and while its callback is queued.
#include "src/io/endpoint.h"
#include "src/io/epoll_poller.h"
#include "src/io/stream_int.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define BACKLOG 100                   // asyncio's
#define PAUSE_WITHOUT_FDS TICK_SEC(1) // asyncio's ACCEPT_RETRY_DELAY

struct tick_server {
    struct tick_file file; // first
    struct tick_loop *loop;
    struct tick__task_owned owned; // the loop's, while it listens
    struct tick_op accept;
    struct tick_handle take; // queued when something has come; each time another, to who asks
    struct tick_maker maker;
    struct tick_handle *pause;
    tick_serve_fn *serve;
    void *arg;
    const struct tick_loc *loc;
    struct connection *connections; // newest first
    struct stream_waiter *serving;  // tick_serve's; NULL: it was opened otherwise
    struct stream_waiter *waiters;  // until all is over
    int ended;                      // why it listens no more; 0: it does
    bool queued;
    uint32_t refs;
};

// A connection and the task that serves it; freed when that task is done.
struct connection {
    struct tick_server *server;
    struct tick_stream *stream;
    struct tick_task *task;
    struct connection *next, *previous;
    struct tick_handle done;
};

static void unref(struct tick_server *server) {
    if (--server->refs == 0)
        tick__block_free(server);
}

static void wake_waiters(struct tick_server *server) {
    if (server->serving && server->ended)
        tick__future_finish(&server->serving->future, 0, 0, 0);
    if (server->ended && !server->connections)
        for (struct stream_waiter *waiter = server->waiters; waiter; waiter = waiter->next)
            tick__future_finish(&waiter->future, 0, 0, 0);
}

// --- connections ---

static int serve_one(void *arg) {
    struct connection *connection = arg;
    return connection->server->serve(connection->stream, connection->server->arg);
}

// What a client's going away looks like from inside a handler: no reason to report anything.
static bool lost(int code) {
    return code == -ECONNRESET || code == -EPIPE || code == -ETIMEDOUT || code == TICK_ECLOSED;
}

static void served(struct tick_future *future, void *arg) {
    struct connection *connection = arg;
    struct tick_server *server = connection->server;
    struct tick_failure *failure = tick_future_cancelled(future) ? NULL : tick_future_failure(future);
    if (failure && !lost(failure->code)) {
        tick_loop_report(server->loop, &(struct tick_report){
                                           .message = "Unhandled exception in client_connected_cb",
                                           .failure = failure,
                                           .task = connection->task,
                                       });
    }
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    tick_task_unref(connection->task);
    tick__block_free(connection);
    wake_waiters(server);
    unref(server);
}

// Starts a task for the connection, whose identity is the connection's own and not the order of accepting. Takes over fd. Without memory
// that connection is lost; the server is not.
static void start(struct tick_server *server, int fd) {
    struct tick_loop *loop = server->loop;
    struct tick_io *io = server->file.io;
    tick_id id = 0;
    uint32_t object = 0;
    if (io->sys->ops->connection)
        io->sys->ops->connection(io->sys, fd, &id, &object);
    struct connection *connection = tick__block_alloc(loop, sizeof *connection);
    if (!connection) {
        io->sys->ops->close(io->sys, fd);
        return;
    }
    *connection = (struct connection){.server = server, .next = server->connections};
    int one = 1;
    // Only a hint: a connection that is reset by now fails here, and its handler will see that by itself.
    int ignored = io->sys->ops->setsockopt(io->sys, fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)ignored;
    if (tick__stream_open(loop, io, fd, NULL, "accepted", &connection->stream) < 0) {
        tick__block_free(connection);
        return;
    }
    connection->task = tick__spawn_as(loop, id, object, server->loc->name, serve_one, connection, server->loc);
    if (!connection->task) {
        tick_stream_close(connection->stream);
        tick__block_free(connection);
        return;
    }
    tick_task_ref(connection->task);
    tick_stream_move(connection->stream, connection->task);
    if (connection->next)
        connection->next->previous = connection;
    server->connections = connection;
    server->refs++;
    connection->done =
        (struct tick_handle){.loop = loop, .refs = 1, .kind = TICK__DONE, .embedded = 1, .hidden = 1, .arg = connection, .id = id};
    connection->done.fn.done = served;
    tick__future_attach(tick_task_future(connection->task), &connection->done);
}

// --- listening ---

static void server_dropped(struct tick_file *file) {
    (void)file; // the loop has closed it before
}

static void listen_on(void *arg);

// What has come is taken in the loop's next turn.
static void queue(struct tick_server *server) {
    if (server->queued)
        return;
    server->queued = true;
    server->refs++;
    if (server->loop->observed) {
        server->take.id = tick_maker_next(&server->maker, TICK_OBJECT_HANDLE, NULL);
        server->take.cause = tick__here(server->loop);
    }
    tick__ready_push(server->loop, &server->take);
}

static void accepted(struct tick_op *op) {
    queue((struct tick_server *)op->file);
}

// It listens no more: why is an error.
static void end(struct tick_server *server, int why) {
    struct tick_io *io = server->file.io;
    if (server->ended)
        return;
    server->ended = why;
    if (server->queued && server->accept.result >= 0) // accepted, and nobody comes for it
        io->sys->ops->close(io->sys, (int)server->accept.result);
    if (server->pause) {
        tick_handle_cancel(server->pause);
        tick_handle_unref(server->pause);
        server->pause = NULL;
    }
    tick__owned_remove(&server->owned);
    io->ops->close(io, &server->file);
    wake_waiters(server);
}

static void over_pause(void *arg) {
    struct tick_server *server = arg;
    tick_handle_unref(server->pause);
    server->pause = NULL;
    listen_on(server);
}

// Out of fds or memory: as asyncio does, it leaves the rest to the backlog for a while.
static void rest(struct tick_server *server) {
    struct tick_loop *loop = server->loop;
    tick_loop_report(loop, &(struct tick_report){.message = "socket.accept() out of system resource"});
    if (server->ended) // by the report's handler
        return;
    const int64_t when = tick__after(loop->sys->ops->now(loop->sys), PAUSE_WITHOUT_FDS);
    server->pause = tick__timer_new(loop, when, over_pause, server, "accept", server->loc, true);
    if (!server->pause)
        end(server, -ENOMEM);
}

// Takes what accepting came to. False: no more for now.
static bool took(struct tick_server *server) {
    const int result = (int)server->accept.result;
    if (result >= 0) {
        start(server, result);
    } else if (result == -EMFILE || result == -ENFILE || result == -ENOMEM || result == -ENOBUFS) {
        rest(server);
        return false;
    } else if (result != -ECONNABORTED) {
        end(server, result);
    }
    return !server->ended;
}

static void listen_on(void *arg) {
    struct tick_server *server = arg;
    struct tick_io *io = server->file.io;
    while (io->ops->submit(io, &server->accept) && took(server))
        ;
}

static void take(void *arg) {
    struct tick_server *server = arg;
    const bool listens = !server->ended;
    server->queued = false;
    if (listens && took(server))
        listen_on(server);
    unref(server);
}

static int listen_at(struct tick_sys *sys, const struct tick_address *address) {
    struct sockaddr_storage where = {0};
    socklen_t size = sizeof where;
    if (address->host[0]) {
        TICK_TRY(sys->ops->resolve(sys, address->host, address->port, &where, &size));
    } else {
        struct sockaddr_in *any = (struct sockaddr_in *)&where;
        any->sin_family = AF_INET;
        any->sin_port = htons(address->port);
        any->sin_addr.s_addr = htonl(INADDR_ANY);
        size = sizeof *any;
    }
    int fd = sys->ops->socket(sys, where.ss_family, SOCK_STREAM, 0);
    if (fd < 0)
        return fd;
    int one = 1;
    int result = sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (result == 0)
        result = sys->ops->bind(sys, fd, (struct sockaddr *)&where, size);
    if (result == 0)
        result = sys->ops->listen(sys, fd, BACKLOG);
    if (result < 0) {
        sys->ops->close(sys, fd);
        return result;
    }
    return fd;
}

static void loop_closes(struct tick__task_owned *owned) {
    end((struct tick_server *)((char *)owned - offsetof(struct tick_server, owned)), TICK_ECLOSED);
}

static int make(struct tick_io *io, int fd, const char *text, const struct tick_loc *loc, struct tick_server **out) {
    struct tick_loop *loop = tick__loop_running;
    struct tick_server *server = tick__block_alloc(loop, sizeof *server);
    if (!server) {
        io->sys->ops->close(io->sys, fd);
        return -ENOMEM;
    }
    *server = (struct tick_server){.loop = loop, .loc = loc, .refs = 1};
    server->file.fd = fd;
    server->file.drop = server_dropped;
    server->file.object = tick__io_tell(loop, text, loc);
    const int result = io->ops->open(io, &server->file);
    if (result < 0) {
        tick__block_free(server);
        return result;
    }
    server->accept = (struct tick_op){.file = &server->file, .kind = TICK_OP_ACCEPT, .done = accepted};
    server->take = (struct tick_handle){.loop = loop, .refs = 1, .kind = TICK__CALL, .embedded = 1, .hidden = 1, .arg = server};
    server->take.fn.call = take;
    if (loop->observed) {
        server->maker.id = tick_maker_next(loop->maker, TICK_OBJECT_HANDLE, NULL);
        server->take.object = server->file.object; // what it makes is the listener's
    }
    server->owned.fn = loop_closes;
    tick__loop_at_close(loop, &server->owned);
    *out = server;
    return 0;
}

// --- for programs ---

int tick_server_open_at(const char *text, tick_serve_fn *serve, void *arg, struct tick_server **out, const struct tick_loc *loc) {
    struct tick_io *io = tick__io_running();
    if (!io)
        return TICK_EINVALSTATE;
    struct tick_address address;
    TICK_TRY(tick__trouble(io, text, loc, tick_address_parse(text, &address)));
    const int fd = listen_at(io->sys, &address);
    if (fd < 0)
        return tick__trouble(io, text, loc, fd);
    struct tick_server *server;
    TICK_TRY(make(io, fd, text, loc, &server));
    server->serve = serve;
    server->arg = arg;
    if (io->ops->submit(io, &server->accept))
        queue(server);
    *out = server;
    return 0;
}

void tick_server_close(struct tick_server *server) {
    if (server)
        end(server, TICK_ECLOSED);
}

void tick_server_cancel(struct tick_server *server) {
    if (!server)
        return;
    end(server, TICK_ECLOSED);
    for (struct connection *each = server->connections; each; each = each->next)
        tick_task_cancel(each->task, NULL);
}

void tick_server_free(struct tick_server *server) {
    if (!server)
        return;
    end(server, TICK_ECLOSED);
    unref(server);
}

static const struct tick_future_ops wait_ops = {.type = TICK_OBJECT_FUTURE};

int tick_server_wait_at(struct tick_server *server, const struct tick_loc *loc) {
    if (!tick_task_current())
        return TICK_EINVALSTATE;
    if (server->ended && !server->connections)
        return 0;
    struct stream_waiter waiter = {.next = server->waiters};
    server->waiters = &waiter;
    server->refs++;
    tick__future_init(&waiter.future, server->loop, &wait_ops, loc);
    const int result = tick__await_at(&waiter.future, loc);
    struct stream_waiter **at = &server->waiters;
    while (*at != &waiter)
        at = &(*at)->next;
    *at = waiter.next;
    tick__future_fini(&waiter.future);
    unref(server);
    return result;
}

int tick_serve_at(const char *text, tick_serve_fn *serve, void *arg, const struct tick_loc *loc) {
    struct tick_server *server;
    if (!tick_task_current())
        return TICK_EINVALSTATE;
    TICK_TRY(tick_server_open_at(text, serve, arg, &server, loc));
    struct stream_waiter waiter = {0};
    server->serving = &waiter;
    tick__future_init(&waiter.future, server->loop, &wait_ops, loc);
    int result = server->ended ? 0 : tick__await_at(&waiter.future, loc);
    server->serving = NULL;
    tick__future_fini(&waiter.future);
    if (result == 0)
        result = server->ended;
    tick_server_free(server);
    return result;
}
