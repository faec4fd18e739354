// From the words behind `--` to a program that runs as a guest of the simulated world, unmodified (docs/GUESTS.md).
#ifndef RETICK_CLI_GUEST_LOAD_H
#define RETICK_CLI_GUEST_LOAD_H

#include "cli/scenario_load.h"

// Fills *loaded for load->program: 0, or the exit code to end with, and the reason has been printed.
int tick__guest_load(const struct tick__load *load, struct tick__loaded *loaded);

#endif
