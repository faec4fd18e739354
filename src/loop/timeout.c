// Timeout scopes: asyncio.timeout_at.
//
// A scope that fires cancels its task, and takes that request back when it is left. It answers for the cancellation unless somebody else's
// request is open as well. Requests that the task had not seen when it entered count as somebody else's (CPython takes them for seen:
// gh-134471).
#include "src/loop/loop_int.h"
#include <errno.h>

enum state { CREATED, ENTERED, EXPIRING, EXPIRED, EXITED };

static void on_timeout(void *arg) {
    struct tick_timeout *scope = arg;
    tick_task_cancel(scope->task, NULL);
    scope->state = EXPIRING;
}

static struct tick_handle *arm(struct tick_timeout *scope) {
    struct tick_loop *loop = scope->task->future.loop;
    if (scope->deadline > loop->sys->ops->now(loop->sys))
        return tick__timer_new(loop, scope->deadline, on_timeout, scope, "deadline", NULL, true);
    struct tick_handle *handle = tick__call_soon(loop, on_timeout, scope, true);
    return handle ? tick_handle_ref(handle) : NULL;
}

static void disarm(struct tick_timeout *scope) {
    if (!scope->timer)
        return;
    tick_handle_cancel(scope->timer);
    tick_handle_unref(scope->timer);
    scope->timer = NULL;
}

int tick_timeout_enter(struct tick_timeout *scope, int64_t deadline) {
    struct tick_task *task = tick__task_running();
    scope->task = NULL;
    if (!task)
        return TICK_EINVALSTATE;
    *scope =
        (struct tick_timeout){.task = task, .outer = task->scope, .deadline = deadline, .cancelling = task->delivered, .state = ENTERED};
    if (deadline != INT64_MAX) {
        scope->timer = arm(scope);
        if (!scope->timer) {
            scope->task = NULL;
            return -ENOMEM;
        }
    }
    task->scope = scope;
    return 0;
}

int tick_timeout_reschedule(struct tick_timeout *scope, int64_t deadline) {
    if (scope->state != ENTERED)
        return TICK_EINVALSTATE;
    const int64_t before = scope->deadline;
    struct tick_handle *timer = NULL;
    scope->deadline = deadline;
    if (deadline != INT64_MAX) {
        timer = arm(scope);
        if (!timer) {
            scope->deadline = before;
            return -ENOMEM;
        }
    }
    disarm(scope);
    scope->timer = timer;
    return 0;
}

int tick_timeout_exit(struct tick_timeout *scope, int result) {
    struct tick_task *task = scope->task;
    if (!task)
        return result;
    disarm(scope);
    scope->task = NULL;
    task->scope = scope->outer;
    if (scope->state != EXPIRING) {
        scope->state = EXITED;
        return result;
    }
    scope->state = EXPIRED;
    const int cancels = tick_task_uncancel(task);
    return result == TICK_ECANCELED && cancels <= scope->cancelling ? TICK_ETIMEDOUT : result;
}

bool tick_timeout_expired(const struct tick_timeout *scope) {
    return scope->state == EXPIRING || scope->state == EXPIRED;
}
