// Isolation: every way in which a program can end its process is a verdict, and the next run goes on.
// torture: 4
#include "sim/explore/campaign.h"
#include "sim/explore/isolate.h"
#include "src/base/sanitized.h"
#include "tests/support/fake_target.h"
#include "tests/support/patience.h"
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

// Ten questions, whatever happens later.
static void ask_ten(void) {
    for (uint32_t i = 0; i < 10; i++)
        fake_choose(TICK_CHOICE_DELIVERY, 5, i, 10, 49000000);
}

static volatile int *volatile nowhere = (volatile int *)64;
static volatile uint64_t spins;

static void quiet(void) {
    ask_ten();
}
static void segv(void) {
    ask_ten();
    *nowhere = 1;
}
static void aborts(void) {
    ask_ten();
    abort();
}
static void leaves(void) {
    ask_ten();
    _exit(3);
}
static void spin(void) {
    ask_ten();
    for (;;)
        spins++;
}
static void sleeps(void) {
    ask_ten();
    for (;;)
        pause();
}
// What the parent does about it meets it behind the run.
static void is_met_late(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    ask_ten();
    struct timespec begun, now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun);
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < begun.tv_sec * 1000 + begun.tv_nsec / 1000000 + 60);
}
static void eats(void) {
    ask_ten();
    for (;;) {
        char *volatile more = malloc(1 << 16);
        memset(more, 1, 1 << 16);
    }
}
static void deeper(void) {
    volatile char deep[4096];
    deep[0] = 1;
    if (spins < UINT64_MAX)
        deeper();
    deep[1] = deep[0];
}
static void overflow(void) {
    ask_ten();
    deeper();
}
static void surroundings(void) {
    struct rlimit core;
    getrlimit(RLIMIT_CORE, &core);
    const char *zone = getenv("TZ");
    if (getenv("RETICK_TEST_SECRET") || !zone || strcmp(zone, "UTC") != 0 || strcmp(setlocale(LC_ALL, NULL), "C") != 0 || core.rlim_cur)
        fake_fail(__LINE__);
}
static void counts(void) {
    fake_fail((int)fake_runs);
}
static void shows_poison(void) {
    fake_fail(fake.request->poison);
}

static void assert_equal(const struct tick_deviation *a, const struct tick_deviation *b) { // the padding does not count
    assert_true(a->subject == b->subject && a->ordinal == b->ordinal && a->value == b->value && a->n == b->n && a->most == b->most &&
                a->kind == b->kind);
}

static struct tick_schedule ten(void) {
    struct tick_schedule s;
    tick_schedule_init(&s, "ten");
    for (uint32_t i = 0; i < 10; i += 3)
        assert_int_equal(
            tick_schedule_add(&s, &(struct tick_deviation){5, i, i + 1 < 8 ? i + 1 : 8, 10, 49000000, TICK_CHOICE_DELIVERY}), 0);
    assert_int_equal(tick_schedule_add(&s, &(struct tick_deviation){5, 77, 1, 10, 49000000, TICK_CHOICE_DELIVERY}), 0); // never met
    return s;
}

static struct tick_isolate *isolate_of(const struct tick_target *target, int64_t hang, size_t memory) {
    struct tick_isolate *isolate;
    const struct tick_isolate_options options = {.target = target, .hang = hang, .memory = memory};
    assert_int_equal(tick_isolate_new(&options, &isolate), 0);
    return isolate;
}

// Runs it three times in one isolate: the outcome, the same each time, with the deviations drawn.
static struct tick_outcome thrice(const struct tick_target *target, int64_t hang, size_t memory, size_t drawn_count) {
    struct tick_isolate *isolate = isolate_of(target, hang, memory);
    struct tick_schedule schedule = ten();
    struct tick_outcome outcome, first = {0};
    for (int i = 0; i < 3; i++) {
        struct tick_schedule drawn;
        uint8_t digest[16];
        assert_int_equal(tick_isolate_schedule(isolate, &schedule, 0, &outcome, &drawn, digest), 0);
        assert_int_equal(drawn.count, drawn_count);
        for (size_t k = 0; k < drawn_count; k++)
            assert_equal(&drawn.deviations[k], &schedule.deviations[k]);
        tick_schedule_fini(&drawn);
        if (!i)
            first = outcome;
        assert_int_equal(outcome.verdict, first.verdict);
        assert_int_equal(outcome.code, first.code);
        assert_string_equal(outcome.file, first.file);
        assert_string_equal(outcome.text, first.text);
    }
    tick_schedule_fini(&schedule);
    tick_isolate_free(isolate);
    return outcome;
}

static void passes(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(quiet);
    struct tick_outcome outcome = thrice(&s, 0, 0, 4);
    assert_int_equal(outcome.verdict, TICK_PASS);
    assert_int_equal(outcome.choices, 10);
}

static void crashes(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(segv), a = FAKE(aborts);
    struct tick_outcome outcome = thrice(&s, 0, 0, 4);
    assert_int_equal(outcome.verdict, TICK_CRASHED);
    assert_int_equal(outcome.code, SIGSEGV);
    assert_string_equal(outcome.host, "alice");
    assert_non_null(strstr(outcome.text, "signal 11 in "));
    assert_non_null(strstr(outcome.file, "+0x"));
    struct tick_outcome other = thrice(&a, 0, 0, 4);
    assert_int_equal(other.verdict, TICK_CRASHED);
    assert_int_equal(other.code, SIGABRT);
    assert_non_null(strstr(other.file, "+0x"));
    assert_string_not_equal(outcome.file, other.file);
}

static void stack_overflows(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(overflow);
    struct tick_outcome outcome = thrice(&s, 0, 0, 4);
    assert_int_equal(outcome.verdict, TICK_CRASHED);
    assert_int_equal(outcome.code, SIGSEGV);
}

static void writes_beyond(void) {
    ask_ten();
    char *volatile memory = malloc(10);
    volatile char *volatile beyond = memory + 10;
    *beyond = 1;
    free(memory);
}

static void reports_of_sanitizers(void **state) {
    (void)state;
    if (!TICK__SANITIZED || TICK__TSAN) // which sees no writes beyond a block
        skip();
    static const struct tick_target s = FAKE(writes_beyond);
    struct tick_outcome outcome = thrice(&s, 0, 0, 4);
    assert_int_equal(outcome.verdict, TICK_CRASHED);
    assert_non_null(strstr(outcome.text, "sanitizer"));
}

static void exits(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(leaves);
    struct tick_outcome outcome = thrice(&s, 0, 0, 0);
    assert_int_equal(outcome.verdict, TICK_EXITED);
    assert_int_equal(outcome.code, 3);
}

static void hangs(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(spin), p = FAKE(sleeps);
    struct tick_outcome outcome = thrice(&s, PATIENCE * 60000000, 0, 4);
    assert_int_equal(outcome.verdict, TICK_HUNG);
    assert_int_equal(outcome.code, 0);
    assert_string_equal(outcome.file, "");
    struct tick_isolate *isolate = isolate_of(&p, PATIENCE * 20000000, 0);
    struct tick_schedule drawn;
    assert_int_equal(tick_isolate_seed(isolate, 1, NULL, 0, &outcome, &drawn, NULL), 0);
    assert_int_equal(outcome.verdict, TICK_HUNG);
    tick_schedule_fini(&drawn);
    tick_isolate_free(isolate);
}

// However small it is, it is of runs: a child may take its time to begin.
static void a_limit_is_of_runs(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(quiet);
    for (int i = 0; i < 10; i++) {
        struct tick_isolate *isolate = isolate_of(&s, 1, 0);
        struct tick_outcome outcome;
        struct tick_schedule drawn;
        assert_int_equal(tick_isolate_seed(isolate, 1, NULL, 0, &outcome, &drawn, NULL), 0);
        tick_schedule_fini(&drawn);
        tick_isolate_free(isolate);
    }
}

static void meets_all(void *ctx, const struct tick_outcome *outcome, uint8_t digest[16]) {
    (void)outcome;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    memset(digest, ++*(int *)ctx, 16);
}

// A run that comes back while it is being ended has come back: its answer counts, and its process goes on.
static void a_run_may_be_over_by_then(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(is_met_late);
    int runs = 0;
    const struct tick_isolate_options options = {.target = &s, .hang = 1, .end = meets_all, .ctx = &runs};
    struct tick_isolate *isolate;
    assert_int_equal(tick_isolate_new(&options, &isolate), 0);
    for (int i = 1; i <= 3; i++) {
        struct tick_outcome outcome;
        struct tick_schedule drawn;
        uint8_t digest[16];
        assert_int_equal(tick_isolate_seed(isolate, 1, NULL, 0, &outcome, &drawn, digest), 0);
        assert_int_equal(outcome.verdict, TICK_PASS);
        assert_int_equal(digest[0], i);
        tick_schedule_fini(&drawn);
    }
    tick_isolate_free(isolate);
    const struct tick_campaign campaign = {
        .target = &s, .count = 3, .workers = 1, .keep_going = true, .hang = 1, .end = meets_all, .ctx = &runs};
    struct tick_campaign_result result;
    struct tick_error error = {0};
    assert_int_equal(tick_campaign_run(&campaign, &result, &error), 0);
    assert_int_equal(result.runs, 3);
    assert_int_equal(result.failures, 0);
    tick_campaign_result_fini(&result);
}

static void runs_out_of_memory(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(eats);
    struct tick_outcome outcome = thrice(&s, 0, 64 << 20, 4);
    assert_int_equal(outcome.verdict, TICK_OUT_OF_MEMORY);
}

static void inherits_little(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(surroundings);
    setenv("RETICK_TEST_SECRET", "x", 1);
    setenv("TZ", "Asia/Tokyo", 1);
    assert_int_equal(thrice(&s, 0, 0, 0).line, 0);
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
}

static void one_process_for_many_runs(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(counts), p = FAKE(shows_poison);
    struct tick_isolate *isolate = isolate_of(&s, 0, 0);
    struct tick_outcome outcome;
    struct tick_schedule drawn;
    for (int i = 1; i <= 2000; i++) {
        assert_int_equal(tick_isolate_seed(isolate, (uint64_t)i, NULL, 0, &outcome, &drawn, NULL), 0);
        assert_int_equal(outcome.line, i);
        tick_schedule_fini(&drawn);
    }
    tick_isolate_free(isolate);
    isolate = isolate_of(&p, 0, 0);
    assert_int_equal(tick_isolate_seed(isolate, 1, NULL, 0xa5, &outcome, &drawn, NULL), 0);
    assert_int_equal(outcome.line, 0xa5);
    tick_isolate_free(isolate);
    tick_isolate_free(NULL);
}

static void a_seed_gives_its_schedule(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(quiet);
    struct tick_isolate *isolate = isolate_of(&s, 0, 0);
    size_t most = 0;
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct tick_outcome outcome;
        struct tick_schedule drawn, again;
        assert_int_equal(tick_isolate_seed(isolate, seed, NULL, 0, &outcome, &drawn, NULL), 0);
        assert_int_equal(outcome.deviations, drawn.count);
        assert_int_equal(tick_isolate_schedule(isolate, &drawn, 0, &outcome, &again, NULL), 0);
        assert_int_equal(again.count, drawn.count);
        for (size_t i = 0; i < drawn.count; i++)
            assert_equal(&again.deviations[i], &drawn.deviations[i]);
        most = drawn.count > most ? drawn.count : most;
        tick_schedule_fini(&again);
        tick_schedule_fini(&drawn);
    }
    assert_true(most > 2);
    tick_isolate_free(isolate);
}

static struct tick_probe *begin(void *ctx) {
    ++*(int *)ctx;
    return NULL;
}
static void end(void *ctx, const struct tick_outcome *outcome, uint8_t digest[16]) {
    memset(digest, *(int *)ctx, 16);
    digest[0] = (uint8_t)outcome->choices;
}

static void digests_come_home(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(quiet), c = FAKE(segv);
    int called = 0;
    struct tick_isolate_options options = {.target = &s, .begin = begin, .end = end, .ctx = &called};
    struct tick_isolate *isolate;
    struct tick_outcome outcome;
    struct tick_schedule drawn, none;
    uint8_t digest[16];
    tick_schedule_init(&none, "none");
    assert_int_equal(tick_isolate_new(&options, &isolate), 0);
    for (int i = 1; i < 4; i++) {
        assert_int_equal(tick_isolate_schedule(isolate, &none, 0, &outcome, &drawn, digest), 0);
        assert_int_equal(digest[0], 10);
        assert_int_equal(digest[15], i);
    }
    tick_isolate_free(isolate);
    options.target = &c;
    assert_int_equal(tick_isolate_new(&options, &isolate), 0);
    assert_int_equal(tick_isolate_schedule(isolate, &none, 0, &outcome, &drawn, digest), 0);
    assert_int_equal(digest[0] | digest[15], 0);
    assert_int_equal(called, 0); // it happened in the worker
    tick_isolate_free(isolate);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // no child is left
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes),
        cmocka_unit_test(crashes),
        cmocka_unit_test(stack_overflows),
        cmocka_unit_test(reports_of_sanitizers),
        cmocka_unit_test(exits),
        cmocka_unit_test(hangs),
        cmocka_unit_test(a_limit_is_of_runs),
        cmocka_unit_test(a_run_may_be_over_by_then),
        cmocka_unit_test(runs_out_of_memory),
        cmocka_unit_test(inherits_little),
        cmocka_unit_test(one_process_for_many_runs),
        cmocka_unit_test(a_seed_gives_its_schedule),
        cmocka_unit_test(digests_come_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
