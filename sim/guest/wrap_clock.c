// libc's names: clocks and sleeps. clock_gettime is what programs call most: it does not go through the table.
#include "sim/guest/wrap_int.h"
#include <string.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

EXPORT int clock_gettime(clockid_t clock, struct timespec *out) {
    int64_t ns;
    if (__builtin_expect(!tick__guest_on || tick__guest_observed, 0) || tick__guest_clock(clock, &ns) != 0)
        return (int)CALL(SYS_clock_gettime, clock, out);
    out->tv_sec = ns / TICK_SEC(1);
    out->tv_nsec = ns % TICK_SEC(1);
    return 0;
}
ALSO(clock_gettime, __clock_gettime)

EXPORT int clock_getres(clockid_t clock, struct timespec *out) {
    return (int)CALL(SYS_clock_getres, clock, out);
}

EXPORT int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    return (int)CALL(SYS_gettimeofday, out, zone);
}
ALSO(gettimeofday, __gettimeofday)

EXPORT time_t time(time_t *out) {
    return CALL(SYS_time, out);
}

EXPORT clock_t times(struct tms *out) {
    return CALL(SYS_times, out);
}

// Processors' time stands still.
EXPORT clock_t clock(void) {
    return tick__guest_on ? 0 : ORIGINAL(clock)();
}

EXPORT int timespec_get(struct timespec *out, int base) {
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, out) == 0 ? base : 0;
}

EXPORT int timespec_getres(struct timespec *out, int base);
EXPORT int timespec_getres(struct timespec *out, int base) {
    if (base != TIME_UTC)
        return 0;
    if (out)
        *out = (struct timespec){0, 1};
    return base;
}

EXPORT int ftime(struct timeb *out);
EXPORT int ftime(struct timeb *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = (struct timeb){.time = now.tv_sec, .millitm = (unsigned short)(now.tv_nsec / 1000000)};
    return 0;
}

EXPORT int nanosleep(const struct timespec *span, struct timespec *left) {
    return (int)CALL(SYS_nanosleep, span, left);
}
ALSO(nanosleep, __nanosleep)

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *span, struct timespec *left) {
    return (int)-tick__guest_call(SYS_clock_nanosleep, clock, flags, (long)span, (long)left, 0, 0);
}
ALSO(clock_nanosleep, __clock_nanosleep)

EXPORT int usleep(useconds_t us) {
    const struct timespec span = {us / 1000000, us % 1000000 * 1000};
    return nanosleep(&span, NULL);
}

EXPORT unsigned sleep(unsigned seconds) {
    const struct timespec span = {seconds, 0};
    struct timespec left = span;
    return nanosleep(&span, &left) < 0 ? (unsigned)left.tv_sec + (left.tv_nsec >= 500000000) : 0;
}

// --- clocks that are set: only a privileged program may ---

EXPORT int clock_settime(clockid_t clock, const struct timespec *time) {
    return tick__guest_on ? (int)tick__guest_answer(-EPERM) : (int)CALL(SYS_clock_settime, clock, time);
}

EXPORT int settimeofday(const struct timeval *time, const struct timezone *zone) {
    return tick__guest_on ? (int)tick__guest_answer(-EPERM) : (int)CALL(SYS_settimeofday, time, zone);
}
