// What a schedule or a trace says of how its program was compiled, and what of that is done again: it may come from anybody.
#ifndef RETICK_CLI_RECORDED_H
#define RETICK_CLI_RECORDED_H

#include "cli/scenario_load.h"
#include "sim/choice/schedule.h"

struct tick__recorded {
    bool known;    // it names flags
    char *flags;   // all of them, as a line (cli/flags.h), or as they stand there if they are not words; owned
    char *refused; // the first that no file may ask for; NULL: there is none. Owned
    char *program; // of a program behind --: " --match 'a b' -- python3 app.py"; "": it is none. Owned
    char *others;  // how it was compiled besides, as on a command line, with a space before each; "": no other way. Owned
};
// 0 or -ENOMEM, with nothing to free.
int tick__recorded_of_schedule(const struct tick_schedule *schedule, struct tick__recorded *recorded);
int tick__recorded_of_trace(const char *options, struct tick__recorded *recorded);
void tick__recorded_fini(struct tick__recorded *recorded);

// Before the load: asks for the flags, unless the user gave some. They stay the record's. path: the schedule or trace.
int tick__recorded_take(const struct tick__recorded *recorded, const char *path, struct tick__load *load);
// After it: notes what the program was compiled with, where that is not what the user said, and what is not as it was.
void tick__recorded_note(
    const struct tick__recorded *recorded, const char *path, const struct tick__load *load, const struct tick__loaded *loaded);

#endif
