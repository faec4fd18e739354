// One line in place of several. Taking away and making smaller end where nothing smaller is near; but three delays that add up to a
// missed deadline are one longer delay, and who looks at the failure wants to see that one. So some of the lines are kept, and in place of
// all others stands one: first one of theirs with a larger value, then any question at all that the run asks, with any value. When nothing
// is kept, that tries every schedule of one line, since before its first deviation every run is the calm one.
//
// Few kept lines make for a small result, many for a likely one: nothing is tried first, then all but two, all but three, ...
#include "sim/choice/kinds_int.h"
#include "sim/explore/shrink_int.h"
#include <string.h>

#define LINES_MOST 12       // of a schedule that is looked at
#define WORK_MOST 1000000u // for all of it, as attempt.c counts

// A search among the schedules of some kept lines and one more.
struct search {
    struct tick__shrinking *state;
    uint64_t until;                // of the state's work
    struct tick_schedule kept, all; // all: best as it was when the search began
    uint64_t kinds;                // of best
};

static bool is_tired(const struct search *s) {
    return s->state->stopped || s->state->work >= s->until;
}

static uint64_t kinds_of(const struct tick_schedule *schedule) {
    uint64_t kinds = 0;
    for (size_t i = 0; i < schedule->count; i++)
        kinds |= (uint64_t)1 << schedule->deviations[i].kind;
    return kinds;
}

// The kept lines and this one.
static int attempt_with(struct search *s, const struct tick_deviation *line, uint32_t value) {
    struct tick_schedule candidate;
    struct tick_deviation one = *line;
    one.value = value;
    int rc = tick_schedule_copy(&candidate, &s->kept);
    if (rc < 0)
        return rc;
    rc = tick_schedule_add(&candidate, &one);
    if (rc >= 0)
        rc = tick__shrink_attempt(s->state, &candidate);
    tick_schedule_fini(&candidate);
    return rc;
}

// The value that is tried in the rank-th place, from the one that changes most; 0: there are no more. Of bytes the value is how many are
// moved, and of many values a few must do.
static uint32_t value_of_rank(const struct tick_deviation *question, uint32_t rank) {
    const uint32_t n = question->n, few = 24;
    if (n <= few)
        return rank < n - 1 ? n - 1 - rank : 0;
    const uint32_t some[] = {1, n - 1, n / 2, 2, n - 2};
    return rank < sizeof some / sizeof *some ? some[rank] : 0;
}

// One of best's own lines, larger.
static int raise_one(struct search *s, uint32_t kept) {
    int rc = 0;
    for (size_t i = 0; i < s->all.count && rc == 0; i++) {
        const struct tick_deviation *line = &s->all.deviations[i];
        if (kept >> i & 1)
            continue;
        for (uint32_t rank = 0, value; rc == 0 && !is_tired(s) && (value = value_of_rank(line, rank)) > 0; rank++)
            if (value >= line->value)
                rc = attempt_with(s, line, value);
    }
    return rc;
}

// Any question with the value of that rank, from the last that was asked: what is near to the failure tells more of it. `more` tells
// whether any has one.
static int ask_rank(struct search *s, const struct tick_schedule *questions, uint64_t kinds, uint32_t rank, bool *more) {
    int rc = 0;
    for (size_t i = questions->count; i-- && rc == 0 && !is_tired(s);) {
        const struct tick_deviation *question = &questions->deviations[i];
        const uint32_t value = kinds >> question->kind & 1 ? value_of_rank(question, rank) : 0;
        if (!value)
            continue;
        *more = true;
        rc = attempt_with(s, question, value);
    }
    return rc;
}

static uint64_t kinds_to_ask(const struct search *s) {
    const struct tick_rates *rates = s->state->shrink->rates;
    struct tick_rates defaults;
    uint64_t kinds = s->kinds;
    if (!rates) {
        tick_rates_default(&defaults);
        rates = &defaults;
    }
    const bool relaxed = !tick_schedule_sound(&s->all);
    for (uint32_t kind = 1; kind < TICK_CHOICE_KINDS; kind++)
        if (rates->of[kind] && (relaxed || tick__kind_soundness(kind) == TICK_SOUND))
            kinds |= (uint64_t)1 << kind;
    return kinds;
}

// Any question that the run with the kept lines asks, of best's kinds first.
static int ask_all(struct search *s, uint32_t kept) {
    struct tick_schedule questions;
    struct tick_outcome outcome;
    (void)kept;
    int rc = tick_isolate_questions(s->state->shrink->isolate, &s->kept, kinds_to_ask(s), &outcome, &questions);
    if (rc < 0)
        return rc;
    tick__shrink_count(s->state, &outcome);
    const uint64_t turns[] = {s->kinds, ~s->kinds};
    for (size_t turn = 0; turn < sizeof turns / sizeof *turns; turn++) {
        bool more = true;
        for (uint32_t rank = 0; more && rc == 0 && !is_tired(s); rank++) {
            more = false;
            rc = ask_rank(s, &questions, turns[turn], rank, &more);
        }
    }
    tick_schedule_fini(&questions);
    return rc;
}

static int keep(struct search *s, uint32_t mask) {
    tick_schedule_init(&s->kept, s->all.scenario);
    int rc = 0;
    for (size_t i = 0; i < s->all.count && rc >= 0; i++)
        if (mask >> i & 1)
            rc = tick_schedule_add(&s->kept, &s->all.deviations[i]);
    return rc;
}

// For each way to keep so many lines.
static int for_each_kept(struct search *s, size_t count, int (*look)(struct search *, uint32_t kept)) {
    int rc = 0;
    for (uint32_t mask = 0; mask >> s->all.count == 0 && rc == 0 && !is_tired(s); mask++) {
        if ((size_t)__builtin_popcount(mask) != count)
            continue;
        rc = keep(s, mask);
        if (rc >= 0)
            rc = look(s, mask);
        tick_schedule_fini(&s->kept);
    }
    return rc;
}

static int for_each_count(struct search *s, int (*look)(struct search *, uint32_t kept)) {
    int rc = for_each_kept(s, 0, look);
    for (size_t count = s->all.count - 2; count && rc == 0 && !is_tired(s); count--)
        rc = for_each_kept(s, count, look);
    return rc;
}

int tick__shrink_instead(struct tick__shrinking *state) {
    struct search s = {.state = state, .until = state->work + WORK_MOST, .kinds = kinds_of(&state->best)};
    if (state->best.count < 2 || state->best.count > LINES_MOST)
        return 0;
    int rc = tick_schedule_copy(&s.all, &state->best);
    if (rc < 0)
        return rc;
    rc = for_each_count(&s, raise_one);
    if (rc == 0)
        rc = for_each_count(&s, ask_all);
    tick_schedule_fini(&s.all);
    return rc;
}
