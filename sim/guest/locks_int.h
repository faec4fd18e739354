// Locks of the world: libc's objects, as libc keeps them, and waits of ours. Errors as pthread_mutex_lock(3) and the like return them.
//
// What an object holds (owner, count, readers, value) is changed by libc's own functions that never wait; who would wait there parks, and
// is found by the object's address. So libc's initialisers hold, a lock may be taken before the world begins, and destroying one needs
// nothing. A lock that is free is taken without a world point: preemption between calls is not explored.
#ifndef RETICK_LOCKS_INT_H
#define RETICK_LOCKS_INT_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

// Until when a wait may last: a moment of a clock; at NULL: for ever.
struct tick__until {
    clockid_t clock;
    const struct timespec *at;
    const void *place; // who waits, by its return address
};
#define TICK__FOR_EVER() (&(const struct tick__until){0, NULL, __builtin_return_address(0)})
#define TICK__UNTIL(clock, at) (&(const struct tick__until){(clock), (at), __builtin_return_address(0)})
int64_t tick__guest_moment(const struct tick__until *until); // of the world's time; negative: it is no time (EINVAL)

int tick__guest_mutex_lock(pthread_mutex_t *mutex, const struct tick__until *until); // mutexes.c
int tick__guest_mutex_try(pthread_mutex_t *mutex, const void *place);
int tick__guest_mutex_unlock(pthread_mutex_t *mutex);
int tick__guest_spin_lock(pthread_spinlock_t *lock);
int tick__guest_spin_unlock(pthread_spinlock_t *lock);
int tick__guest_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct tick__until *until); // conditions.c
clockid_t tick__guest_cond_clock(const pthread_cond_t *cond);
int tick__guest_rwlock_read(pthread_rwlock_t *lock, const struct tick__until *until); // rwlocks.c
int tick__guest_rwlock_write(pthread_rwlock_t *lock, const struct tick__until *until);
int tick__guest_rwlock_unlock(pthread_rwlock_t *lock);
int tick__guest_sem_try(sem_t *sem, const void *place);                // likewise
int tick__guest_sem_wait(sem_t *sem, const struct tick__until *until); // semaphores.c; an error number
int tick__guest_barrier_wait(pthread_barrier_t *barrier, const void *place);
int tick__guest_once(int *control, void (*run)(void), const void *place); // once.c
long tick__guest_futex(const long *a);                                    // futexes.c: futex(2), a negated errno

#endif
