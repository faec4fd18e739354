// One harness for all tests of a file, and runs of its scenarios by name.
#ifndef RETICK_TEST_HARNESS_FIXTURE_H
#define RETICK_TEST_HARNESS_FIXTURE_H

#include "sim/choice/choosers.h"
#include "sim/harness/run.h"
#include "src/base/keep.h"
#include "tests/support/hash_probe.h"
#include <retick.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

TICK_KEEP static struct tick_harness *harness = NULL;
TICK_KEEP static uint64_t run_hash = 0;

static int set_up(void **state) {
    (void)state;
    return tick_harness_new(&harness);
}

static int tear_down(void **state) {
    (void)state;
    tick_harness_free(harness);
    return 0;
}

// `probe` may be NULL. `poison` fills fresh memory.
static inline struct tick_outcome run_poisoned(const char *name, struct tick_chooser *chooser, struct tick_probe *probe, uint8_t poison) {
    struct tick_outcome outcome;
    const struct tick_run run = {.scenario = tick_scenario_find(name), .chooser = chooser, .probe = probe, .poison = poison};
    assert_non_null(run.scenario);
    assert_int_equal(tick_harness_run(harness, &run, &outcome), 0);
    return outcome;
}

// Leaves the hash of the run's events in run_hash.
static inline struct tick_outcome run_with(const char *name, struct tick_chooser *chooser) {
    struct hash_probe probe;
    struct tick_outcome outcome = run_poisoned(name, chooser, hash_probe_init(&probe), 0);
    run_hash = probe.hash;
    return outcome;
}

static inline struct tick_outcome calm(const char *name) {
    return run_with(name, &tick_calm);
}

#endif
