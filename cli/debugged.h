// A run under a debugger: retick replay --debug starts gdb on retick itself, which then carries out the run in its own process.
#ifndef RETICK_CLI_DEBUGGED_H
#define RETICK_CLI_DEBUGGED_H

#include "cli/options.h"
#include "sim/choice/schedule.h"

struct tick__debug {
    bool wanted;
    const char *commands; // a file of gdb's commands, after which it ends; NULL: people type them
    uint64_t at;          // stop at this event; 0: where the run fails
};
// Becomes gdb, on `retick replay` of the same. Returns an exit code if that cannot be done.
int tick__debug_start(const struct tick__debug *debug, const struct tick__load *load, const char *recipe);

// In what gdb runs: the schedule, in this process. Returns the exit code.
int tick__debug_run(const struct tick__loaded *loaded, const struct tick_schedule *schedule, uint64_t at);
// Called at the event that was asked for: where gdb stops.
void tick__debug_here(void);

#endif
