// Semaphores and barriers: libc's count in a semaphore; of a barrier only how many it is for (glibc since 2.25), as those who wait are
// counted here.
#include "sim/guest/guest_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/locks_int.h"
#include "sim/guest/originals_int.h"
#include "sim/guest/tell_int.h"
#include "sim/guest/turn_int.h"

int tick__guest_sem_try(sem_t *sem, const void *place) {
    const int before = errno, failed = TICK__ORIGINAL(sem_trywait)(sem), error = errno;
    errno = before;
    if (__builtin_expect(tick__guest_probe != NULL, 0) && !failed)
        tick__guest_tell_hold(sem, TICK__WAITS_SEMAPHORE, place);
    return failed ? error : 0;
}

int tick__guest_sem_wait(sem_t *sem, const struct tick__until *until) {
    struct tick__guest_wait wait = {.what = TICK__WAITS_SEMAPHORE, .fd = -1, .object = sem, .place = until->place, .interruptible = true};
    if (tick__guest_is_cancelled(tick__guest_self()))
        tick__guest_interrupted();
    int error = tick__guest_sem_try(sem, until->place);
    if (error != EAGAIN)
        return error;
    const int64_t deadline = tick__guest_moment(until);
    if (deadline < 0)
        return EINVAL;
    wait.since = tick__guest_place();
    for (;;) {
        const int how = tick__guest_park(&wait, deadline);
        if (how == -EINTR) {
            tick__guest_interrupted();
            if (!tick__guest_restarts())
                return EINTR;
            continue;
        }
        error = tick__guest_sem_try(sem, until->place);
        if (error != EAGAIN)
            return error;
        if (!how)
            return ETIMEDOUT;
    }
}

// What libc has at the beginning of a pthread_barrier_t.
struct barrier {
    unsigned in, round, count;
};

int tick__guest_barrier_wait(pthread_barrier_t *barrier, const void *place) {
    const struct tick__guest_wait wait = {
        .what = TICK__WAITS_BARRIER, .fd = -1, .object = barrier, .place = place, .since = tick__guest_place(), .interruptible = true};
    unsigned here = 1;
    for (struct tick__guest_thread *at = NULL; (at = tick__guest_waiters_next(barrier, at)) != NULL;)
        here++;
    if (here >= ((const struct barrier *)barrier)->count) {
        tick__guest_tell_notify(barrier, TICK__WAITS_BARRIER);
        (void)tick__guest_waiters_wake(barrier, UINT32_MAX);
        return PTHREAD_BARRIER_SERIAL_THREAD;
    }
    while (tick__guest_park(&wait, TICK_NEVER) == -EINTR)
        tick__guest_attend(); // no cancellation point
    return 0;
}
