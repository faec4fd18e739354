// The turns of a run, from the first to the last.
//
// The loop is compiled into each kind of tenant, with what takes a turn there in it: between two switches to programs it calls and returns
// as often. The processor predicts returns from a stack of its own, on which then still stand the calls of the task that suspended last,
// and these are mostly those by which the next one waits (src/coro/switch_int.h). Otherwise a turn mispredicts a dozen returns.
#ifndef RETICK_TURNS_INT_H
#define RETICK_TURNS_INT_H

#include "sim/world/world_int.h"
#include "src/base/check.h"

void tick__turns_start(struct tick_world *world, struct tick_host *host);
void tick__turns_come(struct tick_world *world, const struct tick_posted *posted);
void tick__turns_wake_elsewhere(struct tick_world *world, uint32_t waiter, bool posted);

// Whether it waits for others to return, before it begins.
static inline bool tick__turns_waits(const struct tick_host *host) {
    for (size_t i = 0; i < sizeof host->options.after / sizeof *host->options.after; i++) {
        if (host->options.after[i] && host->options.after[i]->state != HOST_DONE)
            return true;
    }
    return false;
}

static inline struct tick_host *tick__turns_host(struct tick_world *w, uint32_t index) {
    TICK_ASSERT(index < w->host_count);
    return tick__world_host(w, index);
}

// A parked host has something to read: it goes on now, or late.
static inline void tick__turns_wake(struct tick_world *w, struct tick_host *host) {
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

// The next host has its turn.
static inline struct tick_host *tick__turns_next(struct tick_world *w) {
    struct tick_host *host = w->ready;
    w->ready = host->next;
    if (!w->ready)
        w->ready_end = &w->ready;
    return host;
}

static inline void tick__turns_arrive(struct tick_world *w, struct tick_host *host) {
    host->state = HOST_RUNNING;
    w->running = host;
    if (w->probe) {
        w->probe->host = host->object;
        w->probe->task = host->task;
        w->probe->here = host->here;
    }
}

static inline void tick__turns_leave(struct tick_world *w, struct tick_host *host) {
    if (w->probe) {
        host->task = w->probe->task;
        host->here = w->probe->here;
        w->probe->host = w->probe->task = w->probe->here = 0;
    }
    w->running = NULL;
}

// What a kind of tenant does: gives each of the ready hosts its turn, until none is or the run has ended; the same where it need not be
// fast; and looks ahead, once an event was taken from the queue and before it is carried out.
typedef void tick__turns_fn(struct tick_world *world);

static inline __attribute__((always_inline)) void tick__turns_go(
    struct tick_world *w, tick__turns_fn *run_ready, tick__turns_fn *run_started, tick__turns_fn *look_ahead) {
    for (size_t pass = 0; pass < 2; pass++) { // daemons first: they listen before the others begin
        for (size_t i = 0; i < w->host_count && !w->ended; i++) {
            struct tick_host *host = tick__world_host(w, i);
            if (host->options.daemon == (pass == 0) && !tick__turns_waits(host))
                tick__turns_start(w, host);
        }
        run_started(w);
    }
    w->flows = true;
    tick__still_begin(w);
    while (!w->ended && w->live) {
        struct tick_posted posted;
        uint32_t waiter;
        while (tick_kernel_woken(w->kernel, &waiter)) {
            if (__builtin_expect(waiter & TICK_ELSEWHERE, 0))
                tick__turns_wake_elsewhere(w, waiter, false);
            else
                tick__turns_wake(w, tick__turns_host(w, waiter));
        }
        if (w->ready) {
            run_ready(w);
            continue;
        }
        if (!tick_kernel_next(w->kernel, &posted)) {
            char text[sizeof w->outcome.text];
            tick__world_describe_deadlock(w, text, sizeof text);
            tick__world_fail(w, TICK_DEADLOCKED, TICK_EDEADLOCK, NULL, text);
            break;
        }
        w->events++;
        if (tick_kernel_now(w->kernel) > w->look_at) {
            tick__still_look(w, &posted);
            if (w->ended)
                break;
        }
        look_ahead(w);
        if (posted.what)
            tick__turns_come(w, &posted);
    }
}

#endif
