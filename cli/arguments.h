// The words of a command line, and what is said of those that are none. argp and getopt would print them as they are: here whatever is
// quoted is made visible, and stands in the document of --json, too.
#ifndef RETICK_CLI_ARGUMENTS_H
#define RETICK_CLI_ARGUMENTS_H

#include <argp.h>

// What a parser calls instead of argp_error, with state->name: says what is wrong and how to get help, and ends the process.
void tick__wrong(const char *name, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
// Looks at the options among the words before argp does, and calls tick__wrong for one that there is not, that is short for several, that
// lacks its value, or that takes none. Returns 0, or -ENOMEM.
int tick__arguments_check(const struct argp *argp, int argc, char **argv);

// How many edits part two short words: Levenshtein's distance, with a swap of neighbours as one.
unsigned tick__edits(const char *a, const char *b);

#endif
