// A graceful stop that hangs up on a client who was just let in. grpc-go's GracefulStop closed the listener, told the connections that it
// knew to go elsewhere (GOAWAY), and waited for their last calls; a connection that was accepted before, and whose handshake went on
// meanwhile, was none of those: it was greeted, and then closed without a word, with the client's first call on its way.
//     https://github.com/grpc/grpc-go/issues/1737    https://github.com/grpc/grpc-go/pull/1745
//
// Expected: grpc_stop fails a client's call in some schedules; grpc_stop_fixed, which waits for the handshakes that are under way, and
// drains their connections as it does the others, in none.
#include <errno.h>
#include <retick.h>
#include <string.h>

#define CALLS 8
#define PERIOD TICK_MS(50)
#define ROLLING_UPDATE TICK_MS(185) // when the first server is to stop

// --- a server: the names are those of server.go; frames of TLS and HTTP/2 are lines ---

struct connection {
    tick_stream *stream;
    struct connection *next;
};

struct server {
    bool fixed, drain; // drain: GracefulStop was called
    int serve_wg;      // connections in their handshake
    struct connection *conns;
    struct tick_event_flag *cv; // one of the two has changed
};

// GOAWAY, and a PING, whose answer tells that the client has read it and begins no more calls here.
static void drain(struct connection *c) {
    (void)tick_stream_printf(c->stream, "GOAWAY\nPING\n");
}

static bool add_conn(struct server *s, struct connection *c) {
    if (s->drain && !s->fixed) {
        tick_mark("greeted, and closed");
        return false;
    }
    if (s->drain)
        drain(c);
    c->next = s->conns;
    s->conns = c;
    return true;
}

static void remove_conn(struct server *s, struct connection *c) {
    struct connection **at = &s->conns;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    tick_event_set(s->cv);
}

static int expect(tick_stream *stream, const char *frame) {
    char line[32];
    int result = (int)tick_stream_read_line(stream, line, sizeof line);
    return result > 0 && !strcmp(line, frame) ? 0 : result < 0 ? result : TICK_ECLOSED;
}

static int handshake(tick_stream *stream) {
    TICK_TRY(expect(stream, "ClientHello"));
    TICK_TRY((int)tick_stream_printf(stream, "ServerHello\n"));
    TICK_TRY(expect(stream, "PRI * HTTP/2.0"));
    return (int)tick_stream_printf(stream, "SETTINGS\n");
}

static int serve_streams(tick_stream *stream) {
    char frame[32];
    while (tick_stream_read_line(stream, frame, sizeof frame) > 0 && strcmp(frame, "PONG") != 0) {
        TICK_TRY(tick_sleep(TICK_MS(5))); // the handler looks something up
        TICK_TRY((int)tick_stream_printf(stream, "DATA\n"));
    }
    return 0;
}

static int handle_raw_conn(tick_stream *stream, void *arg) {
    struct server *s = arg;
    struct connection c = {.stream = stream};
    s->serve_wg++;
    bool added = handshake(stream) >= 0 && add_conn(s, &c);
    s->serve_wg--;
    tick_event_set(s->cv);
    if (added) {
        serve_streams(stream);
        remove_conn(s, &c);
    }
    return 0; // the connection is closed with its task
}

static int graceful_stop(struct server *s, tick_server *lis) {
    tick_log("GracefulStop");
    tick_server_close(lis);
    for (struct connection *c = s->conns; c; c = c->next)
        drain(c);
    s->drain = true;
    while (s->conns || (s->fixed && s->serve_wg)) {
        tick_event_clear(s->cv);
        TICK_TRY(tick_event_wait(s->cv));
    }
    return 0;
}

static int server(void *fixed) {
    struct server s = {.fixed = fixed != NULL, .cv = tick_event_new()};
    tick_server *lis;
    if (!s.cv)
        return -ENOMEM;
    TICK_TRY(tick_server_open(":443", handle_raw_conn, &s, &lis));
    TICK_TRY(tick_sleep(ROLLING_UPDATE)); // SIGTERM
    TICK_TRY(graceful_stop(&s, lis));
    tick_server_cancel(lis); // the process exits
    TICK_TRY(tick_server_wait(lis));
    tick_server_free(lis);
    tick_event_free(s.cv);
    return 0;
}

static int other_server(void *unused) {
    (void)unused;
    struct server s = {.cv = tick_event_new()};
    return tick_serve(":443", handle_raw_conn, &s);
}

// --- clients that connect for each call ---

// TICK_ECLOSED: the server is not ready, and has promised nothing.
static int get_ready(const char *address, tick_stream **channel) {
    if (tick_connect(address, channel) < 0)
        return TICK_ECLOSED;
    if (tick_stream_printf(*channel, "ClientHello\n") >= 0 && expect(*channel, "ServerHello") >= 0 &&
        tick_stream_printf(*channel, "PRI * HTTP/2.0\n") >= 0 && expect(*channel, "SETTINGS") >= 0)
        return 0;
    tick_stream_close(*channel);
    return TICK_ECLOSED;
}

static int invoke(tick_stream *channel) {
    char frame[32];
    TICK_TRY((int)tick_stream_printf(channel, "HEADERS\n"));
    while (tick_stream_read_line(channel, frame, sizeof frame) > 0) {
        if (!strcmp(frame, "DATA"))
            return 0;
        tick_mark("GOAWAY, and the call goes on");
        if (!strcmp(frame, "PING"))
            TICK_TRY((int)tick_stream_printf(channel, "PONG\n"));
    }
    return TICK_ECLOSED;
}

static int client(void *unused) {
    (void)unused;
    tick_stream *channel;
    for (int call = 1; call <= CALLS; call++) {
        if (get_ready("server-1:443", &channel) < 0) {
            tick_mark("the client goes to the other server");
            TICK_TRY(get_ready("server-2:443", &channel));
        }
        int result = invoke(channel);
        tick_stream_close(channel);
        TICK_TRY(tick_check(result >= 0, "call %d: Unavailable, the server let the client in and hung up", call));
        TICK_TRY(tick_sleep(PERIOD));
    }
    return 0;
}

static void world_with(struct tick_world *world, void *fixed) {
    tick_daemon(world, "server-1", server, fixed);
    tick_daemon(world, "server-2", other_server, NULL);
    tick_host_add(world, "client-1", client, NULL);
    tick_host_add(world, "client-2", client, NULL, .start = TICK_MS(25));
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30));
}

TICK_SCENARIO(grpc_stop, "a server stops gracefully during a client's handshake") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(grpc_stop_fixed, "the same, with a server that waits for handshakes, too") {
    world_with(world, &yes);
}
