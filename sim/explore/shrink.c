// Shrinking, in the order in which it pays: lines are taken away (removal.c), then one is looked for in place of several (instead.c) and
// other seeds are asked for a smaller schedule (others.c), as long as there are two lines or more; at last values are made smaller
// (values.c), and all that until nothing changes. So the result is always minimal, whatever the search in the middle came to.
// Deterministic: no step depends on anything but the outcomes of runs, and what the search may cost is counted in these.
#include "sim/explore/shrink.h"
#include "sim/choice/kinds_int.h"
#include "sim/explore/sandbox_int.h"
#include "sim/explore/shrink_int.h"
#include "src/base/outside.h"
#include <string.h>

#define RUNS_DEFAULT 10000

bool tick_outcome_same(const struct tick_outcome *a, const struct tick_outcome *b) {
    if (a->verdict != b->verdict || a->gist != b->gist)
        return false;
    if (a->gist)
        return true;
    const bool coded = a->verdict == TICK_CRASHED || a->verdict == TICK_EXITED || a->verdict == TICK_HOST_FAILED;
    return a->line == b->line && !strcmp(a->file, b->file) && (!coded || a->code == b->code);
}

bool tick_schedule_sound(const struct tick_schedule *schedule) {
    for (size_t i = 0; i < schedule->count; i++)
        if (tick__kind_soundness(schedule->deviations[i].kind) != TICK_SOUND)
            return false;
    return true;
}

static int search(struct tick__shrinking *state) {
    int rc = 0;
    do {
        rc = tick__shrink_lines(state);
        if (rc >= 0 && state->best.count > 1)
            rc = tick__shrink_instead(state);
        if (rc == 0 && state->best.count > 1 && state->outcome.verdict != TICK_HUNG)
            rc = tick__shrink_others(state);
    } while (rc > 0 && !state->stopped);
    return rc;
}

static int shrink_all(struct tick__shrinking *state) {
    int rc = state->outcome.verdict == TICK_HUNG ? 0 : search(state); // a hang's runs take too long
    for (int changed = 1; changed && rc >= 0 && !state->stopped;) {
        changed = rc = tick__shrink_lines(state);
        if (rc >= 0)
            changed |= rc = tick__shrink_values(state);
    }
    return rc < 0 ? rc : 0;
}

int tick_shrink_run(const struct tick_shrink *shrink, struct tick_shrink_result *result, struct tick_error *error) {
    struct tick__shrinking state = {
        .shrink = shrink,
        .most = shrink->most_runs ? shrink->most_runs : RUNS_DEFAULT,
        .begun = tick__host_now(),
        .runs = 1,
    };
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
