// The bug behind ChatGPT's incident of 20 March 2023, when people saw the titles of other people's conversations: a pool of Redis
// connections, and a request that is cancelled after its command was sent and before its reply was read. The connection goes back to the
// pool with a reply still on its way, and whoever takes it next reads somebody else's.
//     https://github.com/redis/redis-py/issues/2624    https://github.com/redis/redis-py/issues/2665
//     https://openai.com/index/march-20-chatgpt-outage/
//
// Expected: redis_pool fails a client's check in some schedules; redis_pool_fixed, which closes such a connection, in none.
// Against a real server: retick run --real --at redis=127.0.0.1:6379 scenarios/redis_pool.c
#include <errno.h>
#include <retick.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS 3
#define REQUESTS 4
#define DEADLINE TICK_MS(50)

// --- the client: a pool of connections that speak RESP ---

struct pool {
    bool careful; // close a connection whose reply was not read, instead of keeping it
    size_t idle;
    tick_stream *connections[CLIENTS];
};

static int pool_take(struct pool *pool, tick_stream **connection) {
    if (pool->idle) {
        *connection = pool->connections[--pool->idle];
        return 0;
    }
    TICK_TRY(tick_connect("redis:6379", connection));
    tick_stream_move(*connection, NULL); // the pool's from now on, not this task's
    return 0;
}

static void pool_give(struct pool *pool, tick_stream *connection, int result) {
    if (result < 0 && (pool->careful || result != TICK_ECANCELED))
        tick_stream_close(connection);
    else
        pool->connections[pool->idle++] = connection; // redis-py before 4.5.3: also when it was cancelled
}

// Reads one reply: a bulk string, or a status such as +OK.
static int read_reply(tick_stream *connection, char *reply, size_t size) {
    char line[64];
    ssize_t length = tick_stream_read_line(connection, line, sizeof line);
    if (length <= 0)
        return length < 0 ? (int)length : TICK_ECLOSED;
    if (line[0] != '$') {
        snprintf(reply, size, "%s", line + 1);
        return line[0] == '+' ? 0 : TICK_EFORMAT;
    }
    long count = atol(line + 1);
    if (count < 0 || (size_t)count + 2 > size)
        return TICK_ELIMIT;
    TICK_TRY((int)tick_stream_read_exactly(connection, reply, (size_t)count + 2));
    reply[count] = '\0';
    return 0;
}

// Sends a command of one or two arguments and reads the reply.
static int command(struct pool *pool, const char *name, const char *key, const char *value, char *reply, size_t size) {
    tick_stream *connection;
    int result = pool_take(pool, &connection);
    if (result < 0)
        return result;
    result =
        (int)tick_stream_printf(connection, "*%d\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n", value ? 3 : 2, strlen(name), name, strlen(key), key);
    if (result >= 0 && value)
        result = (int)tick_stream_printf(connection, "$%zu\r\n%s\r\n", strlen(value), value);
    if (result >= 0)
        result = read_reply(connection, reply, size);
    pool_give(pool, connection, result);
    return result;
}

// --- the application: each client reads what belongs to its own user ---

struct client {
    struct pool *pool;
    int number;
};

static int client(void *arg) {
    const struct client *me = arg;
    char key[32], own[32], reply[64];
    snprintf(key, sizeof key, "retick:user:%d", me->number);
    snprintf(own, sizeof own, "chats of user %d", me->number);
    TICK_TRY(command(me->pool, "SET", key, own, reply, sizeof reply));
    for (int i = 0; i < REQUESTS; i++) {
        TICK_TRY(tick_sleep(TICK_MS(10) * me->number));
        int result = tick_within(DEADLINE, command(me->pool, "GET", key, NULL, reply, sizeof reply));
        if (result == TICK_ETIMEDOUT) {
            tick_mark("a request ran into its deadline");
            continue; // the user has gone away
        }
        TICK_TRY(result);
        TICK_TRY(tick_check(!strcmp(reply, own), "user %d was shown: %s", me->number, reply));
    }
    return 0;
}

static int application(void *careful) {
    struct pool pool = {.careful = careful != NULL};
    struct client clients[CLIENTS];
    struct tick_task *tasks[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "client-%d", i + 1);
        clients[i] = (struct client){&pool, i + 1};
        tasks[i] = tick_spawn_named(name, client, &clients[i]);
        if (!tasks[i])
            return -ENOMEM;
    }
    int result = 0;
    for (int i = 0; i < CLIENTS; i++) {
        int ended = tick_join(tasks[i]);
        if (result >= 0)
            result = ended;
        tick_task_unref(tasks[i]);
    }
    while (pool.idle)
        tick_stream_close(pool.connections[--pool.idle]);
    return result;
}

// --- the server: as much of Redis as the client needs ---

struct store {
    size_t count;
    struct {
        char key[64], value[64];
    } entries[16];
};

static char *store_find(struct store *store, const char *key, bool add) {
    for (size_t i = 0; i < store->count; i++) {
        if (!strcmp(store->entries[i].key, key))
            return store->entries[i].value;
    }
    if (!add || store->count == sizeof store->entries / sizeof *store->entries)
        return NULL;
    snprintf(store->entries[store->count].key, sizeof store->entries->key, "%s", key);
    return store->entries[store->count++].value;
}

// Reads "*<n>" and its n bulk strings: n, 0 at the end of the stream, or an error.
static int read_command(tick_stream *connection, char words[3][64]) {
    char line[64];
    ssize_t length = tick_stream_read_line(connection, line, sizeof line);
    if (length <= 0)
        return (int)length;
    int count = line[0] == '*' ? atoi(line + 1) : 0;
    if (count < 1 || count > 3)
        return TICK_EFORMAT;
    for (int i = 0; i < count; i++) {
        if (tick_stream_read_line(connection, line, sizeof line) <= 0)
            return TICK_ECLOSED;
        size_t size = (size_t)atol(line + 1);
        if (line[0] != '$' || size + 2 > sizeof words[i])
            return TICK_EFORMAT;
        TICK_TRY((int)tick_stream_read_exactly(connection, words[i], size + 2));
        words[i][size] = '\0';
    }
    return count;
}

static int serve(tick_stream *connection, void *arg) {
    struct store *store = arg;
    char words[3][64];
    int count;
    while ((count = read_command(connection, words)) > 0) {
        char *value = store_find(store, count > 1 ? words[1] : "", !strcmp(words[0], "SET"));
        if (!strcmp(words[0], "SET") && count == 3 && value) {
            snprintf(value, sizeof store->entries->value, "%s", words[2]);
            TICK_TRY((int)tick_stream_printf(connection, "+OK\r\n"));
        } else if (!strcmp(words[0], "GET") && count == 2) {
            TICK_TRY((int)(value ? tick_stream_printf(connection, "$%zu\r\n%s\r\n", strlen(value), value)
                                 : tick_stream_printf(connection, "$-1\r\n")));
        } else {
            TICK_TRY((int)tick_stream_printf(connection, "-ERR unknown command\r\n"));
        }
    }
    return count;
}

static int redis(void *unused) {
    (void)unused;
    struct store store = {0};
    return tick_serve(":6379", serve, &store);
}

static void world_with(struct tick_world *world, void *careful) {
    tick_daemon(world, "redis", redis, NULL);
    tick_host_add(world, "app", application, careful);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30));
}

TICK_SCENARIO(redis_pool, "a pooled connection is given back with a reply still on its way") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(redis_pool_fixed, "the same pool, closing such a connection") {
    world_with(world, &yes);
}
