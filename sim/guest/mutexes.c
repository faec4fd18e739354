// Mutexes and spin locks (locks_int.h): taken and given back by libc's own trylock and unlock, which know all kinds and never wait here.
//
// Who finds one taken parks, and tries again when it is woken; others may have come before, and then it waits at its old place. A mutex
// whose owner is no thread of the world (a stray one of a library) is waited for in reality.
#include "sim/guest/guest_int.h"
#include "sim/guest/locks_int.h"
#include "sim/guest/originals_int.h"
#include "sim/guest/tell_int.h"
#include "sim/guest/turn_int.h"
#include "src/base/times.h"

#define KIND 3 // of __kind: the type
#define ERROR_CHECKING PTHREAD_MUTEX_ERRORCHECK_NP

int64_t tick__guest_moment(const struct tick__until *until) {
    int64_t clock;
    if (!until->at)
        return TICK_NEVER;
    if (until->at->tv_nsec < 0 || until->at->tv_nsec >= 1000000000 ||
        tick_k_clock(tick__guest_kernel, TICK_GUEST_PROCESS, until->clock, &clock) < 0)
        return -1;
    const int64_t moment = tick__of_parts(until->at->tv_sec, until->at->tv_nsec);
    return tick__after(tick_kernel_now(tick__guest_kernel), tick__ahead(moment, clock));
}

static bool is_ours(int32_t tid) {
    for (uint32_t i = 0; i < tick__guest_turns->count; i++)
        if (tick__guest_turns->threads[i].life.tid == tid)
            return true;
    return false;
}

static int wait(pthread_mutex_t *mutex, const struct tick__until *until) {
    struct tick__guest_wait wait = {
        .what = TICK__WAITS_LOCK, .fd = -1, .object = mutex, .place = until->place, .since = tick__guest_place()};
    const int32_t owner = mutex->__data.__owner;
    const int64_t deadline = tick__guest_moment(until);
    if ((mutex->__data.__kind & KIND) == ERROR_CHECKING && owner == tick__guest_tid())
        return EDEADLK;
    if (deadline < 0)
        return EINVAL;
    if (owner && owner != tick__guest_tid() && !is_ours(owner))
        return TICK__ORIGINAL(pthread_mutex_lock)(mutex);
    for (;;) {
        const int how = tick__guest_park(&wait, deadline);
        const int error = TICK__ORIGINAL(pthread_mutex_trylock)(mutex);
        if (error != EBUSY)
            return error;
        if (!how)
            return ETIMEDOUT;
    }
}

// One that may be taken several times is told once.
static void tell_hold(pthread_mutex_t *mutex, const void *place) {
    if (mutex->__data.__count <= 1)
        tick__guest_tell_hold(mutex, TICK__WAITS_LOCK, place);
}

int tick__guest_mutex_lock(pthread_mutex_t *mutex, const struct tick__until *until) {
    int error = TICK__ORIGINAL(pthread_mutex_trylock)(mutex);
    if (__builtin_expect(error == EBUSY, 0))
        error = wait(mutex, until);
    if (__builtin_expect(tick__guest_probe != NULL, 0) && (!error || error == EOWNERDEAD))
        tell_hold(mutex, until->place);
    return error;
}

int tick__guest_mutex_try(pthread_mutex_t *mutex, const void *place) {
    const int error = TICK__ORIGINAL(pthread_mutex_trylock)(mutex);
    if (__builtin_expect(tick__guest_probe != NULL, 0) && (!error || error == EOWNERDEAD))
        tell_hold(mutex, place);
    return error;
}

int tick__guest_mutex_unlock(pthread_mutex_t *mutex) {
    const int error = TICK__ORIGINAL(pthread_mutex_unlock)(mutex);
    if (__builtin_expect(tick__guest_probe != NULL, 0) && !error && mutex->__data.__owner != tick__guest_tid())
        tick__guest_tell_release(mutex, TICK__WAITS_LOCK);
    if (!error && tick__guest_turns->alive > 1)
        (void)tick__guest_waiters_wake(mutex, 1);
    return error;
}

int tick__guest_spin_lock(pthread_spinlock_t *lock) {
    const void *object = (const void *)(uintptr_t)lock;
    struct tick__guest_wait wait = {.what = TICK__WAITS_SPIN, .fd = -1, .object = object, .place = __builtin_return_address(0)};
    while (TICK__ORIGINAL(pthread_spin_trylock)(lock) == EBUSY) {
        wait.since = wait.since ? wait.since : tick__guest_place();
        (void)tick__guest_park(&wait, TICK_NEVER);
    }
    if (__builtin_expect(tick__guest_probe != NULL, 0))
        tick__guest_tell_hold(object, TICK__WAITS_LOCK, wait.place);
    return 0;
}

int tick__guest_spin_unlock(pthread_spinlock_t *lock) {
    const int error = TICK__ORIGINAL(pthread_spin_unlock)(lock);
    if (__builtin_expect(tick__guest_probe != NULL, 0))
        tick__guest_tell_release((const void *)(uintptr_t)lock, TICK__WAITS_LOCK);
    (void)tick__guest_waiters_wake((const void *)(uintptr_t)lock, 1);
    return error;
}
