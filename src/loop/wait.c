// wait: asyncio.wait.
#include <retick/wait.h>

#include "src/loop/crowd.h"
#include <errno.h>

struct wait {
    struct tick_future waiter;
    enum tick_wait_until until;
    size_t left;
};

static void release(void *arg) {
    struct wait *wait = arg;
    tick__future_finish(&wait->waiter, 0, 0, 0);
}

static void one_done(void *arg, struct tick_future *future) {
    struct wait *wait = arg;
    wait->left--;
    bool over = wait->left == 0 || wait->until == TICK_FIRST_COMPLETED;
    if (wait->until == TICK_FIRST_EXCEPTION && future->state == TICK__FAILED) {
        future->unread = 0;
        over = true;
    }
    if (over)
        release(wait);
}

int tick_wait(struct tick_future *const *futures, size_t count, int64_t timeout, enum tick_wait_until until) {
    struct tick_task *task = tick__task_running();
    if (!task)
        return TICK_EINVALSTATE;
    if (count == 0)
        return -EINVAL;
    struct tick_loop *loop = task->future.loop;
    struct wait wait = {.until = until};
    struct tick_handle *timer = NULL;
    int result = -ENOMEM;
    struct tick__crowd *crowd = tick__crowd_new(loop, futures, count, one_done, &wait, &wait.left);
    if (!crowd)
        return result;
    tick__future_init_hidden(&wait.waiter, loop);
    if (timeout != TICK_NEVER) {
        timer = tick__timer_new(loop, tick__after(tick_loop_time(loop), timeout), release, &wait, "wait", TICK_HERE("wait"), true);
        if (!timer)
            goto out;
    }
    if (loop->probe)
        for (size_t i = 0; i < count; i++)
            tick_emit(loop->probe, TICK_EV_FUTURE_AWAIT, futures[i]->object, tick__here(loop), 0, NULL);
    result = tick__await(task, &wait.waiter);
    if (result == 0)
        for (size_t i = 0; i < count; i++)
            result += tick_future_done(futures[i]);
out:
    if (timer)
        tick_handle_cancel(timer);
    tick_handle_unref(timer);
    tick__crowd_leave(crowd);
    tick__future_fini(&wait.waiter);
    return result;
}
