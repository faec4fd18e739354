// A pool whose users wait for each other. Each request takes a connection of the pool and, while it has that, one more: a transaction, and
// within it a generator of keys with a connection of its own. When as many requests as there are connections hold their first, none gets a
// second: the "pool-locking" of HikariCP's wiki. It takes load to meet it, or one late answer.
//     https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing
//
// Expected: pool_deadlock deadlocks in some schedules; pool_deadlock_fixed, with the wiki's requests * (2 - 1) + 1 connections, in none.
#include <errno.h>
#include <retick.h>

#define REQUESTS 3

static int serve(tick_stream *client, void *unused) {
    (void)unused;
    char line[32];
    while (tick_stream_read_line(client, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(client, "ok\n"));
    return 0;
}

static int database(void *unused) {
    return tick_serve(":5432", serve, unused);
}

static int statement(tick_stream *connection, const char *text) {
    char line[32];
    TICK_TRY((int)tick_stream_printf(connection, "%s\n", text));
    ssize_t length = tick_stream_read_line(connection, line, sizeof line);
    return length > 0 ? 0 : length < 0 ? (int)length : TICK_ECLOSED;
}

// The pool is a queue of idle connections.
static int next_key(struct tick_queue *pool) {
    void *connection;
    TICK_TRY(tick_queue_get(pool, &connection));
    int result = statement(connection, "update keys");
    TICK_TRY(tick_queue_try_put(pool, connection));
    return result;
}

static int request(void *arg) {
    struct tick_queue *pool = arg;
    void *connection;
    TICK_TRY(tick_queue_get(pool, &connection));
    int result = statement(connection, "begin");
    if (result >= 0)
        result = next_key(pool); // waits for a second connection, with the first in its hands
    if (result >= 0)
        result = statement(connection, "commit");
    TICK_TRY(tick_queue_try_put(pool, connection));
    return result;
}

static int fill(struct tick_queue *pool, size_t size) {
    for (size_t i = 0; i < size; i++) {
        tick_stream *connection;
        TICK_TRY(tick_connect("database:5432", &connection));
        TICK_TRY(tick_queue_try_put(pool, connection));
    }
    return 0;
}

static int application(void *size) {
    struct tick_queue *pool = tick_queue_new(0);
    struct tick_task *tasks[REQUESTS];
    size_t committed = 0;
    if (!pool)
        return -ENOMEM;
    TICK_TRY(fill(pool, *(size_t *)size));
    for (int i = 0; i < REQUESTS; i++) {
        TICK_TRY(tick_sleep(TICK_MS(30)));
        tasks[i] = tick_spawn(request, pool);
        if (!tasks[i])
            return -ENOMEM;
    }
    for (int i = 0; i < REQUESTS; i++) {
        committed += tick_join(tasks[i]) == 0;
        tick_task_unref(tasks[i]);
    }
    tick_queue_free(pool);
    return tick_check(committed == REQUESTS, "%zu of %d requests were committed", committed, REQUESTS);
}

static void world_with(struct tick_world *world, size_t *size) {
    tick_daemon(world, "database", database, NULL);
    tick_host_add(world, "app", application, size);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30));
}

static size_t few = REQUESTS - 1, enough = REQUESTS * (2 - 1) + 1;

TICK_SCENARIO(pool_deadlock, "requests that need two connections each, and a pool of two") {
    world_with(world, &few);
}

TICK_SCENARIO(pool_deadlock_fixed, "the same with enough connections for one request to go on") {
    world_with(world, &enough);
}
