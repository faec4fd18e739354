// A large world: hosts that each hold connections to others and pass 64-byte messages over them, task to task. Prints the time that a
// message takes, and the memory that a host and a connection cost.
//     bench_world_scale [hosts [connections a host [messages a connection]]]      default: 1,000, 10, 100
// What bounds a message is, with few hosts, its instructions; with many, memory (docs/PROCESS.md, Size).
// links: libretick
#include "sim/choice/choosers.h"
#include "sim/native/run.h"
#include <errno.h>
#include <retick.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SIZE 64
#define LATENCY TICK_MS(1)
#define FANS_MOST 64

static size_t hosts = 1000, fans = 10, messages = 100; // messages of a connection, both ways together

// What happened outside of the world's time: kept from the world, which restores statics, by volatile memory of its own.
static struct {
    double began, set_up, connected;
    size_t memory_before, memory_set_up, memory_connected, ready;
} * outside;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static size_t resident(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    size_t size = 0, pages = 0;
    if (!file || fscanf(file, "%zu %zu", &size, &pages) != 2)
        pages = 0;
    if (file)
        fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int echo(tick_stream *stream, void *unused) {
    (void)unused;
    char message[SIZE];
    while (tick_stream_read_exactly(stream, message, SIZE) == SIZE)
        TICK_TRY((int)tick_stream_write(stream, message, SIZE));
    return 0;
}

static int serves(void *unused) {
    (void)unused;
    return tick_serve(":7", echo, NULL);
}

struct node {
    size_t number;
};

static int talks(void *arg) {
    const struct node *node = arg;
    tick_stream *streams[FANS_MOST];
    char message[SIZE] = {0}, name[32];
    struct tick_task *server = tick_spawn(serves, NULL);
    if (!server)
        return -ENOMEM;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    for (size_t i = 0; i < fans; i++) { // far apart, so that neighbours in time are no neighbours in memory
        snprintf(name, sizeof name, "h%zu:7", (node->number + 1 + i * (hosts / fans - 1)) % hosts);
        TICK_TRY(tick_connect(name, &streams[i]));
    }
    TICK_TRY(tick_sleep(TICK_MS(100)));
    if (++outside->ready == hosts) {
        outside->connected = now();
        outside->memory_connected = resident();
    }
    for (size_t round = 0; round < messages / 2; round++) {
        for (size_t i = 0; i < fans; i++)
            TICK_TRY((int)tick_stream_write(streams[i], message, SIZE));
        for (size_t i = 0; i < fans; i++)
            TICK_TRY((int)tick_stream_read_exactly(streams[i], message, SIZE));
    }
    TICK_TRY(tick_sleep(TICK_SEC(1)));
    for (size_t i = 0; i < fans; i++)
        tick_stream_close(streams[i]);
    TICK_TRY(tick_sleep(TICK_SEC(1)));
    tick_task_cancel(server, NULL);
    (void)tick_join(server);
    tick_task_unref(server);
    return 0;
}

TICK_SCENARIO(scale, "hosts that pass messages") {
    static struct node *nodes;
    nodes = malloc(hosts * sizeof *nodes);
    for (size_t i = 0; i < hosts; i++) {
        char name[32];
        snprintf(name, sizeof name, "h%zu", i);
        nodes[i].number = i;
        tick_host_add(world, name, talks, &nodes[i]);
    }
    tick_link_all(world, .latency = LATENCY);
    tick_limit(world, 0, UINT64_MAX);
    outside->set_up = now();
    outside->memory_set_up = resident();
}

int main(int argc, char **argv) {
    if (argc > 1)
        hosts = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        fans = strtoul(argv[2], NULL, 10);
    if (argc > 3)
        messages = strtoul(argv[3], NULL, 10);
    if (fans > FANS_MOST || hosts < 2 * fans) {
        fprintf(stderr, "at most %d connections a host, and twice as many hosts\n", FANS_MOST);
        return 2;
    }
    outside = calloc(1, sizeof *outside);
    struct tick_harness *harness;
    struct tick_outcome outcome;
    if (!outside || tick_harness_new(&harness) < 0)
        return 3;
    for (int repeat = 0; repeat < (hosts > 2000 ? 1 : 3); repeat++) {
        memset(outside, 0, sizeof *outside);
        outside->memory_before = resident();
        outside->began = now();
        const struct tick_run run = {.scenario = tick_scenario_find("scale"), .chooser = &tick_calm};
        if (tick_harness_run(harness, &run, &outcome) < 0)
            return 3;
        double end = now();
        if (outcome.verdict != TICK_PASS)
            fprintf(stderr, "%s: %s\n", tick_verdict_word(outcome.verdict), outcome.text);
        double count = (double)hosts * (double)fans * (double)messages;
        printf("%zu hosts, %zu connections, %.0f messages: set up in %.2f s, connected in %.2f s, %.2f s of CPU time in all; %.0f ns a "
               "message\n",
            hosts, hosts * fans, count, outside->set_up - outside->began, outside->connected - outside->set_up, end - outside->began,
            (end - outside->connected) / count * 1e9);
        printf("memory: %.1f KiB a host, then %.1f KiB a connection (both ends, their streams and the task that serves it)\n",
            (double)(outside->memory_set_up - outside->memory_before) / (double)hosts / 1024,
            (double)(outside->memory_connected - outside->memory_set_up) / (double)(hosts * fans) / 1024);
    }
    tick_harness_free(harness);
    return outcome.verdict != TICK_PASS;
}
