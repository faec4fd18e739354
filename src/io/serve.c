// asyncio.start_server and serve_forever: a listening socket, and a task a connection.
#include "src/base/alloc.h"
#include "src/io/endpoint.h"
#include "src/io/epoll_poller.h"
#include "src/io/stream_int.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define BACKLOG 100                   // asyncio's
#define PAUSE_WITHOUT_FDS TICK_SEC(1) // asyncio's ACCEPT_RETRY_DELAY

struct server {
    struct tick_file file; // first
    struct tick_op accept;
    struct stream_waiter *waiter;
    struct tick_loop *loop;
    tick_serve_fn *serve;
    void *arg;
    struct connection *connections; // newest first
};

// A connection and the task that serves it; freed when that task is done.
struct connection {
    struct server *server; // NULL once the server is gone
    struct tick_stream *stream;
    struct tick_task *task;
    struct connection *next, *previous;
};

static void server_dropped(struct tick_file *file) {
    (void)file; // the loop ends: the server lives on a stack that ends with it
}

static void accepted(struct tick_op *op) {
    struct server *server = (struct server *)op->file;
    if (server->waiter)
        tick__future_finish(&server->waiter->future, 0, 0, 0);
}

static const struct tick_future_ops accept_ops = {.type = TICK_OBJECT_FUTURE};

// Waits for a connection: its fd, or an error. One that the kernel had completed when the wait was cancelled stays for the next call.
static int next_connection(struct server *server, const struct tick_loc *loc) {
    struct tick_io *io = server->file.io;
    if (!server->accept.pending && io->ops->submit(io, &server->accept))
        return (int)server->accept.result;
    struct stream_waiter waiter = {0};
    server->waiter = &waiter;
    tick__future_init(&waiter.future, server->loop, &accept_ops, loc);
    int result = tick__await_at(&waiter.future, loc);
    server->waiter = NULL;
    tick__future_fini(&waiter.future);
    if (result == 0)
        return (int)server->accept.result;
    if (server->accept.pending)
        io->ops->cancel(io, &server->accept);
    else if (server->accept.result >= 0)
        io->sys->ops->close(io->sys, (int)server->accept.result); // serving ends with a cancellation: nobody will come for it
    return result;
}

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
    struct tick_failure *failure = tick_future_cancelled(future) ? NULL : tick_future_failure(future);
    if (failure && !lost(failure->code)) {
        tick_loop_report(connection->server->loop, &(struct tick_report){
                                                       .message = "Unhandled exception in client_connected_cb",
                                                       .failure = failure,
                                                       .task = connection->task,
                                                   });
    }
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connection->server->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    tick_task_unref(connection->task);
    tick__free(connection);
}

// Starts a task for the connection, whose identity is the connection's own and not the order of accepting. Takes over fd.
static int start(struct server *server, int fd, const struct tick_loc *loc) {
    struct tick_loop *loop = server->loop;
    struct tick_io *io = server->file.io;
    tick_id id = 0;
    uint32_t object = 0;
    if (io->sys->ops->connection)
        io->sys->ops->connection(io->sys, fd, &id, &object);
    struct connection *connection = tick__alloc_zero(sizeof *connection);
    if (!connection) {
        io->sys->ops->close(io->sys, fd);
        return -ENOMEM;
    }
    connection->server = server;
    int one = 1;
    // Only a hint: a connection that is reset by now fails here, and its handler will see that by itself.
    int ignored = io->sys->ops->setsockopt(io->sys, fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)ignored;
    int result = tick__stream_open(loop, io, fd, NULL, "accepted", &connection->stream);
    if (result < 0) {
        tick__free(connection);
        return result;
    }
    connection->task = tick__spawn_as(loop, id, object, loc->name, serve_one, connection, loc);
    if (!connection->task) {
        tick_stream_close(connection->stream);
        tick__free(connection);
        return -ENOMEM;
    }
    tick_task_ref(connection->task);
    tick_stream_move(connection->stream, connection->task);
    connection->next = server->connections;
    if (connection->next)
        connection->next->previous = connection;
    server->connections = connection;
    result = tick_future_on_done(tick_task_future(connection->task), served, connection);
    if (result < 0) {
        tick_task_cancel(connection->task, NULL); // it never starts; its stream is closed with it
        return result;
    }
    return 0;
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

// Cancels every connection's task and waits for them all; a cancellation of the caller meanwhile does not cut that short.
static void stop_connections(struct server *server) {
    for (struct connection *each = server->connections; each; each = each->next)
        tick_task_cancel(each->task, NULL);
    while (server->connections) {
        struct tick_task *task = tick_task_ref(server->connections->task);
        (void)tick_join(task);
        tick_task_unref(task);
        if (server->connections) // its done callback takes it out one turn of the loop later
            (void)tick_sleep(0);
    }
}

int tick_serve_at(const char *text, tick_serve_fn *serve, void *arg, const struct tick_loc *loc) {
    struct tick_io *io = tick__io_running();
    if (!io || !tick_task_current())
        return TICK_EINVALSTATE;
    struct tick_address address;
    TICK_TRY(tick__trouble(io, text, loc, tick_address_parse(text, &address)));
    struct server server = {.loop = tick_loop_running(), .serve = serve, .arg = arg};
    server.file.fd = listen_at(io->sys, &address);
    if (server.file.fd < 0)
        return tick__trouble(io, text, loc, server.file.fd);
    server.file.drop = server_dropped;
    server.file.object = tick__io_tell(server.loop, text, loc);
    TICK_TRY(io->ops->open(io, &server.file));
    server.accept = (struct tick_op){.file = &server.file, .kind = TICK_OP_ACCEPT, .done = accepted};
    int result;
    for (;;) {
        result = next_connection(&server, loc);
        if (result == -EMFILE || result == -ENFILE || result == -ENOMEM || result == -ENOBUFS) {
            tick_loop_report(server.loop, &(struct tick_report){.message = "socket.accept() out of system resource"});
            result = tick_sleep(PAUSE_WITHOUT_FDS);
        } else if (result == -ECONNABORTED) {
            result = 0;
        } else if (result >= 0) {
            result = start(&server, result, loc);
            if (result == -ENOMEM)
                result = 0; // that connection is lost; the server is not
        }
        if (result < 0)
            break;
    }
    io->ops->close(io, &server.file);
    stop_connections(&server);
    return result;
}
