// Cancelling: Task.cancel goes down to what the task awaits, and what that awaits, and on; back up it says whether the request was taken.
//
// The way is kept in the tasks and gathers themselves (struct tick__cancel_frame), so that a chain of 100,000 needs neither stack nor
// memory (CPython recurses: gh-80637). A cycle of tasks that await each other is broken at its last one, which is woken.
#include "src/loop/loop_int.h"

static struct tick__cancel_frame *frame_of(struct tick_future *future) {
    return future->ops == &tick__task_ops ? &((struct tick_task *)future)->step.frame : tick__gather_frame(future);
}

static void flag(struct tick_task *task, const char *message) {
    task->must_cancel = true;
    tick__task_message(task, message);
}

// A task whose wait can never end: it sees the cancellation in the next iteration.
static void wake(struct tick_task *task, uint32_t cause) {
    struct tick_future *waiter = task->waiter;
    if (!waiter || waiter->state != TICK__PENDING) // then it is ready already
        return;
    tick__future_detach(waiter, &task->step);
    task->waiter = NULL;
    tick_future_unref(waiter);
    tick__task_ready(task, cause);
}

struct walk {
    struct tick_future *at, *up; // where it stands, and what awaits that
    const char *message;
    uint32_t cause;
    bool taken, cycle;
};

// Asks the future at which the walk stands. True: walk->at has moved on to what that one awaits.
static bool down(struct walk *walk) {
    struct tick_future *future = walk->at;
    const bool is_task = future->ops == &tick__task_ops, is_gather = future->ops == &tick__gather_ops;
    if (!is_gather)
        future->unread = 0; // asyncio: who cancels has asked
    walk->taken = future->state == TICK__PENDING;
    if (!walk->taken)
        return false;
    if (!is_task && !is_gather) {
        if (future->ops->cancel)
            walk->taken = future->ops->cancel(future, walk->message);
        else
            tick__future_cancelled(future, walk->message, walk->cause);
        return false;
    }
    struct tick__cancel_frame *frame = frame_of(future);
    if (frame->active) {
        walk->cycle = true;
        walk->taken = false;
        return false;
    }
    struct tick_future *next;
    const uint32_t cause = walk->cause;
    if (is_task) {
        struct tick_task *task = (struct tick_task *)future;
        task->cancels++;
        task->asked = true;
        if (future->loop->probe)
            walk->cause = tick_emit(future->loop->probe, TICK_EV_TASK_CANCEL, future->object, walk->cause, 0, NULL);
        next = task->waiter;
        if (!next) {
            flag(task, walk->message);
            walk->cause = cause;
            return false;
        }
    } else {
        next = tick__gather_ask(future, true);
    }
    *frame = (struct tick__cancel_frame){.up = walk->up, .cause = cause, .active = true};
    walk->up = future;
    walk->at = next;
    return true;
}

// Goes back up with the answer. True: there is another child to ask at walk->at.
static bool up(struct walk *walk) {
    while (walk->up) {
        struct tick_future *future = walk->up;
        struct tick__cancel_frame *frame = frame_of(future);
        if (future->ops == &tick__task_ops) {
            struct tick_task *task = (struct tick_task *)future;
            if (walk->cycle) {
                walk->cycle = false;
                walk->taken = false;
                wake(task, walk->cause);
            }
            if (!walk->taken)
                flag(task, walk->message);
            walk->taken = true;
        } else {
            frame->any |= walk->taken;
            frame->cycle |= walk->cycle; // this child's alone: the next one has a way of its own
            walk->cycle = false;
            struct tick_future *next = tick__gather_ask(future, false);
            if (next) {
                walk->at = next;
                return true;
            }
            walk->taken = frame->any;
            walk->cycle = frame->cycle;
            if (frame->any)
                tick__gather_cancelled(future);
        }
        frame->active = false;
        walk->cause = frame->cause;
        walk->up = frame->up;
    }
    return false;
}

bool tick_future_cancel(struct tick_future *future, const char *message) {
    struct walk walk = {.at = future, .message = message, .cause = tick__here(future->loop)};
    do {
        while (down(&walk))
            ;
    } while (up(&walk));
    return walk.taken;
}

bool tick_task_cancel(struct tick_task *task, const char *message) {
    return tick_future_cancel(&task->future, message);
}

int tick_task_cancelling(const struct tick_task *task) {
    return task->cancels;
}

int tick_task_uncancel(struct tick_task *task) {
    if (task->cancels > 0 && --task->cancels == 0)
        task->must_cancel = false;
    if (task->delivered > task->cancels)
        task->delivered = task->cancels;
    return task->cancels;
}
