// A monitor and ninety-nine nodes, each of which sends it a heartbeat a second; one that is silent for three seconds is taken for dead.
// Failure detectors of this kind stand in every cluster (Chandra, Toueg: Unreliable Failure Detectors for Reliable Distributed Systems,
// 1996, https://doi.org/10.1145/226643.226647), and are wrong about a node that is merely slow.
//
// Expected: heartbeats fails in schedules that pause a node for longer than the monitor waits: it declares a node dead that lives.
// heartbeats_hour passes: an hour in which nothing happens, for measuring what idle time costs.
#include <errno.h>
#include <retick.h>
#include <stdio.h>
#include <stdlib.h>

#define NODES 99
#define BEAT TICK_SEC(1)
#define SILENCE TICK_SEC(3)

struct monitor {
    int64_t heard[NODES]; // 0: never yet
};

static int listen_to(tick_stream *node, void *arg) {
    struct monitor *monitor = arg;
    char line[16];
    while (tick_stream_read_line(node, line, sizeof line) > 0) {
        int number = atoi(line);
        if (number >= 0 && number < NODES)
            monitor->heard[number] = tick_loop_time(NULL);
    }
    return 0;
}

static int watch(void *arg) {
    const struct monitor *monitor = arg;
    for (;;) {
        TICK_TRY(tick_sleep(BEAT));
        for (int i = 0; i < NODES; i++)
            TICK_TRY(tick_check(
                !monitor->heard[i] || tick_loop_time(NULL) - monitor->heard[i] <= SILENCE, "node %d is declared dead, and lives", i));
    }
}

static int monitor(void *unused) {
    (void)unused;
    struct monitor state = {0};
    TICK_TRY(tick_go(watch, &state));
    return tick_serve(":7000", listen_to, &state);
}

struct node {
    int number, beats;
};

static int beat(void *arg) {
    const struct node *node = arg;
    tick_stream *stream;
    TICK_TRY(tick_connect("monitor:7000", &stream));
    for (int i = 0; i < node->beats; i++) {
        TICK_TRY((int)tick_stream_printf(stream, "%d\n", node->number));
        TICK_TRY(tick_sleep(BEAT));
    }
    return 0;
}

static struct tick_host *world_with(struct tick_world *world, int beats) {
    static struct node nodes[NODES];
    tick_daemon(world, "monitor", monitor, NULL);
    struct tick_host *last = NULL;
    for (int i = 0; i < NODES; i++) {
        char name[32];
        snprintf(name, sizeof name, "node-%d", i);
        nodes[i] = (struct node){i, beats};
        last = tick_host_add(world, name, beat, &nodes[i], .start = TICK_MS(10) * i);
    }
    tick_link_all(world, .latency = TICK_MS(1));
    return last;
}

TICK_SCENARIO(heartbeats, "fifteen seconds of a hundred hosts, in which a node may stand still") {
    struct tick_host *node = world_with(world, 15);
    tick_faults(world, "pauses", .kinds = TICK_PAUSE, .until = TICK_SEC(10), .lasts = TICK_SEC(4), .among = {node});
}

TICK_SCENARIO(heartbeats_hour, "an hour of a hundred hosts with nothing to do") {
    world_with(world, 3600);
    tick_limit(world, TICK_SEC(3700), 0);
}
