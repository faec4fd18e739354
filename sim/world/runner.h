// What runs. Campaigns, shrinking and checks carry out runs by this table, and know of no kind of program: a scenario is run by the harness
// of its process (sim/native/scenario_target.h), a program of another process by who keeps that one.
#ifndef RETICK_RUNNER_H
#define RETICK_RUNNER_H

#include "sim/choice/answers.h"
#include "sim/world/outcome.h"
#include <stdatomic.h>

// A run that is asked for.
struct tick_request {
    const struct tick_answers *answers; // borrowed
    struct tick_probe *probe;           // borrowed; NULL: nobody listens
    uint8_t poison;                     // not 0: fresh stacks and heap memory are filled with it
    // Where the lines beneath a finding's text go, each ended by '\n', in TICK_DETAILS_MOST bytes, empty before: NULL: nobody reads them.
    char *details;
    // For who watches from another process; each may be NULL.
    _Atomic bool *set_up; // set to true when the run is beyond its set-up
    _Atomic int *program; // set to the process that the program runs in while it is not the runner's own, else left at 0: its time and
                          // memory count, too, all that it has of both
};

struct tick_runner {
    const struct tick_runner_ops *ops;
};

struct tick_runner_ops {
    // Carries out a run: 0 with *out filled, findings and a world that used up its memory among them, or a negative error of the runner's
    // own. It blocks for as long as the run takes, and need not come back: what the program does to its process it does to the runner's.
    // A process of the program's own ends with the runner's, however that ends; where somebody kills it, the run is tried once more, and
    // it is TICK_EKILLED if that happens again.
    int (*run)(struct tick_runner *self, const struct tick_request *request, struct tick_outcome *out);
    // The deviations of the last run, or the one in progress, in the order drawn; borrowed until the next. For signal handlers, too.
    const struct tick_deviation *(*deviations)(const struct tick_runner *self, size_t *count);
    // The names of the "sometimes" points (tick_mark) that it reached, each once; borrowed until the next run. For signal handlers, too.
    size_t (*marks)(const struct tick_runner *self, const char *const **names);
    // In a crash handler, or where the run takes too long: what can be said of the run in progress (async-signal-safe). Fills *out and
    // returns true if one is in progress.
    bool (*crashed)(struct tick_runner *self, int signal, const void *address, struct tick_outcome *out);
    // Has fn called, before anything happens, when the program ends this process outside of what a run says of it, with the call's name,
    // its status and the address that it was called from. NULL: it cannot.
    void (*watch_exit)(struct tick_runner *self, void (*fn)(const char *how, int status, void *caller));
    void (*free)(struct tick_runner *self); // not during a run
};

// What is to be run, before there is anybody to run it.
struct tick_target {
    const char *name; // schedules are headed with it; fewer than 64 bytes, borrowed
    const void *what; // open's own: a scenario, a command line; borrowed
    // A runner of it in this process, a worker, which frees it or just ends. 0 or a negative error. At most one a process is needed.
    int (*open)(const struct tick_target *target, struct tick_runner **out);
};

#endif
