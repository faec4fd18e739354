// What a run is given: a schedule, or a seed of the random chooser.
#ifndef RETICK_CLI_INPUT_H
#define RETICK_CLI_INPUT_H

#include "sim/explore/isolate.h"

struct tick__input {
    const struct tick_schedule *schedule; // NULL: the seed
    uint64_t seed;
    const struct tick_rates *rates; // with a seed; NULL: default
    uint8_t poison;
};
static inline int tick__input_run(struct tick_isolate *isolate, const struct tick__input *input, struct tick_outcome *outcome,
    struct tick_schedule *drawn, uint8_t digest[16]) {
    return input->schedule ? tick_isolate_schedule(isolate, input->schedule, input->poison, outcome, drawn, digest)
                           : tick_isolate_seed(isolate, input->seed, input->rates, input->poison, outcome, drawn, digest);
}

// In a worker, once: what the program prints on stdout goes nowhere, for runs that are many. On stderr sanitizers report: that goes nowhere
// only in repetitions of what was reported before.
struct tick__hush {
    bool repeats, done;
};
void tick__hush(struct tick__hush *hush);
struct tick_probe *tick__hush_begin(void *hush); // the same as `begin` of isolate.h and campaign.h: without a probe

// What came of it.
struct tick__attempt {
    struct tick_outcome outcome;
    struct tick_schedule drawn;       // the deviations that were met
    uint8_t digest[16], contents[16]; // of its events; of what these named, said, sent and wrote
    bool has_digest;                  // false when the program did not live to its end
    uint64_t events;
};
void tick__attempt_fini(struct tick__attempt *attempt);
enum tick__likeness { TICK__SAME_RUN, TICK__OTHER_CONTENTS, TICK__OTHER_RUN };
// How like two runs are: by their digests, or where there are none by everything that is known of the outcome.
enum tick__likeness tick__attempt_compare(const struct tick__attempt *a, const struct tick__attempt *b);

// A worker process that takes the digest of what it runs, in memory.
struct tick__digester;
int tick__digester_new(const struct tick_target *target, int64_t hang, struct tick__digester **out);
void tick__digester_free(struct tick__digester *digester);
void tick__digester_repeats(struct tick__digester *digester); // what is run next has been run before: hushed, stderr too
// Runs a schedule up to an event, and a seed from there on.
int tick__digester_onward(
    struct tick__digester *digester, const struct tick_schedule *schedule, uint32_t upto, uint64_t seed, struct tick_outcome *outcome);
int tick__digester_run(struct tick__digester *digester, const struct tick__input *input, struct tick__attempt *attempt);

// The names of the objects of a run, brought home from the worker that runs it (also when it crashes): for schedules in words.
int tick__names_of_run(const struct tick_target *target, const struct tick__input *input, int64_t hang, struct tick_names **names);

#endif
