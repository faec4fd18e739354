// Task groups: asyncio.TaskGroup. Tasks that end before the block that started them is left, and whose failures meet there.
//
//     struct tick_group group;
//     TICK_TRY(tick_group_enter(&group));
//     tick_group_go(&group, fetch, &a);
//     tick_group_go(&group, fetch, &b);
//     int result = tick_group_exit(&group, 0);
//
// The first failure of a task cancels the others and the body (the calling task); exit waits for all of them.
#ifndef RETICK_GROUP_H
#define RETICK_GROUP_H

#include <retick/task.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tick__group_child;

// In the caller's storage, until tick_group_exit. The fields are the library's.
struct tick_group {
    struct tick_task *parent;
    struct tick_future *emptied; // while exit waits
    struct tick__group_child *running, **running_end, *failed, **failed_end;
    size_t failures;
    bool exiting, aborting, cancelled_parent;
};

// TaskGroup.__aenter__: 0, or TICK_EINVALSTATE outside of a task and in a stackless one.
int tick_group_enter(struct tick_group *group) TICK_MUST_USE;

// TaskGroup.create_task: as tick_spawn, from any task or callback. One reference, or NULL when out of memory; NULL, too, where asyncio
// raises RuntimeError: when the group is aborting, or exit has seen the last of its tasks end. The form without a reference returns 0,
// -ENOMEM or TICK_EINVALSTATE.
#define tick_group_spawn(group, fn, arg) tick_group_spawn_at((group), (fn), (arg), NULL, TICK_HERE(#fn))
#define tick_group_spawn_named(group, name, fn, arg) tick_group_spawn_at((group), (fn), (arg), (name), TICK_HERE(#fn))
struct tick_task *tick_group_spawn_at(struct tick_group *group, tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc);
#define tick_group_go(group, fn, arg) tick_group_go_at((group), (fn), (arg), NULL, TICK_HERE(#fn))
#define tick_group_go_named(group, name, fn, arg) tick_group_go_at((group), (fn), (arg), (name), TICK_HERE(#fn))
int tick_group_go_at(struct tick_group *group, tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc);

// TaskGroup.create_task with an eager task factory: as tick_spawn_eager. If its first step makes the group abort, it is cancelled at the
// end of that, and waited for as the others are (gh-128550, gh-155418).
#define tick_group_spawn_eager(group, fn, arg) tick_group_spawn_eager_at((group), (fn), (arg), NULL, TICK_HERE(#fn))
#define tick_group_spawn_eager_named(group, name, fn, arg) tick_group_spawn_eager_at((group), (fn), (arg), (name), TICK_HERE(#fn))
struct tick_task *tick_group_spawn_eager_at(
    struct tick_group *group, tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc);

// Takes in a task that was spawned otherwise: a stackless one, say. It is from now on as if the group had spawned it; a group that is
// aborting cancels it. 0, -ENOMEM, or TICK_EINVALSTATE if exit has seen the last of the group's tasks end (the task stays outside). The
// reference is borrowed.
int tick_group_add(struct tick_group *group, struct tick_task *task) TICK_MUST_USE;

// TaskGroup.cancel (of Python 3.15): cancels the tasks and the body; exit then returns 0, unless something failed. No-op once all is over.
void tick_group_cancel(struct tick_group *group);

// TaskGroup.__aexit__, in the task that entered. result: what the body came to, a negative one cancels the tasks. Waits for all tasks, then
// returns result, if all went well; TICK_ECANCELED if the calling task was cancelled from outside; TICK_EGROUP if tasks failed or the body
// did: tick_caught() is then a failure whose children are theirs, in the order in which they failed, the body's last.
int tick_group_exit(struct tick_group *group, int result);

#ifdef __cplusplus
}
#endif

#endif
