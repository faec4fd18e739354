// Taking lines away: all, the relaxed ones, those that decide no more than a tie, whole kinds (relaxed ones before sound ones), then
// halves, quarters, ..., and at last single ones, the least of them first. Each step keeps only what the run met: taking a deviation away
// changes which addresses are met, and what was not met did nothing.
#include "sim/choice/kinds_int.h"
#include "sim/explore/shrink_int.h"

#define TIE 1000 // ns: what is late by no more only decides who comes first of two at one time

int64_t tick__shrink_weight(const struct tick_deviation *deviation) {
    switch (tick__kind_unit(deviation->kind)) {
    case TICK_UNIT_TIME:
        return deviation->n ? tick_scale_delay(deviation->value, deviation->n, deviation->most) : deviation->most;
    case TICK_UNIT_POLLS:
    case TICK_UNIT_POPS:
    case TICK_UNIT_BYTES:
        return 10 * TIE;
    default: // something fails, or the program's own decision
        return INT64_MAX;
    }
}

// Attempts the best without the deviations for which drop says so.
static int without(
    struct tick__shrinking *state, bool (*drop)(const struct tick_deviation *, size_t index, const void *ctx), const void *ctx) {
    struct tick_schedule candidate;
    tick_schedule_init(&candidate, state->best.scenario);
    int rc = 0;
    for (size_t i = 0; i < state->best.count && rc >= 0; i++)
        if (!drop(&state->best.deviations[i], i, ctx))
            rc = tick_schedule_add(&candidate, &state->best.deviations[i]);
    if (rc >= 0 && candidate.count < state->best.count)
        rc = tick__shrink_attempt(state, &candidate);
    tick_schedule_fini(&candidate);
    return rc;
}

static bool is_any(const struct tick_deviation *deviation, size_t index, const void *ctx) {
    (void)deviation, (void)index, (void)ctx;
    return true;
}

static bool is_relaxed(const struct tick_deviation *deviation, size_t index, const void *ctx) {
    (void)index, (void)ctx;
    return tick__kind_soundness(deviation->kind) == TICK_RELAXED;
}

static bool is_tie(const struct tick_deviation *deviation, size_t index, const void *ctx) {
    (void)index, (void)ctx;
    return tick__shrink_weight(deviation) <= TIE;
}

static bool is_kind(const struct tick_deviation *deviation, size_t index, const void *kind) {
    (void)index;
    return deviation->kind == *(const uint32_t *)kind;
}

struct range {
    size_t from, to;
};

static bool is_within(const struct tick_deviation *deviation, size_t index, const void *range) {
    (void)deviation;
    return index >= ((const struct range *)range)->from && index < ((const struct range *)range)->to;
}

// --- passes: 1 if something changed, 0 if not, or an error ---

static int drop_kinds(struct tick__shrinking *state) {
    int rc = without(state, is_any, NULL), changed = rc;
    if (rc == 0)
        changed = rc = without(state, is_relaxed, NULL);
    if (rc >= 0)
        changed |= rc = without(state, is_tie, NULL);
    for (int sound = 0; sound < 2; sound++)
        for (uint32_t kind = 1; kind < TICK_CHOICE_KINDS && rc >= 0; kind++) {
            if ((tick__kind_soundness(kind) == TICK_SOUND) != sound)
                continue;
            rc = without(state, is_kind, &kind);
            changed |= rc;
        }
    return rc < 0 ? rc : changed;
}

static int drop_ranges(struct tick__shrinking *state) {
    int changed = 0;
    for (size_t size = (state->best.count + 1) / 2; size > 1; size = size == 2 ? 1 : (size + 1) / 2) {
        // From the end: late deviations hang on early ones more often than the other way round.
        for (size_t to = state->best.count; to && !state->stopped;) {
            const struct range range = {to > size ? to - size : 0, to};
            int rc = without(state, is_within, &range);
            if (rc < 0)
                return rc;
            changed |= rc;
            to = range.from < state->best.count ? range.from : state->best.count;
        }
    }
    return changed;
}

// The least of best that is greater than `after` in the order (weight, from the end); best.count: there is none.
static size_t next_least(const struct tick__shrinking *state, int64_t weight, size_t index) {
    size_t least = state->best.count;
    int64_t least_weight = 0;
    for (size_t i = state->best.count; i--;) {
        const int64_t w = tick__shrink_weight(&state->best.deviations[i]);
        if ((w > weight || (w == weight && i < index)) && (least == state->best.count || w < least_weight)) {
            least = i;
            least_weight = w;
        }
    }
    return least;
}

static int drop_singles(struct tick__shrinking *state) {
    int changed = 0;
    int64_t weight = -1;
    size_t index = 0;
    for (size_t at; (at = next_least(state, weight, index)) < state->best.count && !state->stopped;) {
        weight = tick__shrink_weight(&state->best.deviations[at]);
        index = at;
        int rc = without(state, is_within, &(struct range){at, at + 1});
        if (rc < 0)
            return rc;
        changed |= rc;
        if (rc) // what is left may stand elsewhere by now
            weight = -1;
    }
    return changed;
}

int tick__shrink_lines(struct tick__shrinking *state) {
    static int (*const passes[])(struct tick__shrinking *) = {drop_kinds, drop_ranges, drop_singles};
    int ever = 0;
    for (int changed = 1; changed && !state->stopped; ever |= changed) {
        changed = 0;
        for (size_t i = 0; i < sizeof passes / sizeof *passes && !state->stopped; i++) {
            int rc = passes[i](state);
            if (rc < 0)
                return rc;
            changed |= rc;
        }
    }
    return ever;
}
