// Tasks: asyncio.Task on a stack of its own, so that waiting is a plain call.
#ifndef RETICK_TASK_H
#define RETICK_TASK_H

#include <retick/future.h>
#include <retick/time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tick_task tick_task;
// A task's body: 0 or a count is its result, a negative value its failure.
typedef int tick_task_fn(void *arg);

// asyncio.create_task on the running loop: the first step is one call_soon. Returns one reference, to be given back with tick_task_unref
// (after tick_join, say); NULL when out of memory or without a running loop. The loop keeps an unfinished task alive by itself. The
// task's key (docs/IDENTITY.md) is the function's name.
#define tick_spawn(fn, arg) tick_spawn_at((fn), (arg), NULL, TICK_HERE(#fn))
// The same with a name of one's own (copied): key of its identity and its get_name.
#define tick_spawn_named(name, fn, arg) tick_spawn_at((fn), (arg), (name), TICK_HERE(#fn))
struct tick_task *tick_spawn_at(tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc);
// loop.create_task: the same on a loop that need not run yet (NULL: the running one). NULL when it is closed, too. name NULL: the
// function's.
#define tick_loop_spawn(loop, name, fn, arg) tick_loop_spawn_at((loop), (fn), (arg), (name), TICK_HERE(#fn))
struct tick_task *tick_loop_spawn_at(struct tick_loop *loop, tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc);
// asyncio.eager_task_factory: the first step runs at once, within this call (tick_task_current is the new task meanwhile, and this one
// again afterwards). A body that never waits is over when it returns.
#define tick_spawn_eager(fn, arg) tick_spawn_eager_at((fn), (arg), NULL, TICK_HERE(#fn))
#define tick_spawn_eager_named(name, fn, arg) tick_spawn_eager_at((fn), (arg), (name), TICK_HERE(#fn))
struct tick_task *tick_spawn_eager_at(tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc);
// The same for a task that nobody will ask: 0 or -ENOMEM. Its failure is reported to the loop's exception handler.
#define tick_go(fn, arg) tick_go_at((fn), (arg), NULL, TICK_HERE(#fn))
int tick_go_at(tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc) TICK_MUST_USE;

// A task as the future of its result (borrowed), and its references.
static inline struct tick_future *tick_task_future(struct tick_task *task) {
    return (struct tick_future *)task;
}
struct tick_task *tick_task_ref(struct tick_task *task); // returns it
void tick_task_unref(struct tick_task *task);            // NULL is allowed; an unfinished task goes on all the same

// await: waits until the future is done. A done one does not yield. Returns 0, TICK_ECANCELED (the future was cancelled, or this task was),
// or the failure's code; the value is had from tick_future_result. TICK_ESELF for the task itself, TICK_EINVALSTATE outside of a task.
#define tick_await(future) tick_await_at((future), TICK_HERE(#future))
int tick_await_at(struct tick_future *future, const struct tick_loc *loc);
// await of a task: its result (0 or a count) or its failure's code.
#define tick_join(task) tick_join_at((task), TICK_HERE(#task))
int tick_join_at(struct tick_task *task, const struct tick_loc *loc);

// A failure is more than its code: text, and the children of a group. What the running task was given last, by an await or by the end of a
// group, is tick_caught() (borrowed; NULL: nothing, or a code alone). A body that returns that failure's code unchanged fails with the very
// same object, as an exception that goes on does; any other code makes a plain failure.
struct tick_failure *tick_caught(void);
// raise: `return tick_raise(tick_failure_new(TICK_EUSER - 3, "lookup", "no host %s", name));` Makes the failure (taken, also outside of a
// task; NULL stands for -ENOMEM) the caught one; returns its code, or -EINVAL if that is not negative.
int tick_raise(struct tick_failure *failure);

// asyncio.sleep, ns; <= 0 yields once. 0 or TICK_ECANCELED, TICK_ETIMEDOUT.
#define tick_sleep(ns) tick_sleep_at((ns), TICK_HERE("sleep"))
int tick_sleep_at(int64_t ns, const struct tick_loc *loc);

// Task.cancel: what it waits for returns TICK_ECANCELED an iteration later; message (copied) may be NULL. False if it was over already.
bool tick_task_cancel(struct tick_task *task, const char *message);
int tick_task_cancelling(const struct tick_task *task);   // Task.cancelling: cancellations that nobody took back
int tick_task_uncancel(struct tick_task *task);           // Task.uncancel: takes one back; how many are left
const char *tick_task_name(const struct tick_task *task); // Task.get_name ("Task-N" by default); borrowed
struct tick_task *tick_task_current(void);                // asyncio.current_task: NULL in a plain callback; borrowed
bool tick_task_is_waiting(const struct tick_task *task);  // suspended on a future, a timer or a resource; false while it is ready or runs
// The future or task that it awaits (asyncio's Task._fut_waiter), borrowed; NULL if it awaits none, or something without a future of its
// own (a sleep, a lock).
struct tick_future *tick_task_awaited(const struct tick_task *task);
size_t tick_task_count(const struct tick_loop *loop); // len(asyncio.all_tasks(loop)); NULL, here and below: the running loop's
// asyncio.all_tasks: the unfinished ones, in the order of their creation, borrowed; writes at most `most`. Returns how many there are.
size_t tick_task_all(const struct tick_loop *loop, struct tick_task **tasks, size_t most);

// asyncio.timeout_at: a scope on the caller's stack. Deadlines are absolute ns of the loop's clock.
//     struct tick_timeout scope;
//     TICK_TRY(tick_timeout_enter(&scope, tick_time_after(TICK_MS(20))));
//     int result = tick_timeout_exit(&scope, work());
// exit turns the TICK_ECANCELED that this scope caused into TICK_ETIMEDOUT; a cancellation from outside in the same tick wins.
struct tick_timeout {
    struct tick_task *task;
    struct tick_handle *timer;
    struct tick_timeout *outer;
    int64_t deadline;
    int cancelling;
    uint8_t state;
};
// deadline TICK_NEVER: none. 0, TICK_EINVALSTATE outside of a task, -ENOMEM; after an error there is nothing to exit.
int tick_timeout_enter(struct tick_timeout *scope, int64_t deadline) TICK_MUST_USE;
// result: what the body came to; returns it, or TICK_ETIMEDOUT. Of a scope that was left already: result.
int tick_timeout_exit(struct tick_timeout *scope, int result);
bool tick_timeout_expired(const struct tick_timeout *scope); // Timeout.expired: the deadline has cancelled the body
// Timeout.reschedule, between enter and exit: 0, TICK_EINVALSTATE once the deadline has fired, -ENOMEM (the old one stays).
int tick_timeout_reschedule(struct tick_timeout *scope, int64_t deadline) TICK_MUST_USE;

// asyncio.timeout: the body with a deadline ns from now: `int result = tick_within(TICK_MS(20), get(pool, key, &value));`
// The scope is left as well where the body goes elsewhere, by return (and so TICK_TRY), break or goto; what it takes along stays as it
// is, a TICK_ECANCELED of this deadline, too. C runs nothing for a longjmp out of it: leave first.
static inline void tick__timeout_leave(struct tick_timeout *scope) {
    if (scope->task)
        (void)tick_timeout_exit(scope, 0);
}
#define tick_within(ns, call) \
    __extension__({ \
        struct tick_timeout tick_scope_ __attribute__((cleanup(tick__timeout_leave))); \
        int tick_within_ = tick_timeout_enter(&tick_scope_, tick_time_after(ns)); \
        if (tick_within_ == 0) \
            tick_within_ = tick_timeout_exit(&tick_scope_, (call)); \
        tick_within_; \
    })
int64_t tick_time(void);             // loop.time() of the running loop, ns
int64_t tick_time_after(int64_t ns); // the deadline so long after it, at most TICK_NEVER; ns <= 0: now

// asyncio.gather: returns one reference to the outer future, or NULL when out of memory. The children (borrowed) are done when it is;
// results stay with them, in argument order. return_errors: asyncio's return_exceptions. A child named twice runs once; none at all: done
// at once.
#define tick_gather(children, count, return_errors) tick_gather_at((children), (count), (return_errors), TICK_HERE("gather"))
struct tick_future *tick_gather_at(struct tick_future *const *children, size_t count, bool return_errors, const struct tick_loc *loc);
// asyncio.wait_for in the calling task: 0 or the future's error, TICK_ETIMEDOUT, TICK_ECANCELED. timeout in ns; <= 0: done or cancelled
// now.
#define tick_wait_for(future, timeout) tick_wait_for_at((future), (timeout), TICK_HERE(#future))
int tick_wait_for_at(struct tick_future *future, int64_t timeout, const struct tick_loc *loc);
// asyncio.shield: one reference to an outer future, to be awaited and unref'd; NULL when out of memory. The inner one is borrowed: what was
// shielded keeps what it needs of it.
#define tick_shield(inner) tick_shield_at((inner), TICK_HERE("shield"))
struct tick_future *tick_shield_at(struct tick_future *inner, const struct tick_loc *loc);

#ifdef __cplusplus
}
#endif

#endif
