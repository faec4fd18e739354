// The world of a run: what a scenario sets up, whose turn it is, and how it ends.
#include "sim/harness/harness_int.h"
#include "sim/harness/world_int.h"
#include "src/base/check.h"
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
        tick__world_bad(w, loc, "too many hosts: no memory for \"%s\"", name);
        return NULL;
    }
    snprintf(host->name, sizeof host->name, "%s", name);
    host->options = *options;
    host->fn = fn;
    host->loc = loc;
    host->id = host->life = tick_id_host(host->name);
    host->wall = options->clock;
    if (w->probe)
        host->object = w->probe->ops->object(
            w->probe, &(struct tick_object){.type = TICK_OBJECT_HOST, .id = host->id, .key = host->name, .kth = 1, .loc = loc});
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
    if (host->index >= 0 && options->handlers)
        tick_kernel_handlers(w->kernel, host->index, true);
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
        .bandwidth = options->bandwidth,
        .queue = options->queue,
        .timeout = options->timeout,
    };
}

#define QUEUE_MOST ((int64_t)1 << 32)

static bool link_is_good(const struct tick_link *link) {
    return link->latency >= 0 && link->jitter >= 0 && link->bandwidth >= 0 && link->queue >= 0 && link->queue <= QUEUE_MOST &&
           link->timeout >= 0;
}

void tick_link_all_at(struct tick_world *w, const struct tick_link_options *options) {
    struct tick_link link = link_of(options);
    if (!link_is_good(&link))
        tick__world_bad(w, NULL, "a link's latency, jitter, bandwidth, queue or timeout is negative or far too large");
    tick_kernel_link_all(w->kernel, &link);
}

void tick_link_between_at(struct tick_world *w, struct tick_host *a, struct tick_host *b, const struct tick_link_options *options) {
    struct tick_link link = link_of(options);
    if (!a || !b || a->index < 0 || b->index < 0 || !link_is_good(&link))
        tick__world_bad(w, NULL, "a link needs two hosts, and no negative numbers");
    else if (tick_kernel_link_set(w->kernel, a->index, b->index, &link) < 0)
        tick__world_bad(w, NULL, "no memory for another link");
}

void tick_limit(struct tick_world *w, int64_t time, uint64_t iterations) {
    if (time > 0)
        w->time_limit = time;
    if (iterations)
        w->iteration_limit = iterations;
}

void tick_real_host(struct tick_world *w, struct tick_host *host) {
    w->real_host = host;
}

void tick_invariant_at(struct tick_world *w, tick_invariant_fn *fn, void *arg, const char *text, const struct tick_loc *loc) {
    if (tick__list_push(&w->invariants, &(struct invariant){fn, arg, text, loc}, sizeof(struct invariant)) < 0)
        tick__world_bad(w, loc, "no memory for another invariant");
}

void tick_at_end(struct tick_world *w, tick_final_fn *fn, void *arg) {
    if (tick__list_push(&w->finals, &(struct final_check){fn, arg}, sizeof(struct final_check)) < 0)
        tick__world_bad(w, NULL, "no memory for another check");
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
                snprintf(text, sizeof text, "%s (broken at event %llu, %s)", all[i].text, (unsigned long long)w->events, when);
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

// --- turns ---

// Starts the host, or posts its start for later; once, though its turn comes both by order and by the end of those it waits for.
static void start(struct tick_world *w, struct tick_host *host) {
    if (host->due)
        return;
    host->due = true;
    if (host->options.start > 0) {
        uint32_t key = tick_kernel_post(w->kernel, tick_kernel_now(w->kernel) + host->options.start, POST_START, (uint32_t)host->index);
        TICK_ASSERT(key);
    } else if (tick__host_start(host) < 0) {
        tick__world_bad(w, host->loc, "no memory to start host \"%s\"", host->name);
    }
}

static bool waits_for_others(const struct tick_host *host) {
    for (size_t i = 0; i < sizeof host->options.after / sizeof *host->options.after; i++) {
        if (host->options.after[i] && host->options.after[i]->state != HOST_DONE)
            return true;
    }
    return false;
}

static bool comes_after(const struct tick_host *host, const struct tick_host *other) {
    for (size_t i = 0; i < sizeof host->options.after / sizeof *host->options.after; i++) {
        if (host->options.after[i] == other)
            return true;
    }
    return false;
}

void tick__world_ended(struct tick_world *w, struct tick_host *host) {
    host->state = HOST_DONE;
    if (!host->options.daemon)
        w->live--;
    for (size_t i = 0; i < w->host_count; i++) {
        struct tick_host *other = ((struct tick_host **)w->hosts.items)[i];
        if (other->state == HOST_WAITING && comes_after(other, host) && !waits_for_others(other))
            start(w, other);
    }
}

static void run_ready(struct tick_world *w) {
    while (w->ready && !w->ended) {
        struct tick_host *host = w->ready;
        w->ready = host->next;
        if (!w->ready)
            w->ready_end = &w->ready;
        tick__host_switch_to(host);
        if (host->state == HOST_DONE) {
            tick_coro_free(host->coro);
            host->coro = NULL;
            if (host->stopping)
                tick__host_stopped(host);
            else
                tick__world_ended(w, host);
        }
    }
}

static struct tick_host *host_at(struct tick_world *w, uint32_t index) {
    TICK_ASSERT(index < w->host_count);
    return ((struct tick_host **)w->hosts.items)[index];
}

// A parked host has something to read: it goes on now, or late.
static void wake(struct tick_world *w, struct tick_host *host) {
    if (host->state != HOST_PARKED)
        return;
    if (host->timeout_key)
        tick_kernel_unpost(w->kernel, host->timeout_key);
    host->timeout_key = 0;
    if (host->paused_until > tick_kernel_now(w->kernel)) {
        tick__host_go_on(host);
        return;
    }
    uint32_t late = 0;
    host->wakes++;
    if (!tick_is_calm(w->calm, TICK_CHOICE_HOST_LATE))
        late = tick__world_choose(w, TICK_CHOICE_HOST_LATE, host->life, host->wakes, tick_scale_count(HOST_LATE_MOST), HOST_LATE_MOST);
    if (late) {
        int64_t at = tick_kernel_now(w->kernel) + tick_scale_capped(late, HOST_LATE_MOST);
        host->resume_key = tick_kernel_post(w->kernel, at, POST_RESUME, (uint32_t)host->index);
        TICK_ASSERT(host->resume_key);
        host->state = HOST_LATE;
    } else {
        tick__host_make_ready(host);
    }
}

static void come(struct tick_world *w, const struct tick_posted *posted) {
    if (posted->what >= POST_FAULT) {
        tick__fault_come(w, posted);
        return;
    }
    struct tick_host *host = host_at(w, posted->arg);
    switch ((enum posted_what)posted->what) {
    case POST_START:
        if (tick__host_start(host) < 0)
            tick__world_bad(w, host->loc, "no memory to start host \"%s\"", host->name);
        break;
    case POST_TIMEOUT:
        host->timeout_key = 0;
        host->timed_out = true;
        tick__host_go_on(host);
        break;
    case POST_RESUME:
        host->resume_key = 0;
        tick__host_go_on(host);
        break;
    default:
        break;
    }
}

// In a large world each turn begins with memory that no cache holds any more. What is fetched here in advance changes nothing but time:
// what a segment meets in the kernel, eight segments before it comes; the structure of the host that it reaches; and at last that host's
// loop, and the task that waits for it. Into the second-level cache: the first can hold and wait for less.
#define LARGE 200

static void fetch(const void *memory, size_t size) {
    for (size_t at = 0; at < size; at += 64)
        __builtin_prefetch((const char *)memory + at, 0, 2);
}

static void fetch_ahead(const struct tick_world *w) {
    struct tick_host *const *hosts = w->hosts.items;
    uint32_t sock = tick_kernel_fetch(w->kernel, 8);
    fetch(tick__waiting(w, sock), sizeof(struct waiting));
    int soon = tick_kernel_ahead(w->kernel, 5, &sock);
    if (soon >= 0)
        fetch(hosts[soon], HOST_HOT);
    int next = tick_kernel_ahead(w->kernel, 3, &sock);
    if (next >= 0) {
        const struct waiting *waiting = tick__waiting(w, sock);
        fetch(hosts[next]->loop, sizeof *hosts[next]->loop);
        fetch(waiting->object, 384);
        fetch(waiting->task, sizeof(struct tick_task));
        fetch(waiting->bytes, 64);
        fetch((const char *)waiting->stack - 512, 1024);
    }
}

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

static void turns(void *world) {
    struct tick_world *w = world;
    for (size_t pass = 0; pass < 2; pass++) { // daemons first: they listen before the others begin
        for (size_t i = 0; i < w->host_count && !w->ended; i++) {
            struct tick_host *host = host_at(w, (uint32_t)i);
            if (host->options.daemon == (pass == 0) && !waits_for_others(host))
                start(w, host);
        }
        run_ready(w);
    }
    while (!w->ended && w->live) {
        struct tick_posted posted;
        uint32_t waiter;
        while (tick_kernel_woken(w->kernel, &waiter))
            wake(w, host_at(w, waiter));
        if (w->ready) {
            run_ready(w);
            continue;
        }
        if (!tick_kernel_next(w->kernel, &posted)) {
            char text[sizeof w->outcome.text];
            tick__world_describe_deadlock(w, text, sizeof text);
            world_fail(&w->stage, TICK_DEADLOCKED, TICK_EDEADLOCK, NULL, text);
            break;
        }
        w->events++;
        if (tick_kernel_now(w->kernel) > w->time_limit) {
            world_fail(&w->stage, TICK_LIMIT_PASSED, 0, NULL, "the limit of virtual time was passed (tick_limit raises it)");
            break;
        }
        if (w->large)
            fetch_ahead(w);
        if (posted.what)
            come(w, &posted);
    }
    tick_coro_exit(w->coro, w->home);
}

void tick__world_run(struct tick_world *w) {
    w->stage.fail = world_fail;
    w->stage.mark = world_mark;
    w->stage.busy = world_busy;
    struct tick_heap *heap = tick__world_heap(w);
    if (!heap) {
        tick__world_bad(w, NULL, "no address space for heaps");
        return;
    }
    tick_heap_set_poison(heap, w->poison);
    tick_heap_use(heap);
    w->scenario->setup(w);
    tick_heap_use(NULL);
    if (!w->host_count)
        tick__world_bad(w, NULL, "the scenario has no hosts: its set-up calls tick_host_add for each");
    else if (!w->live)
        tick__world_bad(w, NULL, "the scenario has only daemons: the run waits for hosts added by tick_host_add");
    if (w->ended)
        return;
    if (w->host_count >= LARGE && !w->waiting) // not zero: what no socket has written is fetched in vain
        w->waiting = tick__outside_alloc(WAITING_MOST * sizeof *w->waiting);
    w->large = w->host_count >= LARGE && w->waiting;
    w->coro = tick_coro_new(w->stacks, turns, w);
    if (!w->coro) {
        tick__world_bad(w, NULL, "no memory for a stack");
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
