// What tick_program takes of times, at every edge: refused, or at once, or never (tests/unit/harness_times.c has the others).
//
// links: tick_harness tick_keeper tick_choice
// wraps: tick__none
#include "sim/native/scenario_target.h"
#include "sim/world/runner.h"
#include "src/base/keep.h"
#include "src/base/times.h"
#include "tests/support/programs.h"
#include <retick.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WALL TICK_SEC(1577836800) // when a run begins

static const int64_t edges[] = {INT64_MIN, -1, 0, 1, TICK_NEVER - 1, TICK_NEVER};
TICK_KEEP static int64_t edge;
TICK_KEEP static bool answered;

static int asks(void *unused) {
    (void)unused;
    tick_stream *stream;
    TICK_TRY(tick_sleep(TICK_MS(10)));
    answered = tick_connect("server:8000", &stream) == 0;
    return 0;
}

// "tick_program_options.start"
TICK_SCENARIO(starts, "a server that starts then") {
    answered = false;
    tick_program(world, "server", program("world_peer", "listen:8000 serve:9"), .daemon = true, .start = edge);
    tick_host_add(world, "client", asks, NULL);
}

// "tick_program_options.clock"
TICK_SCENARIO(reads, "a program that reads its clock") {
    char words[60];
    snprintf(words, sizeof words, "clock:%lld sleep:1", (long long)(tick__moved(WALL, edge) / TICK_SEC(1)));
    tick_program(world, "app", program("world_peer", words), .clock = edge);
}

static struct tick_outcome run(const char *name) {
    const struct tick_target target = tick_scenario_target(tick_scenario_find(name));
    const struct tick_answers calm = {.way = TICK_ANSWERS_LISTED};
    const struct tick_request request = {.answers = &calm};
    struct tick_runner *runner;
    struct tick_outcome outcome;
    assert_int_equal(target.open(&target, &runner), 0);
    assert_int_equal(runner->ops->run(runner, &request, &outcome), 0);
    runner->ops->free(runner);
    return outcome;
}

static void a_program_starts_then_or_never(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        edge = edges[i];
        assert_string_equal(run("starts").text, "");
        assert_int_equal(answered, edge <= 1);
    }
}

static void its_clock_is_ahead_or_behind(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        edge = edges[i];
        assert_string_equal(run("reads").text, "");
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_starts_then_or_never),
        cmocka_unit_test(its_clock_is_ahead_or_behind),
    };
    (void)argc;
    programs_are_beside(argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
