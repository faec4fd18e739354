// Lock: asyncio.Lock. First come, first served: between a release and the moment at which its waiter runs, nobody else gets in. A waiter
// that was woken and then cancelled passes the lock on (bpo-27585, bpo-32734).
#include "src/base/alloc.h"
#include "src/loop/sync_int.h"

void tick__lock_init(struct tick_lock *lock, const struct tick_loc *made) {
    *lock = (struct tick_lock){.made = made};
    tick__resource_init(&lock->resource, TICK_OBJECT_LOCK, made);
    lock->resource.lock = true;
    tick__waiters_init(&lock->waiters);
}

struct tick_lock *tick_lock_new_at(const struct tick_loc *loc) {
    struct tick_lock *lock = tick__alloc(sizeof *lock);
    if (lock)
        tick__lock_init(lock, loc);
    return lock;
}

void tick_lock_free(struct tick_lock *lock) {
    tick__free(lock);
}

bool tick_lock_is_locked(const struct tick_lock *lock) {
    return lock->locked;
}

// The first waiter is next; one that is done already was woken, or is on its way out.
static void wake_first(struct tick_lock *lock, uint32_t cause) {
    struct tick__waiter *first = lock->waiters.next;
    if (first != &lock->waiters)
        tick__future_finish(&first->future, 0, 0, cause);
}

int tick_lock_acquire_at(struct tick_lock *lock, const struct tick_loc *loc) {
    struct tick_task *task = tick_task_current();
    if (lock->locked || !tick__resource_idle(&lock->waiters)) {
        bool woken;
        const int result = tick__resource_queue(&lock->resource, &lock->waiters, loc, &woken);
        if (result < 0) {
            if (!lock->locked)
                wake_first(lock, 0);
            return result;
        }
    }
    lock->locked = true;
    lock->holder = task;
    lock->holder_number = task ? task->number : 0;
    tick__resource_tell(&lock->resource, TICK_EV_HOLD);
    return 0;
}

int tick_lock_release(struct tick_lock *lock) {
    if (!lock->locked)
        return TICK_EINVALSTATE;
    lock->locked = false;
    tick__resource_tell(&lock->resource, TICK_EV_RELEASE);
    wake_first(lock, lock->resource.released);
    return 0;
}

struct tick_lock *tick__lock_awaited(const struct tick_task *task) {
    const struct tick_future *future = task->waiter;
    if (!future || future->ops != &tick__waiter_ops || future->state != TICK__PENDING)
        return NULL;
    struct tick__resource *resource = ((const struct tick__waiter *)future)->resource;
    return resource->lock ? (struct tick_lock *)resource : NULL;
}

const struct tick_task *tick__lock_holder(const struct tick_lock *lock, const struct tick_loop *loop) {
    for (const struct tick_task *task = lock->locked ? loop->tasks : NULL; task; task = task->next)
        if (task == lock->holder && task->number == lock->holder_number)
            return task;
    return NULL;
}
