// A lane: what one worker of a campaign does and has counted. It is shared with the parent and outlives the worker's process.
#ifndef RETICK_LANE_INT_H
#define RETICK_LANE_INT_H

#include "sim/explore/campaign.h"
#include "sim/explore/sandbox_int.h"

#define TICK__LANES_MOST 256
#define TICK__LANE_MARKS 256u
#define TICK__LANE_LOG ((uint32_t)1 << 18)

struct tick__shared {       // by all workers
    _Atomic uint64_t next;  // seed to take, counted from the first
    _Atomic uint64_t bound; // seeds from here on need no run
    _Atomic bool stop;
    struct {
        _Alignas(64) _Atomic uint64_t seed; // nothing below it is still to be run there; UINT64_MAX: nothing at all
    } taken[TICK__LANES_MOST];              // by lane
};

// A mark that a run reached: which one of its lane's, and with which seed.
struct tick__reached {
    uint64_t mark : 8, seed : 56;
};

struct tick__lane {
    _Atomic uint64_t runs; // ended ones
    uint64_t choices, checks, failures;
    uint64_t again;              // a seed to run first, counted from the first, + 1; 0: none
    uint64_t failed;             // the smallest failing seed, counted from the first
    struct tick_outcome outcome; // its
    uint32_t deviation_count, marks;
    // What marks are counted in are the runs up to the smallest failing seed, which is known only at the end. So a run's marks wait here
    // until no smaller seed can fail any more.
    struct tick_campaign_mark mark[TICK__LANE_MARKS];
    uint32_t waiting;
    struct tick__reached reached[TICK__LANE_LOG];
    struct tick_deviation deviations[TICK__DEVIATIONS_MOST]; // its
};

struct tick__lane_of {
    const struct tick_campaign *campaign;
    struct tick__shared *shared;
    struct tick__lane *lane;
    int number;
};

void tick__lane_body(void *lane_of, struct tick__page *page, int fd);                        // the worker
void tick__lane_mark(struct tick__lane *lane, uint64_t seed, bool all, const char *reached); // all: whatever fails, it counts
void tick__lower_bound(struct tick__shared *shared, uint64_t seed);

#endif
