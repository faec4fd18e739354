// A trial: something of a program's that may crash, exit or spin, such as its constructors, done once in a process of its own.
#ifndef RETICK_TRIAL_H
#define RETICK_TRIAL_H

#include "sim/harness/run.h"

// Calls body there, with this process's environment. 1: it came back; 0: it did not, and *out says why, with the functions that it was in;
// negative: no process could be had, or somebody killed it. hang: CPU time in ns that it may take; 0: TICK_SETUP_DEFAULT.
int tick_trial(void (*body)(void *ctx), void *ctx, int64_t hang, struct tick_outcome *out);

#endif
