// The lives of a host: how one is cut short, and how the next begins.
//
// Faults come between turns, when no host runs or is ready: one that can be struck is parked or late. What is dropped is dropped whole, as
// at a run's end: stacks, heap, fds. Name, address, clock and disk stay.
#include "sim/world/world_int.h"
#include "src/base/check.h"
#include <errno.h>

bool tick__host_runs(const struct tick_host *host) {
    return (host->state == HOST_PARKED || host->state == HOST_LATE) && !host->stopping;
}

static void unpost(struct tick_host *host) {
    struct tick_kernel *k = host->world->kernel;
    if (host->timeout_key)
        tick_kernel_unpost(k, host->timeout_key);
    if (host->resume_key)
        tick_kernel_unpost(k, host->resume_key);
    host->timeout_key = host->resume_key = 0;
}

uint32_t tick__host_tell(const struct tick_host *host, enum tick_event_kind kind, int64_t arg) {
    struct tick_probe *probe = host->world->probe;
    if (!probe)
        return 0;
    const uint32_t before = probe->host;
    probe->host = host->object;
    const uint32_t seq = tick_emit(probe, kind, host->object, probe->here, arg, host->loc);
    probe->host = before;
    return seq;
}

// What a life leaves in this structure.
static void forget(struct tick_host *host) {
    host->tenant->forget(host);
    host->task = host->here = 0;
    host->paused_until = 0;
    host->stopping = false;
    host->state = HOST_DOWN;
}

void tick__host_crash(struct tick_host *host) {
    struct tick_world *w = host->world;
    TICK_ASSERT(tick__host_runs(host));
    host->struck = tick__host_tell(host, TICK_EV_HOST_CRASH, host->lives);
    const uint32_t outer = w->probe ? w->probe->here : 0;
    if (w->probe)
        w->probe->here = host->struck;
    unpost(host);
    host->tenant->crash(host);
    tick_kernel_host_crash(w->kernel, host->index);
    tick__disk_crash(host);
    tick_kernel_host_up(w->kernel, host->index, false);
    if (w->probe)
        w->probe->here = outer;
    forget(host);
}

void tick__host_stop(struct tick_host *host) {
    host->struck = tick__host_tell(host, TICK_EV_HOST_STOP, host->lives);
    host->stopping = true;
    if (host->state != HOST_PARKED)
        return; // it sees it when it goes on
    unpost(host);
    tick__host_go_on(host);
}

// Its program has ended. What that has left open is closed, as at every process's end, and its peers hear of it.
static void exits(struct tick_host *host) {
    struct tick_world *w = host->world;
    if (w->probe)
        w->probe->host = host->object;
    tick_kernel_process_exit(w->kernel, host->process);
    if (w->probe)
        w->probe->host = 0;
}

void tick__host_over(struct tick_host *host) {
    struct tick_world *w = host->world;
    if (!host->stopping) {
        exits(host);
        tick__world_ended(w, host);
        return;
    }
    const bool again = host->restart_due;
    exits(host);
    unpost(host);
    forget(host);
    if (host->gone)
        tick__world_ended(w, host);
    else if (again && tick__host_restart(host) < 0)
        tick__world_starve(w);
}

int tick__host_begin(struct tick_host *host) {
    struct tick_world *w = host->world;
    host->process = tick_kernel_process_start(w->kernel, host->index);
    if (host->process < 0)
        return host->process;
    if (host->options.fds)
        tick_kernel_fd_limit(w->kernel, host->process, host->options.fds);
    host->begun = true;
    return 0;
}

int tick__host_start(struct tick_host *host) {
    const int result = host->begun ? 0 : tick__host_begin(host);
    host->begun = false;
    return result < 0 ? result : host->tenant->start(host);
}

void tick__host_tell_start(struct tick_host *host) {
    struct tick_world *w = host->world;
    if (!w->probe)
        return;
    w->probe->host = host->object;
    host->here =
        tick_emit(w->probe, host->lives ? TICK_EV_HOST_RESTART : TICK_EV_HOST_START, host->object, host->struck, host->lives, host->loc);
    w->probe->host = 0;
}

int tick__host_restart(struct tick_host *host) {
    struct tick_world *w = host->world;
    if (host->stopping) {
        host->restart_due = true;
        return 0;
    }
    host->restart_due = false;
    if (host->state != HOST_DOWN)
        return 0;
    host->lives++;
    host->life = tick_id_life(host->name, host->lives + 1);
    if (w->probe)
        host->life_object = w->probe->ops->object(w->probe, &(struct tick_object){.type = TICK_OBJECT_HOST,
                                                                .id = host->life,
                                                                .host = host->object,
                                                                .key = host->name,
                                                                .kth = host->lives + 1,
                                                                .loc = host->loc});
    tick_kernel_host_up(w->kernel, host->index, true);
    return tick__host_start(host);
}

void tick__host_pause(struct tick_host *host, int64_t until) {
    tick__host_tell(host, TICK_EV_HOST_PAUSE, until);
    if (until > host->paused_until)
        host->paused_until = until;
}
