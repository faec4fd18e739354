// Steps: how a task runs from one wait to the next, and what runs after it.
//
// A task that suspends looks for the next handle itself, and switches to that task straight away; what is no task's step, and polling, is
// for the loop's own stack. So a loop's state between two handles is the same whichever stack it is on. Stacks come from workers:
// coroutines that run one task after the other, and are kept between two.
//
// A loop may have a driver: a stack that polls in its place, and begins the steps that become ready. The simulated world drives all its
// loops from one stack, which caches hold, where the loops' own would have to be fetched for each poll. Those are left for callbacks.
#include "src/base/alloc.h"
#include "src/coro/switch_int.h"
#include "src/loop/loop_int.h"
#include <errno.h>

// --- a step's two ends ---

void tick__task_ready_slowly(struct tick_loop *loop, struct tick_task *task, uint32_t cause) {
    if (loop->probe)
        task->step.cause = tick__emit(loop, TICK_EV_TASK_READY, task->future.object, cause, 0, NULL);
    tick__ready_slowly(loop, &task->step);
}

static void begin_watched(struct tick_loop *loop, struct tick_task *task) {
    if (loop->debug && !loop->back) // a step that was started eagerly is a part of the one that started it
        loop->began = loop->sys->ops->now(loop->sys);
    if (!loop->observed)
        return;
    struct tick_probe *probe = loop->probe;
    tick__acting_begin(loop, &task->maker, &loop->outside);
    if (probe) {
        probe->task = task->future.object;
        probe->here = probe->acted = tick_emit(probe, TICK_EV_STEP_BEGIN, task->future.object, task->step.cause, 0, NULL);
    }
    struct tick_sys *sys = loop->sys;
    if (tick__sys_asks(sys, TICK_CHOICE_STEP_COST)) // the world lets that time pass once the loop polls
        (void)sys->ops->choose(sys, TICK_CHOICE_STEP_COST, task->maker.id, task->suspensions + 1, loop->step_costs, STEP_COST_MOST);
}

static inline void begin(struct tick_loop *loop, struct tick_task *task) {
    loop->current = task;
    if (TICK__RARE(loop->watched))
        begin_watched(loop, task);
    task->result = tick__task_delivery(task);
}

static void end_watched(struct tick_loop *loop, struct tick_task *task, enum tick_step_outcome outcome) {
    if (loop->debug && !loop->back)
        tick__report_slow(loop, task);
    if (!loop->observed)
        return;
    if (loop->probe)
        tick__emit(loop, TICK_EV_STEP_END, task->future.object, tick__here(loop), outcome, NULL);
    if (outcome != TICK_STEP_SUSPENDED)
        tick__maker_fini(&task->maker);
    tick__acting_end(loop, &loop->outside);
}

static inline void end(struct tick_loop *loop, struct tick_task *task, enum tick_step_outcome outcome) {
    if (TICK__RARE(loop->watched))
        end_watched(loop, task, outcome);
    loop->current = NULL;
}

// The body is over with task->result: the future takes its outcome. The task may be gone afterwards.
static void over(struct tick_loop *loop, struct tick_task *task) {
    task->coro = NULL;
    task->step.onward = 0;
    *task->back = task->next;
    if (task->next)
        task->next->back = task->back;
    else
        loop->tasks_end = task->back;
    loop->task_count--;
    const int result = task->result;
    if (TICK__LIKELY(result >= 0 && !task->must_cancel && !loop->special && !task->message && !task->caught)) {
        tick__future_succeeded(&task->future, result, 0);
        loop->current = NULL;
        tick__future_unref(&task->future);
        return;
    }
    enum tick_step_outcome outcome = TICK_STEP_RETURNED;
    if (result == TICK_ECANCELED || (result >= 0 && task->must_cancel)) {
        outcome = TICK_STEP_CANCELLED;
        tick__future_cancelled(&task->future, task->message, 0);
    } else if (result < 0) {
        outcome = TICK_STEP_FAILED;
        struct tick_failure *own = task->caught && task->caught->code == result ? tick_failure_ref(task->caught) : NULL;
        tick__future_failed(&task->future, own, result, 0);
    } else {
        tick__future_succeeded(&task->future, result, 0);
    }
    task->must_cancel = false;
    if (task->message) {
        tick__free(task->message);
        task->message = NULL;
    }
    if (task->caught)
        tick__task_catch(task, NULL);
    if (TICK__RARE(task->context != NULL)) {
        tick__context_unref(task->context);
        task->context = NULL;
    }
    end(loop, task, outcome);
    tick__future_unref(&task->future);
}

// --- which stack goes on ---

// Inline between tasks, and tasks and a driver (switch_int.h); but else, where each step is watched, most come from the loop's stack and go
// back there, out of line.
static inline __attribute__((always_inline)) void go_on(struct tick_loop *loop, struct tick_coro *from, struct tick_coro *to) {
    if (TICK__LIKELY(!loop->special || loop->driver))
        tick__coro_switch(from, to);
    else
        tick_coro_switch(from, to);
}

static void worker(void *arg);

static struct tick_coro *worker_take(struct tick_loop *loop) {
    struct tick_coro *coro = loop->workers;
    if (!coro)
        return tick_coro_new(loop->stacks, worker, loop);
    loop->workers = coro->next;
    return coro;
}

void tick__workers_free(struct tick_loop *loop) {
    for (struct tick_coro *coro = loop->workers, *next; coro; coro = next) {
        next = coro->next;
        tick_coro_free(coro);
    }
    loop->workers = NULL;
}

static inline void prefetch_next(struct tick_loop *loop) {
    if (loop->ready->bits == TICK__ONWARD)
        tick__coro_prefetch(tick__task_of_step(loop->ready)->coro);
}

static inline void settle(struct tick_task *task, struct tick_coro *coro) {
    task->coro = coro;
    task->step.onward = coro != NULL;
}

// The stack that polls.
static inline struct tick_coro *poller_of(const struct tick_loop *loop) {
    return loop->driver && !loop->stopping ? loop->driver : loop->coro;
}

// The present task's step is over: begins what is next, if a task's stack can, and returns the stack to go on with; NULL: it is time to
// poll. own: a worker without a task.
static __attribute__((noinline)) struct tick_coro *successor(struct tick_loop *loop, struct tick_coro *own) {
    if (TICK__RARE(loop->back != NULL))
        return loop->back;
    struct tick_handle *handle = tick__next(loop);
    if (handle && handle->kind == TICK__STEP) {
        struct tick_task *task = tick__task_of_step(handle);
        if (!task->coro && !task->stackless && !task->must_cancel)
            settle(task, own ? own : worker_take(loop));
        if (task->coro) {
            prefetch_next(loop);
            begin(loop, task);
            return task->coro;
        }
    }
    loop->handed = handle;
    return handle ? loop->coro : NULL;
}

struct tick_coro *tick__loop_drive(struct tick_loop *loop) {
    for (;;) {
        loop->wait.error = tick__loop_turn(loop);
        if (loop->wait.error == TICK__AWAY)
            return NULL;
        if (loop->wait.error < 0)
            return loop->coro;
        struct tick_coro *next = successor(loop, NULL);
        if (next)
            return next;
        if (loop->stopping)
            return loop->coro;
    }
}

// Of a task's first step: gives it a stack, if one is at hand.
static inline bool begins_onward(struct tick_loop *loop, struct tick_handle *handle, struct tick_coro *own) {
    if (handle->kind != TICK__STEP || !(own || loop->workers))
        return false;
    struct tick_task *task = tick__task_of_step(handle);
    if (task->stackless || task->must_cancel)
        return false;
    settle(task, own ? own : worker_take(loop));
    return true;
}

// The same for the usual cases, inline: what is next is a task's step, or to poll, and *next the stack for it. False: it is neither.
static inline bool quick_successor(struct tick_loop *loop, struct tick_coro *own, struct tick_coro **next) {
    if (TICK__RARE(loop->special || loop->back))
        return false;
    if (loop->ready->bits != TICK__ONWARD) {
        if (loop->ready == &loop->mark && !tick__iterate(loop)) {
            loop->current = NULL;
            *next = poller_of(loop);
            return true;
        }
        if (loop->ready->bits != TICK__ONWARD && !begins_onward(loop, loop->ready, own))
            return false;
    }
    struct tick_task *task = tick__task_of_step(tick__ready_take(loop));
    loop->current = task;
    prefetch_next(loop);
    task->result = tick__task_delivery(task);
    *next = task->coro;
    return true;
}

static void worker(void *arg) {
    struct tick_loop *loop = arg;
    for (;;) {
        struct tick_task *task = loop->current;
        struct tick_coro *own = task->coro;
        const int result = task->fn.body(task->arg);
        if (task->owned)
            tick__owned_run(&task->owned);
        task->result = result;
        over(loop, task);
        struct tick_coro *next;
        if (!quick_successor(loop, own, &next))
            next = successor(loop, own);
        if (next == own)
            continue;
        if (!next)
            next = poller_of(loop);
        own->next = loop->workers;
        loop->workers = own;
        go_on(loop, own, next);
    }
}

// --- suspending ---

static void asked_to_suspend(struct tick_loop *loop, struct tick_task *task) {
    if (!loop->observed)
        return;
    task->suspensions++;
    struct tick_sys *sys = loop->sys;
    if (tick__sys_asks(sys, TICK_CHOICE_CANCEL) && sys->ops->choose(sys, TICK_CHOICE_CANCEL, task->maker.id, task->suspensions, 2, 0) > 0)
        tick_task_cancel(task, NULL);
}

static inline void suspend(struct tick_loop *loop, struct tick_task *task) {
    if (TICK__RARE(loop->watched)) {
        asked_to_suspend(loop, task);
        end_watched(loop, task, TICK_STEP_SUSPENDED);
    }
    loop->current = NULL;
}

static inline void wait_for(struct tick_task *task, struct tick_future *future) {
    task->waiter = tick__future_ref(future);
    tick__future_listen(future, &task->step);
    if (TICK__RARE(task->must_cancel) && tick_future_cancel(future, task->message))
        task->must_cancel = false;
}

static inline struct tick_coro *suspend_slowly(struct tick_loop *loop, struct tick_task *task) {
    suspend(loop, task);
    struct tick_coro *next = successor(loop, NULL);
    return next ? next : poller_of(loop);
}

static inline __attribute__((always_inline)) int switch_away(struct tick_task *task) {
    struct tick_loop *loop = task->step.loop;
    struct tick_coro *own = task->coro, *next;
    if (TICK__RARE(!quick_successor(loop, NULL, &next))) {
        next = suspend_slowly(loop, task);
        if (loop->special && next != own) {
            tick_coro_switch(own, next);
            return task->result;
        }
    }
    if (next != own)
        tick__coro_switch(own, next);
    return task->result;
}

// Where somebody looks, the place is kept, so that who spins by it can be told where.
static __attribute__((noinline)) int yield_slowly(struct tick_task *task, const struct tick_loc *loc) {
    struct tick_loop *loop = task->step.loop;
    struct tick_coro *own = task->coro;
    task->waits_at = loc;
    tick__task_ready_slowly(loop, task, tick__here(loop));
    struct tick_coro *next = suspend_slowly(loop, task);
    if (next != own)
        tick_coro_switch(own, next);
    task->waits_at = NULL;
    return task->result;
}

int tick__task_yield(struct tick_task *task, const struct tick_loc *loc) {
    if (TICK__RARE(!task->coro))
        return TICK_EINVALSTATE;
    struct tick_loop *loop = task->step.loop;
    if (TICK__RARE(!tick__ready_quickly(loop)))
        return yield_slowly(task, loc);
    tick__ready_list(loop, &task->step);
    return switch_away(task);
}

static inline __attribute__((always_inline)) int await_here(struct tick_task *task, struct tick_future *future) {
    wait_for(task, future);
    return switch_away(task);
}

int tick__await(struct tick_task *task, struct tick_future *future) {
    return TICK__LIKELY(task->coro != NULL) ? await_here(task, future) : TICK_EINVALSTATE;
}

// --- waiting for a resource ---

int tick__resource_wait(
    struct tick__resource *resource, struct tick__waiter *list, struct tick__waiter *waiter, const struct tick_loc *loc) {
    struct tick_task *task = tick__task_running();
    waiter->next = NULL;
    if (TICK__RARE(!task || !task->coro))
        return TICK_EINVALSTATE;
    struct tick_loop *loop = task->step.loop;
    tick__future_init_hidden(&waiter->future, loop);
    waiter->future.ops = &tick__waiter_ops;
    waiter->resource = resource;
    waiter->next = list;
    waiter->prev = list->prev;
    list->prev->next = waiter;
    list->prev = waiter;
    task->waits_at = loc;
    if (TICK__LIKELY(!loop->probe))
        return await_here(task, &waiter->future);
    if (!resource->object) // made before any loop ran
        tick__identify(loop, resource->type, NULL, NULL, &resource->object);
    tick__emit(loop, TICK_EV_WAIT_BEGIN, resource->object, tick__here(loop), 0, loc);
    const int result = tick__await(task, &waiter->future);
    tick__emit(loop, TICK_EV_WAIT_END, resource->object, tick__here(loop), 0, NULL);
    return result;
}

// --- sleeping ---

static void sleep_over(void *arg) {
    struct tick_future *future = arg;
    if (future->state == TICK__PENDING)
        tick__future_succeeded(future, 0, 0);
}

static __attribute__((noinline)) int sleep_on_timer(struct tick_task *task, int64_t ns, const struct tick_loc *loc) {
    if (TICK__RARE(!task->coro))
        return TICK_EINVALSTATE;
    struct tick_loop *loop = task->step.loop;
    struct tick_future future; // on this stack: nobody but the timer and this task knows it
    tick__future_init_hidden(&future, loop);
    const int64_t when = tick__after(loop->sys->ops->now(loop->sys), ns);
    struct tick_handle *timer = tick__timer_new(loop, when, sleep_over, &future, "sleep", loc, true);
    if (!timer)
        return -ENOMEM;
    const int result = await_here(task, &future);
    if (result < 0) // else it has fired
        tick_handle_cancel(timer);
    tick_handle_unref(timer);
    tick__future_fini(&future);
    return result;
}

int tick__sleep_at(int64_t ns, const struct tick_loc *loc) {
    struct tick_task *task = tick__task_running();
    if (TICK__RARE(!task))
        return TICK_EINVALSTATE;
    return ns <= 0 ? tick__task_yield(task, loc) : sleep_on_timer(task, ns, loc);
}

TICK__LANDING(tick_sleep_at, tick__sleep_at)

// --- stackless tasks ---

// Its step begins with task->result; others follow it while what they await is done.
static void step_stackless(struct tick_loop *loop, struct tick_task *task) {
    task->started = true;
    for (int error = task->result;;) {
        const struct tick_next next = task->fn.step(task, task->arg, error);
        switch (next.kind) {
        case TICK_NEXT_AWAIT:
            if (!next.future) {
                error = -ENOMEM;
                continue;
            }
            if (next.future == &task->future || next.future->loop != loop) {
                error = next.future == &task->future ? TICK_ESELF : TICK_EINVALSTATE;
                continue;
            }
            if (next.future->state != TICK__PENDING) {
                error = tick__task_outcome(task, next.future);
                continue;
            }
            if (loop->probe)
                tick__emit(loop, TICK_EV_FUTURE_AWAIT, next.future->object, tick__here(loop), 0, task->loc);
            wait_for(task, next.future);
            suspend(loop, task);
            return;
        case TICK_NEXT_YIELD:
            if (tick__ready_quickly(loop))
                tick__ready_list(loop, &task->step);
            else
                tick__task_ready_slowly(loop, task, tick__here(loop));
            suspend(loop, task);
            return;
        default:
            tick__owned_run(&task->owned);
            task->result = next.result;
            over(loop, task);
            return;
        }
    }
}

// --- steps that the loop's stack begins ---

// Begins a step on the stack `here`, and returns when that stack is to go on.
static void step_from(struct tick_loop *loop, struct tick_coro *here, struct tick_task *task) {
    begin(loop, task);
    const bool fresh = !task->coro && !task->started;
    if (fresh && task->result == 0 && !task->stackless) {
        settle(task, worker_take(loop));
        if (!task->coro)
            task->result = -ENOMEM;
    }
    if (fresh && task->result < 0) { // cancelled before its start, or no stack to be had: the body never runs
        tick__owned_run(&task->owned);
        over(loop, task);
    } else if (task->stackless) {
        step_stackless(loop, task);
    } else {
        tick_coro_switch(here, task->coro);
    }
}

void tick__task_step(struct tick_loop *loop, struct tick_task *task) {
    step_from(loop, loop->coro, task);
}

void tick__task_at_once(struct tick_task *task) {
    struct tick_loop *loop = task->step.loop;
    struct tick_task *outer = loop->current;
    struct tick_coro *back = loop->back, *on = loop->on;
    const struct tick__acting outside = loop->outside;
    struct tick_coro *here = outer && outer->coro ? outer->coro : outer && on ? on : loop->coro;
    loop->back = loop->on = here;
    step_from(loop, here, task);
    loop->back = back;
    loop->on = on;
    loop->current = outer;
    loop->outside = outside;
}
