// The twin of a finding: the nearest run that passes, kept beside it, so that one can see what the difference was.
#ifndef RETICK_CLI_TWIN_H
#define RETICK_CLI_TWIN_H

#include "cli/record.h"

// Runs the finding's schedule with each line taken away, else with a smaller value there, at last the calm run, and keeps the one that
// passes and parts last from the finding at `finding`, as the trace at `path`. `record` is how the finding was recorded. 1, 0: even the
// calm run fails, or a negative error: *error says what could not be written.
int tick__twin_find(const struct tick__record *record, const char *finding, const char *path, struct tick_error *error);

#endif
