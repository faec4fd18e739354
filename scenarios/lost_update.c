// Two clients each read a counter over the network, add one and write it back. When one reads between the other's read and write, an
// increment is lost: the textbook race (https://en.wikipedia.org/wiki/Write%E2%80%93write_conflict), harmless when the clients are 60 ms apart
// on a fast network, and not when the network is slow for once.
//
// Expected: lost_update fails the auditor's check in some schedules; lost_update_fixed, whose server increments by itself, in none.
#include <retick.h>
#include <stdio.h>
#include <stdlib.h>

static int serve(tick_stream *connection, void *counter) {
    int *value = counter;
    char line[32];
    while (tick_stream_read_line(connection, line, sizeof line) > 0) {
        if (line[0] != 's')
            tick_shared_read("the counter");
        if (line[0] == '+')
            ++*value;
        else if (line[0] == 's')
            *value = atoi(line + 1);
        if (line[0] != 'g')
            tick_shared_write("the counter");
        TICK_TRY(tick_stream_printf(connection, "%d\n", *value));
    }
    return 0;
}

static int server(void *unused) {
    (void)unused;
    int counter = 0;
    return tick_serve(":7000", serve, &counter);
}

// Sends a request; the server's answer is the counter's value.
static int ask(tick_stream *server, const char *request, int *value) {
    char line[32];
    TICK_TRY(tick_stream_printf(server, "%s\n", request));
    if (tick_stream_read_line(server, line, sizeof line) <= 0)
        return TICK_ECLOSED;
    *value = atoi(line);
    return 0;
}

static int increment(void *unused) {
    (void)unused;
    tick_stream *server;
    int seen;
    char write_back[32];
    TICK_TRY(tick_connect("server:7000", &server));
    TICK_TRY(ask(server, "g", &seen));
    snprintf(write_back, sizeof write_back, "s%d", seen + 1);
    return ask(server, write_back, &seen);
}

static int increment_there(void *unused) {
    (void)unused;
    tick_stream *server;
    int seen;
    TICK_TRY(tick_connect("server:7000", &server));
    return ask(server, "+", &seen);
}

static int audit(void *unused) {
    (void)unused;
    tick_stream *server;
    int seen;
    TICK_TRY(tick_connect("server:7000", &server));
    TICK_TRY(ask(server, "g", &seen));
    return tick_check(seen == 2, "an increment was lost: the counter is %d", seen);
}

static void world_with(struct tick_world *world, tick_task_fn *client) {
    tick_daemon(world, "server", server, NULL);
    struct tick_host *alice = tick_host_add(world, "alice", client, NULL);
    struct tick_host *bob = tick_host_add(world, "bob", client, NULL, .start = TICK_MS(60));
    tick_host_add(world, "auditor", audit, NULL, .after = {alice, bob});
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(49));
}

TICK_SCENARIO(lost_update, "two increments over a network") {
    world_with(world, increment);
}

TICK_SCENARIO(lost_update_fixed, "the same, incremented by the server") {
    world_with(world, increment_there);
}
