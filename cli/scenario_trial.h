// A scenario's constructors are its code, too: a crash, an exit or an endless loop of theirs is a finding.
#ifndef RETICK_CLI_SCENARIO_TRIAL_H
#define RETICK_CLI_SCENARIO_TRIAL_H

#include <stdint.h>

// Loads the object (file: as it was named) in a process of its own first. 0, or the exit code to end with (what failed has been told). A
// file that cannot be loaded at all is left to the caller's own attempt.
int tick__scenario_trial(const char *object, const char *file, int64_t hang);

#endif
