// What keeps a host's loop from waiting: steps that take their time, and calls that block.
//
// A loop is busy from one wait to the next: whenever it polls in between, something is ready. It is a finding if that takes longer than the
// limit and others wait at its end: a timer, I/O, or more than the one task that goes on and on by itself, which keeps nobody waiting.
// Pauses and late wake-ups do not count; they are the machine's, not the program's.
#include "sim/harness/harness_int.h"
#include "src/loop/loop_int.h"
#include <stdio.h>

void tick_busy_limit(struct tick_world *w, int64_t ns) {
    if (ns < 0)
        tick__world_bad(w, NULL, "tick_busy_limit takes no negative time");
    w->busy_limit = ns;
}

// Remembers the longest single reason.
static void note(struct tick_host *host, int64_t ns) {
    if (ns <= host->longest)
        return;
    const struct tick_task *task = tick_task_current();
    host->longest = ns;
    if (task)
        tick__task_words(task, host->longest_by, sizeof host->longest_by);
    else
        snprintf(host->longest_by, sizeof host->longest_by, "a callback");
}

void tick__host_busy(struct tick_host *host, int64_t ns) {
    host->busy = tick__after(host->busy, ns);
    if (host->world->busy_limit)
        note(host, ns);
}

void tick__host_kept(struct tick_host *host, int64_t ns) {
    host->kept = tick__after(host->kept, ns);
    if (host->world->busy_limit)
        note(host, ns);
}

void tick__host_goes_on(struct tick_host *host, int ready) {
    struct tick_world *w = host->world;
    struct tick_loop *loop = tick__loop_running;
    tick_id timer;
    if (__builtin_expect(!w->busy_limit || host->kept <= w->busy_limit || host->stopping || !loop, 1))
        return;
    if (ready <= 0 && tick__ready_count(loop) < 2 && tick__timers_next(loop, &timer) > tick_kernel_now(w->kernel))
        return;
    char kept[32], longest[32], text[300];
    tick__ns_words(host->kept, kept, sizeof kept);
    tick__ns_words(host->longest, longest, sizeof longest);
    snprintf(text, sizeof text, "%s was busy for %s without once waiting, while others were ready: the longest, %s, was %s", host->name,
        kept, longest, host->longest_by);
    w->stage.fail(&w->stage, TICK_STARVED, 0, host->loc, text);
}
