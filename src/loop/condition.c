// Condition: asyncio.Condition. A wait gives the lock back and takes it again before it returns, also when it was cancelled, and as often
// as that takes (bpo-22970, bpo-32841). A notification that a cancelled waiter may have got goes on to the next (gh-112202).
#include "src/base/alloc.h"
#include "src/loop/sync_int.h"

void tick__condition_init(struct tick_condition *condition, struct tick_lock *lock) {
    if (!lock) {
        tick__lock_init(&condition->own, NULL);
        lock = &condition->own;
    }
    condition->lock = lock;
    tick__resource_init(&condition->resource, TICK_OBJECT_EVENT, NULL);
    tick__waiters_init(&condition->waiters);
}

struct tick_condition *tick_condition_new(struct tick_lock *lock) {
    struct tick_condition *condition = tick__alloc(sizeof *condition);
    if (condition)
        tick__condition_init(condition, lock);
    return condition;
}

void tick_condition_free(struct tick_condition *condition) {
    tick__free(condition);
}

struct tick_lock *tick_condition_lock(struct tick_condition *condition) {
    return condition->lock;
}

static void notify(struct tick_condition *condition, size_t count) {
    tick__resource_tell(&condition->resource, TICK_EV_NOTIFY);
    while (count > 0 && tick__resource_wake(&condition->waiters, condition->resource.released))
        count--;
}

int tick_condition_wait_at(struct tick_condition *condition, const struct tick_loc *loc) {
    const struct tick_task *task = tick__task_running();
    if (!task || !task->coro || !condition->lock->locked) // a stackless one cannot wait for the lock, either
        return TICK_EINVALSTATE;
    bool woken;
    (void)tick_lock_release(condition->lock);
    int result = tick__resource_queue(&condition->resource, &condition->waiters, loc, &woken);
    int again;
    while ((again = tick_lock_acquire_at(condition->lock, loc)) < 0)
        result = again;
    if (result < 0)
        notify(condition, 1);
    return result;
}

int tick_condition_wait_for_at(struct tick_condition *condition, bool (*predicate)(void *arg), void *arg, const struct tick_loc *loc) {
    while (!predicate(arg))
        TICK_TRY(tick_condition_wait_at(condition, loc));
    return 0;
}

int tick_condition_notify(struct tick_condition *condition, size_t count) {
    if (!condition->lock->locked)
        return TICK_EINVALSTATE;
    notify(condition, count);
    return 0;
}

int tick_condition_notify_all(struct tick_condition *condition) {
    return tick_condition_notify(condition, SIZE_MAX);
}
