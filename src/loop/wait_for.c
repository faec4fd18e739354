// wait_for: an await with a deadline, in the calling task. When the deadline has passed it waits for what it cancelled.
#include "src/loop/loop_int.h"
#include <errno.h>

static void release(struct tick_future *future, void *arg) {
    (void)future;
    struct tick_future *waiter = arg;
    tick__future_finish(waiter, 0, 0, 0);
    tick_future_unref(waiter);
}

// Cancels, and waits until it is over.
static int cancel_and_wait(struct tick_task *task, struct tick_future *future) {
    struct tick_loop *loop = task->future.loop;
    struct tick_future *waiter = tick_future_new_at(loop, TICK_HERE("wait_for"));
    struct tick_handle *handle = waiter ? tick__listener_new(loop, release, NULL, true) : NULL;
    if (!handle) {
        tick_future_unref(waiter);
        return -ENOMEM;
    }
    handle->arg = tick_future_ref(waiter);
    tick__future_attach(future, handle);
    tick_future_cancel(future, NULL);
    int result = tick__await(task, waiter);
    for (int left = tick_future_off_done(future, release, waiter); left > 0; left--)
        tick_future_unref(waiter);
    tick_future_unref(waiter);
    return result;
}

int tick_wait_for_at(struct tick_future *future, int64_t timeout, const struct tick_loc *loc) {
    struct tick_task *task = tick__task_running();
    if (!task)
        return TICK_EINVALSTATE;
    int result;
    tick_future_ref(future);
    if (timeout > 0) {
        struct tick_timeout scope;
        const int64_t now = tick_loop_time(task->future.loop);
        result = tick_timeout_enter(&scope, tick__after(now, timeout));
        if (result == 0)
            result = tick_timeout_exit(&scope, tick__await_at(future, loc));
    } else if (tick_future_done(future)) {
        result = tick__task_outcome(task, future);
    } else {
        result = cancel_and_wait(task, future);
        if (result == 0) {
            result = tick__task_outcome(task, future);
            if (result == TICK_ECANCELED)
                result = TICK_ETIMEDOUT;
        }
    }
    tick_future_unref(future);
    return result;
}
