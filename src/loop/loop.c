// The loop: making it, its iteration, stopping, closing.
//
// One iteration is: poll (unless the budget lets it be skipped), due timers to the ready queue, then exactly the handles that are ready
// now.
#include "src/base/alloc.h"
#include "src/base/check.h"
#include "src/coro/switch_int.h"
#include "src/loop/timer_int.h"
#include <errno.h>

TICK__THREADS_OWN struct tick_loop *tick__loop_running;

int tick_loop_new(const struct tick_loop_options *options, struct tick_loop **out) {
    struct tick_loop *loop = tick__alloc(sizeof *loop);
    if (!loop)
        return -ENOMEM;
    *loop = (struct tick_loop){
        .sys = options->sys,
        .poller = options->poller,
        .probe = options->probe,
        .stacks = options->stacks,
        .observed = options->probe || options->sys->ops->choose,
        .asks = tick__sys_asks(options->sys, TICK_CHOICE_DISPLACE),
        .scheduler = options->scheduler,
        .executor = {.most = options->threads, .processes = options->processes},
        .probe_start = options->probe_start,
        .step_costs = tick_scale_count(STEP_COST_MOST),
        .poll_budget = options->poll_budget ? options->poll_budget : 1,
        .timers = {.due = INT64_MAX, .horizon = INT64_MAX},
        .root = {.id = options->id, .object = options->object},
    };
    loop->poll_at = loop->budget = loop->poll_budget;
    loop->ready = &loop->mark;
    loop->ready_end = &loop->mark.next;
    tick__loop_specialize(loop);
    loop->handle_size = loop->observed ? sizeof(struct tick_handle) : TICK__HANDLE_PLAIN;
    loop->task_size = loop->observed ? sizeof(struct tick_task) : TICK__TASK_PLAIN;
    loop->tasks_end = &loop->tasks;
    loop->maker = &loop->root;
    *out = loop;
    return 0;
}

void tick__loop_specialize(struct tick_loop *loop) {
    loop->careful = loop->closed || loop->debug || loop->contexts;
    loop->watched = loop->observed || loop->debug;
    const bool special = loop->careful || loop->watched || loop->scheduler;
    if (special && !loop->special)
        tick__ready_count_begun(loop);
    loop->special = special;
    loop->calls.end = special ? loop->calls.at : loop->calls.chunk_end;
}

int tick_loop_close(struct tick_loop *loop) {
    if (!loop || loop->running) // NULL stands for the running one, or for none
        return TICK_EINVALSTATE;
    if (loop->closed)
        return 0;
    tick__owned_run(&loop->at_close);
    tick__executor_leave(loop);
    loop->closed = true;
    tick__loop_specialize(loop);
    tick__inbox_close(loop);
    tick__ready_clear(loop);
    tick__timers_clear(loop);
    tick__executor_fini(loop);
    return 0;
}

void tick_loop_free(struct tick_loop *loop) {
    if (!loop)
        return;
    TICK_ASSERT(!loop->running);
    (void)tick_loop_close(loop);
    for (struct tick_task *task = loop->tasks; task; task = task->next) {
        const struct tick_report report = {.message = "Task was destroyed but it is pending!", .task = task, .future = &task->future};
        tick_loop_report(loop, &report);
    }
    // What futures hold goes first: some of them stand on the stacks of unfinished tasks.
    while (loop->residue) {
        struct tick_future *future = loop->residue;
        tick__future_fini(future);
        future->state = TICK__RESULT;
    }
    for (struct tick_task *task = loop->tasks; task; task = task->next)
        tick__task_abandon(task);
    tick__workers_free(loop);
    tick__maker_fini(&loop->root);
    while (loop->blocks)
        tick__block_free(loop->blocks + 1);
    tick__calls_fini(&loop->calls);
    tick__pool_fini(&loop->handle_pool);
    tick__pool_fini(&loop->future_pool);
    tick__pool_fini(&loop->task_pool);
    tick__store_free(loop->timers.store);
    tick__foreign_fini(loop);
    if (loop->own_stacks)
        tick_stacks_free(loop->stacks);
    tick__free(loop);
}

struct tick_loop *tick_loop_running(void) {
    return tick__loop_running;
}

struct tick_sys *tick_sys_running(void) {
    return tick__loop_running ? tick__loop_running->sys : NULL;
}

int64_t tick_loop_time(struct tick_loop *loop) {
    loop = tick__loop_meant(loop);
    return loop ? loop->sys->ops->now(loop->sys) : 0;
}

int64_t tick_time_after(int64_t ns) {
    return tick__after(tick_time(), ns);
}

int64_t tick_time(void) {
    return tick_loop_time(NULL);
}

bool tick_loop_is_closed(const struct tick_loop *loop) {
    loop = tick__loop_meant(loop);
    return loop && loop->closed;
}

uint64_t tick_loop_iterations(const struct tick_loop *loop) {
    loop = tick__loop_meant(loop);
    return loop ? loop->iteration : 0;
}

void tick_loop_set_debug(struct tick_loop *loop, bool on) {
    loop = tick__loop_meant(loop);
    if (!loop)
        return;
    loop->debug = on;
    tick__loop_specialize(loop);
    if (on)
        loop->began = loop->sys->ops->now(loop->sys);
}

bool tick_loop_get_debug(const struct tick_loop *loop) {
    loop = tick__loop_meant(loop);
    return loop && loop->debug;
}

void tick_loop_stop(struct tick_loop *loop) {
    loop = tick__loop_meant(loop);
    if (!loop)
        return;
    loop->stopping = true;
    loop->poll_at = 0;
}

int tick__loop_may_run(const struct tick_loop *loop) {
    if (!loop)
        return tick__loop_running ? TICK_ENESTED : TICK_EINVALSTATE;
    if (loop->closed)
        return TICK_ECLOSED;
    return loop->running || tick__loop_running ? TICK_ENESTED : 0;
}

int tick__loop_begin(struct tick_loop *loop) {
    TICK_TRY(tick__loop_may_run(loop));
    if (!loop->stacks) {
        int error = tick_stacks_new(&(struct tick_stacks_options){0}, &loop->stacks);
        if (error < 0)
            return error;
        loop->own_stacks = true;
    }
    if (loop->runs == 0) {
        loop->coro = tick_coro_thread_new();
        if (!loop->coro)
            return -ENOMEM;
    }
    loop->runs++;
    if (loop->poll_budget > 1)
        loop->now = loop->sys->ops->now(loop->sys); // time that passed before the run is none that its steps took
    const bool poll_first = loop->stopping || loop->poll_budget == 1 || loop->timers.due <= loop->now;
    loop->poll_at = poll_first ? 0 : loop->polled + loop->budget;
    loop->running = true;
    loop->wait.error = 0;
    tick__loop_running = loop;
    if (loop->probe)
        loop->probe->host = loop->root.object;
    return 0;
}

void tick__loop_end(struct tick_loop *loop) {
    atomic_store_explicit(&loop->awake, false, memory_order_seq_cst);
    loop->stopping = false;
    loop->running = false;
    tick__loop_running = NULL;
    if (--loop->runs == 0) {
        tick_coro_thread_free(loop->coro);
        loop->coro = NULL;
    }
}

// While work is ready, a poll has to wait for its turn: after poll_budget handles, or about POLL_SPAN of time. A clock reading costs as
// much as several handles, so that time is not looked at in between: if the handles since the last poll took too long, fewer may run before
// the next, and if they took much less, more.
#define POLL_SPAN TICK_MS(1)

static void adapt(struct tick_loop *loop, int64_t took) {
    if (took > POLL_SPAN && loop->sealed - loop->polled > 1)
        loop->budget = loop->budget > 1 ? loop->budget / 2 : 1;
    else if (took < POLL_SPAN / 4 && loop->budget < loop->poll_budget)
        loop->budget = loop->budget < loop->poll_budget / 2 ? loop->budget * 2 : loop->poll_budget;
}

// How long a poll may wait.
static void plan(struct tick_loop *loop) {
    int64_t timeout = -1;
    tick_id timer = 0;
    if (tick__inbox_any(loop))
        tick__inbox_drain(loop);
    loop->wait.busy = loop->queued > loop->sealed || loop->stopping;
    if (loop->wait.busy) {
        timeout = 0;
    } else {
        const int64_t next = tick__timers_any(loop) ? tick__timers_next(loop, &timer) : INT64_MAX;
        if (next < INT64_MAX) {
            timeout = tick__until(next, loop->sys->ops->now(loop->sys));
        } else {
            timer = 0;
        }
    }
    if (timeout != 0 && loop->driver) { // there is no other thread
        atomic_store_explicit(&loop->awake, false, memory_order_relaxed);
    } else if (timeout != 0 && loop->poller->ops->wake) {
        atomic_store_explicit(&loop->awake, false, memory_order_seq_cst);
        if (atomic_load_explicit(&loop->inbox, memory_order_seq_cst)) { // it came between
            tick__inbox_drain(loop);
            timeout = 0;
            timer = 0;
        }
    }
    loop->wait.timeout = timeout;
    loop->wait.timer = timer;
}

static int poll(struct tick_loop *loop) {
    if (!loop->wait.away)
        plan(loop);
    if (TICK__RARE(loop->context != NULL)) // of the callback that was the first to set a variable
        tick__context_leave(loop);
    const int error = loop->poller->ops->wait(loop->poller, loop->wait.timeout, loop->wait.timer);
    loop->wait.away = error == TICK__AWAY;
    if (loop->wait.away)
        return error;
    atomic_store_explicit(&loop->awake, true, memory_order_relaxed);
    if (error < 0)
        return error;
    const bool adaptive = loop->poll_budget > 1;
    if (tick__timers_any(loop) || loop->probe || adaptive) {
        const int64_t now = loop->sys->ops->now(loop->sys);
        if (adaptive && loop->wait.busy)
            adapt(loop, tick__until(now, loop->now));
        loop->now = now;
    }
    loop->polled = loop->sealed;
    loop->poll_at = loop->stopping ? 0 : loop->sealed + loop->budget;
    if (loop->probe)
        loop->probe->now = tick__ahead(loop->now, loop->probe_start);
    if (tick__inbox_any(loop))
        tick__inbox_drain(loop);
    return 0;
}

int tick__loop_turn(struct tick_loop *loop) {
    if (!loop->wait.away)
        loop->iteration++;
    const int error = poll(loop);
    if (error < 0)
        return error;
    if (tick__timers_any(loop))
        tick__timers_due(loop);
    tick__snapshot(loop);
    return 0;
}

// One such call and those that follow it. A callback takes nothing from the queue, so that the next one is known before.
static inline void quick_calls(struct tick_loop *loop) {
    struct tick_handle *handle = loop->ready, *next;
    do {
        next = handle->next;
        loop->ready = next;
        tick_callback_fn *fn = handle->fn.call;
        void *arg = handle->arg;
        TICK__POISON(handle, TICK__CALL_SIZE);
        fn(arg);
        handle = next;
    } while (next->bits == TICK__QUICK_CALL && !loop->special);
}

static inline __attribute__((always_inline)) void switch_to(struct tick_loop *loop, struct tick_task *task) {
    loop->current = task;
    task->result = tick__task_delivery(task);
    tick__coro_switch(loop->coro, task->coro);
}

static inline __attribute__((always_inline)) int once(struct tick_loop *loop) {
    if (!(loop->special ? tick__iterate_slowly(loop) : tick__iterate(loop))) {
        if (loop->driver)
            tick_coro_switch(loop->coro, loop->driver);
        else
            loop->wait.error = tick__loop_turn(loop);
        if (loop->wait.error < 0)
            return loop->wait.error;
    }
    struct tick_handle *handle = loop->handed; // the driver came upon it
    for (;;) {
        for (; handle; handle = loop->handed) { // a task's stack came upon it
            loop->handed = NULL;
            if (handle->bits == TICK__ONWARD && !loop->special)
                switch_to(loop, tick__task_of_step(handle));
            else
                tick__handle_run(loop, handle);
        }
        if (TICK__RARE(loop->special)) {
            handle = tick__next_slowly(loop);
            if (!handle)
                break;
        } else if (loop->ready == &loop->mark && !tick__iterate(loop)) {
            break;
        } else if (loop->ready->bits == TICK__QUICK_CALL) {
            quick_calls(loop);
        } else {
            handle = tick__ready_take(loop);
        }
    }
    return loop->wait.error; // of a poll by the driver meanwhile
}

int tick__loop_once(struct tick_loop *loop) {
    return once(loop);
}

// In one function, which switches to tasks itself: returns after a task has run are mispredicted (coro/switch_int.h).
int tick__loop_until_stopped(struct tick_loop *loop) {
    int error;
    do {
        error = once(loop);
    } while (error >= 0 && !loop->stopping);
    return error;
}
