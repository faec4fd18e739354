// as_completed: asyncio.as_completed. Futures queue up as they are done; when the timeout passes, each that is not stands for a
// TICK_ETIMEDOUT.
#include <retick/wait.h>

#include "src/loop/crowd.h"
#include "src/loop/sync_int.h"

struct tick_as_completed {
    struct tick__crowd *crowd;
    struct tick_handle *timer;
    struct tick__resource resource;
    struct tick__waiter waiters;
    size_t left;        // not handed out yet
    size_t count, next; // of `done`
    bool expired;
    struct tick_future *done[];
};

static void disarm(struct tick_as_completed *each) {
    if (each->timer)
        tick_handle_cancel(each->timer);
    tick_handle_unref(each->timer);
    each->timer = NULL;
}

static void one_done(void *arg, struct tick_future *future) {
    struct tick_as_completed *each = arg;
    each->done[each->count++] = tick_future_ref(future);
    tick__resource_wake(&each->waiters, 0);
}

static void expire(void *arg) {
    struct tick_as_completed *each = arg;
    each->expired = true;
    tick__crowd_leave(each->crowd);
    each->crowd = NULL;
    while (tick__resource_wake(&each->waiters, 0))
        ;
}

struct tick_as_completed *tick_as_completed_new(struct tick_future *const *futures, size_t count, int64_t timeout) {
    struct tick_loop *loop = tick__loop_running;
    if (!loop || count > SIZE_MAX / 2 / sizeof *futures)
        return NULL;
    struct tick_as_completed *each = tick__block_alloc(loop, sizeof *each + count * sizeof(struct tick_future *));
    if (!each)
        return NULL;
    *each = (struct tick_as_completed){0};
    tick__waiters_init(&each->waiters);
    tick__resource_init(&each->resource, TICK_OBJECT_QUEUE, NULL);
    each->crowd = tick__crowd_new(loop, futures, count, one_done, each, &each->left);
    if (each->crowd && count > 0 && timeout != TICK_NEVER)
        each->timer = tick__timer_new(
            loop, tick__after(tick_loop_time(loop), timeout), expire, each, "as_completed", TICK_HERE("as_completed"), true);
    if (!each->crowd || (count > 0 && timeout != TICK_NEVER && !each->timer)) {
        tick_as_completed_free(each);
        return NULL;
    }
    return each;
}

int tick_as_completed_next_at(struct tick_as_completed *each, struct tick_future **future, const struct tick_loc *loc) {
    if (each->left == 0)
        return TICK_EEMPTY;
    each->left--;
    while (each->next == each->count && !each->expired) {
        bool woken;
        const int result = tick__resource_queue(&each->resource, &each->waiters, loc, &woken);
        if (result < 0) {
            each->left++; // unlike asyncio, where a cancelled wait uses one up
            if (woken)
                tick__resource_wake(&each->waiters, 0);
            return result;
        }
    }
    if (each->next == each->count)
        return TICK_ETIMEDOUT;
    *future = each->done[each->next++];
    if (each->left == 0)
        disarm(each);
    return 0;
}

void tick_as_completed_free(struct tick_as_completed *each) {
    if (!each)
        return;
    disarm(each);
    tick__crowd_leave(each->crowd);
    while (each->count > 0)
        tick_future_unref(each->done[--each->count]);
    tick__block_free(each);
}
