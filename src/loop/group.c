// Task groups: asyncio.TaskGroup.
//
// A running task's node stands in `running` in the order of spawning; when the task fails, the node moves to `failed`, so that remembering
// a failure needs no memory. Each node holds a reference to its task.
#include <retick/group.h>

#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include <errno.h>

struct tick__group_child {
    struct tick__group_child *next, **back; // back is kept for `running` only
    struct tick_group *group;
    struct tick_task *task;
    struct tick_handle done;
};

int tick_group_enter(struct tick_group *group) {
    struct tick_task *task = tick__task_running();
    if (!task || !task->coro) // a stackless one cannot wait in exit
        return TICK_EINVALSTATE;
    *group = (struct tick_group){.parent = task};
    group->running_end = &group->running;
    group->failed_end = &group->failed;
    return 0;
}

static void unlink_running(struct tick__group_child *child) {
    *child->back = child->next;
    if (child->next)
        child->next->back = child->back;
    else
        child->group->running_end = child->back;
}

static void abort_running(struct tick_group *group) {
    group->aborting = true;
    for (struct tick__group_child *child = group->running; child; child = child->next)
        if (!tick_future_done(&child->task->future))
            tick_task_cancel(child->task, NULL);
}

static void child_done(struct tick_future *future, void *arg) {
    struct tick__group_child *child = arg;
    struct tick_group *group = child->group;
    unlink_running(child);
    if (group->emptied && !group->running)
        tick__future_finish(group->emptied, 0, 0, 0);
    if (future->state != TICK__FAILED) {
        tick_task_unref(child->task);
        tick__block_free(child);
        return;
    }
    future->unread = 0;
    child->next = NULL;
    *group->failed_end = child;
    group->failed_end = &child->next;
    group->failures++;
    if (!group->aborting && !group->cancelled_parent) {
        abort_running(group);
        group->cancelled_parent = true; // and so exit takes it back (gh-95289)
        tick_task_cancel(group->parent, NULL);
    }
}

// Whether it is not over yet.
static bool takes_part(const struct tick_group *group) {
    return tick__loop_running == group->parent->future.loop && (!group->exiting || group->running);
}

static struct tick__group_child *child_new(void) {
    return tick__block_alloc(tick__loop_running, sizeof(struct tick__group_child));
}

static void adopt(struct tick_group *group, struct tick__group_child *child, struct tick_task *task) {
    struct tick_loop *loop = task->future.loop;
    *child = (struct tick__group_child){
        .back = group->running_end,
        .group = group,
        .task = tick_task_ref(task),
        .done = {.loop = loop, .refs = 1, .kind = TICK__DONE, .embedded = 1, .hidden = 1, .arg = child},
    };
    child->done.fn.done = child_done;
    if (loop->observed)
        child->done.id = tick_maker_next(loop->maker, TICK_OBJECT_HANDLE, NULL);
    *group->running_end = child;
    group->running_end = &child->next;
    // Of an eager one that never waited, too: heard of at once, its failure would cancel the body within its own call (gh-128588).
    tick__future_attach(&task->future, &child->done);
    if (group->aborting && task->future.state == TICK__PENDING)
        tick_task_cancel(task, NULL); // it began before that, or brought it about: abort_running did not see it (gh-128550, gh-155418)
}

int tick_group_add(struct tick_group *group, struct tick_task *task) {
    if (!takes_part(group) || task->future.loop != tick__loop_running || task == group->parent)
        return TICK_EINVALSTATE;
    struct tick__group_child *child = child_new();
    if (!child)
        return -ENOMEM;
    adopt(group, child, task);
    return 0;
}

typedef struct tick_task *spawn_fn(tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc);

// *task: one reference.
static int spawn(struct tick_group *group, spawn_fn *how, tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc,
    struct tick_task **task) {
    *task = NULL;
    if (!takes_part(group) || group->aborting)
        return TICK_EINVALSTATE;
    struct tick__group_child *child = child_new(); // before the task, which could not be taken back
    if (child)
        *task = how(fn, arg, name, loc);
    if (!*task) {
        tick__block_free(child);
        return -ENOMEM;
    }
    adopt(group, child, *task);
    return 0;
}

struct tick_task *tick_group_spawn_at(struct tick_group *group, tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc) {
    struct tick_task *task;
    (void)spawn(group, tick_spawn_at, fn, arg, name, loc, &task);
    return task;
}

struct tick_task *tick_group_spawn_eager_at(
    struct tick_group *group, tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc) {
    struct tick_task *task;
    (void)spawn(group, tick_spawn_eager_at, fn, arg, name, loc, &task);
    return task;
}

int tick_group_go_at(struct tick_group *group, tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc) {
    struct tick_task *task;
    const int result = spawn(group, tick_spawn_at, fn, arg, name, loc, &task);
    tick_task_unref(task);
    return result;
}

void tick_group_cancel(struct tick_group *group) {
    if (group->exiting && !group->running)
        return;
    if (!group->aborting)
        abort_running(group);
    if (!group->cancelled_parent) {
        group->cancelled_parent = true;
        tick_task_cancel(group->parent, NULL);
    }
}

// Waits until no task runs. Returns whether the calling task was cancelled for reasons of its own; *dropped: whether it was cancelled while
// the group was aborting anyway.
static bool wait_for_all(struct tick_group *group, bool cancelled, bool *dropped) {
    *dropped = false;
    while (group->running) {
        struct tick_future emptied; // on this stack: the wait is over when it is done
        tick__future_init_hidden(&emptied, group->parent->future.loop);
        group->emptied = &emptied;
        const int result = tick__await(group->parent, &emptied);
        group->emptied = NULL;
        tick__future_fini(&emptied);
        if (result < 0 && !group->aborting) {
            cancelled = true;
            abort_running(group);
        } else if (result < 0) {
            *dropped = true;
        }
    }
    return cancelled;
}

// One failure of all; NULL when out of memory. body: the body's own, or NULL; a reference that is taken.
static struct tick_failure *gathered(struct tick_group *group, struct tick_failure *body) {
    const size_t count = group->failures + (body != NULL);
    struct tick_failure *all = tick_failure_new_at(NULL, TICK_EGROUP, "group", "%zu failed", count);
    struct tick_failure **children = all ? tick__alloc(count * sizeof(struct tick_failure *)) : NULL;
    if (!children) {
        tick_failure_unref(all);
        tick_failure_unref(body);
        return NULL;
    }
    all->children = children;
    for (struct tick__group_child *child = group->failed; child; child = child->next)
        children[all->count++] = tick_failure_ref(tick_future_failure(&child->task->future));
    if (body)
        children[all->count++] = body;
    return all;
}

static void drop_failed(struct tick_group *group) {
    for (struct tick__group_child *child = group->failed, *next; child; child = next) {
        next = child->next;
        tick_task_unref(child->task);
        tick__block_free(child);
    }
}

int tick_group_exit(struct tick_group *group, int result) {
    struct tick_task *task = group->parent;
    if (task != tick__task_running())
        return TICK_EINVALSTATE;
    const bool body_failed = result < 0 && result != TICK_ECANCELED;
    group->exiting = true;
    if (result < 0 && !group->aborting)
        abort_running(group);
    bool dropped, cancelled = wait_for_all(group, result == TICK_ECANCELED, &dropped);
    if (group->cancelled_parent) {
        // What is left of the count is not ours: a cancellation that looked like our own goes on after all (gh-155433).
        cancelled = tick_task_uncancel(task) > 0 && (cancelled || dropped);
        if (result == TICK_ECANCELED && !cancelled)
            result = 0;
    }
    if (group->failures == 0 && !body_failed)
        return cancelled ? TICK_ECANCELED : result;
    if (task->cancels > 0) { // cancelled from outside, too: that is still to come, and counts as before (gh-116720)
        tick_task_uncancel(task);
        tick_task_cancel(task, NULL);
    }
    struct tick_failure *body = NULL; // what the task caught before: waiting gave it no failure
    if (body_failed)
        body = task->caught && task->caught->code == result ? tick_failure_ref(task->caught) : tick__failure_plain(result);
    struct tick_failure *all = gathered(group, body);
    drop_failed(group);
    tick__task_catch(task, all);
    tick_failure_unref(all);
    return TICK_EGROUP;
}
