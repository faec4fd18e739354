// What the parts of the shrinker share: the best schedule so far, and one way to try another.
#ifndef RETICK_SHRINK_INT_H
#define RETICK_SHRINK_INT_H

#include "sim/explore/shrink.h"

struct tick__shrinking {
    const struct tick_shrink *shrink;
    struct tick_schedule best;
    struct tick_outcome outcome; // of best
    uint64_t runs, most;
    int64_t begun;     // host ns, for progress alone
    uint64_t work;     // that the runs took, by what is the same on every machine
    bool stopped;      // by the limit or the caller
    uint64_t *refused; // an open table of the hashes of schedules that do not give the finding, 0: empty
    size_t refused_count, refused_capacity;
};

// attempt.c. Runs a candidate: 1 if it gives the finding (best is then what it met of it), 0 if not (or stopped), or an error.
int tick__shrink_attempt(struct tick__shrinking *state, const struct tick_schedule *candidate);
// Counts a run that is no attempt, and tells of it.
void tick__shrink_count(struct tick__shrinking *state, const struct tick_outcome *outcome);

// Each of these: 1 if best got smaller, 0 if not, or an error.
int tick__shrink_lines(struct tick__shrinking *state);   // removal.c: until no line, nor any of its groups, can be taken away
int tick__shrink_values(struct tick__shrinking *state);  // values.c: each value down to the smallest that does
int tick__shrink_instead(struct tick__shrinking *state); // instead.c: one line in place of several
int tick__shrink_others(struct tick__shrinking *state);  // others.c: what other seeds found

// Where a deviation stands in best by now; best.count if it is gone.
size_t tick__shrink_position(const struct tick__shrinking *state, const struct tick_deviation *wanted);
// How much of a disturbance it is, in ns or the like: what is least is tried for removal first.
int64_t tick__shrink_weight(const struct tick_deviation *deviation);

#endif
