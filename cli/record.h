// A recorded run: the program runs in a process of its own and writes to a ring; this process drains it into the trace, and so survives
// whatever happens to the program.
#ifndef RETICK_CLI_RECORD_H
#define RETICK_CLI_RECORD_H

#include "cli/input.h"
#include "sim/native/real.h"
#include "sim/world/runner.h"

struct tick__record {
    const struct tick_target *target;
    const char *scenario_file; // for meta
    const char *options;       // for meta: how that is compiled, as in struct tick__loaded
    const char *object;        // the scenario's, in whose terms a crash is told; "": this program
    const char *chooser;       // "calm", "random", "replay", "real"
    const char *schedule_text; // for meta; NULL: the trace's choices say it
    const char *path;          // of the trace
    const char *witness;       // where its contents go, whole (trace/witness.h); NULL: nowhere
    struct tick__input input;
    uint64_t warm;                        // runs of other seeds before it in the same process, unrecorded
    int64_t hang;                         // as in isolate.h
    bool quiet;                           // a repetition: what the program prints goes nowhere
    const struct tick_real_options *real; // not NULL: in the real world, the scenario; input and target's runner are not looked at
    const struct tick_scenario *scenario;
};
// 0 with *attempt filled (initialised by the call); TICK_ECANCELED: interrupted by SIGINT; else a negative error. *error has details.
int tick__record_run(const struct tick__record *record, struct tick__attempt *attempt, struct tick_error *error);

#endif
