// How a guest's runs begin, found out once and told before there are many of them.
#ifndef RETICK_CLI_GUEST_BEGIN_H
#define RETICK_CLI_GUEST_BEGIN_H

#include "cli/scenario_load.h"

// Runs it twice in a process of its own, where nothing goes wrong, and says how its runs begin. 0, or the exit code to end with where it
// cannot be run at all, and the reason has been printed.
int tick__guest_try(const struct tick__loaded *loaded);

#endif
