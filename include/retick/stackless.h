// Stackless tasks: a task as a function that is called once a step, for embedded use and for other languages' coroutines.
//
// Beside its stack nothing sets it apart from a task of retick/task.h: it is spawned, awaited, cancelled, named, observed and drawn alike,
// and may be in scopes and groups. It costs its own 300 bytes instead of a page. What it may not do is wait inside of a step: tick_await
// and all that stands on it return TICK_EINVALSTATE there.
#ifndef RETICK_STACKLESS_H
#define RETICK_STACKLESS_H

#include <retick/task.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tick_next_kind { TICK_NEXT_RETURN, TICK_NEXT_YIELD, TICK_NEXT_AWAIT };

// What a step ends with. Made by the functions below.
struct tick_next {
    enum tick_next_kind kind;
    int result;                 // RETURN: 0 or a count, or the negative code that it fails with
    struct tick_future *future; // AWAIT: borrowed; the task keeps a reference until it is done
};

// One step. error: 0 at first, after a yield, and after a future that has a result; else how the awaited future ended, or TICK_ECANCELED
// (throw). State lives in arg. After an await of a future that is done already the next step follows at once, as tick_await does not yield.
typedef struct tick_next tick_step_fn(struct tick_task *task, void *arg, int error);

// await. NULL, which is what could not be made for want of memory: the next step follows at once, with -ENOMEM.
static inline struct tick_next tick_next_await(struct tick_future *future) {
    struct tick_next next = {TICK_NEXT_AWAIT, 0, future};
    return next;
}
// asyncio.sleep(0): goes on in the next iteration.
static inline struct tick_next tick_next_yield(void) {
    struct tick_next next = {TICK_NEXT_YIELD, 0, NULL};
    return next;
}
// return, and with a negative code raise (tick_raise gives the code of a failure that says more).
static inline struct tick_next tick_next_return(int result) {
    struct tick_next next = {TICK_NEXT_RETURN, result, NULL};
    return next;
}

// asyncio.create_task: as tick_spawn and tick_spawn_named.
#define tick_spawn_steps(fn, arg) tick_spawn_steps_at((fn), (arg), NULL, TICK_HERE(#fn))
#define tick_spawn_steps_named(name, fn, arg) tick_spawn_steps_at((fn), (arg), (name), TICK_HERE(#fn))
struct tick_task *tick_spawn_steps_at(tick_step_fn *fn, void *arg, const char *name, const struct tick_loc *loc);

// As tick_spawn_eager.
#define tick_spawn_steps_eager(fn, arg) tick_spawn_steps_eager_at((fn), (arg), NULL, TICK_HERE(#fn))
struct tick_task *tick_spawn_steps_eager_at(tick_step_fn *fn, void *arg, const char *name, const struct tick_loc *loc);

// A future that is done after ns: what a stackless task awaits to sleep. One reference; NULL when out of memory. Cancelling it disarms the
// timer.
#define tick_sleep_future(ns) tick_sleep_future_at((ns), TICK_HERE("sleep"))
struct tick_future *tick_sleep_future_at(int64_t ns, const struct tick_loc *loc);

#ifdef __cplusplus
}
#endif

#endif
