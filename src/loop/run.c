// Running: run_forever, run_until_complete, asyncio.run.
#include "src/base/alloc.h"
#include "src/coro/coro.h"
#include "src/loop/loop_int.h"
#include <errno.h>

int tick_loop_run_forever(struct tick_loop *loop) {
    int error = tick__loop_begin(loop);
    if (error < 0)
        return error;
    error = tick__loop_until_stopped(loop);
    tick__loop_end(loop);
    return error < 0 ? error : 0;
}

static void stop(struct tick_future *future, void *loop) {
    (void)future;
    tick_loop_stop(loop);
}

int tick_loop_run_until(struct tick_loop *loop, struct tick_future *future) {
    TICK_TRY(tick__loop_may_run(loop));
    struct tick_handle *handle = tick__listener_new(loop, stop, loop, true);
    if (!handle)
        return -ENOMEM;
    tick_future_ref(future);
    tick__future_attach(future, handle);
    int result = tick_loop_run_forever(loop);
    tick_future_off_done(future, stop, loop);
    if (result == 0)
        result = tick_future_done(future) ? tick__future_code(future) : TICK_ESTOPPED;
    tick_future_unref(future);
    return result;
}

// Cancels what main left running, waits until all of it is over, and reports what failed on the way.
static int finish(struct tick_loop *loop) {
    const size_t count = loop->task_count;
    if (count == 0)
        return 0;
    struct tick_future **left = tick__alloc(count * sizeof(struct tick_future *));
    if (!left)
        return -ENOMEM;
    size_t at = 0;
    for (struct tick_task *task = loop->tasks; task; task = task->next)
        left[at++] = tick_future_ref(&task->future);
    for (at = 0; at < count; at++)
        tick_future_cancel(left[at], NULL);
    struct tick_future *all = tick__gather_on(loop, left, count, true, TICK_HERE("gather"));
    int result = all ? tick_loop_run_until(loop, all) : -ENOMEM;
    if (result == TICK_ECANCELED)
        result = 0;
    tick_future_unref(all);
    for (at = 0; at < count; at++) {
        if (left[at]->state == TICK__FAILED) {
            const struct tick_report report = {
                .message = "unhandled exception during asyncio.run() shutdown",
                .failure = tick_future_failure(left[at]),
                .task = (struct tick_task *)left[at],
                .future = left[at],
            };
            tick_loop_report(loop, &report);
        }
        tick_future_unref(left[at]);
    }
    tick__free(left);
    return result;
}

int tick_loop_run(struct tick_loop *loop, tick_task_fn *fn, void *arg) {
    TICK_TRY(tick__loop_may_run(loop));
    struct tick_task *task = tick__task_new(loop, &loop->root, "main", fn, arg, NULL);
    if (!task)
        return -ENOMEM;
    if (loop->probe)
        loop->probe->here = 0; // main comes of what began the program, and nothing else does
    tick_task_ref(task);
    int result = tick_loop_run_until(loop, &task->future);
    const bool done = tick_future_done(&task->future);
    if (result == 0)
        result = (int)task->future.is.value;
    // An error of the poller ends the run with tasks unfinished: nothing more can be run.
    int error = 0;
    if (done || result == TICK_ESTOPPED) {
        error = finish(loop);
        const int late = tick__executor_finish(loop);
        if (error >= 0)
            error = late;
    }
    tick_task_unref(task);
    (void)tick_loop_close(loop);
    return error < 0 ? error : result;
}
