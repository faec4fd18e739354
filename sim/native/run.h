// One run of a scenario in the simulated world: a pure function of (program, configuration, schedule).
#ifndef RETICK_RUN_H
#define RETICK_RUN_H

#include "sim/choice/answers.h"
#include "sim/world/outcome.h"
#include <retick/chooser.h>
#include <retick/probe.h>
#include <retick/scenario.h>
#include <stdbool.h>

struct tick_run {
    const struct tick_scenario *scenario;
    struct tick_chooser *chooser;       // borrowed
    struct tick_probe *probe;           // borrowed; NULL: nobody listens
    uint8_t poison;                     // not 0: fill fresh stacks and heap memory with it
    const struct tick_answers *answers; // those that the chooser gives, for programs in other processes; NULL: such a program cannot run.
                                        // Borrowed
    _Atomic int *program;               // as in tick_request (sim/world/runner.h), or NULL
    char *details;                      // likewise
    _Atomic bool *set_up; // NULL, or set to true when the scenario's set-up has returned, for who watches from another process
};

// In a set-up: tasks that are left over when a main returns are no finding; the loop cancels them, and waits for them.
void tick_world_allow_left_over(struct tick_world *world);

// The world of this process: one at a time; its memory is reused from run to run, its state is not.
struct tick_harness;
int tick_harness_new(struct tick_harness **out);
void tick_harness_free(struct tick_harness *harness);
// Runs; 0 with *out filled (findings included), or a negative error of the harness itself. A crash, exit or hang of the program does not
// come back: sim/explore/isolate.h runs this in a process of its own.
int tick_harness_run(struct tick_harness *harness, const struct tick_run *run, struct tick_outcome *out);
// The deviations of the last run, in the order drawn; borrowed until the next run.
const struct tick_deviation *tick_harness_deviations(const struct tick_harness *harness, size_t *count);
// The names of the "sometimes" points (tick_mark) that the last run reached, each once; borrowed until the next run.
size_t tick_harness_marks(const struct tick_harness *harness, const char *const **names);

// In a crash handler: what can be said of the run in progress (async-signal-safe). Fills *out and returns true if a run is in progress.
bool tick_harness_crashed(int signal, const void *address, struct tick_outcome *out);

#endif
