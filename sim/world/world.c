// The world of a run: what a scenario sets up, what must hold, and how it ends.
#include "sim/world/world_int.h"
#include "src/base/check.h"
#include "src/base/line.h"
#include "src/base/outside.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int tick__list_push(struct list *list, const void *item, size_t size) {
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 16;
        void *items = tick__outside_realloc(list->items, room * size);
        if (!items)
            return -ENOMEM;
        list->items = items;
        list->room = room;
    }
    memcpy((char *)list->items + list->count++ * size, item, size);
    return 0;
}

void tick__world_fini(struct tick_world *w) {
    struct list *const lists[] = {&w->hosts, &w->deviations, &w->invariants, &w->finals, &w->faults, &w->ranges, &w->musts};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        tick__outside_free(lists[i]->items);
    if (w->others)
        w->others->ops->free(w->others);
}

void tick__world_begin(struct tick_world *w, struct tick_chooser *chooser, struct tick_probe *probe, _Atomic bool *set_up) {
    w->chooser = chooser;
    w->calm = chooser ? chooser->calm : UINT64_MAX; // a real run has none
    w->probe = probe;
    w->set_up = set_up;
    w->asked.id = 0;
    w->deviations.count = w->invariants.count = w->finals.count = 0;
    w->faults.count = w->ranges.count = w->musts.count = w->musts_open = 0;
    w->quiet_at = TICK_NEVER;
    w->quiet = false;
    w->ready = NULL;
    w->ready_end = &w->ready;
    w->running = NULL;
    w->live = 0;
    w->ended = w->starved = w->flows = w->has_others = false;
    w->time_limit = TIME_LIMIT;
    w->still.limit = STILL_LIMIT;
    w->iteration_limit = ITERATION_LIMIT;
    w->iterations = w->choices = w->checks = w->events = 0;
    w->mark_count = 0;
    memset(&w->outcome, 0, sizeof w->outcome);
    w->blamed_host = w->blamed_task = w->blamed_here = 0;
    const struct tick_kernel_env env = {.choose = tick__world_choose, .ctx = w, .calm = w->calm, .probe = probe, .disk = tick__disk_fault};
    tick_kernel_reset(w->kernel, &env);
    if (probe) {
        probe->now = 0;
        probe->host = probe->task = probe->here = probe->acted = probe->arrived = 0;
    }
}

// --- set-up ---

void tick__world_bad(struct tick_world *w, const struct tick_loc *loc, const char *format, ...) {
    if (w->ended)
        return;
    char text[300];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    tick__outcome_fill(&w->outcome, TICK_BAD_SCENARIO, TICK_EINVALSTATE, NULL, loc, text);
    w->ended = true;
}

void tick__world_add(struct tick_world *w, struct tick_host *host, const struct tick_tenant_ops *tenant, const char *name,
    const struct tick_host_options *options, const struct tick_loc *loc) {
    host->world = w;
    host->kernel = w->kernel;
    host->tenant = tenant;
    tick__line_put(&(struct tick__line){host->name, sizeof host->name, 0}, name);
    host->options = *options;
    host->loc = loc;
    host->id = host->life = tick_id_host(host->name);
    host->wall = options->clock;
    if (w->probe)
        host->object = w->probe->ops->object(w->probe,
            &(struct tick_object){
                .type = TICK_OBJECT_HOST, .id = host->id, .key = host->name, .kth = 1, .ordinal = host->options.daemon, .loc = loc});
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

static void note(struct tick_world *w, enum tick_verdict verdict, int code, const struct tick_loc *loc, const char *text) {
    const struct tick_host *host = w->running;
    tick__outcome_fill(&w->outcome, verdict, code, host ? host->name : NULL, loc, text);
    if (host)
        host->tenant->actor(host, w->outcome.task, sizeof w->outcome.task);
}

void tick__world_fail(struct tick_world *w, enum tick_verdict verdict, int code, const struct tick_loc *loc, const char *text) {
    if (!w->ended) {
        note(w, verdict, code, loc, text);
        blame(w);
        w->ended = true;
    }
    w->tenant->leave(w);
}

bool tick__world_holds(struct tick_world *w) {
    const struct invariant *all = w->invariants.items;
    for (size_t i = 0; i < w->invariants.count; i++) {
        w->checks++;
        if (!all[i].fn(all[i].arg)) {
            if (!w->ended) {
                char text[sizeof w->outcome.text], when[32];
                tick__ns_words(tick_kernel_now(w->kernel), when, sizeof when);
                snprintf(text, sizeof text, "%s (broken at %s)", all[i].text, when); // by which event, the trace says: its cause
                blame(w);
                if (w->probe && !w->blamed_here) // it held when this host's turn began
                    w->blamed_here = w->probe->acted;
                note(w, TICK_INVARIANT_BROKEN, TICK_EFAILED, all[i].loc, text);
            }
            w->ended = true;
            return false;
        }
    }
    return true;
}

void tick__world_finish(struct tick_world *w) {
    const struct final_check *all = w->finals.items;
    if (!tick__world_holds(w) || !tick__musts_have_come(w))
        return;
    for (size_t i = 0; i < w->finals.count && !w->ended; i++) {
        int result = all[i].fn(all[i].arg);
        if (result < 0 && !w->ended) {
            char text[200];
            snprintf(text, sizeof text, "a check at the end returned %s: %s", tick_error_name(result), tick_error_text(result));
            tick__world_fail(w, TICK_CHECK_FAILED, result, NULL, text);
        }
    }
}

void tick__world_outcome(const struct tick_world *w, struct tick_outcome *out) {
    *out = w->outcome;
    out->ended_at = tick_kernel_now(w->kernel);
    out->choices = w->choices;
    out->iterations = w->iterations;
    out->checks = w->checks;
    out->deviations = (uint32_t)w->deviations.count;
    out->gist = tick__gist(w, out);
}

void tick__world_mark(struct tick_world *w, const char *name) {
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
