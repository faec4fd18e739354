// Read-write locks, with libc's preferences: readers go before writers that wait, unless the lock prefers writers and is not recursive.
// (libc treats PTHREAD_RWLOCK_PREFER_WRITER_NP, whose readers may be recursive, like the default.)
//
// Of the object (glibc since 2.25) are read the preference, who writes, and how many read.
#include "sim/guest/guest_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/locks_int.h"
#include "sim/guest/originals_int.h"
#include "sim/guest/tell_int.h"
#include "sim/guest/turn_int.h"

#define READERS 3 // __readers counts them from this bit on

static struct tick__guest_thread *first_of(const pthread_rwlock_t *lock, uint8_t what) {
    struct tick__guest_thread *thread = tick__guest_waiters_next(lock, NULL);
    while (thread && thread->wait.what != what)
        thread = tick__guest_waiters_next(lock, thread);
    return thread;
}

static bool prefers_writers(const pthread_rwlock_t *lock) {
    return lock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
}

static void wake_readers(const pthread_rwlock_t *lock) {
    struct tick__guest_thread *next;
    for (struct tick__guest_thread *thread = tick__guest_waiters_next(lock, NULL); thread; thread = next) {
        next = tick__guest_waiters_next(lock, thread);
        if (thread->wait.what == TICK__WAITS_READS)
            tick__guest_wake(thread);
    }
}

// Whether a reader has to wait for writers that wait, too; it is no waiter itself here.
static bool yields(const pthread_rwlock_t *lock) {
    return prefers_writers(lock) && first_of(lock, TICK__WAITS_WRITES);
}

// once more: it has waited, and was woken: what writers there are came later, or would have been woken.
static int try(pthread_rwlock_t *lock, uint8_t what, bool once_more) {
    if (what == TICK__WAITS_WRITES)
        return TICK__ORIGINAL(pthread_rwlock_trywrlock)(lock);
    return !once_more && yields(lock) ? EBUSY : TICK__ORIGINAL(pthread_rwlock_tryrdlock)(lock);
}

static int wait_and_take(pthread_rwlock_t *lock, uint8_t what, const struct tick__until *until) {
    struct tick__guest_wait wait = {.what = what, .fd = -1, .object = lock, .place = until->place};
    int error = try(lock, what, false);
    if (error != EBUSY)
        return error;
    const int64_t deadline = tick__guest_moment(until);
    if (lock->__data.__cur_writer == tick__guest_tid())
        return EDEADLK;
    if (deadline < 0)
        return EINVAL;
    wait.since = tick__guest_place();
    for (;;) {
        const int how = tick__guest_park(&wait, deadline);
        error = try(lock, what, how > 0);
        if (error != EBUSY)
            return error;
        if (!how)
            break;
    }
    if (what == TICK__WAITS_WRITES && !yields(lock))
        wake_readers(lock); // those that waited for it alone
    return ETIMEDOUT;
}

static int take(pthread_rwlock_t *lock, uint8_t what, const struct tick__until *until) {
    const int error = wait_and_take(lock, what, until);
    if (__builtin_expect(tick__guest_probe != NULL, 0) && !error)
        tick__guest_tell_hold(lock, what, until->place);
    return error;
}

int tick__guest_rwlock_read(pthread_rwlock_t *lock, const struct tick__until *until) {
    return take(lock, TICK__WAITS_READS, until);
}

int tick__guest_rwlock_write(pthread_rwlock_t *lock, const struct tick__until *until) {
    return take(lock, TICK__WAITS_WRITES, until);
}

int tick__guest_rwlock_unlock(pthread_rwlock_t *lock) {
    const int error = TICK__ORIGINAL(pthread_rwlock_unlock)(lock);
    struct tick__guest_thread *reader, *writer;
    if (__builtin_expect(tick__guest_probe != NULL, 0) && !error)
        tick__guest_tell_release(lock, TICK__WAITS_WRITES);
    if (error || tick__guest_turns->alive == 1)
        return error;
    reader = first_of(lock, TICK__WAITS_READS);
    writer = first_of(lock, TICK__WAITS_WRITES);
    if (reader && !(writer && prefers_writers(lock)))
        wake_readers(lock);
    else if (writer && !(lock->__data.__readers >> READERS))
        tick__guest_wake(writer);
    return 0;
}
