// One way to try a schedule in place of the best: what was refused once is not run again, and whoever waits is told after each run.
#include "sim/explore/sandbox_int.h"
#include "sim/explore/shrink_int.h"
#include "src/base/outside.h"
#include "src/base/times.h"
#include <errno.h>
#include <string.h>

#define RUN_WORK 100 // what a run costs at least, in iterations of a loop

// --- what was refused ---

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

static bool is_refused(const struct tick__shrinking *state, uint64_t hash) {
    return state->refused_capacity && state->refused[cache_place(state->refused, state->refused_capacity, hash)];
}

static int refuse(struct tick__shrinking *state, uint64_t hash) {
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

// --- a run ---

void tick__shrink_count(struct tick__shrinking *state, const struct tick_outcome *outcome) {
    state->runs++;
    state->work += RUN_WORK + outcome->iterations;
    if (!state->shrink->progress)
        return;
    const struct tick_shrink_progress progress = {state->runs, state->best.count, tick__until(tick__host_now(), state->begun)};
    if (!state->shrink->progress(state->shrink->ctx, &progress))
        state->stopped = true;
}

int tick__shrink_attempt(struct tick__shrinking *state, const struct tick_schedule *candidate) {
    const uint64_t hash = hash_of(candidate);
    if (is_refused(state, hash))
        return 0;
    if (state->runs >= state->most)
        state->stopped = true;
    if (state->stopped)
        return 0;
    struct tick_outcome outcome;
    struct tick_schedule drawn;
    int rc = tick_isolate_schedule(state->shrink->isolate, candidate, 0, &outcome, &drawn, NULL);
    if (rc < 0)
        return rc;
    const bool same = tick_outcome_same(&outcome, &state->outcome);
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
    tick__shrink_count(state, &outcome);
    return same;
}
