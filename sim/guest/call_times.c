// Handlers: clocks and sleeps. Clocks are the host's in the simulated world, from the program's first instruction on; they move where it
// waits, and nowhere else.
#include "sim/guest/inside_int.h"
#include "sim/guest/snapshot_int.h"
#include "src/base/times.h"
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#define TICKS 100 // of times(2), a second

long tick__guest_clock(int clock, int64_t *ns) {
    if (!tick__guest_begun && tick__guest_outside())
        return 1;
    if (!tick__guest_begun && tick__guest_hold_clock(clock, ns))
        return 0;
    tick__guest_spins_clock();
    return tick_k_clock(TICK__K, clock, ns);
}

long tick__call_clock_gettime(const long *a) {
    int64_t ns;
    const long error = tick__guest_clock((int)a[0], &ns);
    if (error > 0 || error == -EINVAL) // outside; or a clock of a thread or a process by its number
        return tick__raw(SYS_clock_gettime, a[0], a[1]);
    *(struct timespec *)a[1] = tick__guest_interval(ns);
    return 0;
}

long tick__call_clock_getres(const long *a) {
    int64_t ns;
    if (tick_k_clock(TICK__K, (int)a[0], &ns) < 0)
        return -EINVAL;
    if (a[1])
        *(struct timespec *)a[1] = (struct timespec){0, 1};
    return 0;
}

long tick__call_gettimeofday(const long *a) {
    int64_t ns;
    if (tick__guest_clock(CLOCK_REALTIME, &ns) > 0)
        return tick__raw(SYS_gettimeofday, a[0], a[1]);
    if (a[0])
        *(struct timeval *)a[0] = (struct timeval){ns / TICK_SEC(1), ns % TICK_SEC(1) / 1000};
    if (a[1])
        *(struct timezone *)a[1] = (struct timezone){0};
    return 0;
}

long tick__call_time(const long *a) {
    int64_t ns;
    if (tick__guest_clock(CLOCK_REALTIME, &ns) > 0)
        return tick__raw(SYS_time, a[0]);
    if (a[0])
        *(time_t *)a[0] = ns / TICK_SEC(1);
    return ns / TICK_SEC(1);
}

long tick__call_times(const long *a) {
    int64_t ns;
    if (tick__guest_clock(CLOCK_MONOTONIC, &ns) > 0)
        return tick__raw(SYS_times, a[0]);
    if (a[0])
        *(struct tms *)a[0] = (struct tms){0};
    return ns / (TICK_SEC(1) / TICKS);
}

static bool is_time(const struct timespec *t) {
    return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < TICK_SEC(1);
}

// A sleep that a signal ends says how much of it is left.
static long sleeps(int64_t ns, struct timespec *left) {
    const int64_t end = tick__after(tick_kernel_now(tick__guest_kernel), ns);
    const long result = tick__guest_sleep(ns);
    const int64_t rest = tick__until(end, tick_kernel_now(tick__guest_kernel));
    if (result == -EINTR && left)
        *left = tick__guest_interval(rest > 0 ? rest : 0);
    return result;
}

long tick__call_nanosleep(const long *a) {
    const struct timespec *span = (const struct timespec *)a[0];
    return is_time(span) ? sleeps(tick__guest_ns(span), (struct timespec *)a[1]) : -EINVAL;
}

long tick__call_clock_nanosleep(const long *a) {
    const struct timespec *until = (const struct timespec *)a[2];
    int64_t now = 0;
    if (!is_time(until) || tick_k_clock(TICK__K, (int)a[0], &now) < 0)
        return -EINVAL;
    return a[1] & TIMER_ABSTIME ? tick__guest_sleep(tick__until(tick__guest_ns(until), now))
                                : sleeps(tick__guest_ns(until), (struct timespec *)a[3]);
}
