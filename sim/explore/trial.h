// A trial: something of a program's that may crash, exit or spin, such as its constructors, done once in a process of its own.
#ifndef RETICK_TRIAL_H
#define RETICK_TRIAL_H

#include "sim/world/runner.h"

// Calls body there, with this process's environment, and with a runner of the target's, that knows how such programs end. 1: it came back;
// 0: it did not, and *out says why, with the functions that it was in; negative: no process could be had, or somebody killed it. hang: CPU
// time in ns that it may take; 0: TICK_SETUP_DEFAULT.
int tick_trial(const struct tick_target *target, void (*body)(void *ctx), void *ctx, int64_t hang, struct tick_outcome *out);

#endif
