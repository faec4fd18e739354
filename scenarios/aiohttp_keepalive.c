// A server that hangs up on a request it has just received. aiohttp's RequestHandler waits for the next request of a kept-alive connection
// at a future, and a timer closes the connection if somebody still waits there when the time is over. A request that arrives in the same
// poll sets the future first, but the handler that takes it away runs an iteration later: the timer finds it, and the request is dropped.
//     https://github.com/aio-libs/aiohttp/issues/9138    https://github.com/aio-libs/aiohttp/pull/9140
//
// Expected: aiohttp_keepalive fails the server's check in some schedules; aiohttp_keepalive_fixed, whose timer looks whether the future is
// done already, in none. A client that asks too late finds its connection closed in both, and asks again.
#include <errno.h>
#include <retick.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUESTS 8
#define KEEPALIVE_TIMEOUT TICK_MS(75)
#define PAUSE TICK_MS(30) // between an answer and the client's next request

// --- aiohttp.web_protocol.RequestHandler ---

struct handler {
    bool fixed;
    tick_stream *transport;
    int received, handled;         // requests
    int messages[REQUESTS];        // what was asked for
    struct tick_future *waiter;    // of start(), while it has nothing to do; start() takes it away when it goes on
    struct tick_handle *keepalive; // the timer, armed after each answer
    bool closed;                   // force_close was called, or the client has gone
};

static void cancel_keepalive(struct handler *h) {
    if (h->keepalive) {
        tick_handle_cancel(h->keepalive);
        tick_handle_unref(h->keepalive);
        h->keepalive = NULL;
    }
}

static void force_close(struct handler *h) {
    h->closed = true;
    if (h->waiter)
        tick_future_cancel(h->waiter, NULL);
}

static void process_keepalive(void *arg) {
    struct handler *h = arg;
    if (h->waiter && !(h->fixed && tick_future_done(h->waiter))) { // start() has nothing to do
        tick_mark("the server closes an idle connection");
        force_close(h);
        if (h->handled < h->received)
            tick_check(false, "a request for page %d has come, and the connection is closed as idle", h->messages[h->handled]);
    }
}

// A task of its own, in place of the transport's callback.
static int data_received(void *arg) {
    struct handler *h = arg;
    char line[32];
    while (h->received < REQUESTS && tick_stream_read_line(h->transport, line, sizeof line) > 0) {
        sscanf(line, "GET /%d", &h->messages[h->received++]);
        if (h->waiter && !tick_future_done(h->waiter))
            tick_future_set_result(h->waiter, 0);
    }
    force_close(h);
    return 0;
}

static int wait_for_request(struct handler *h) {
    h->waiter = tick_future_new();
    if (!h->waiter)
        return -ENOMEM;
    int result = tick_await(h->waiter);
    tick_future_unref(h->waiter);
    h->waiter = NULL;
    return result;
}

// The loop over the connection's requests.
static int start(struct handler *h) {
    while (!h->closed) {
        if (h->received == h->handled)
            TICK_TRY(wait_for_request(h));
        cancel_keepalive(h);
        TICK_TRY((int)tick_stream_printf(h->transport, "200 page %d\n", h->messages[h->handled++]));
        h->keepalive = tick_call_later(NULL, KEEPALIVE_TIMEOUT, process_keepalive, h);
    }
    return 0;
}

static int serve(tick_stream *transport, void *fixed) {
    struct handler handler = {.fixed = fixed != NULL, .transport = transport};
    struct tick_task *reader = tick_spawn(data_received, &handler);
    if (!reader)
        return -ENOMEM;
    start(&handler);
    cancel_keepalive(&handler);
    tick_task_cancel(reader, NULL);
    tick_join(reader);
    tick_task_unref(reader);
    return 0;
}

static int server(void *fixed) {
    return tick_serve(":80", serve, fixed);
}

// --- a client that keeps its connection, and makes a new one when the server has closed it ---

static int get(tick_stream **connection, int page) {
    char line[32];
    for (;;) {
        if (!*connection)
            TICK_TRY(tick_connect("server:80", connection));
        ssize_t result = tick_stream_printf(*connection, "GET /%d\n", page);
        if (result >= 0)
            result = tick_stream_read_line(*connection, line, sizeof line);
        if (result > 0)
            return tick_check(atoi(line + 9) == page, "asked for page %d, the client got %s", page, line);
        tick_mark("the client asks again on a new connection");
        tick_stream_close(*connection);
        *connection = NULL;
    }
}

static int client(void *unused) {
    (void)unused;
    tick_stream *connection = NULL;
    for (int page = 1; page <= REQUESTS; page++) {
        TICK_TRY(get(&connection, page));
        TICK_TRY(tick_sleep(PAUSE));
    }
    return 0;
}

static void world_with(struct tick_world *world, void *fixed) {
    tick_daemon(world, "server", server, fixed);
    tick_host_add(world, "client", client, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30));
}

TICK_SCENARIO(aiohttp_keepalive, "a request arrives in the poll in which the keep-alive timer fires") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(aiohttp_keepalive_fixed, "the same, with a timer that looks whether a request has come") {
    world_with(world, &yes);
}
