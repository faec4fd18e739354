// A process that is not a run's, and may die of what it does: what kills it is told with where it was, as a run's crash is.
#ifndef RETICK_WATCHED_H
#define RETICK_WATCHED_H

#include "sim/world/runner.h"

struct tick_watched;

// The memory that it shares with who watches: to be made before the fork. 0 or -ENOMEM.
int tick_watched_new(struct tick_watched **out);
// In the process: from here on a signal of its own (SIGSEGV, SIGABRT and their kin) is told, and ends it. crashed: what can be
// said of it, as tick_runner_ops.crashed (async-signal-safe). 0 or a negative error.
int tick_watched_begin(struct tick_watched *watched, bool (*crashed)(int signal, const void *address, struct tick_outcome *out));
// In the process: it is not watched any more.
void tick_watched_end(struct tick_watched *watched);
// After its end: whether it was told, in *out with addresses (cli/place.h). A signal that somebody sent it is not.
bool tick_watched_told(const struct tick_watched *watched, struct tick_outcome *out);
// The signal that somebody sent, of which it died; 0: none.
int tick_watched_signal(const struct tick_watched *watched);
void tick_watched_free(struct tick_watched *watched);

#endif
