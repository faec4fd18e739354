// Natives: the programs in C of a world, from the scenario's set-up to the run's end.
#include "sim/native/fetch.h"
#include "src/io/op.h"
#include "src/loop/loop_int.h"
#include <stdio.h>

// --- set-up ---

struct tick_host *tick_host_add_at(
    struct tick_world *w, const char *name, tick_task_fn *fn, const struct tick_host_options *options, const struct tick_loc *loc) {
    struct native *native = tick__native_take(tick__natives(w));
    if (!native) {
        tick__world_starve(w);
        return NULL;
    }
    native->fn = fn;
    tick__world_add(w, &native->host, &tick__native_ops, name, options, loc);
    return &native->host;
}

void tick_real_host(struct tick_world *w, struct tick_host *host) {
    tick__natives(w)->real_host = host;
}

void tick_world_allow_left_over(struct tick_world *w) {
    tick__natives(w)->allow_left_over = true;
}

void tick_allow_unhandled(struct tick_world *w) {
    tick__natives(w)->allow_unhandled = true;
}

// --- what the world asks of them ---

static void leave(struct tick_world *w) {
    struct natives *n = tick__natives(w);
    if (n->driving) // for good: nothing of the host is unwound
        tick_coro_exit(n->coro, n->home);
    if (w->running && !w->running->elsewhere)
        tick_coro_exit(tick__native(w->running)->coro, n->coro);
}

static void asks(struct tick_world *w, bool begins) {
    tick_heap_use(begins ? tick__natives_heap(tick__natives(w)) : NULL);
}

static void actor(const struct tick_host *host, char *text, size_t size) {
    (void)host;
    const struct tick_task *task = tick_task_current();
    if (task)
        tick__task_called(task, text, size);
}

static bool waits_for_others(const struct tick_host *host) {
    const struct tick_loop *loop = tick__native(host)->loop;
    return loop && !tick__timers_last(loop);
}

// Nothing can make a handle of its loop ready: only its own tasks and jobs could.
static bool is_out_of_reach(const struct tick_host *host) {
    const struct native *native = tick__native(host);
    if (native->wait != WAIT_PARKED || native->stack || native->loop->executor.jobs) // on a stack: a call of the program's own waits
        return false;
    for (const struct tick_file *file = native->io->files; file; file = file->next)
        if (file->reader || file->writer)
            return false;
    return true;
}

static int64_t last_timer(const struct tick_host *host) {
    const struct tick_loop *loop = tick__native(host)->loop;
    return loop ? tick__timers_last(loop) : 0;
}

// Its structure is a native's all the same: whoever goes through a world's hosts finds no loop there.
static struct tick_host *take(struct tick_world *w) {
    struct native *native = tick__native_take(tick__natives(w));
    return native ? &native->host : NULL;
}

const struct tick_tenant_ops tick__native_ops = {
    .start = tick__native_start,
    .crash = tick__native_crash,
    .forget = tick__native_forget,
    .busy = tick__native_busy,
    .leave = leave,
    .asks = asks,
    .actor = actor,
    .waits_for_others = waits_for_others,
    .is_out_of_reach = is_out_of_reach,
    .last_timer = last_timer,
    .take = take,
    .tell_waits = tick__native_tell_waits,
};

// --- what their programs ask of the world (stage.h) ---

static struct tick_world *world_of(struct tick_stage *stage) {
    return &((struct natives *)stage)->world;
}

static void stage_fail(struct tick_stage *stage, enum tick_verdict verdict, int code, const struct tick_loc *loc, const char *text) {
    tick__world_fail(world_of(stage), verdict, code, loc, text);
}

static void stage_mark(struct tick_stage *stage, const char *name) {
    tick__world_mark(world_of(stage), name);
}

static void stage_busy(struct tick_stage *stage, int64_t ns) {
    tick__native_busy(world_of(stage)->running, ns);
}

// --- a run ---

static void set_up(struct natives *n, struct tick_heap *heap) {
    struct tick_world *w = &n->world;
    tick_heap_set_poison(heap, n->poison);
    tick_heap_use(heap);
    n->scenario->setup(w);
    tick_heap_use(NULL);
    if (w->set_up)
        atomic_store_explicit(w->set_up, true, memory_order_relaxed);
    if (!w->host_count)
        tick__world_bad(w, NULL, "the scenario has no hosts: its set-up calls tick_host_add for each");
    else if (!w->live)
        tick__world_bad(w, NULL, "the scenario has only daemons: the run waits for hosts added by tick_host_add");
}

void tick__natives_run(struct natives *n) {
    struct tick_world *w = &n->world;
    n->stage.fail = stage_fail;
    n->stage.mark = stage_mark;
    n->stage.busy = stage_busy;
    struct tick_heap *heap = tick__natives_heap(n);
    if (!heap) {
        tick__world_starve(w);
        return;
    }
    set_up(n, heap);
    if (w->ended)
        return;
    if (w->has_others)
        w->others->ops->begin(w);
    if (w->ended)
        return;
    tick__fetch_init(n);
    n->coro = tick_coro_new(n->stacks, tick__natives_turns, n);
    if (!n->coro) {
        tick__world_starve(w);
        return;
    }
    tick_coro_switch(n->home, n->coro);
    if (n->driving)
        tick__native_leave(tick__native(w->running));
    n->driving = false;
    if (!w->ended) {
        tick_heap_use(heap);
        tick__world_finish(w);
        tick_heap_use(NULL);
    }
}
