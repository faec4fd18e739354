// Shrinking: the fewest and smallest deviations that still give the same finding (verdict and place of the check).
#ifndef RETICK_SHRINK_H
#define RETICK_SHRINK_H

#include "sim/explore/isolate.h"

struct tick_shrink_progress {
    uint64_t runs;
    size_t deviations; // of the best so far
    int64_t elapsed;   // host ns
};
struct tick_shrink {
    struct tick_isolate *isolate;
    const struct tick_schedule *start;                                        // must fail
    uint64_t most_runs;                                                       // 0: 10,000
    const struct tick_rates *rates;                                           // of kinds that may stand in place of others; NULL: default
    uint64_t seed;                                                            // that found it: those behind it are looked at, too
    bool (*progress)(void *ctx, const struct tick_shrink_progress *progress); // false stops; NULL: never called
    void *ctx;
};
struct tick_shrink_result {
    struct tick_schedule schedule; // minimal: taking any one deviation away, or the next smaller value, passes or gives another finding
    struct tick_outcome outcome;
    uint64_t runs;
    bool complete; // minimality was proved within most_runs
};
// 0; TICK_EINVALSTATE if start does not fail.
int tick_shrink_run(const struct tick_shrink *shrink, struct tick_shrink_result *result, struct tick_error *error);
bool tick_outcome_same(const struct tick_outcome *a, const struct tick_outcome *b); // the same finding
// Whether every deviation's kind is sound.
bool tick_schedule_sound(const struct tick_schedule *schedule);

// Schedule stability: of the other deviations, the share (in 1/10000) that a run still meets when one is taken away, over each in turn.
int tick_schedule_stability(struct tick_isolate *isolate, const struct tick_schedule *schedule, uint32_t *share);

#endif
