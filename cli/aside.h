// A trace that is wanted for a moment only: recorded into a folder of its own below TMPDIR, and gone with it.
#ifndef RETICK_CLI_ASIDE_H
#define RETICK_CLI_ASIDE_H

#include "cli/record.h"

struct tick__aside {
    char folder[4096], path[4200], twin[4200]; // of the run, of its twin
};
int tick__aside_open(struct tick__aside *aside, struct tick_error *error); // 0, or a negative error in words
// Records into it; record->path is not looked at, and what the program prints goes nowhere. 0 with *attempt filled, or an error.
int tick__aside_record(
    struct tick__aside *aside, const struct tick__record *record, struct tick__attempt *attempt, struct tick_error *error);
void tick__aside_close(struct tick__aside *aside);

#endif
