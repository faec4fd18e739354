// Shrinking by delta debugging: whole kinds first (relaxed ones before sound ones), then halves, quarters, ... single deviations, then
// smaller values, all of it again until nothing changes. Each step keeps only what the run met: taking a deviation away changes which
// addresses are met, and what was not met did nothing. Deterministic: no step depends on anything but the outcomes of runs.
#include "sim/explore/shrink.h"
#include "sim/choice/kinds_int.h"
#include "src/base/outside.h"
#include <errno.h>
#include <string.h>

#define RUNS_DEFAULT 10000

struct state {
    const struct tick_shrink *shrink;
    struct tick_schedule best;
    struct tick_outcome outcome; // of best
    uint64_t runs, most;
    bool stopped;      // by the limit or the caller
    uint64_t *refused; // an open table of the hashes of schedules that do not give the finding, 0: empty
    size_t refused_count, refused_capacity;
};

bool tick_outcome_same(const struct tick_outcome *a, const struct tick_outcome *b) {
    if (a->verdict != b->verdict || a->line != b->line || strcmp(a->file, b->file) != 0)
        return false;
    switch (a->verdict) {
    case TICK_HOST_FAILED:
        return a->code == b->code && !strcmp(a->host, b->host);
    case TICK_CRASHED:
    case TICK_EXITED:
        return a->code == b->code;
    default:
        return true;
    }
}

bool tick_schedule_sound(const struct tick_schedule *schedule) {
    for (size_t i = 0; i < schedule->count; i++)
        if (tick__kind_soundness(schedule->deviations[i].kind) != TICK_SOUND)
            return false;
    return true;
}

// --- the cache ---

// Of a set: in whatever order the deviations stand.
static uint64_t hash_of(const struct tick_schedule *schedule) {
    uint64_t sum = schedule->count;
    for (size_t i = 0; i < schedule->count; i++) {
        const struct tick_deviation *d = &schedule->deviations[i];
        sum += tick_id_mix(tick_id_mix(tick_id_mix(tick_id_mix(d->kind, d->subject), d->ordinal), d->value), d->n ? 0 : (uint64_t)d->most);
    }
    return tick_id_mix(sum, schedule->count);
}

static size_t cache_place(const uint64_t *table, size_t capacity, uint64_t hash) {
    size_t at = hash & (capacity - 1);
    while (table[at] && table[at] != hash)
        at = (at + 1) & (capacity - 1);
    return at;
}

static bool is_refused(const struct state *state, uint64_t hash) {
    return state->refused_capacity && state->refused[cache_place(state->refused, state->refused_capacity, hash)];
}

static int refuse(struct state *state, uint64_t hash) {
    if (2 * state->refused_count >= state->refused_capacity) {
        size_t capacity = state->refused_capacity ? 2 * state->refused_capacity : 1024;
        uint64_t *table = tick__outside_alloc(capacity * sizeof *table);
        if (!table)
            return -ENOMEM;
        memset(table, 0, capacity * sizeof *table);
        for (size_t i = 0; i < state->refused_capacity; i++)
            if (state->refused[i])
                table[cache_place(table, capacity, state->refused[i])] = state->refused[i];
        tick__outside_free(state->refused);
        state->refused = table;
        state->refused_capacity = capacity;
    }
    state->refused[cache_place(state->refused, state->refused_capacity, hash)] = hash;
    state->refused_count++;
    return 0;
}

// --- a step ---

// Runs a candidate: 1 if it gives the finding (best is then what it met), 0 if not, or an error.
static int attempt(struct state *state, const struct tick_schedule *candidate) {
    const struct tick_shrink *shrink = state->shrink;
    uint64_t hash = hash_of(candidate);
    if (is_refused(state, hash))
        return 0;
    if (state->runs >= state->most)
        state->stopped = true;
    if (state->stopped)
        return 0;
    state->runs++;
    struct tick_outcome outcome;
    struct tick_schedule drawn;
    int rc = tick_isolate_schedule(shrink->isolate, candidate, 0, &outcome, &drawn, NULL);
    if (rc < 0)
        return rc;
    bool same = tick_outcome_same(&outcome, &state->outcome);
    if (same) {
        tick_schedule_fini(&state->best);
        state->best = drawn;
        state->outcome = outcome;
    } else {
        tick_schedule_fini(&drawn);
        rc = refuse(state, hash);
        if (rc < 0)
            return rc;
    }
    const struct tick_shrink_progress progress = {state->runs, state->best.count};
    if (shrink->progress && !shrink->progress(shrink->ctx, &progress))
        state->stopped = true;
    return same;
}

// Attempts the best without the deviations for which drop says so.
static int without(struct state *state, bool (*drop)(const struct tick_deviation *, size_t index, const void *ctx), const void *ctx) {
    struct tick_schedule candidate;
    tick_schedule_init(&candidate, state->best.scenario);
    int rc = 0;
    for (size_t i = 0; i < state->best.count && rc >= 0; i++)
        if (!drop(&state->best.deviations[i], i, ctx))
            rc = tick_schedule_add(&candidate, &state->best.deviations[i]);
    if (rc >= 0 && candidate.count < state->best.count)
        rc = attempt(state, &candidate);
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

static int drop_kinds(struct state *state) {
    int rc = without(state, is_any, NULL), changed = rc;
    if (rc == 0)
        changed = rc = without(state, is_relaxed, NULL);
    for (int sound = 0; sound < 2; sound++)
        for (uint32_t kind = 1; kind < TICK_CHOICE_KINDS && rc >= 0; kind++) {
            if ((tick__kind_soundness(kind) == TICK_SOUND) != sound)
                continue;
            rc = without(state, is_kind, &kind);
            changed |= rc;
        }
    return rc < 0 ? rc : changed;
}

static int drop_ranges(struct state *state) {
    int changed = 0;
    for (size_t size = (state->best.count + 1) / 2; size; size = size == 1 ? 0 : (size + 1) / 2) {
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

static int with_value(struct state *state, size_t index, uint32_t value) {
    struct tick_schedule candidate;
    int rc = tick_schedule_copy(&candidate, &state->best);
    if (rc < 0)
        return rc;
    candidate.deviations[index].value = value;
    rc = attempt(state, &candidate);
    tick_schedule_fini(&candidate);
    return rc;
}

// Where the deviation stands in best by now; best.count if it is gone.
static size_t position(const struct state *state, const struct tick_deviation *wanted) {
    size_t at = 0;
    for (; at < state->best.count; at++) {
        const struct tick_deviation *d = &state->best.deviations[at];
        if (d->kind == wanted->kind && d->subject == wanted->subject && d->ordinal == wanted->ordinal)
            break;
    }
    return at;
}

// Makes one deviation's value as small as halving, and at last single steps, get it.
static int lower(struct state *state, size_t index) {
    int changed = 0;
    const struct tick_deviation wanted = state->best.deviations[index];
    for (bool lowered = true; lowered && !state->stopped;) {
        lowered = false;
        size_t at = position(state, &wanted);
        uint32_t value = at < state->best.count ? state->best.deviations[at].value : 0;
        for (uint32_t step = value; step && !lowered && value > 1; step /= 2) {
            uint32_t smaller = step == value ? 1 : value - step; // first the smallest, then from far to near
            int rc = with_value(state, at, smaller);
            if (rc < 0)
                return rc;
            lowered = rc;
        }
        changed |= lowered;
    }
    return changed;
}

static int lower_values(struct state *state) {
    int changed = 0;
    for (size_t i = state->best.count; i-- && !state->stopped;) {
        if (i >= state->best.count)
            continue;
        int rc = lower(state, i);
        if (rc < 0)
            return rc;
        changed |= rc;
    }
    return changed;
}

static int shrink_all(struct state *state) {
    int changed = 1;
    while (changed && !state->stopped) {
        changed = 0;
        static int (*const passes[])(struct state *) = {drop_kinds, drop_ranges, lower_values};
        for (size_t i = 0; i < sizeof passes / sizeof *passes && !state->stopped; i++) {
            int rc = passes[i](state);
            if (rc < 0)
                return rc;
            changed |= rc;
        }
    }
    return 0;
}

int tick_shrink_run(const struct tick_shrink *shrink, struct tick_shrink_result *result, struct tick_error *error) {
    struct state state = {.shrink = shrink, .most = shrink->most_runs ? shrink->most_runs : RUNS_DEFAULT, .runs = 1};
    *result = (struct tick_shrink_result){0};
    int rc = tick_isolate_schedule(shrink->isolate, shrink->start, 0, &state.outcome, &state.best, NULL);
    if (rc < 0)
        return tick_error_set(error, rc, "the run to shrink could not be carried out: %s", tick_error_text(rc));
    if (state.outcome.verdict == TICK_PASS)
        rc = tick_error_set(error, TICK_EINVALSTATE, "the schedule does not fail, so there is nothing to shrink");
    else
        rc = shrink_all(&state);
    tick__outside_free(state.refused);
    if (rc < 0) {
        tick_schedule_fini(&state.best);
        return state.outcome.verdict == TICK_PASS ? rc : tick_error_set(error, rc, "while shrinking: %s", tick_error_text(rc));
    }
    result->schedule = state.best;
    result->outcome = state.outcome;
    result->runs = state.runs;
    result->complete = !state.stopped;
    return 0;
}
