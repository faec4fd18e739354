// What the shrinker ends at is minimal, whichever seed it begins with: each seed that fails, of each scenario of the repository and of some
// made for it, is shrunk, and then
//
//  A  without any one line the finding is gone
//  B  with the next smaller value of any one line the finding is gone
//  C  all lines are met, and the run gives the finding that the seed gave
//  D  there are few lines: as many as a person would name
//  E  once more gives the same, line by line (of each scenario's first)
//
// RETICK_SEEDS=1000 looks at as many seeds of each, RETICK_FIRST says from which on, RETICK_FAILURES how many that fail are shrunk.
// links: tick_explore tick_harness tick_scenarios
// timeout: 600
#include "sim/choice/names.h"
#include "sim/explore/shrink.h"
#include "sim/native/scenario_target.h"
#include "src/base/sanitized.h"
#include <retick.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 150 // of minimal_orders none of the first 50 fails
#define FAILURES_MOST (TICK__SANITIZED ? 1 : 5) // that are shrunk, of each scenario: a run is dear under sanitizers
#define WORK_MOST 5000000u                       // iterations of the seeds of each scenario: heartbeats_hour has more in its first

// --- scenarios made for it: name, and how many lines are enough ---

// Whatever holds up the answer for more than 35 ms does; three clients, whose findings are one.
static int answer(tick_stream *stream, void *unused) {
    char line[8];
    (void)unused;
    while (tick_stream_read_line(stream, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(stream, "yes\n"));
    return 0;
}
static int answers(void *unused) {
    return tick_serve(":1", answer, unused);
}
static int is_patient(void *unused) {
    tick_stream *stream;
    char line[8];
    (void)unused;
    TICK_TRY(tick_connect("server:1", &stream));
    const int64_t since = tick_time();
    TICK_TRY((int)tick_stream_printf(stream, "?\n"));
    if (tick_stream_read_line(stream, line, sizeof line) <= 0)
        return TICK_ECLOSED;
    return tick_time() - since > TICK_MS(35) ? TICK_EUSER - 1 : 0;
}
TICK_SCENARIO(minimal_sums, "delays that add up") {
    tick_daemon(world, "server", answers, NULL);
    tick_host_add(world, "anna", is_patient, NULL);
    tick_host_add(world, "bert", is_patient, NULL);
    tick_host_add(world, "cleo", is_patient, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(40));
}

// Two numbers at once, of which one has to be large.
static int draws(void *unused) {
    (void)unused;
    uint32_t large = 0, coins = 0;
    for (int i = 0; i < 20; i++) {
        large |= tick_random("large", 1000) > 620;
        coins |= tick_buggify("coin");
    }
    return tick_check(!large || !coins, "both came, %u times", large + coins);
}
TICK_SCENARIO(minimal_draws, "numbers of the program's own") {
    tick_host_add(world, "a", draws, NULL);
}

// A server that is down, or out of reach, when its client comes for the second time.
static int asks_twice(void *unused) {
    (void)unused;
    for (int i = 0; i < 2; i++) {
        tick_stream *stream;
        char line[8];
        int result = tick_within(TICK_MS(300), tick_connect("server:1", &stream));
        if (result >= 0 && (result = (int)tick_stream_printf(stream, "?\n")) >= 0)
            result = (int)tick_within(TICK_MS(300), (int)tick_stream_read_line(stream, line, sizeof line));
        TICK_TRY(tick_check(i == 0 || result > 0, "no answer from %s: %d", "server", result));
        TICK_TRY(tick_sleep(TICK_MS(500)));
    }
    return 0;
}
TICK_SCENARIO(minimal_faults, "machines and networks that fail") {
    struct tick_host *server = tick_daemon(world, "server", answers, NULL);
    tick_host_add(world, "client", asks_twice, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(49));
    tick_faults(world, "faults", .kinds = TICK_PARTITION | TICK_CRASH | TICK_STOP | TICK_PAUSE, .until = TICK_SEC(2), .lasts = TICK_SEC(1),
        .among = {server});
    tick_allow_unhandled(world);
}

// An order of arrivals that one delay alone cannot bring about, and that ends the process.
static char arrived[4];
static size_t arrivals;
static int notes(tick_stream *stream, void *unused) {
    char line[8];
    (void)unused;
    if (tick_stream_read_line(stream, line, sizeof line) > 0)
        arrived[arrivals++] = line[0];
    if (!strcmp(arrived, "cba"))
        abort();
    return 0;
}
static int takes_notes(void *unused) {
    return tick_serve(":1", notes, unused);
}
static int says_name(void *name) {
    tick_stream *stream;
    TICK_TRY(tick_connect("server:1", &stream));
    TICK_TRY((int)tick_stream_printf(stream, "%s\n", (const char *)name));
    return tick_sleep(TICK_MS(100));
}
TICK_SCENARIO(minimal_orders, "three arrivals in the reverse order") {
    static char names[3][2] = {"a", "b", "c"};
    tick_daemon(world, "server", takes_notes, NULL);
    for (int i = 0; i < 3; i++)
        tick_host_add(world, names[i], says_name, names[i], .start = TICK_MS(1) * i);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(20));
}

// --- what must hold ---

static uint64_t number_of(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static struct tick_shrink_result shrink(struct tick_isolate *isolate, const struct tick_schedule *start, uint64_t seed) {
    struct tick_shrink_result result;
    struct tick_error error = {0};
    if (tick_shrink_run(&(const struct tick_shrink){.isolate = isolate, .start = start, .seed = seed}, &result, &error) < 0)
        fail_msg("%s", error.text);
    return result;
}

static void tell(const struct tick_schedule *schedule) {
    char line[300];
    for (size_t i = 0; i < schedule->count; i++)
        if (tick_deviation_line(&schedule->deviations[i], NULL, line, sizeof line) > 0)
            print_error("    %s\n", line);
}

// Whether the finding is still there with that value of line `index`; 0: without it.
static bool finds_with(struct tick_isolate *isolate, const struct tick_shrink_result *result, size_t index, uint32_t value) {
    struct tick_schedule other, met;
    struct tick_outcome outcome;
    tick_schedule_init(&other, result->schedule.scenario);
    for (size_t i = 0; i < result->schedule.count; i++) {
        struct tick_deviation line = result->schedule.deviations[i];
        line.value = i == index ? value : line.value;
        if (line.value)
            assert_int_equal(tick_schedule_add(&other, &line), 0);
    }
    assert_int_equal(tick_isolate_schedule(isolate, &other, 0, &outcome, &met, NULL), 0);
    if (index == result->schedule.count)
        assert_int_equal(met.count, result->schedule.count);
    tick_schedule_fini(&met);
    tick_schedule_fini(&other);
    return tick_outcome_same(&outcome, &result->outcome);
}

static void repeats(struct tick_isolate *isolate, const struct tick_scenario *scenario, uint64_t seed, const struct tick_schedule *start,
    const struct tick_shrink_result *result) {
    struct tick_shrink_result again = shrink(isolate, start, seed);
    bool same = result->runs == again.runs && result->schedule.count == again.schedule.count;
    for (size_t i = 0; i < result->schedule.count && same; i++) {
        const struct tick_deviation *a = &result->schedule.deviations[i], *b = &again.schedule.deviations[i];
        same = a->kind == b->kind && a->subject == b->subject && a->ordinal == b->ordinal && a->value == b->value;
    }
    if (!same) {
        tell(&result->schedule);
        tell(&again.schedule);
        fail_msg("%s, seed %llu: another result the next time", scenario->name, (unsigned long long)seed);
    }
    tick_schedule_fini(&again.schedule);
}

static void is_minimal(struct tick_isolate *isolate, const struct tick_scenario *scenario, uint64_t seed, size_t most, bool first,
    const struct tick_schedule *start, const struct tick_outcome *outcome) {
    struct tick_shrink_result result = shrink(isolate, start, seed);
    const char *trouble = !result.complete                                                             ? "not complete"
                          : result.schedule.count > most                                               ? "many lines"
                          : !tick_outcome_same(outcome, &result.outcome)                               ? "another finding"
                          : !finds_with(isolate, &result, result.schedule.count, 0)                    ? "it does not repeat"
                          : NULL;
    for (size_t i = 0; i < result.schedule.count && !trouble; i++) {
        const struct tick_deviation *line = &result.schedule.deviations[i];
        if (finds_with(isolate, &result, i, 0))
            trouble = "a needless line";
        else if (line->value > 1 && finds_with(isolate, &result, i, line->value - 1))
            trouble = "a smaller value does";
    }
    if (trouble) {
        tell(&result.schedule);
        fail_msg("%s, seed %llu, from %zu lines to %zu in %llu runs: %s", scenario->name, (unsigned long long)seed, start->count,
            result.schedule.count, (unsigned long long)result.runs, trouble);
    }
    if (first)
        repeats(isolate, scenario, seed, start, &result);
    tick_schedule_fini(&result.schedule);
}

static void look_at(const struct tick_scenario *scenario, size_t most, size_t failures_least) {
    const struct tick_target target = tick_scenario_target(scenario);
    struct tick_isolate *isolate;
    assert_int_equal(tick_isolate_new(&(const struct tick_isolate_options){.target = &target}, &isolate), 0);
    const uint64_t first = number_of("RETICK_FIRST", 0), seeds = number_of("RETICK_SEEDS", SEEDS);
    const uint64_t failures_most = number_of("RETICK_FAILURES", FAILURES_MOST);
    size_t failures = 0;
    uint64_t work = 0;
    for (uint64_t seed = first; seed < first + seeds && failures < failures_most && work < WORK_MOST; seed++) {
        struct tick_outcome outcome;
        struct tick_schedule drawn;
        assert_int_equal(tick_isolate_seed(isolate, seed, NULL, 0, &outcome, &drawn, NULL), 0);
        work += outcome.iterations;
        if (outcome.verdict != TICK_PASS && work < WORK_MOST) {
            is_minimal(isolate, scenario, seed, most, failures++ == 0, &drawn, &outcome);
        }
        tick_schedule_fini(&drawn);
    }
    tick_isolate_free(isolate);
    if (failures < (failures_least < failures_most ? failures_least : failures_most))
        fail_msg("%s: only %zu seeds of %llu fail", scenario->name, failures, (unsigned long long)seeds);
}

static void made_for_it(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t most;
    } all[] = {{"minimal_sums", 1}, {"minimal_draws", 2}, {"minimal_faults", 1}, {"minimal_orders", 2}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        look_at(tick_scenario_find(all[i].name), all[i].most, 3);
}

static void of_the_repository(void **state) {
    (void)state;
    size_t looked_at = 0;
    for (const struct tick_scenario *each = tick_scenario_first(); each; each = each->next)
        if (strncmp(each->name, "minimal_", 8) != 0) {
            look_at(each, 2, 0);
            looked_at++;
        }
    assert_true(looked_at >= 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(made_for_it), cmocka_unit_test(of_the_repository)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
