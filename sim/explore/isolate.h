// Runs in processes of their own, so that a scenario that crashes, exits, hangs or eats all memory is a verdict.
#ifndef RETICK_ISOLATE_H
#define RETICK_ISOLATE_H

#include "sim/choice/choosers.h"
#include "sim/choice/schedule.h"
#include "sim/world/runner.h"
#include <retick/time.h>

#define TICK_HANG_DEFAULT TICK_SEC(10)
#define TICK_SETUP_DEFAULT TICK_SEC(3) // a set-up, or a program's constructors: they wait for nothing, and 10,000 hosts take 0.1 s

// A worker process that carries out one run at a time; started anew when it died.
struct tick_isolate;
struct tick_isolate_options {
    const struct tick_target *target; // borrowed
    int64_t hang;  // CPU time in ns that a run may take before it is a hang; 0: TICK_HANG_DEFAULT, and its set-up TICK_SETUP_DEFAULT
    bool once;     // a run whose process somebody kills is not tried again: the caller does so
    size_t memory; // bytes of memory that the process may gain, as the parent sees every 20 ms; 0: 4 GiB
    bool details;  // tick_isolate_details has them
    // Called in the worker for each run before and after it, to attach a probe and bring home a digest; both may be NULL.
    struct tick_probe *(*begin)(void *ctx);
    void (*end)(void *ctx, const struct tick_outcome *outcome, uint8_t digest[16]); // closes the digest with the verdict
    void *ctx;
};
int tick_isolate_new(const struct tick_isolate_options *options, struct tick_isolate **out);
void tick_isolate_free(struct tick_isolate *isolate);
// Where somebody else kills the process of a run, the run is tried once more in a fresh one; TICK_EKILLED if it dies there, too, and
// neither its memory nor its time explains it.
// At most 262144 deviations cross the process boundary: a longer schedule is TICK_ELIMIT, and of a run that drew more (outcome->deviations
// tells) *drawn holds the first. After a crash, exit or hang *drawn holds what was drawn until then, and digest is zero; digest may be
// NULL. Runs a schedule; 0 with *outcome, *drawn (initialised by the call: the deviations that were met) and digest filled.
int tick_isolate_schedule(struct tick_isolate *isolate, const struct tick_schedule *schedule, uint8_t poison, struct tick_outcome *outcome,
    struct tick_schedule *drawn, uint8_t digest[16]);
// Runs a schedule, and fills *questions (initialised by the call) with what the run asked about besides, of `kinds` (bit k for kind k): as
// deviations of value 0, in the order asked.
int tick_isolate_questions(struct tick_isolate *isolate, const struct tick_schedule *schedule, uint64_t kinds, struct tick_outcome *outcome,
    struct tick_schedule *questions);
// Runs a seed of the random chooser.
int tick_isolate_seed(struct tick_isolate *isolate, uint64_t seed, const struct tick_rates *rates, uint8_t poison,
    struct tick_outcome *outcome, struct tick_schedule *drawn, uint8_t digest[16]);
// Of the latest run, with `details`: the lines beneath its finding's text (tick_request.details), "" if there are none. Borrowed until the
// next.
const char *tick_isolate_details(const struct tick_isolate *isolate);
// Runs a schedule up to event `upto`, and a seed of the random chooser from there on. `begin` has to give a probe.
int tick_isolate_onward(struct tick_isolate *isolate, const struct tick_schedule *schedule, uint32_t upto, uint64_t seed,
    const struct tick_rates *rates, struct tick_outcome *outcome, struct tick_schedule *drawn);

#endif
