// Clocks: one time for the whole world, and a wall clock a host that may be off. What only CPUs count stands still.
#include "sim/kernel/objects_int.h"
#include <time.h>

#define WALL_START TICK_SEC(1577836800) // 2020-01-01

int64_t tick_kernel_wall(const struct tick_kernel *k, int host) {
    return tick__moved(tick__after(WALL_START, k->root->now), tick__host(k, (uint32_t)host)->wall_offset);
}

static void move(struct tick_kernel *k, int host, int64_t wall, bool set) {
    struct tick__host *h = tick__host(k, (uint32_t)host);
    const int64_t jump = tick__ahead(wall, tick_kernel_wall(k, host));
    if (!jump && !set)
        return;
    h->wall_offset = tick__ahead(wall, tick__after(WALL_START, k->root->now));
    struct tick__files at = {0};
    for (struct tick__file *file; (file = tick__files_next(k, (uint32_t)host, &at)) != NULL;)
        if (tick__ops(file)->wall_moved)
            tick__ops(file)->wall_moved(k, file, jump, set);
}

void tick_kernel_wall_set(struct tick_kernel *k, int host, int64_t wall) {
    move(k, host, wall, true);
}

void tick_kernel_wall_drift(struct tick_kernel *k, int host, int64_t wall) {
    move(k, host, wall, false);
}

void tick_kernel_up(struct tick_kernel *k, int64_t up) {
    k->root->up = up;
}

int tick_k_clock(const struct tick_kernel *k, int process, int clock, int64_t *ns) {
    const int host = (int)tick__process_host(k, process);
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        *ns = tick_kernel_wall(k, host);
        return 0;
    case CLOCK_TAI:
        *ns = tick__after(tick_kernel_wall(k, host), TICK_SEC(37));
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        *ns = tick__after(k->root->now, k->root->up);
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = 0;
        return 0;
    default:
        return -EINVAL;
    }
}
