// "socket hang up" from a client that hung up by itself. agentkeepalive before 2.0.2 keeps sockets for the next request, and destroys one
// that is idle for too long; it leaves the list of free sockets only with its 'close' event, a moment later. A request that starts between
// the two, in the same turn of the timers, is given the destroyed socket: likely whenever requests come as far apart as the time-out.
//     https://github.com/node-modules/agentkeepalive/issues/23    https://github.com/node-modules/agentkeepalive/pull/24
//
// Expected: agentkeepalive fails a request in some schedules; agentkeepalive_fixed, which as 2.0.2 takes the socket from the list at once,
// in none.
#include <errno.h>
#include <retick.h>
#include <stdlib.h>

#define REQUESTS 10
#define KEEP_ALIVE_TIMEOUT TICK_MS(50)
#define SHORT_BREAK TICK_MS(20) // from an answer to the next request: the socket is used again
#define LONG_BREAK TICK_MS(60)  // ... it is not

// --- the agent: the names are those of lib/_http_agent.js ---

struct agent {
    bool fixed;
    struct socket *free_socket; // the list of those to one server: there is at most one here
};

struct socket {
    struct agent *agent;
    tick_stream *stream; // NULL: destroyed
    struct tick_handle *timer;
    int users; // the agent's list, a request, a 'close' event that is on its way
};

static void put_socket(struct socket *s) {
    if (--s->users == 0)
        free(s);
}

static void set_timeout(struct socket *s, struct tick_handle *timer) {
    if (s->timer) {
        tick_handle_cancel(s->timer);
        tick_handle_unref(s->timer);
    }
    s->timer = timer;
}

static void remove_socket(struct socket *s) {
    if (s->agent->free_socket == s) {
        s->agent->free_socket = NULL;
        s->users--; // not the last: who calls this is one
    }
}

static void on_close(void *arg) {
    struct socket *s = arg;
    remove_socket(s);
    put_socket(s);
}

// socket.destroy: closed now, and the 'close' event comes when what is to run in this iteration has run.
static void destroy(struct socket *s) {
    set_timeout(s, NULL);
    if (!s->stream)
        return;
    tick_stream_close(s->stream);
    s->stream = NULL;
    if (tick_call_soon(NULL, on_close, s) == 0)
        s->users++;
}

static void on_timeout(void *arg) {
    struct socket *s = arg;
    tick_mark("an idle socket timed out");
    s->users++;
    destroy(s);
    if (s->agent->fixed)
        remove_socket(s);
    put_socket(s);
}

static void on_free(struct socket *s) {
    s->agent->free_socket = s;
    s->users++;
    set_timeout(s, tick_call_later(NULL, KEEP_ALIVE_TIMEOUT, on_timeout, s));
}

// Agent.addRequest: the free socket, or NULL: a new one is to be connected. For the caller to put.
static struct socket *add_request(struct agent *agent) {
    struct socket *s = agent->free_socket;
    if (s) {
        agent->free_socket = NULL; // the list's share is the request's now
        set_timeout(s, NULL);
    }
    return s;
}

static struct socket *create_socket(struct agent *agent) {
    struct socket *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct socket){.agent = agent, .users = 1};
    if (tick_connect("server:80", &s->stream) < 0) {
        free(s);
        return NULL;
    }
    tick_stream_move(s->stream, NULL); // the agent's, not this task's
    return s;
}

// --- the program: setTimeout(ask, ...) after each answer ---

struct program {
    struct agent agent;
    struct socket *socket; // for the request that is about to start; NULL: a new one
    struct tick_future *answered;
};

static int exchange(struct socket *s) {
    char line[32];
    if (!s->stream)
        return -ECONNRESET; // "socket hang up"
    TICK_TRY((int)tick_stream_printf(s->stream, "GET /\n"));
    return tick_stream_read_line(s->stream, line, sizeof line) > 0 ? 0 : -ECONNRESET;
}

static int request(void *arg) {
    struct program *program = arg;
    struct socket *s = program->socket ? program->socket : create_socket(&program->agent);
    if (!s)
        return -ENOTCONN;
    int result = exchange(s);
    if (result == 0)
        on_free(s);
    put_socket(s);
    TICK_TRY(tick_check(result == 0, "socket hang up: the request was given a socket that the agent has destroyed"));
    tick_future_set_result(program->answered, 0);
    return 0;
}

static void ask(void *arg) {
    struct program *program = arg;
    program->socket = add_request(&program->agent);
    tick_mark(program->socket ? "a request on a socket that was kept alive" : "a request on a new socket");
    struct tick_task *task = tick_spawn_named("request", request, program);
    tick_task_unref(task);
    if (!task)
        tick_future_set_error(program->answered, -ENOMEM);
}

static int ask_and_wait(struct program *program, int64_t delay) {
    program->answered = tick_future_new();
    if (!program->answered)
        return -ENOMEM;
    struct tick_handle *timer = tick_call_later(NULL, delay, ask, program);
    int result = timer ? tick_await(program->answered) : -ENOMEM;
    tick_handle_unref(timer);
    tick_future_unref(program->answered);
    return result;
}

static int client(void *fixed) {
    struct program program = {.agent = {.fixed = fixed != NULL}};
    for (int i = 0; i < REQUESTS; i++)
        TICK_TRY(ask_and_wait(&program, i % 3 ? SHORT_BREAK : LONG_BREAK));
    struct socket *s = add_request(&program.agent);
    if (s) {
        destroy(s);
        put_socket(s);
        TICK_TRY(tick_sleep(TICK_MS(1))); // its 'close' event
    }
    return 0;
}

static int respond(tick_stream *stream, void *unused) {
    (void)unused;
    char line[32];
    while (tick_stream_read_line(stream, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(stream, "200 OK\n"));
    return 0;
}

static int server(void *unused) {
    return tick_serve(":80", respond, unused);
}

static void world_with(struct tick_world *world, void *fixed) {
    tick_daemon(world, "server", server, NULL);
    tick_host_add(world, "client", client, fixed);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(20));
}

TICK_SCENARIO(agentkeepalive, "a request is given a socket that has just timed out") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(agentkeepalive_fixed, "the same, with a socket that leaves the list when it times out") {
    world_with(world, &yes);
}
