// What the peers' programs share: process CPU time, the same pseudo-random deadlines and orders as bench/loop_rows.c, and output.
#ifndef RETICK_BENCH_PEER_H
#define RETICK_BENCH_PEER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double peer_began;
static double peer_cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}
static void begin(void) {
    peer_began = peer_cpu();
}
static void end(const char *row, double count) {
    printf("%s %.2f\n", row, (peer_cpu() - peer_began) / count);
}

static uint64_t peer_drawn = 88172645463325252u;
static uint64_t draw(void) {
    peer_drawn ^= peer_drawn << 13;
    peer_drawn ^= peer_drawn >> 7;
    return peer_drawn ^= peer_drawn << 17;
}

// Each backend of timers: arm number i in `us`, cancel it, and fire all that is due.
struct peer_timers {
    void (*arm)(long i, uint32_t us);
    void (*cancel)(long i);
    void (*fire)(void);
};

static void peer_timers(const struct peer_timers *t, long n) {
    uint32_t *order = malloc((size_t)n * sizeof *order), *delay = malloc((size_t)n * sizeof *delay);
    const uint32_t later = 10000000;
    for (long i = 0; i < n; i++) {
        order[i] = (uint32_t)i;
        delay[i] = (uint32_t)(1000 + draw() % 999000);
    }
    for (long i = n - 1; i > 0; i--) {
        const long j = (long)(draw() % (uint64_t)(i + 1));
        const uint32_t swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
    for (int warm = 1; warm >= 0; warm--) {
        begin();
        for (long i = 0; i < n; i++)
            t->arm(i, later + delay[i]);
        if (!warm)
            end("timer_arm", (double)n);
        begin();
        for (long i = 0; i < n; i++)
            t->cancel(order[i]);
        if (!warm)
            end("timer_cancel", (double)n);
        for (long i = 0; i < n; i++)
            t->arm(i, later + delay[i]);
        begin();
        for (int round = 0; round < 3; round++)
            for (long i = 0; i < n; i++) {
                t->cancel(order[i]);
                t->arm(order[i], later + delay[i]);
            }
        if (!warm)
            end("timer_rearm", 3 * (double)n);
        for (long i = 0; i < n; i++)
            t->cancel(i);
        for (long i = 0; i < n; i++)
            t->arm(i, delay[i]);
        nanosleep(&(struct timespec){1, 10000000}, NULL);
        begin();
        t->fire();
        if (!warm)
            end("timer_fire", (double)n);
    }
    free(order);
    free(delay);
}

#endif
