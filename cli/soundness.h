// Whether production can do what a schedule's line does.
#ifndef RETICK_CLI_SOUNDNESS_H
#define RETICK_CLI_SOUNDNESS_H

#include "cli/scenario_load.h"

struct tick__soundness {
    bool sound;
    const char *why;     // "sound: a busy machine does this", or what promise it breaks
    const char *assumes; // what of the program's surroundings it takes for granted, if it is sound; NULL: nothing
};
// Of a kind of choice, in what was loaded (a program of one's own knows nothing of links: its user says what they are).
struct tick__soundness tick__soundness_of(unsigned kind, const struct tick__loaded *loaded);

#endif
