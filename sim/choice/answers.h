// How the questions of a run are answered, as plain data: whoever carries the run out opens the choosers for it where the program is, be
// that here or in another process.
#ifndef RETICK_ANSWERS_H
#define RETICK_ANSWERS_H

#include "sim/choice/choosers.h"

enum tick_answers_way {
    TICK_ANSWERS_LISTED, // by the deviations; calm without any
    TICK_ANSWERS_DRAWN,  // by the seed
    TICK_ANSWERS_ONWARD, // by the deviations up to an event, by the seed from there on
    TICK_ANSWERS_NOTED   // by the deviations; and what else was asked is noted
};

// No pointer but to the two arrays, which are borrowed: who sends it to another process sends them, too, and says where they are there.
struct tick_answers {
    enum tick_answers_way way;
    uint32_t count; // of deviations: LISTED, ONWARD, NOTED
    const struct tick_deviation *deviations;
    uint64_t seed; // DRAWN, ONWARD
    struct tick_rates rates;
    uint32_t upto;  // ONWARD: the event, as the probe numbers them
    uint32_t room;  // NOTED: for so many questions, of
    uint64_t kinds; // these kinds (bit k for kind k),
    struct tick_deviation *questions;
    uint32_t *asked; // so many of which were noted; borrowed
};
void tick_answers_seed(struct tick_answers *answers, uint64_t seed, const struct tick_rates *rates); // DRAWN; rates NULL: default

// The choosers of such answers, in storage of the caller's, which keeps their memory from run to run.
struct tick_answering {
    struct tick_replay_chooser *replay; // NULL until there are deviations to look up
    struct tick_random_chooser random;
    struct tick_prefix_chooser prefix;
    struct tick_asked_chooser asked;
};
void tick_answering_init(struct tick_answering *answering);
void tick_answering_fini(struct tick_answering *answering);
// *out: who answers, until the next call or fini; the answers stay where they are as long. probe: the run's, borrowed; ONWARD needs one
// that listens, and is -ENOMEM without. 0 or -ENOMEM.
int tick_answering_open(
    struct tick_answering *answering, const struct tick_answers *answers, const struct tick_probe *probe, struct tick_chooser **out);

#endif
