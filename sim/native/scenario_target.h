// A scenario as a target: its runner is the harness of the process.
#ifndef RETICK_SCENARIO_TARGET_H
#define RETICK_SCENARIO_TARGET_H

#include "sim/world/runner.h"
#include <retick/scenario.h>

// NULL: none yet; its runner carries out nothing, but says how a program in this process ends (sim/explore/trial.h). scenario: borrowed.
struct tick_target tick_scenario_target(const struct tick_scenario *scenario);

#endif
