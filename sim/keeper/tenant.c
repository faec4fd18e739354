// A program's turns: it is handed the world, with what has happened to its threads, and gives it back where none of them is ready.
//
// How it begins is told in begin.c.
#include "sim/keeper/counted.h"
#include "sim/keeper/tenant_int.h"
#include "sim/world/turns_int.h"
#include "src/base/line.h"
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define COMES_BACK (TICK__STATE(TICK_GUEST_PARKED) | TICK__STATE(TICK_GUEST_ENDED) | TICK__STATE(TICK_GUEST_WAITING))

static struct tick__kept *kept_of(const struct tick_host *host) {
    return host->program;
}

static int start(struct tick_host *host) {
    struct tick__kept *kept = kept_of(host);
    kept->begun = kept->told_to_stop = false;
    if (kept->boots && !host->lives) {
        kept->now = kept->keeper;
    } else {
        tick__late_begin(kept);
    }
    if (!host->world->ended)
        tick__host_make_ready(host);
    return 0;
}

// --- a turn ---

// What it has drawn and told is the world's.
static void take(struct tick__kept *kept) {
    struct tick_world *w = kept->host->world;
    const struct tick_guest_control *c = kept->now->control;
    const uint32_t count = c->deviation_count < TICK_GUEST_DEVIATIONS ? c->deviation_count : TICK_GUEST_DEVIATIONS;
    tick__listen_take(kept->now->listener);
    while (kept->deviations < count && tick__world_log(w, &c->deviations[kept->deviations]))
        kept->deviations++;
    w->choices += c->outcome.choices - kept->choices;
    w->iterations += c->outcome.points - kept->points;
    kept->itself = !c->called[0];
    kept->choices = c->outcome.choices;
    kept->points = c->outcome.points;
}

// Whether it has said what is a finding.
static void look_at_lines(const struct tick__kept *kept) {
    struct tick_world *w = kept->host->world;
    struct tick_outcome outcome = {0};
    if (!kept->now || !kept->program.wanted.match || w->ended)
        return;
    tick__wanted_judge(kept->now, &outcome);
    if (outcome.verdict == TICK_PASS)
        return;
    w->running = kept->host; // it is its finding, also where nobody runs any more
    tick__world_fail(w, outcome.verdict, outcome.code, kept->host->loc, outcome.text);
}

// In between what the scenario itself is asked at the end: regexec's memory is not the scenario's.
int tick__kept_look(void *of) {
    const struct tick__kept *kept = of;
    struct tick_world *w = kept->host->world;
    if (w->tenant->asks)
        w->tenant->asks(w, false);
    look_at_lines(kept);
    if (w->tenant->asks)
        w->tenant->asks(w, true);
    return 0;
}

static void over(struct tick__kept *kept) {
    struct tick_host *host = kept->host;
    struct tick_outcome outcome;
    tick__listen_rest(kept->now->listener);
    tick__guest_outcome(kept->now, kept->now->pid == 0, &outcome);
    if (outcome.verdict != TICK_PASS && !host->stopping)
        tick__world_fail(host->world, outcome.verdict, outcome.code, host->loc, outcome.text);
    else if (host->world->details) // where it stood is no finding's
        host->world->details[0] = 0;
    look_at_lines(kept); // one that is told to stop is asked for nothing else
    kept->now = NULL;
    host->state = HOST_DONE;
}

static void park(struct tick__kept *kept) {
    struct tick_host *host = kept->host;
    const struct tick_guest_turn *turn = &kept->now->control->turn;
    if (turn->ready) {
        tick__host_make_ready(host);
        return;
    }
    host->state = HOST_PARKED;
    host->timed_out = false;
    if (turn->deadline == TICK_NEVER)
        return;
    host->timeout_key = tick_kernel_post(host->world->kernel, turn->deadline, POST_TIMEOUT, (uint32_t)host->index);
    if (!host->timeout_key)
        tick__world_starve(host->world);
}

// Conditions are asked where a native's are: at a world point.
static void look(struct tick_world *w) {
    if (w->iterations > w->iteration_limit) {
        char text[sizeof w->outcome.text];
        tick__world_describe_limit(w, "loop iterations", text, sizeof text);
        tick__world_fail(w, TICK_LIMIT_PASSED, 0, NULL, text);
    }
    if (w->ended || (!w->invariants.count && !w->musts_open))
        return;
    if (w->tenant->asks)
        w->tenant->asks(w, true);
    if (tick__world_holds(w) && w->musts_open)
        tick__musts_ask(w);
    if (w->tenant->asks)
        w->tenant->asks(w, false);
}

// The run begins for it, or goes on: until it gives the world back.
static bool goes_on(struct tick__kept *kept) {
    struct tick_world *w = kept->host->world;
    struct tick__keeper *k = kept->now;
    struct tick_guest_turn *turn = &k->control->turn;
    if (!kept->begun && tick__keeper_request(k, w->answers, w->probe != NULL, w->details) < 0) {
        tick__world_bad(w, kept->host->loc, "program \"%s\": its choices cannot be made so", kept->host->name);
        return false;
    }
    if (!kept->begun)
        turn->happened = 0;
    kept->begun = true;
    kept->booted_ran |= k == kept->keeper;
    turn->back = turn->asks = false;
    turn->others = w->ready != NULL;
    turn->stops = kept->host->stopping && !kept->told_to_stop;
    kept->told_to_stop = kept->host->stopping;
    tick__counted(&turn->objects, &turn->events);
    turn->acted = w->probe ? w->probe->acted : 0;
    tick__listen_behind(k->listener, turn->objects, turn->events);
    tick__guest_state(k, TICK_GUEST_RUNNING);
    const int rc = tick__guest_await(k, COMES_BACK, w->program);
    turn->happened = 0;
    take(kept);
    return rc >= 0 && atomic_load(&k->control->state) == TICK_GUEST_PARKED;
}

static void turn(struct tick_host *host) {
    struct tick__kept *kept = kept_of(host);
    struct tick_world *w = host->world;
    host->instant = tick_kernel_now(w->kernel);
    tick__turns_arrive(w, host);
    tick_kernel_no_cause(w->kernel);
    if (!kept->gone && goes_on(kept))
        park(kept);
    else if (!w->ended)
        over(kept);
    if (!w->ended)
        look(w);
    tick__turns_leave(w, host);
    if (host->state == HOST_DONE)
        tick__host_over(host);
}

static void wake(struct tick_host *host, uint32_t number, bool posted) {
    struct tick__kept *kept = kept_of(host);
    struct tick_world *w = host->world;
    if (!kept->now)
        return;
    struct tick_guest_turn *turn = &kept->now->control->turn;
    TICK_ASSERT(turn->happened < TICK_GUEST_HAPPENINGS);
    struct tick_guest_happening *happening = &turn->happening[turn->happened++];
    const uint32_t cause = posted ? tick_kernel_cause(w->kernel) : tick_kernel_woken_cause(w->kernel);
    *happening = (struct tick_guest_happening){.number = number, .cause = cause, .posted = posted};
    if (!posted && !tick_is_calm(w->calm, TICK_CHOICE_HOST_LATE))
        happening->by = tick_kernel_woken_by(w->kernel, &happening->ordinal);
    if (host->state != HOST_PARKED)
        return;
    if (host->timeout_key)
        tick_kernel_unpost(w->kernel, host->timeout_key);
    host->timeout_key = 0;
    tick__host_go_on(host);
}

// --- what the world asks ---

static void crash(struct tick_host *host) {
    struct tick__kept *kept = kept_of(host);
    look_at_lines(kept);
    if (kept->now == kept->fresh && kept->fresh)
        tick__guest_stop(kept->fresh);
}

static void forget(struct tick_host *host) {
    kept_of(host)->now = NULL;
}

static void busy(struct tick_host *host, int64_t ns) {
    (void)host;
    (void)ns;
}

static void actor(const struct tick_host *host, char *text, size_t size) {
    const struct tick__kept *kept = kept_of(host);
    if (kept->now)
        snprintf(text, size, "%s", kept->now->control->outcome.thread);
}

static bool waits_for_others(const struct tick_host *host) {
    const struct tick__kept *kept = kept_of(host);
    const struct tick_guest_turn *turn = kept->now ? &kept->now->control->turn : NULL;
    return turn && turn->deadline == TICK_NEVER && !turn->put_off;
}

static bool is_out_of_reach(const struct tick_host *host) {
    const struct tick__kept *kept = kept_of(host);
    return host->state == HOST_PARKED && kept->now && kept->now->control->turn.alone;
}

static int64_t last_timer(const struct tick_host *host) {
    (void)host;
    return 0; // it is in the kernel's queue
}

static void tell_waits(const struct tick_host *host, struct tick__telling *telling, bool far) {
    const struct tick__kept *kept = kept_of(host);
    if (far || host->options.daemon || host->state != HOST_PARKED || !kept->now)
        return;
    struct tick_guest_control *c = kept->now->control;
    c->turn.asks = true;
    tick__guest_state(kept->now, TICK_GUEST_RUNNING);
    const int rc = tick__guest_await(kept->now, COMES_BACK, host->world->program);
    c->turn.asks = false;
    if (rc < 0)
        return;
    char waits[TICK_GUEST_WAITS];
    memcpy(waits, c->outcome.waits, sizeof waits);
    waits[sizeof waits - 1] = 0;
    for (char *line = waits, *next; *line; line = next) {
        char piece[400];
        struct tick__line words = {piece, sizeof piece, 0};
        next = line + strcspn(line, "\n");
        if (*next)
            *next++ = 0;
        tick__line_put(&words, host->name);
        tick__line_put(&words, "/");
        tick__line_put(&words, line);
        tick__telling_add(telling, &words);
    }
}

const struct tick_tenant_ops tick__program_ops = {
    .start = start,
    .crash = crash,
    .forget = forget,
    .busy = busy,
    .actor = actor,
    .waits_for_others = waits_for_others,
    .is_out_of_reach = is_out_of_reach,
    .last_timer = last_timer,
    .turn = turn,
    .wake = wake,
    .tell_waits = tell_waits,
};
