// How likely a finding was: from each sentence of its story on the rest of the run is drawn anew, many times, and those that fail are
// counted.
#ifndef RETICK_CLI_LIKELIHOOD_H
#define RETICK_CLI_LIKELIHOOD_H

#include "cli/input.h"
#include "cli/scenario_load.h"

// Tells it for the story that is kept in the trace. runs: from each sentence on. Returns 0 or an exit code.
int tick__likelihood(const char *path, const struct tick__loaded *loaded, const struct tick_schedule *schedule, uint32_t runs);

#endif
