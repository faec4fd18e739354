// Two that write and do not listen. redis-rs sends all commands of a program over one connection, and its driver polls for answers only
// when the socket has taken what it sends; a server that waits to send an answer reads no commands meanwhile. With large values in both
// directions at once all buffers between them fill up, and both wait for the other to read: the connection stands still for good.
//     https://github.com/redis-rs/redis-rs/issues/1955    https://github.com/redis-rs/redis-rs/pull/2070
//     https://github.com/valkey-io/valkey-glide/pull/5892
//
// Expected: redis_multiplexed deadlocks in some schedules; redis_multiplexed_fixed, whose driver reads while it writes, in none.
#include <errno.h>
#include <retick.h>
#include <stdio.h>
#include <stdlib.h>

#define COMMANDS 3
#define VALUE ((size_t)256 << 10)
#define PERIOD TICK_MS(40) // from one command to the next

// --- the client: redis::aio::MultiplexedConnection ---

struct multiplexed {
    tick_stream *socket;
    struct tick_lock *write_half;    // a command goes out as a whole
    struct tick_event_flag *flushed; // the socket has taken all that was sent; NULL: the driver does not look
    struct tick_future *in_flight[COMMANDS];
    size_t sent, answered;
};

// Sends "GET" or "SET" with a value, and waits for the answer. The buffer belongs to the caller.
static int send_command(struct multiplexed *c, bool set, const char *value) {
    TICK_TRY(tick_lock_acquire(c->write_half));
    struct tick_future *answer = tick_future_new();
    if (!answer)
        return -ENOMEM;
    c->in_flight[c->sent++] = tick_future_ref(answer);
    if (c->flushed)
        tick_event_clear(c->flushed);
    int result = (int)tick_stream_printf(c->socket, "%s %zu\n", set ? "SET" : "GET", set ? VALUE : 0);
    if (result >= 0 && set)
        result = (int)tick_stream_write(c->socket, value, VALUE);
    if (result >= 0)
        result = tick_stream_drain(c->socket); // poll_flush
    if (c->flushed)
        tick_event_set(c->flushed);
    tick_lock_release(c->write_half);
    if (result >= 0)
        result = tick_await(answer);
    tick_future_unref(answer);
    return result;
}

// Reads "<size>\n" and so many bytes: an answer, or a command's value.
static int read_value(tick_stream *socket, size_t size, struct tick_event_flag *flushed) {
    char bytes[4096];
    while (size) {
        if (flushed)
            TICK_TRY(tick_event_wait(flushed)); // poll_read comes after poll_flush
        ssize_t count = tick_stream_read(socket, bytes, size < sizeof bytes ? size : sizeof bytes);
        if (count <= 0)
            return count < 0 ? (int)count : TICK_ECLOSED;
        size -= (size_t)count;
    }
    return 0;
}

static int driver(void *arg) {
    struct multiplexed *c = arg;
    char line[32];
    while (c->answered < COMMANDS) {
        ssize_t length = tick_stream_read_line(c->socket, line, sizeof line);
        if (length <= 0)
            return length < 0 ? (int)length : TICK_ECLOSED;
        TICK_TRY(read_value(c->socket, (size_t)atol(line), c->flushed));
        tick_future_set_result(c->in_flight[c->answered], 0);
        tick_future_unref(c->in_flight[c->answered++]);
    }
    return 0;
}

// --- the program: a cache of large values, read and written in turn ---

struct command {
    struct multiplexed *connection;
    const char *value;
    int number;
};

static int command(void *arg) {
    const struct command *command = arg;
    TICK_TRY(tick_sleep(PERIOD * command->number));
    return send_command(command->connection, command->number % 2, command->value);
}

static int program(void *fixed) {
    struct multiplexed connection = {.write_half = tick_lock_new(), .flushed = fixed ? NULL : tick_event_new()};
    struct command commands[COMMANDS];
    struct tick_group group;
    char *value = calloc(VALUE, 1);
    if (!value)
        return -ENOMEM;
    TICK_TRY(tick_connect("redis:6379", &connection.socket));
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, driver, &connection));
    for (int i = 0; i < COMMANDS; i++) {
        commands[i] = (struct command){&connection, value, i};
        struct tick_task *task = tick_group_spawn_named(&group, i % 2 ? "SET" : "GET", command, &commands[i]);
        if (!task)
            return -ENOMEM;
        tick_task_unref(task);
    }
    int result = tick_group_exit(&group, 0);
    tick_event_free(connection.flushed);
    tick_lock_free(connection.write_half);
    free(value);
    return tick_check(result == 0 && connection.answered == COMMANDS, "%zu of %d commands were answered", connection.answered, COMMANDS);
}

// --- the server: reads a command, writes the answer, reads the next ---

static int serve(tick_stream *client, void *value) {
    char line[32];
    size_t size;
    while (tick_stream_read_line(client, line, sizeof line) > 0) {
        bool set = sscanf(line, "SET %zu", &size) == 1;
        if (set)
            TICK_TRY(read_value(client, size, NULL));
        size = set ? 0 : VALUE;
        TICK_TRY((int)tick_stream_printf(client, "%zu\n", size));
        if (size)
            TICK_TRY((int)tick_stream_write(client, value, size));
    }
    return 0;
}

static int redis(void *unused) {
    (void)unused;
    char *value = calloc(VALUE, 1);
    int result = value ? tick_serve(":6379", serve, value) : -ENOMEM;
    free(value);
    return result;
}

static void world_with(struct tick_world *world, void *fixed) {
    tick_daemon(world, "redis", redis, NULL);
    tick_host_add(world, "program", program, fixed);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30));
}

TICK_SCENARIO(redis_multiplexed, "a client and a server that write before they read, and large values") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(redis_multiplexed_fixed, "the same, with a client that reads while it writes") {
    world_with(world, &yes);
}
