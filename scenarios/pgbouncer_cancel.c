// A query that is cancelled by somebody else's impatience. PgBouncer lends connections to PostgreSQL to one client after the other; who
// wants to cancel sends a request beside his own connection, PgBouncer looks which server he is linked to, connects to PostgreSQL anew, and
// asks it to cancel whatever that server runs. By then the query may be over, and the server the next client's, whose query is the victim.
//     https://github.com/pgbouncer/pgbouncer/issues/245    https://github.com/pgbouncer/pgbouncer/pull/717
//     https://github.com/pgbouncer/pgbouncer/releases/tag/pgbouncer_1_18_0
//
// Expected: pgbouncer_cancel fails the teller's check in some schedules, and so does pgbouncer_cancel_checked, which looks again once it is
// connected: the request may still be on its way. pgbouncer_cancel_fixed, which also lends no server before such requests are through, in
// none. They lie deep: three delays for a query to outlast the analyst's patience, and one for the request (pgbouncer_cancel.schedule).
#include <errno.h>
#include <retick.h>
#include <stdio.h>
#include <string.h>

#define QUERIES 6 // of each of the two clients
#define CLIENTS 2
#define PATIENCE TICK_MS(250) // the analyst's

// --- PostgreSQL: a backend for each connection, which runs "query <ms>"; "cancel <key>" on a new one interrupts that of the key ---

struct postmaster {
    int keys;
    struct tick_future *running[CLIENTS + 1]; // by key: the query that a backend runs, done when it is to be cancelled
};

static int backend(tick_stream *connection, void *arg) {
    struct postmaster *postmaster = arg;
    char line[32];
    int key = 0, ms;
    while (tick_stream_read_line(connection, line, sizeof line) > 0) {
        if (sscanf(line, "cancel %d", &key) == 1) {
            if (postmaster->running[key])
                tick_future_set_result(postmaster->running[key], 0);
            return 0;
        }
        if (sscanf(line, "query %d", &ms) != 1) {
            TICK_TRY((int)tick_stream_printf(connection, "%d\n", key = ++postmaster->keys));
            continue;
        }
        struct tick_future *query = postmaster->running[key] = tick_future_new();
        int result = query ? tick_wait_for(query, TICK_MS(ms)) : -ENOMEM;
        postmaster->running[key] = NULL;
        tick_future_unref(query);
        TICK_TRY((int)tick_stream_printf(connection, result == TICK_ETIMEDOUT ? "done\n" : "canceled\n"));
    }
    return 0;
}

static int postgres(void *unused) {
    (void)unused;
    struct postmaster postmaster = {0};
    return tick_serve(":5432", backend, &postmaster);
}

// --- PgBouncer: the names are those of src/objects.c, where cancel_request is accept_cancel_request and forward_cancel_request ---

enum care { NONE, LOOKS_AGAIN, WAITS_TOO };

struct server {
    tick_stream *stream;
    int cancel_key, queries;            // the backend's key; how many queries it was lent for
    int cancels;                        // requests to cancel one of them that were sent and are not through
    struct tick_event_flag *no_cancels; // set while there are none
};

struct bouncer {
    enum care care;
    int clients;
    struct server *link[CLIENTS]; // by a client's key: who runs his query, NULL: nobody
    struct tick_queue *idle_server_list;
};

static int cancel_request(struct bouncer *b, int client) {
    struct server *server = b->link[client];
    tick_stream *request;
    char line[8];
    if (!server)
        return 0; // no query is running that could be cancelled
    tick_mark("a running query is to be cancelled");
    int query = server->queries;
    TICK_TRY(tick_connect("postgres:5432", &request));
    if (b->care != NONE && (b->link[client] != server || server->queries != query))
        return 0; // it is over by now
    tick_event_clear(server->no_cancels);
    server->cancels++;
    int result = (int)tick_stream_printf(request, "cancel %d\n", server->cancel_key);
    if (result >= 0)
        result = (int)tick_stream_read_line(request, line, sizeof line); // the end: PostgreSQL has seen to it
    if (--server->cancels == 0)
        tick_event_set(server->no_cancels);
    return result;
}

static int query(struct bouncer *b, int client, tick_stream *stream, const char *text) {
    void *idle;
    char answer[32];
    TICK_TRY(tick_queue_get(b->idle_server_list, &idle));
    struct server *server = b->link[client] = idle;
    server->queries++;
    TICK_TRY((int)tick_stream_printf(server->stream, "%s\n", text));
    TICK_TRY((int)tick_stream_read_line(server->stream, answer, sizeof answer));
    b->link[client] = NULL;
    TICK_TRY((int)tick_stream_printf(stream, "%s\n", answer));
    if (b->care == WAITS_TOO)
        TICK_TRY(tick_event_wait(server->no_cancels));
    return tick_queue_try_put(b->idle_server_list, server); // release_server
}

static int client_session(tick_stream *stream, void *arg) {
    struct bouncer *b = arg;
    int client = -1;
    char line[32];
    while (tick_stream_read_line(stream, line, sizeof line) > 0) {
        if (sscanf(line, "cancel %d", &client) == 1)
            return cancel_request(b, client);
        bool hello = client < 0;
        if (hello)
            client = b->clients++;
        TICK_TRY(hello ? (int)tick_stream_printf(stream, "%d\n", client) : query(b, client, stream, line));
    }
    return 0;
}

static int log_in(const char *address, tick_stream **stream, int *key) {
    char line[32];
    TICK_TRY(tick_connect(address, stream));
    TICK_TRY((int)tick_stream_printf(*stream, "hello\n"));
    return tick_stream_read_line(*stream, line, sizeof line) > 0 && sscanf(line, "%d", key) == 1 ? 0 : TICK_ECLOSED;
}

static int bouncer(void *care) {
    struct bouncer b = {.care = *(enum care *)care, .idle_server_list = tick_queue_new(0)};
    struct server server = {.no_cancels = tick_event_new()};
    tick_server *listener;
    TICK_TRY(tick_server_open(":6432", client_session, &b, &listener));
    TICK_TRY(log_in("postgres:5432", &server.stream, &server.cancel_key));
    tick_event_set(server.no_cancels);
    TICK_TRY(tick_queue_try_put(b.idle_server_list, &server));
    return tick_server_wait(listener);
}

// --- two clients: an analyst who cancels what takes too long, a teller who waits ---

static int analyst(void *unused) {
    (void)unused;
    tick_stream *db, *cancel;
    char line[32];
    int key;
    TICK_TRY(log_in("pgbouncer:6432", &db, &key));
    for (int i = 0; i < QUERIES; i++) {
        TICK_TRY((int)tick_stream_printf(db, "query 20\n"));
        int result = tick_within(PATIENCE, (int)tick_stream_read_line(db, line, sizeof line));
        if (result == TICK_ETIMEDOUT) {
            TICK_TRY(tick_connect("pgbouncer:6432", &cancel));
            TICK_TRY((int)tick_stream_printf(cancel, "cancel %d\n", key));
            result = (int)tick_stream_read_line(db, line, sizeof line);
            tick_stream_close(cancel);
        }
        TICK_TRY(result);
    }
    return 0;
}

static int teller(void *unused) {
    (void)unused;
    tick_stream *db;
    char line[32];
    int key;
    TICK_TRY(log_in("pgbouncer:6432", &db, &key));
    for (int i = 1; i <= QUERIES; i++) {
        TICK_TRY((int)tick_stream_printf(db, "query 10\n"));
        TICK_TRY((int)tick_stream_read_line(db, line, sizeof line));
        TICK_TRY(tick_check(!strcmp(line, "done"), "the teller's booking %d is %s, and the teller has cancelled nothing", i, line));
        TICK_TRY(tick_sleep(TICK_MS(30)));
    }
    return 0;
}

static void world_with(struct tick_world *world, enum care *care) {
    tick_daemon(world, "postgres", postgres, NULL);
    tick_daemon(world, "pgbouncer", bouncer, care);
    tick_host_add(world, "analyst", analyst, NULL);
    tick_host_add(world, "teller", teller, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30));
}

static enum care none = NONE, looks_again = LOOKS_AGAIN, waits_too = WAITS_TOO;

TICK_SCENARIO(pgbouncer_cancel, "a cancel request meets the next client's query") {
    world_with(world, &none);
}

TICK_SCENARIO(pgbouncer_cancel_checked, "the same, if the query still runs when the request is sent") {
    world_with(world, &looks_again);
}

TICK_SCENARIO(pgbouncer_cancel_fixed, "the same, with servers that are lent again when requests are through") {
    world_with(world, &waits_too);
}
