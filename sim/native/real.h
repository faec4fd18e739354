// One host of a scenario in the real world: the same program over src/os, the other hosts being addresses outside.
#ifndef RETICK_REAL_H
#define RETICK_REAL_H

#include "sim/native/run.h"

// Where a host of the scenario is to be found in the real world.
struct tick_real_name {
    const char *name;    // the host's, as the scenario spells it
    const char *address; // "HOST:PORT" or "HOST" (the port as the program asks for it); borrowed
};

struct tick_real_options {
    struct tick_probe *probe;           // borrowed; NULL: nobody listens
    const struct tick_real_name *names; // a host that is not here is resolved by its own name
    size_t names_count;
};

// Runs the scenario's real host (tick_real_host, else its only host that is no daemon) until its main returns. 0 with *out filled, findings
// included, or a negative error of the harness itself. Times in *out are host time since the start.
int tick_real_run(const struct tick_scenario *scenario, const struct tick_real_options *options, struct tick_outcome *out);
// In a crash handler: what can be said of the real run in progress, as tick_runner_ops.crashed. False: there is none.
bool tick_real_crashed(int signal, const void *address, struct tick_outcome *out);

#endif
