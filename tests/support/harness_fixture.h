// One harness for all tests of a file, and runs of its scenarios by name.
#ifndef RETICK_TEST_HARNESS_FIXTURE_H
#define RETICK_TEST_HARNESS_FIXTURE_H

#include "sim/choice/choosers.h"
#include "sim/native/malloc_family.h"
#include "sim/native/run.h"
#include "src/base/keep.h"
#include "src/base/sanitized.h"
#include "tests/support/hash_probe.h"
#include <retick.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

// Twice, unobserved and observed, which changes nothing. Leaves the hash of the run's events in run_hash.
static inline struct tick_outcome run_with(const char *name, struct tick_chooser *chooser) {
    struct hash_probe probe;
    const struct tick_outcome alone = run_poisoned(name, chooser, NULL, 0);
    struct tick_outcome outcome = run_poisoned(name, chooser, hash_probe_init(&probe), 0);
    if (outcome.verdict != alone.verdict || outcome.ended_at != alone.ended_at || strcmp(outcome.text, alone.text) != 0)
        fail_msg("%s: observed %s at %lld: %s, else %s at %lld: %s", name, tick_verdict_word(outcome.verdict), (long long)outcome.ended_at,
            outcome.text, tick_verdict_word(alone.verdict), (long long)alone.ended_at, alone.text);
    run_hash = probe.hash;
    return outcome;
}

static inline struct tick_outcome calm(const char *name) {
    return run_with(name, &tick_calm);
}

// Not under valgrind, whose malloc knows of no hosts.
static inline bool hosts_memory_is_counted(void) {
#if TICK__SANITIZED
    return true;
#else
    return tick_malloc_family_linked();
#endif
}

#endif
