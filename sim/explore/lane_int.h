// A lane: what one worker of a campaign does and has counted. It is shared with the parent and outlives the worker's process.
#ifndef RETICK_LANE_INT_H
#define RETICK_LANE_INT_H

#include "sim/explore/campaign.h"
#include "sim/explore/sandbox_int.h"

#define TICK__LANE_MARKS 256u

struct tick__shared {       // by all workers
    _Atomic uint64_t next;  // seed to take, counted from the first
    _Atomic uint64_t bound; // seeds from here on need no run
    _Atomic bool stop;
};

struct tick__lane {
    _Atomic uint64_t runs; // ended ones
    uint64_t choices, failures;
    uint64_t again;              // a seed to run first, counted from the first, + 1; 0: none
    uint64_t failed;             // the smallest failing seed, counted from the first
    struct tick_outcome outcome; // its
    uint32_t deviation_count, marks;
    struct tick_campaign_mark mark[TICK__LANE_MARKS];
    struct tick_deviation deviations[TICK__DEVIATIONS_MOST]; // its
};

struct tick__lane_of {
    const struct tick_campaign *campaign;
    struct tick__shared *shared;
    struct tick__lane *lane;
};

void tick__lane_body(void *lane_of, struct tick__page *page, int fd); // the worker
void tick__lane_mark(struct tick__lane *lane, const char *name);      // a run has reached it
void tick__lower_bound(struct tick__shared *shared, uint64_t seed);

#endif
