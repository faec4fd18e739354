// Whose turn it is next: hosts that begin, are woken, or whose deadline has come.
#include "sim/world/turns_int.h"
#include "src/base/check.h"

// --- hosts begin and end ---

// Starts the host, or posts its start for later; once, though its turn comes both by order and by the end of those it waits for.
void tick__turns_start(struct tick_world *w, struct tick_host *host) {
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
        struct tick_host *other = tick__world_host(w, i);
        if (other->state == HOST_WAITING && comes_after(other, host) && !tick__turns_waits(other))
            tick__turns_start(w, other);
    }
}

// --- ready ---

void tick__host_make_ready(struct tick_host *host) {
    struct tick_world *w = host->world;
    TICK_ASSERT(host->state != HOST_READY);
    TICK_ASSERT(host->state != HOST_DONE);
    host->state = HOST_READY;
    host->next = NULL;
    *w->ready_end = host;
    w->ready_end = &host->next;
}

void tick__host_go_on(struct tick_host *host) {
    struct tick_world *w = host->world;
    if (host->paused_until <= tick_kernel_now(w->kernel)) {
        tick__host_make_ready(host);
        return;
    }
    host->resume_key = tick_kernel_post(w->kernel, host->paused_until, POST_RESUME, (uint32_t)host->index);
    TICK_ASSERT(host->resume_key);
    host->state = HOST_LATE;
}

void tick__turns_wake_elsewhere(struct tick_world *w, uint32_t waiter, bool posted) {
    const uint32_t number = waiter & ~TICK_ELSEWHERE;
    struct tick_host *host = tick__turns_host(w, number / TICK_ELSEWHERE_NUMBERS);
    host->tenant->wake(host, number % TICK_ELSEWHERE_NUMBERS, posted);
}

void tick__turns_come(struct tick_world *w, const struct tick_posted *posted) {
    if (posted->what >= POST_FAULT) {
        tick__fault_come(w, posted);
        return;
    }
    if (posted->what == POST_ELSEWHERE) {
        tick__turns_wake_elsewhere(w, posted->arg, true);
        return;
    }
    struct tick_host *host = tick__turns_host(w, posted->arg);
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
