// How tasks wait for one another: asyncio's Event, Lock, Condition, Semaphore and Barrier; queues stand in <retick/queue.h>.
//
// Everything here lives on the heap: _new returns NULL when out of memory, _free wants nobody waiting on it and takes NULL. All are for the
// tasks of one loop. What waits returns 0, TICK_ECANCELED when the waiting task was cancelled (or TICK_EINVALSTATE outside of a task),
// and honours the innermost timeout scope. Those who wait are served in the order in which they came.
#ifndef RETICK_SYNC_H
#define RETICK_SYNC_H

#include <retick/error.h>
#include <retick/id.h>
#include <retick/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// --- asyncio.Event ---
struct tick_event_flag; // (struct tick_event is the probe's)
struct tick_event_flag *tick_event_new(void);
void tick_event_free(struct tick_event_flag *event);
bool tick_event_is_set(const struct tick_event_flag *event);
void tick_event_set(struct tick_event_flag *event); // wakes all present waiters, even if cleared at once
void tick_event_clear(struct tick_event_flag *event);
#define tick_event_wait(event) tick_event_wait_at((event), TICK_HERE("an event"))
int tick_event_wait_at(struct tick_event_flag *event, const struct tick_loc *loc);

// --- asyncio.Lock ---
typedef struct tick_lock tick_lock;
#define tick_lock_new() tick_lock_new_at(TICK_HERE("lock")) // where it was made is how a deadlock names it
struct tick_lock *tick_lock_new_at(const struct tick_loc *loc);
void tick_lock_free(struct tick_lock *lock);
bool tick_lock_is_locked(const struct tick_lock *lock); // Lock.locked
#define tick_lock_acquire(lock) tick_lock_acquire_at((lock), TICK_HERE("lock"))
int tick_lock_acquire_at(struct tick_lock *lock, const struct tick_loc *loc) TICK_MUST_USE; // loc: where it waits, if it does; may be NULL
// Lock.release, by whichever task. 0; TICK_EINVALSTATE (asyncio: RuntimeError) if it is not locked. The next waiter has it as soon as it
// runs, and nobody can come between.
int tick_lock_release(struct tick_lock *lock);

// --- asyncio.Condition ---
typedef struct tick_condition tick_condition;
struct tick_condition *tick_condition_new(struct tick_lock *lock); // lock: borrowed; NULL: one of its own
void tick_condition_free(struct tick_condition *condition);
struct tick_lock *tick_condition_lock(struct tick_condition *condition); // borrowed: to acquire before, and release after, what follows
// Condition.wait: gives the lock back, waits for a notification, has the lock again when it returns, also with TICK_ECANCELED. It may
// return without a notification: look at what was waited for again. TICK_EINVALSTATE if the lock is not held.
#define tick_condition_wait(condition) tick_condition_wait_at((condition), TICK_HERE("a condition"))
int tick_condition_wait_at(struct tick_condition *condition, const struct tick_loc *loc) TICK_MUST_USE;
// Until the predicate holds.
#define tick_condition_wait_for(condition, predicate, arg) \
    tick_condition_wait_for_at((condition), (predicate), (arg), TICK_HERE("a condition"))
int tick_condition_wait_for_at(
    struct tick_condition *condition, bool (*predicate)(void *arg), void *arg, const struct tick_loc *loc) TICK_MUST_USE;
// Condition.notify: wakes that many waiters, or all there are. 0, or TICK_EINVALSTATE if the lock is not held.
int tick_condition_notify(struct tick_condition *condition, size_t count);
int tick_condition_notify_all(struct tick_condition *condition);

// --- asyncio.Semaphore and BoundedSemaphore ---
typedef struct tick_semaphore tick_semaphore;
struct tick_semaphore *tick_semaphore_new(size_t value);         // with that many permits
struct tick_semaphore *tick_semaphore_bounded_new(size_t value); // that never has more of them
void tick_semaphore_free(struct tick_semaphore *semaphore);
size_t tick_semaphore_value(const struct tick_semaphore *semaphore);   // permits that nobody has
bool tick_semaphore_is_locked(const struct tick_semaphore *semaphore); // Semaphore.locked: an acquire would wait
#define tick_semaphore_acquire(semaphore) tick_semaphore_acquire_at((semaphore), TICK_HERE("a semaphore"))
int tick_semaphore_acquire_at(struct tick_semaphore *semaphore, const struct tick_loc *loc) TICK_MUST_USE;
int tick_semaphore_release(struct tick_semaphore *semaphore); // 0; of a bounded one at its bound TICK_EINVALSTATE (asyncio: ValueError)

// --- asyncio.Barrier ---
typedef struct tick_barrier tick_barrier;
struct tick_barrier *tick_barrier_new(size_t parties); // at least 1
void tick_barrier_free(struct tick_barrier *barrier);
size_t tick_barrier_parties(const struct tick_barrier *barrier);
size_t tick_barrier_waiting(const struct tick_barrier *barrier); // Barrier.n_waiting, while it fills
bool tick_barrier_is_broken(const struct tick_barrier *barrier);
// Barrier.wait: until all parties wait. The place in which this one came, from 0 (so that one of them can be chosen for something);
// TICK_EBROKEN (asyncio: BrokenBarrierError) if it was reset or aborted meanwhile, or is broken.
#define tick_barrier_wait(barrier) tick_barrier_wait_at((barrier), TICK_HERE("a barrier"))
int tick_barrier_wait_at(struct tick_barrier *barrier, const struct tick_loc *loc) TICK_MUST_USE;
int tick_barrier_reset(struct tick_barrier *barrier) TICK_MUST_USE; // those who wait get TICK_EBROKEN; then it is as new
int tick_barrier_abort(struct tick_barrier *barrier) TICK_MUST_USE; // the same, and it stays broken until reset

#ifdef __cplusplus
}
#endif

#endif
