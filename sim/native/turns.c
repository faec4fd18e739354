// Whose turn it is: hosts that are ready, one after the other, and else what happens next.
//
// What switches to a host and what it switches back to is one function, with the switch inline: between two of them it calls and returns as
// often. The processor predicts returns from a stack of its own, on which then still stand the calls of the task that suspended last, and
// these are mostly those by which the next one waits (src/coro/switch_int.h). Otherwise a turn mispredicts a dozen returns.
#include "sim/native/fetch.h"
#include "sim/native/world_int.h"
#include "src/base/check.h"
#include "src/coro/switch_int.h"
#include "src/loop/loop_int.h"

// --- hosts begin and end ---

// Starts the host, or posts its start for later; once, though its turn comes both by order and by the end of those it waits for.
static void start(struct tick_world *w, struct tick_host *host) {
    if (host->due)
        return;
    host->due = true;
    if (host->options.start > 0) {
        const int64_t at = tick__after(tick_kernel_now(w->kernel), host->options.start);
        const uint32_t key = tick_kernel_post(w->kernel, at, POST_START, (uint32_t)host->index);
        TICK_ASSERT(key);
    } else if (tick__host_start(host) < 0) {
        tick__world_starve(w);
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

// --- a turn ---

static void arrive(struct tick_world *w, struct tick_host *host) {
    host->state = HOST_RUNNING;
    w->running = host;
    w->stage.host = host->name;
    w->stage.host_id = host->id;
    w->stage.host_object = host->object;
    w->stage.sys = &host->sys;
    w->stage.locals = &host->locals;
    w->stage.lives = host->lives;
    tick__loop_running = host->running;
    if (w->probe) {
        w->probe->host = host->object;
        w->probe->task = host->task;
        w->probe->here = host->here;
    }
    tick_heap_use(host->heap);
    tick__fetch_more(w);
}

void tick__host_leave(struct tick_host *host) {
    struct tick_world *w = host->world;
    tick_heap_use(NULL);
    host->running = tick__loop_running;
    tick__loop_running = NULL;
    if (w->probe) {
        host->task = w->probe->task;
        host->here = w->probe->here;
        w->probe->host = w->probe->task = w->probe->here = 0;
    }
    w->running = NULL;
    w->stage.host = NULL;
    w->stage.host_object = 0;
    w->stage.sys = NULL;
    w->stage.locals = NULL;
    w->stage.lives = 0;
}

// Returns when the host has switched out, or has returned, or the run has ended.
static inline __attribute__((always_inline)) void take_turn(struct tick_world *w, struct tick_host *host) {
    struct tick_coro *stack = host->stack;
    host->stack = NULL;
    do {
        if (!stack) {
            w->driving = true;
            stack = tick__loop_drive(host->loop);
            w->driving = false;
            if (!stack)
                return;
        }
        tick__coro_switch(w->coro, stack);
        stack = NULL; // its loop is to be driven, unless it was switched out
    } while (host->state == HOST_RUNNING && !w->ended);
}

static inline __attribute__((always_inline)) void run_ready(struct tick_world *w) {
    while (w->ready && !w->ended) {
        struct tick_host *host = w->ready;
        w->ready = host->next;
        if (!w->ready)
            w->ready_end = &w->ready;
        arrive(w, host);
        take_turn(w, host);
        tick__host_leave(host);
        if (host->state == HOST_DONE) {
            tick_coro_free(host->coro);
            host->coro = NULL;
            if (host->stopping)
                tick__host_stopped(host);
            else
                tick__host_returned(host);
        }
    }
}

static __attribute__((noinline)) void run_started(struct tick_world *w) {
    run_ready(w);
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
    uint64_t ordinal;
    tick_id subject;
    if (!tick_is_calm(w->calm, TICK_CHOICE_HOST_LATE) && (subject = tick_kernel_woken_by(w->kernel, &ordinal)) != 0)
        late = tick__world_choose(w, TICK_CHOICE_HOST_LATE, subject, ordinal, tick_scale_count(HOST_LATE_MOST), HOST_LATE_MOST);
    if (late) {
        const int64_t at = tick__after(tick_kernel_now(w->kernel), tick_scale_capped(late, HOST_LATE_MOST));
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
            tick__world_starve(w);
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

void tick__turns(void *world) {
    struct tick_world *w = world;
    for (size_t pass = 0; pass < 2; pass++) { // daemons first: they listen before the others begin
        for (size_t i = 0; i < w->host_count && !w->ended; i++) {
            struct tick_host *host = host_at(w, (uint32_t)i);
            if (host->options.daemon == (pass == 0) && !waits_for_others(host))
                start(w, host);
        }
        run_started(w);
    }
    w->flows = true;
    tick__still_begin(w);
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
            w->stage.fail(&w->stage, TICK_DEADLOCKED, TICK_EDEADLOCK, NULL, text);
            break;
        }
        w->events++;
        if (tick_kernel_now(w->kernel) > w->look_at) {
            tick__still_look(w, &posted);
            if (w->ended)
                break;
        }
        tick__fetch_begin(w);
        if (posted.what)
            come(w, &posted);
    }
    tick_coro_exit(w->coro, w->home);
}
