// A campaign: many seeds of a scenario over worker processes, until one fails.
#ifndef RETICK_CAMPAIGN_H
#define RETICK_CAMPAIGN_H

#include "sim/choice/choosers.h"
#include "sim/choice/schedule.h"
#include "sim/world/runner.h"

struct tick_campaign_progress {
    uint64_t done, total;  // runs; total 0: by time
    double rate;           // runs a second of host time
    int64_t elapsed, left; // host ns; left < 0: unknown
};

struct tick_campaign {
    const struct tick_target *target; // borrowed
    const struct tick_rates *rates;   // NULL: default
    uint64_t first, count;            // seeds first .. first + count - 1; count 0: as many as the time allows
    int64_t time;                     // host ns, 0: no limit
    int workers;                      // 0: as many as cores
    bool keep_going;                  // run all seeds, count the failures
    int64_t hang;                     // as in isolate.h
    size_t memory;
    // Called about 5 times a second in the caller's process; NULL: never. Returning false stops the campaign.
    bool (*progress)(void *ctx, const struct tick_campaign_progress *progress);
    // Called in each worker around each run, as in isolate.h (for campaigns that record); NULL: none.
    struct tick_probe *(*begin)(void *ctx);
    void (*end)(void *ctx, const struct tick_outcome *outcome, uint8_t digest[16]); // closes the digest with the verdict
    void *ctx;
};

struct tick_campaign_mark { // a "sometimes" point
    char name[48];
    uint64_t runs; // in how many runs it was reached
};

struct tick_campaign_result {
    uint64_t runs, failures; // runs: when one was found and keep_going is off, the seeds up to it, however many workers there were
    bool found;
    uint64_t seed;                 // the smallest failing seed; runs below it all passed
    struct tick_outcome outcome;   // its
    struct tick_schedule schedule; // its deviations (after a crash: until then); initialised when found
    int64_t elapsed;               // host ns
    uint64_t choices, checks;      // checks: that were evaluated, in all runs
    size_t marks;                  // counted in `runs`, sorted by name; of more than 32 the first
    struct tick_campaign_mark mark[32];
};
// 0 with *result filled; else an error of the harness or of the system, told in *error, and nothing to fini.
int tick_campaign_run(const struct tick_campaign *campaign, struct tick_campaign_result *result, struct tick_error *error);
void tick_campaign_result_fini(struct tick_campaign_result *result);

#endif
