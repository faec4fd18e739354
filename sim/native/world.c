// The world of a run: what a scenario sets up, whose turn it is, and how it ends.
#include "sim/native/fetch.h"
#include "sim/native/world_int.h"
#include "src/base/check.h"
#include "src/base/line.h"
#include "src/base/outside.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <string.h>

// --- set-up ---

void tick__world_bad(struct tick_world *w, const struct tick_loc *loc, const char *format, ...) {
    if (w->ended)
        return;
    char text[300];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    tick__outcome_fail(&w->outcome, TICK_BAD_SCENARIO, TICK_EINVALSTATE, NULL, loc, text);
    w->ended = true;
}

struct tick_host *tick_host_add_at(
    struct tick_world *w, const char *name, tick_task_fn *fn, const struct tick_host_options *options, const struct tick_loc *loc) {
    struct tick_host *host = tick__host_take(w);
    if (!host) {
        tick__world_starve(w);
        return NULL;
    }
    tick__line_put(&(struct tick__line){host->name, sizeof host->name, 0}, name);
    host->options = *options;
    host->fn = fn;
    host->loc = loc;
    host->id = host->life = tick_id_host(host->name);
    host->wall = options->clock;
    if (w->probe)
        host->object = w->probe->ops->object(
            w->probe, &(struct tick_object){.type = TICK_OBJECT_HOST, .id = host->id, .key = host->name, .kth = 1,
                          .ordinal = host->options.daemon, .loc = loc});
    host->life_object = host->object;
    if (strlen(name) >= sizeof host->name)
        tick__world_bad(w, loc, "a host's name is longer than %zu bytes: \"%.80s...\"", sizeof host->name - 1, name);
    if (!*name)
        tick__world_bad(w, loc, "a host has no name");
    host->index = tick_kernel_host_add(w->kernel, host->name, host->id, host->object);
    if (host->index == -EEXIST)
        tick__world_bad(w, loc, "two hosts are named \"%s\"", name);
    else if (host->index < 0)
        tick__world_bad(w, loc, "host \"%s\": %s", name, tick_error_text(host->index));
    if (!host->options.daemon)
        w->live++;
    return host;
}

static struct tick_link link_of(const struct tick_link_options *options) {
    return (struct tick_link){
        .latency = options->latency,
        .jitter = options->jitter,
        .refuse = options->refuse,
        .reset = options->reset,
        .loss = options->loss,
        .duplicate = options->duplicate,
        .reorder = options->reorder,
        .corrupt = options->corrupt,
        .bandwidth = options->latency < TICK_NEVER ? options->bandwidth : -1,
        .queue = options->queue,
        .timeout = options->timeout,
    };
}

#define QUEUE_MOST ((int64_t)1 << 32)

static bool link_is_good(const struct tick_link_options *link) {
    return link->latency >= 0 && link->jitter >= 0 && link->bandwidth >= 0 && link->queue >= 0 && link->queue <= QUEUE_MOST &&
           link->timeout >= 0;
}

void tick_link_all_at(struct tick_world *w, const struct tick_link_options *options) {
    struct tick_link link = link_of(options);
    if (!link_is_good(options))
        tick__world_bad(w, NULL, "a link's latency, jitter, bandwidth, queue or timeout is negative or far too large");
    tick_kernel_link_all(w->kernel, &link);
}

void tick_link_between_at(struct tick_world *w, struct tick_host *a, struct tick_host *b, const struct tick_link_options *options) {
    struct tick_link link = link_of(options);
    if (!a || !b || a->index < 0 || b->index < 0 || !link_is_good(options))
        tick__world_bad(w, NULL, "a link needs two hosts, and no negative numbers");
    else if (tick_kernel_link_set(w->kernel, a->index, b->index, &link) < 0)
        tick__world_starve(w);
}

void tick_limit(struct tick_world *w, int64_t time, uint64_t iterations) {
    if (time > 0)
        w->time_limit = time;
    if (iterations)
        w->iteration_limit = iterations;
}

void tick_still_limit(struct tick_world *w, int64_t ns) {
    if (ns < 0)
        tick__world_bad(w, NULL, "tick_still_limit takes no negative time");
    w->still.limit = ns;
}

void tick_real_host(struct tick_world *w, struct tick_host *host) {
    w->real_host = host;
}

void tick_invariant_at(struct tick_world *w, tick_invariant_fn *fn, void *arg, const char *text, const struct tick_loc *loc) {
    if (tick__list_push(&w->invariants, &(struct invariant){fn, arg, text, loc}, sizeof(struct invariant)) < 0)
        tick__world_starve(w);
}

void tick_at_end(struct tick_world *w, tick_final_fn *fn, void *arg) {
    if (tick__list_push(&w->finals, &(struct final_check){fn, arg}, sizeof(struct final_check)) < 0)
        tick__world_starve(w);
}

// --- ends ---

// Remembers who acts: the verdict is told as its doing, once the run is over.
static void blame(struct tick_world *w) {
    if (!w->probe)
        return;
    w->blamed_host = w->probe->host;
    w->blamed_task = w->probe->task;
    w->blamed_here = w->probe->here;
}

void tick__world_starve(struct tick_world *w) {
    w->starved = w->ended = true;
}

static void world_fail(struct tick_stage *stage, enum tick_verdict verdict, int code, const struct tick_loc *loc, const char *text) {
    struct tick_world *w = (struct tick_world *)stage;
    if (!w->ended) {
        tick__outcome_fail(&w->outcome, verdict, code, w->running ? w->running->name : NULL, loc, text);
        blame(w);
        w->ended = true;
    }
    if (w->driving) // for good: nothing of the host is unwound
        tick_coro_exit(w->coro, w->home);
    if (w->running)
        tick_coro_exit(w->running->coro, w->coro);
}

static void world_mark(struct tick_stage *stage, const char *name) {
    struct tick_world *w = (struct tick_world *)stage;
    for (size_t i = 0; i < w->mark_count; i++) {
        if (!strncmp(w->mark[i], name, MARK_BYTES - 1))
            return;
    }
    if (w->mark_count == MARKS_MOST)
        return;
    char *kept = w->mark[w->mark_count];
    size_t length = strnlen(name, MARK_BYTES - 1);
    memcpy(kept, name, length);
    kept[length] = '\0';
    w->marks[w->mark_count++] = kept;
}

static void world_busy(struct tick_stage *stage, int64_t ns) {
    tick__host_busy(((struct tick_world *)stage)->running, ns);
}

bool tick__world_holds(struct tick_world *w) {
    const struct invariant *all = w->invariants.items;
    for (size_t i = 0; i < w->invariants.count; i++) {
        w->stage.checks++;
        if (!all[i].fn(all[i].arg)) {
            if (!w->ended) {
                char text[sizeof w->outcome.text], when[32];
                tick__ns_words(tick_kernel_now(w->kernel), when, sizeof when);
                snprintf(text, sizeof text, "%s (broken at %s)", all[i].text, when); // by which event, the trace says: its cause
                blame(w);
                if (w->probe && !w->blamed_here) // it held when this host's turn began
                    w->blamed_here = w->probe->acted;
                tick__outcome_fail(
                    &w->outcome, TICK_INVARIANT_BROKEN, TICK_EFAILED, w->running ? w->running->name : NULL, all[i].loc, text);
            }
            w->ended = true;
            return false;
        }
    }
    return true;
}

// --- a run ---

static void finish(struct tick_world *w) {
    const struct final_check *all = w->finals.items;
    if (!tick__world_holds(w) || !tick__musts_have_come(w))
        return;
    for (size_t i = 0; i < w->finals.count && !w->ended; i++) {
        int result = all[i].fn(all[i].arg);
        if (result < 0 && !w->ended) {
            char text[200];
            snprintf(text, sizeof text, "a check at the end returned %s: %s", tick_error_name(result), tick_error_text(result));
            world_fail(&w->stage, TICK_CHECK_FAILED, result, NULL, text);
        }
    }
}

void tick__world_run(struct tick_world *w) {
    w->stage.fail = world_fail;
    w->stage.mark = world_mark;
    w->stage.busy = world_busy;
    struct tick_heap *heap = tick__world_heap(w);
    if (!heap) {
        tick__world_starve(w);
        return;
    }
    tick_heap_set_poison(heap, w->poison);
    tick_heap_use(heap);
    w->scenario->setup(w);
    tick_heap_use(NULL);
    if (w->set_up)
        atomic_store_explicit(w->set_up, true, memory_order_relaxed);
    if (!w->host_count)
        tick__world_bad(w, NULL, "the scenario has no hosts: its set-up calls tick_host_add for each");
    else if (!w->live)
        tick__world_bad(w, NULL, "the scenario has only daemons: the run waits for hosts added by tick_host_add");
    if (w->ended)
        return;
    tick__fetch_init(w);
    w->coro = tick_coro_new(w->stacks, tick__turns, w);
    if (!w->coro) {
        tick__world_starve(w);
        return;
    }
    tick_coro_switch(w->home, w->coro);
    if (w->driving)
        tick__host_leave(w->running);
    w->driving = false;
    if (!w->ended) {
        tick_heap_use(heap);
        finish(w);
        tick_heap_use(NULL);
    }
}
