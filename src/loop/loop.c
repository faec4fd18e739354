// The loop: making it, its iteration, stopping, closing.
//
// One iteration is: poll (unless the budget lets it be skipped), due timers to the ready queue, then exactly the handles that are ready
// now.
#include "src/base/alloc.h"
#include "src/base/check.h"
#include "src/coro/coro.h"
#include "src/loop/loop_int.h"
#include <errno.h>

_Thread_local struct tick_loop *tick__loop_running;

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
        .probe_start = options->probe_start,
        .step_costs = tick_scale_count(STEP_COST_MOST),
        .poll_budget = options->poll_budget ? options->poll_budget : 1,
        .root = {.maker = {.id = options->id, .object = options->object}},
    };
    loop->ready_end = &loop->ready;
    loop->tasks_end = &loop->tasks;
    loop->maker = &loop->root;
    tick__owned_init(&loop->at_close);
    *out = loop;
    return 0;
}

int tick_loop_close(struct tick_loop *loop) {
    if (loop->running)
        return TICK_EINVALSTATE;
    if (loop->closed)
        return 0;
    tick__owned_run(&loop->at_close);
    loop->closed = true;
    tick__inbox_close(loop);
    tick__ready_clear(loop);
    tick__timers_clear(loop);
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
        future->first = future->last = NULL;
        tick__future_fini(future);
        future->state = TICK__RESULT;
    }
    for (struct tick_task *task = loop->tasks; task; task = task->next)
        tick__task_abandon(task);
    tick__parent_fini(&loop->root);
    while (loop->blocks)
        tick__block_free(loop->blocks + 1);
    tick__pool_fini(&loop->handle_pool);
    tick__pool_fini(&loop->future_pool);
    tick__pool_fini(&loop->task_pool);
    if (loop->own_stacks)
        tick_stacks_free(loop->stacks);
    tick__free(loop);
}

struct tick_loop *tick_loop_running(void) {
    return tick__loop_running;
}

int64_t tick_loop_time(struct tick_loop *loop) {
    if (!loop)
        loop = tick__loop_running;
    return loop ? loop->sys->ops->now(loop->sys) : 0;
}

int64_t tick_time(void) {
    return tick_loop_time(NULL);
}

bool tick_loop_is_closed(const struct tick_loop *loop) {
    return loop->closed;
}

uint64_t tick_loop_iterations(const struct tick_loop *loop) {
    return loop->iteration;
}

void tick_loop_stop(struct tick_loop *loop) {
    loop->stopping = true;
}

int tick__loop_begin(struct tick_loop *loop) {
    if (loop->closed)
        return TICK_ECLOSED;
    if (loop->running || tick__loop_running)
        return TICK_ENESTED;
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
    loop->running = true;
    tick__loop_running = loop;
    if (loop->probe)
        loop->probe->host = loop->root.maker.object;
    return 0;
}

void tick__loop_end(struct tick_loop *loop) {
    loop->stopping = false;
    loop->running = false;
    tick__loop_running = NULL;
    if (--loop->runs == 0) {
        tick_coro_thread_free(loop->coro);
        loop->coro = NULL;
    }
}

static int poll(struct tick_loop *loop) {
    int64_t timeout = -1;
    tick_id timer = 0;
    if (atomic_load_explicit(&loop->inbox, memory_order_acquire))
        tick__inbox_drain(loop);
    if (loop->ready_count > 0 || loop->stopping) {
        timeout = 0;
    } else if (loop->timer_count > 0 && loop->timers[0].when < INT64_MAX) {
        timeout = loop->timers[0].when - loop->sys->ops->now(loop->sys);
        if (timeout < 0)
            timeout = 0;
        timer = loop->timers[0].handle->id;
    }
    int error = loop->poller->ops->wait(loop->poller, timeout, timer);
    if (error < 0)
        return error;
    loop->since_poll = 0;
    if (loop->timer_count > 0 || loop->probe)
        loop->now = loop->sys->ops->now(loop->sys);
    if (loop->probe)
        loop->probe->now = loop->now - loop->probe_start;
    if (atomic_load_explicit(&loop->inbox, memory_order_acquire))
        tick__inbox_drain(loop);
    return 0;
}

// A relaxed choice: the handle goes behind some of those left in this snapshot. True: it was put back.
static bool displaced(struct tick_loop *loop, struct tick_handle *handle, size_t left) {
    if (handle->held) {
        handle->held = 0;
        return false;
    }
    struct tick_task *task = handle->kind == TICK__STEP ? tick__task_of_step(handle) : NULL;
    const tick_id id = task ? task->parent.maker.id : handle->id;
    const uint64_t kth = task ? ++task->pops : 1;
    if (left == 0 || handle->cancelled)
        return false;
    const uint32_t held = loop->sys->ops->choose(loop->sys, TICK_CHOICE_DISPLACE, id, kth, 4, 0);
    if (held == 0)
        return false;
    handle->held = 1;
    tick__ready_hold(loop, handle, held < left ? held : left);
    return true;
}

int tick__loop_once(struct tick_loop *loop) {
    loop->iteration++;
    if (loop->poll_budget <= 1 || loop->ready_count == 0 || loop->since_poll >= loop->poll_budget || loop->stopping) {
        int error = poll(loop);
        if (error < 0)
            return error;
    }
    if (loop->timer_count > 0)
        tick__timers_due(loop);
    size_t left = loop->ready_count;
    loop->since_poll = left < UINT32_MAX - loop->since_poll ? loop->since_poll + (uint32_t)left : UINT32_MAX - 1;
    const bool asks = loop->observed && loop->sys->ops->choose;
    while (left > 0) {
        struct tick_handle *handle = tick__ready_pop(loop);
        if (asks && displaced(loop, handle, left - 1))
            continue;
        left--;
        tick__handle_run(loop, handle);
    }
    return 0;
}
