// The other way to begin runs at a snapshot: each in a child of the process that stands there. Two to four times slower than going back in
// the process itself, but it needs nothing of the kernel.
#ifndef RETICK_FORK_INT_H
#define RETICK_FORK_INT_H

#include <stdbool.h>

struct tick__fork {
    // Called before each run, in the process that stands at the snapshot, on a stack of its own. It may only write to memory that is
    // shared.
    void (*next)(void *ctx);
    // A run's process is gone, with this wait status. Called like next.
    void (*gone)(void *ctx, int status);
    void *ctx;
};

// Returns 0 in each run's process, or a negated errno, once, if there cannot be any.
int tick__fork_take(const struct tick__fork *fork);
// This process is a run's. (It ends like any other.)
bool tick__fork_running(void);

#endif
