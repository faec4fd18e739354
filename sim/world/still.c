// Whether those whom the run waits for still get on, while something else (a daemon's heartbeat) keeps time going: looked at once a second,
// or a hundred times until the limit.
//
// A host can be out of everybody's reach: its loop waits without an end, no task of it waits for the network and none of its jobs runs, so
// that nothing could make one of its handles ready. The run cannot end then, whatever else happens: a deadlock.
//
// Else somebody may still bring what it waits for, after so many ticks that it counts: no memory tells that, and what it would have to be
// compared with differs from compiler to compiler. So it is a limit, of time and of periods in which all that was to come has come, the
// last of the timers included. It does not run where a fault, an end of one, a start or a condition of progress is still to come.
#include "sim/world/world_int.h"
#include "src/base/line.h"

#define LOOK_EVERY TICK_SEC(1)
#define PERIODS 100

// --- who stands still ---

// Since when none of those who must end has done anything, if they wait for others alone: they have no timer, and none is still to start.
// -1: one of them goes on by itself.
static int64_t stands_since(const struct tick_world *w) {
    int64_t since = 0;
    for (size_t i = 0; i < w->host_count; i++) {
        const struct tick_host *host = tick__world_host(w, i);
        if (host->options.daemon || host->state == HOST_DONE)
            continue;
        if (host->state != HOST_PARKED || host->timeout_key || !host->tenant->waits_for_others(host))
            return -1;
        since = host->instant > since ? host->instant : since;
    }
    return since;
}

static bool is_to_wake(const struct tick_world *w) {
    for (size_t i = 0; i < w->host_count; i++)
        if (!tick__world_host(w, i)->options.daemon && tick_kernel_is_to_wake(w->kernel, (uint32_t)tick__world_host(w, i)->index))
            return true;
    return false;
}

static bool is_one_out_of_reach(const struct tick_world *w) {
    for (size_t i = 0; i < w->host_count; i++) {
        const struct tick_host *host = tick__world_host(w, i);
        if (!host->options.daemon && host->state != HOST_DONE && host->tenant->is_out_of_reach(host))
            return true;
    }
    return false;
}

// --- looking ---

// When all will have come that is to come now.
static int64_t last_to_come(const struct tick_world *w, int64_t last) {
    for (size_t i = 0; i < w->host_count; i++) {
        const int64_t at = tick__world_host(w, i)->tenant->last_timer(tick__world_host(w, i));
        last = at > last ? at : last;
    }
    return last;
}

static void fail(struct tick_world *w, enum tick_verdict verdict, int code, const char *begin, int64_t since, const char *more) {
    char text[sizeof w->outcome.text], when[32];
    struct tick__line words = {text, sizeof text, 0};
    tick__ns_words(since, when, sizeof when);
    tick__line_format(&words, "%s since %s%s, though other things go on:", begin, when, more);
    tick__world_tell_waits(w, &words);
    tick__world_fail(w, verdict, code, NULL, text);
}

static void look(struct tick_world *w, const struct tick_posted *come, int64_t now) {
    const uint32_t timers = 1u << POST_TIMEOUT | 1u << POST_RESUME;
    struct tick_still *still = &w->still;
    uint32_t whats;
    const int64_t last = tick_kernel_last_at(w->kernel, &whats), since = stands_since(w);
    whats |= come->what ? 1u << come->what : 0;
    if (since < 0 || whats & ~timers || is_to_wake(w)) {
        still->since = -1;
        return;
    }
    if (since != still->since || now > still->mark) {
        still->periods = since != still->since ? 0 : still->periods + 1;
        still->since = since;
        still->mark = last_to_come(w, last);
    }
    const int64_t stood = tick__until(now, since);
    if (stood >= LOOK_EVERY && is_one_out_of_reach(w)) // not while others get on
        fail(w, TICK_DEADLOCKED, TICK_EDEADLOCK, "the run can never end, with no progress", since, "");
    else if (still->limit && still->periods >= PERIODS && stood >= still->limit)
        fail(w, TICK_LIMIT_PASSED, 0, "no progress", since, ", for longer than the limit (tick_still_limit raises it)");
}

static void look_again(struct tick_world *w, int64_t now) {
    const int64_t part = w->still.limit / PERIODS, next = tick__after(now, part && part < LOOK_EVERY ? part : LOOK_EVERY);
    w->look_at = w->time_limit < next ? w->time_limit : next;
}

void tick__still_begin(struct tick_world *w) {
    w->still.since = -1;
    look_again(w, 0);
}

void tick__still_look(struct tick_world *w, const struct tick_posted *come) {
    const int64_t now = tick_kernel_now(w->kernel);
    if (now > w->time_limit) {
        char text[sizeof w->outcome.text];
        tick__world_describe_limit(w, "virtual time", text, sizeof text);
        tick__world_fail(w, TICK_LIMIT_PASSED, 0, NULL, text);
        return;
    }
    look(w, come, now);
    look_again(w, now);
}

// --- at a limit of the run ---

void tick__world_describe_limit(const struct tick_world *w, const char *of, char *text, size_t size) {
    struct tick__line words = {text, size, 0};
    const int64_t since = stands_since(w);
    tick__line_format(&words, "the limit of %s was passed (tick_limit raises it)", of);
    if (since < 0 || since > tick_kernel_now(w->kernel) / 2) // it may be on its way
        return;
    char when[32];
    tick__ns_words(since, when, sizeof when);
    tick__line_format(&words, ", with no progress since %s, though other things go on:", when);
    tick__world_tell_waits(w, &words);
}
