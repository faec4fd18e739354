// Circles of those who wait, kept in a trace among its deadlocks: those too that lead through pools, event flags and streams, which nobody
// holds, and which rules find that look at the run beside.
#ifndef RETICK_WAITS_KEEP_H
#define RETICK_WAITS_KEEP_H

#include "trace/explain/waits.h"

// Adds a row to `cycles` for each task of a circle that has none. A trace whose tables are not derived yet is left alone: they would be
// made anew. 0, or a negative error in words.
int tick__waits_keep(const char *path, const struct tick__waits *waits, struct tick_error *error);

#endif
