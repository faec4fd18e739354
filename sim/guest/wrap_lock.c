// libc's names: locks of pthreads(7) and semaphores. A thread that is none of the world's has libc's own.
#include "sim/guest/locks_int.h"
#include "sim/guest/originals_int.h"
#include "sim/guest/turn_int.h"
#include "sim/guest/wrap_int.h"

#define OR_LIBC(name, ...) \
    if (!tick__guest_on) \
    return TICK__ORIGINAL(name)(__VA_ARGS__)

// --- mutexes ---

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex) {
    OR_LIBC(pthread_mutex_lock, mutex);
    return tick__guest_mutex_lock(mutex, TICK__FOR_EVER());
}
ALSO(pthread_mutex_lock, __pthread_mutex_lock)

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict at) {
    OR_LIBC(pthread_mutex_timedlock, mutex, at);
    return tick__guest_mutex_lock(mutex, TICK__UNTIL(CLOCK_REALTIME, at));
}

EXPORT int pthread_mutex_clocklock(pthread_mutex_t *restrict mutex, clockid_t clock, const struct timespec *restrict at) {
    OR_LIBC(pthread_mutex_clocklock, mutex, clock, at);
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ? tick__guest_mutex_lock(mutex, TICK__UNTIL(clock, at)) : EINVAL;
}

EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex) {
    OR_LIBC(pthread_mutex_unlock, mutex);
    return tick__guest_mutex_unlock(mutex);
}
ALSO(pthread_mutex_unlock, __pthread_mutex_unlock)

EXPORT int pthread_spin_lock(pthread_spinlock_t *lock) {
    OR_LIBC(pthread_spin_lock, lock);
    return tick__guest_spin_lock(lock);
}

EXPORT int pthread_spin_unlock(pthread_spinlock_t *lock) {
    OR_LIBC(pthread_spin_unlock, lock);
    return tick__guest_spin_unlock(lock);
}

EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex) {
    OR_LIBC(pthread_mutex_trylock, mutex);
    return tick__guest_mutex_try(mutex, __builtin_return_address(0));
}
ALSO(pthread_mutex_trylock, __pthread_mutex_trylock)

// --- conditions ---

EXPORT int pthread_cond_wait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex) {
    OR_LIBC(pthread_cond_wait, cond, mutex);
    return tick__guest_cond_wait(cond, mutex, TICK__FOR_EVER());
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex, const struct timespec *restrict at) {
    OR_LIBC(pthread_cond_timedwait, cond, mutex, at);
    return tick__guest_cond_wait(cond, mutex, TICK__UNTIL(tick__guest_cond_clock(cond), at));
}

EXPORT int pthread_cond_clockwait(
    pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex, clockid_t clock, const struct timespec *restrict at) {
    OR_LIBC(pthread_cond_clockwait, cond, mutex, clock, at);
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ? tick__guest_cond_wait(cond, mutex, TICK__UNTIL(clock, at)) : EINVAL;
}

EXPORT int pthread_cond_signal(pthread_cond_t *cond) {
    OR_LIBC(pthread_cond_signal, cond);
    tick__guest_tell_notify(cond, TICK__WAITS_CONDITION);
    (void)tick__guest_waiters_wake(cond, 1);
    return 0;
}

EXPORT int pthread_cond_broadcast(pthread_cond_t *cond) {
    OR_LIBC(pthread_cond_broadcast, cond);
    tick__guest_tell_notify(cond, TICK__WAITS_CONDITION);
    (void)tick__guest_waiters_wake(cond, UINT32_MAX);
    return 0;
}

// --- read-write locks ---

EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
    OR_LIBC(pthread_rwlock_rdlock, lock);
    return tick__guest_rwlock_read(lock, TICK__FOR_EVER());
}
ALSO(pthread_rwlock_rdlock, __pthread_rwlock_rdlock)

EXPORT int pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict lock, const struct timespec *restrict at) {
    OR_LIBC(pthread_rwlock_timedrdlock, lock, at);
    return tick__guest_rwlock_read(lock, TICK__UNTIL(CLOCK_REALTIME, at));
}

EXPORT int pthread_rwlock_clockrdlock(pthread_rwlock_t *restrict lock, clockid_t clock, const struct timespec *restrict at) {
    OR_LIBC(pthread_rwlock_clockrdlock, lock, clock, at);
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ? tick__guest_rwlock_read(lock, TICK__UNTIL(clock, at)) : EINVAL;
}

EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
    OR_LIBC(pthread_rwlock_wrlock, lock);
    return tick__guest_rwlock_write(lock, TICK__FOR_EVER());
}
ALSO(pthread_rwlock_wrlock, __pthread_rwlock_wrlock)

EXPORT int pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict lock, const struct timespec *restrict at) {
    OR_LIBC(pthread_rwlock_timedwrlock, lock, at);
    return tick__guest_rwlock_write(lock, TICK__UNTIL(CLOCK_REALTIME, at));
}

EXPORT int pthread_rwlock_clockwrlock(pthread_rwlock_t *restrict lock, clockid_t clock, const struct timespec *restrict at) {
    OR_LIBC(pthread_rwlock_clockwrlock, lock, clock, at);
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ? tick__guest_rwlock_write(lock, TICK__UNTIL(clock, at)) : EINVAL;
}

EXPORT int pthread_rwlock_unlock(pthread_rwlock_t *lock) {
    OR_LIBC(pthread_rwlock_unlock, lock);
    return tick__guest_rwlock_unlock(lock);
}
ALSO(pthread_rwlock_unlock, __pthread_rwlock_unlock)

// --- barriers, semaphores, once ---

EXPORT int pthread_barrier_wait(pthread_barrier_t *barrier) {
    OR_LIBC(pthread_barrier_wait, barrier);
    return tick__guest_barrier_wait(barrier, __builtin_return_address(0));
}

static int answer(int error) {
    if (!error)
        return 0;
    errno = error;
    return -1;
}

EXPORT int sem_wait(sem_t *sem) {
    OR_LIBC(sem_wait, sem);
    return answer(tick__guest_sem_wait(sem, TICK__FOR_EVER()));
}

EXPORT int sem_timedwait(sem_t *restrict sem, const struct timespec *restrict at) {
    OR_LIBC(sem_timedwait, sem, at);
    return answer(tick__guest_sem_wait(sem, TICK__UNTIL(CLOCK_REALTIME, at)));
}

EXPORT int sem_clockwait(sem_t *restrict sem, clockid_t clock, const struct timespec *restrict at) {
    OR_LIBC(sem_clockwait, sem, clock, at);
    return answer(clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ? tick__guest_sem_wait(sem, TICK__UNTIL(clock, at)) : EINVAL);
}

EXPORT int sem_trywait(sem_t *sem) {
    OR_LIBC(sem_trywait, sem);
    return answer(tick__guest_sem_try(sem, __builtin_return_address(0)));
}

EXPORT int sem_post(sem_t *sem) {
    const int failed = TICK__ORIGINAL(sem_post)(sem);
    if (!tick__guest_on || failed)
        return failed;
    tick__guest_tell_release(sem, TICK__WAITS_SEMAPHORE);
    (void)tick__guest_waiters_wake(sem, 1);
    return 0;
}

EXPORT int pthread_once(pthread_once_t *control, void (*run)(void)) {
    OR_LIBC(pthread_once, control, run);
    return tick__guest_once(control, run, __builtin_return_address(0));
}
ALSO(pthread_once, __pthread_once)

// --- C11's: the same objects, which libc reaches past our names ---

static int c11(int error) {
    return !error               ? thrd_success
           : error == EBUSY     ? thrd_busy
           : error == ETIMEDOUT ? thrd_timedout
           : error == ENOMEM    ? thrd_nomem
                                : thrd_error;
}

EXPORT int mtx_lock(mtx_t *mutex) {
    OR_LIBC(mtx_lock, mutex);
    return c11(tick__guest_mutex_lock((pthread_mutex_t *)mutex, TICK__FOR_EVER()));
}

EXPORT int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict at) {
    OR_LIBC(mtx_timedlock, mutex, at);
    return c11(tick__guest_mutex_lock((pthread_mutex_t *)mutex, TICK__UNTIL(CLOCK_REALTIME, at)));
}

EXPORT int mtx_trylock(mtx_t *mutex) {
    OR_LIBC(mtx_trylock, mutex);
    return c11(tick__guest_mutex_try((pthread_mutex_t *)mutex, __builtin_return_address(0)));
}

EXPORT int mtx_unlock(mtx_t *mutex) {
    OR_LIBC(mtx_unlock, mutex);
    return c11(tick__guest_mutex_unlock((pthread_mutex_t *)mutex));
}

EXPORT int cnd_wait(cnd_t *cond, mtx_t *mutex) {
    OR_LIBC(cnd_wait, cond, mutex);
    return c11(tick__guest_cond_wait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex, TICK__FOR_EVER()));
}

EXPORT int cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex, const struct timespec *restrict at) {
    OR_LIBC(cnd_timedwait, cond, mutex, at);
    return c11(tick__guest_cond_wait((pthread_cond_t *)cond, (pthread_mutex_t *)mutex, TICK__UNTIL(CLOCK_REALTIME, at)));
}

EXPORT int cnd_signal(cnd_t *cond) {
    OR_LIBC(cnd_signal, cond);
    tick__guest_tell_notify(cond, TICK__WAITS_CONDITION);
    (void)tick__guest_waiters_wake(cond, 1);
    return thrd_success;
}

EXPORT int cnd_broadcast(cnd_t *cond) {
    OR_LIBC(cnd_broadcast, cond);
    tick__guest_tell_notify(cond, TICK__WAITS_CONDITION);
    (void)tick__guest_waiters_wake(cond, UINT32_MAX);
    return thrd_success;
}

EXPORT void call_once(once_flag *flag, void (*run)(void)) {
    if (tick__guest_on)
        (void)tick__guest_once((int *)(void *)flag, run, __builtin_return_address(0));
    else
        TICK__ORIGINAL(call_once)(flag, run);
}
