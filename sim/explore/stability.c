// Schedule stability: how far deviations stand on their own. Addresses are made so that taking one deviation away leaves the others where
// they are; the share that a run still meets is the figure to watch.
#include "sim/choice/schedule.h"
#include "sim/explore/shrink.h"

// Counts what a run of all but one deviation still meets; a negative error.
static int64_t met_without(struct tick_isolate *isolate, const struct tick_schedule *all, size_t left_out) {
    struct tick_schedule others, drawn;
    struct tick_outcome outcome;
    tick_schedule_init(&others, all->scenario);
    int rc = 0;
    for (size_t i = 0; i < all->count && rc >= 0; i++)
        if (i != left_out)
            rc = tick_schedule_add(&others, &all->deviations[i]);
    if (rc >= 0)
        rc = tick_isolate_schedule(isolate, &others, 0, &outcome, &drawn, NULL);
    tick_schedule_fini(&others);
    if (rc < 0)
        return rc;
    int64_t count = (int64_t)drawn.count;
    tick_schedule_fini(&drawn);
    return count;
}

int tick_schedule_stability(struct tick_isolate *isolate, const struct tick_schedule *schedule, uint32_t *share) {
    struct tick_schedule met;
    struct tick_outcome outcome;
    *share = 10000;
    int rc = tick_isolate_schedule(isolate, schedule, 0, &outcome, &met, NULL); // what was not met to begin with does not count
    if (rc < 0)
        return rc;
    uint64_t kept = 0;
    for (size_t i = 0; i < met.count; i++) {
        int64_t count = met_without(isolate, &met, i);
        if (count < 0) {
            tick_schedule_fini(&met);
            return (int)count;
        }
        kept += (uint64_t)count;
    }
    if (met.count > 1)
        *share = (uint32_t)(kept * 10000 / ((uint64_t)met.count * (met.count - 1)));
    tick_schedule_fini(&met);
    return 0;
}
