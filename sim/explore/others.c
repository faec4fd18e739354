// Other seeds: what they find of the same finding are other schedules, one of which may shrink to less. They are run one after the other in
// the shrinker's own process, so that which of them are looked at does not depend on anybody's timing.
#include "sim/explore/shrink_int.h"

#define SEEDS_MOST 1000
#define FOUND_MOST 8        // that are shrunk
#define WORK_MOST 1000000u // for all of it, as attempt.c counts

// Best becomes what is left of this schedule, if that is fewer lines; else it stays.
static int try_other(struct tick__shrinking *state, struct tick_schedule *other, const struct tick_outcome *outcome) {
    struct tick_schedule best = state->best;
    const struct tick_outcome before = state->outcome;
    state->best = *other;
    state->outcome = *outcome;
    int rc = tick__shrink_lines(state);
    if (rc >= 0 && state->best.count < best.count) {
        tick_schedule_fini(&best);
        return 1;
    }
    tick_schedule_fini(&state->best);
    state->best = best;
    state->outcome = before;
    return rc < 0 ? rc : 0;
}

int tick__shrink_others(struct tick__shrinking *state) {
    const struct tick_shrink *shrink = state->shrink;
    const uint64_t until = state->work + WORK_MOST;
    int changed = 0, found = 0;
    for (uint64_t i = 0; i < SEEDS_MOST && found < FOUND_MOST && state->work < until && state->best.count > 1; i++) {
        struct tick_outcome outcome;
        struct tick_schedule drawn;
        if (state->stopped || state->runs >= state->most)
            break;
        int rc = tick_isolate_seed(shrink->isolate, shrink->seed + 1 + i, shrink->rates, 0, &outcome, &drawn, NULL);
        if (rc < 0)
            return rc;
        tick__shrink_count(state, &outcome);
        if (tick_outcome_same(&outcome, &state->outcome) && outcome.deviations == drawn.count) {
            found++;
            rc = try_other(state, &drawn, &outcome);
        } else {
            tick_schedule_fini(&drawn);
        }
        if (rc < 0)
            return rc;
        changed |= rc;
    }
    return changed;
}
