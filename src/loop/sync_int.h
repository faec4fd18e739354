// What the primitives share that stand on one another: a condition holds a lock, a barrier a condition.
#ifndef RETICK_SYNC_INT_H
#define RETICK_SYNC_INT_H

#include "src/loop/loop_int.h"

struct tick_lock {
    struct tick__resource resource; // first
    struct tick__waiter waiters;
    bool locked;
    uint32_t holder_number;
    const struct tick_task *holder; // while locked; its memory may be another task's by then, which has another number
    const struct tick_loc *made;    // NULL: a condition's or a barrier's own
};

struct tick_condition {
    struct tick_lock *lock, own;
    struct tick__resource resource;
    struct tick__waiter waiters;
};

void tick__lock_init(struct tick_lock *lock, const struct tick_loc *made);
struct tick_lock *tick__lock_awaited(const struct tick_task *task); // that it waits for; NULL: for something else, or nothing
const struct tick_task *tick__lock_holder(const struct tick_lock *lock, const struct tick_loop *loop); // NULL: nobody, or its task is over
void tick__condition_init(struct tick_condition *condition, struct tick_lock *lock);                   // lock NULL: one of its own

// Waits at the end of the list as tick__resource_wait does, then leaves it. Returns what the wait returned; *woken says whether the waiter
// was woken, be it that the task was cancelled since.
int tick__resource_queue(struct tick__resource *resource, struct tick__waiter *list, const struct tick_loc *loc, bool *woken);
// Wakes the first of the list that was not woken yet, because of the event `cause` (0: of what runs): whether there was one. It stays in
// the list until it has run.
bool tick__resource_wake(struct tick__waiter *list, uint32_t cause);
// Whether all that are in the list were cancelled, and so have only to leave it.
bool tick__resource_idle(const struct tick__waiter *list);

#endif
