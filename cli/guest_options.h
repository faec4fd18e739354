// The options of running somebody's own program, and how it was asked for, to be typed again.
#ifndef RETICK_CLI_GUEST_OPTIONS_H
#define RETICK_CLI_GUEST_OPTIONS_H

#include "cli/scenario_load.h"
#include <argp.h>

extern const struct argp tick__guest_argp; // a child of tick__load_argp: its input is a struct tick__load

// malloc'd; NULL: out of memory. " --network loopback=0 --match 'a b'", or "";
char *tick__guest_options_words(const struct tick__load *load);
char *tick__guest_program_words(char *const *program);        // " -- python3 app.py"
char *tick__guest_built_words(const struct tick__load *load); // both, without what changes no run: for schedules and traces

#endif
