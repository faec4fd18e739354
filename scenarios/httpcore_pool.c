// A pool that is full, though nobody has anything of it. httpcore's AsyncConnectionPool gives a request that waits in line a new connection
// as soon as there is room for one, and the request connects it when it runs. If it is cancelled before that, it leaves the line, and the
// connection stays: not connected, so neither idle nor closed, and no request gets it or its place. Then all get PoolTimeout for good.
//     https://github.com/encode/httpcore/issues/1093    https://github.com/encode/httpcore/pull/1094
//     https://github.com/encode/httpcore/issues/658
//
// Expected: httpcore_pool fails the application's last check in some schedules; httpcore_pool_fixed, whose pool drops a connection that no
// request owns and that was never connected, in none.
#include <errno.h>
#include <retick.h>
#include <stdlib.h>

#define CLIENTS 4
#define REQUESTS 5 // of each
#define MAX_CONNECTIONS 2
#define TIMEOUT TICK_MS(80)

// --- the pool: the names are those of httpcore/_async/connection_pool.py ---

struct connection {
    enum { CONNECTING, ACTIVE, IDLE, CLOSED } state;
    tick_stream *stream;
};

struct pool_request {
    struct connection *connection; // NULL: queued
    struct tick_event_flag *assigned;
    struct pool_request *next;
};

struct pool {
    bool fixed;
    size_t count;
    struct connection *connections[MAX_CONNECTIONS];
    struct pool_request *requests; // first come, first served
};

static bool owned(const struct pool *pool, const struct connection *connection) {
    for (const struct pool_request *r = pool->requests; r; r = r->next) {
        if (r->connection == connection)
            return true;
    }
    return false;
}

static void drop_closed(struct pool *pool) {
    size_t left = 0;
    for (size_t i = 0; i < pool->count; i++) {
        struct connection *c = pool->connections[i];
        if (c->state == CLOSED || (pool->fixed && c->state == CONNECTING && !owned(pool, c)))
            free(c);
        else
            pool->connections[left++] = c;
    }
    pool->count = left;
}

static struct connection *idle_connection(const struct pool *pool) {
    for (size_t i = 0; i < pool->count; i++) {
        if (pool->connections[i]->state == IDLE && !owned(pool, pool->connections[i]))
            return pool->connections[i];
    }
    return NULL;
}

static struct connection *create_connection(struct pool *pool) {
    struct connection *c = pool->count < MAX_CONNECTIONS ? calloc(1, sizeof *c) : NULL;
    if (c)
        pool->connections[pool->count++] = c;
    return c;
}

static void assign_requests_to_connections(struct pool *pool) {
    drop_closed(pool);
    for (struct pool_request *r = pool->requests; r; r = r->next) {
        if (r->connection)
            continue;
        struct connection *c = idle_connection(pool);
        r->connection = c ? c : create_connection(pool);
        if (r->connection)
            tick_event_set(r->assigned);
    }
}

static int exchange(tick_stream *stream) {
    char line[32];
    TICK_TRY((int)tick_stream_printf(stream, "GET /\n"));
    int result = (int)tick_stream_read_line(stream, line, sizeof line);
    return result > 0 ? 0 : result < 0 ? result : TICK_ECLOSED;
}

static int handle_request(struct connection *c) {
    int result = 0;
    if (c->state == CONNECTING) {
        result = tick_connect("server:80", &c->stream);
        if (result >= 0)
            tick_stream_move(c->stream, NULL); // the pool's, not this task's
    }
    c->state = ACTIVE;
    if (result >= 0)
        result = exchange(c->stream);
    c->state = result >= 0 ? IDLE : CLOSED;
    if (result < 0)
        tick_stream_close(c->stream);
    return result;
}

static void remove_request(struct pool *pool, struct pool_request *request) {
    struct pool_request **at = &pool->requests;
    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
}

static int handle_async_request(struct pool *pool) {
    struct pool_request request = {.assigned = tick_event_new()}, **end = &pool->requests;
    if (!request.assigned)
        return -ENOMEM;
    while (*end)
        end = &(*end)->next;
    *end = &request;
    assign_requests_to_connections(pool);
    int result = tick_event_wait(request.assigned); // wait_for_connection
    if (result >= 0)
        result = handle_request(request.connection);
    else if (request.connection)
        tick_mark("cancelled with a connection that it never used");
    remove_request(pool, &request);
    assign_requests_to_connections(pool);
    tick_event_free(request.assigned);
    return result;
}

// --- the application: clients with a time-out for each request ---

static int client(void *pool) {
    for (int i = 0; i < REQUESTS; i++) {
        int result = tick_within(TIMEOUT, handle_async_request(pool));
        if (result == TICK_ETIMEDOUT)
            tick_mark("a request ran into its time-out");
        else
            TICK_TRY(result);
        TICK_TRY(tick_sleep(TICK_MS(10)));
    }
    return 0;
}

static int application(void *fixed) {
    struct pool pool = {.fixed = fixed != NULL};
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    for (int i = 0; i < CLIENTS; i++)
        TICK_TRY(tick_group_go(&group, client, &pool));
    TICK_TRY(tick_group_exit(&group, 0));
    size_t before = pool.count;
    int result = tick_within(TICK_SEC(60), handle_async_request(&pool));
    TICK_TRY(tick_check(result >= 0, "PoolTimeout: no request is active, and %zu of %d connections are some that nobody will connect",
        before, MAX_CONNECTIONS));
    for (size_t i = 0; i < pool.count; i++) {
        tick_stream_close(pool.connections[i]->stream);
        free(pool.connections[i]);
    }
    return 0;
}

static int respond(tick_stream *client, void *unused) {
    (void)unused;
    char line[32];
    while (tick_stream_read_line(client, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(client, "200 OK\n"));
    return 0;
}

static int server(void *unused) {
    return tick_serve(":80", respond, unused);
}

static void world_with(struct tick_world *world, void *fixed) {
    tick_daemon(world, "server", server, NULL);
    tick_host_add(world, "app", application, fixed);
    tick_link_all(world, .latency = TICK_MS(2), .jitter = TICK_MS(50));
}

TICK_SCENARIO(httpcore_pool, "a request is cancelled between being given a connection and connecting it") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(httpcore_pool_fixed, "the same, with a pool that takes back what no request owns") {
    world_with(world, &yes);
}
