// Shrinking: to the deviations that matter, at their smallest; deterministic; and schedule stability.
#include "sim/explore/shrink.h"
#include "tests/support/fake_target.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define JITTER ((int64_t)49000000)

// Forty segments; a deviation of segment 7 brings ten more questions to life.
static uint32_t drawn[50];
static void segments(void) {
    for (uint32_t i = 0; i < 40; i++)
        drawn[i] = fake_choose(TICK_CHOICE_DELIVERY, 5, i, 10, JITTER);
    for (uint32_t i = 40; i < 50; i++)
        drawn[i] = drawn[7] ? fake_choose(TICK_CHOICE_SHORT_RECV, 6, i, 1000, 0) : 0;
}

// Fails iff two particular deviations are present, the one of at least 3 ms; another check fails for others.
static void needs_two(void) {
    segments();
    if (drawn[3] >= 5 && drawn[29])
        fake_fail(100);
    else if (drawn[11])
        fake_fail(200);
}
static void needs_bytes(void) {
    segments();
    if (drawn[45] >= 123)
        fake_fail(1);
}
static void always_fails(void) {
    segments();
    fake_fail(1);
}
static void never_fails(void) {
    segments();
}
// A relaxed deviation fails it, and a sound one does, too.
static void either(void) {
    uint32_t relaxed = fake_choose(TICK_CHOICE_DISPLACE, 1, 1, 4, 0), sound = fake_choose(TICK_CHOICE_DELIVERY, 1, 2, 10, JITTER);
    if (relaxed || sound)
        fake_fail(1);
}
static void crashes(void) {
    segments();
    if (drawn[3] && drawn[4])
        raise(SIGABRT);
}
// 1-minimal, but hard for halves: an odd number of deviations fails, from three on.
static void odd(void) {
    segments();
    int count = 0;
    for (uint32_t i = 0; i < 40; i++)
        count += drawn[i] > 0;
    if (count >= 3 && count % 2)
        fake_fail(1);
}

static struct tick_schedule everything(void) {
    struct tick_schedule s;
    tick_schedule_init(&s, "x");
    for (uint32_t i = 0; i < 40; i++)
        assert_int_equal(tick_schedule_add(&s, &(struct tick_deviation){5, i, 8, 10, JITTER, TICK_CHOICE_DELIVERY}), 0);
    for (uint32_t i = 40; i < 50; i++)
        assert_int_equal(tick_schedule_add(&s, &(struct tick_deviation){6, i, 900, 1000, 0, TICK_CHOICE_SHORT_RECV}), 0);
    for (uint32_t i = 0; i < 9; i++)
        assert_int_equal(tick_schedule_add(&s, &(struct tick_deviation){77, i, 1, 4, 0, TICK_CHOICE_DISPLACE}), 0); // never met
    return s;
}

static struct tick_isolate *isolate_of(const struct tick_target *target) {
    struct tick_isolate *isolate;
    assert_int_equal(tick_isolate_new(&(const struct tick_isolate_options){.target = target}, &isolate), 0);
    return isolate;
}

static struct tick_shrink_result shrink_from(const struct tick_target *target, const struct tick_schedule *start, uint64_t most) {
    struct tick_isolate *isolate = isolate_of(target);
    struct tick_shrink_result result;
    struct tick_error error = {0};
    int rc = tick_shrink_run(&(const struct tick_shrink){.isolate = isolate, .start = start, .most_runs = most}, &result, &error);
    if (rc < 0)
        fail_msg("%s", error.text);
    tick_isolate_free(isolate);
    return result;
}

static struct tick_shrink_result shrink(const struct tick_target *target, uint64_t most) {
    struct tick_schedule start = everything();
    struct tick_shrink_result result = shrink_from(target, &start, most);
    tick_schedule_fini(&start);
    return result;
}

static void two_that_matter(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(needs_two);
    struct tick_shrink_result r = shrink(&s, 0);
    assert_true(r.complete);
    assert_int_equal(r.schedule.count, 2);
    assert_int_equal(r.schedule.deviations[0].ordinal, 3);
    assert_int_equal(r.schedule.deviations[0].value, 5); // 3 ms
    assert_int_equal(r.schedule.deviations[1].ordinal, 29);
    assert_int_equal(r.schedule.deviations[1].value, 1);
    assert_int_equal(r.outcome.line, 100); // never the other check's finding
    assert_true(r.runs < 1000);            // most of them to see that one line does not do
    tick_schedule_fini(&r.schedule);
}

static void what_brings_questions_to_life_stays(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(needs_bytes);
    struct tick_shrink_result r = shrink(&s, 0);
    assert_true(r.complete);
    assert_int_equal(r.schedule.count, 2);
    assert_int_equal(r.schedule.deviations[0].ordinal, 7);
    assert_int_equal(r.schedule.deviations[0].value, 1);
    assert_int_equal(r.schedule.deviations[1].ordinal, 45);
    assert_int_equal(r.schedule.deviations[1].value, 123);
    tick_schedule_fini(&r.schedule);
}

static void to_nothing(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(always_fails);
    struct tick_shrink_result r = shrink(&s, 0);
    assert_true(r.complete);
    assert_int_equal(r.schedule.count, 0);
    assert_int_equal(r.runs, 2);
    tick_schedule_fini(&r.schedule);
}

static void relaxed_ones_go_first(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(either);
    struct tick_schedule start;
    tick_schedule_init(&start, "x");
    assert_int_equal(tick_schedule_add(&start, &(struct tick_deviation){1, 2, 8, 10, JITTER, TICK_CHOICE_DELIVERY}), 0);
    assert_true(tick_schedule_sound(&start));
    assert_int_equal(tick_schedule_add(&start, &(struct tick_deviation){1, 1, 3, 4, 0, TICK_CHOICE_DISPLACE}), 0);
    assert_false(tick_schedule_sound(&start));
    struct tick_shrink_result r = shrink_from(&s, &start, 0);
    assert_int_equal(r.schedule.count, 1);
    assert_true(tick_schedule_sound(&r.schedule));
    assert_int_equal(r.schedule.deviations[0].value, 1);
    tick_schedule_fini(&r.schedule);
    tick_schedule_fini(&start);
}

static void crashes_shrink_too(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(crashes);
    struct tick_shrink_result r = shrink(&s, 0);
    assert_true(r.complete);
    assert_int_equal(r.outcome.verdict, TICK_CRASHED);
    assert_int_equal(r.schedule.count, 2);
    tick_schedule_fini(&r.schedule);
}

// Minimal as the header says: each deviation taken away, and each next smaller value, gives no such finding.
static void is_minimal(void **state) {
    (void)state;
    static const struct tick_target programs[] = {FAKE(odd), FAKE(needs_two), FAKE(needs_bytes)};
    for (size_t p = 0; p < 3; p++) {
        struct tick_schedule start = everything();
        if (p == 0)
            start.count--, start.deviations[0].value = 0; // 39 of 40: an odd number
        struct tick_shrink_result r = shrink_from(&programs[p], &start, 0);
        start.count += p == 0;
        assert_true(r.complete);
        struct tick_isolate *isolate = isolate_of(&programs[p]);
        for (size_t i = 0; i < r.schedule.count; i++) {
            for (int smaller = 0; smaller < 2; smaller++) {
                struct tick_schedule one_less, met;
                struct tick_outcome outcome;
                assert_int_equal(tick_schedule_copy(&one_less, &r.schedule), 0);
                uint32_t *value = &one_less.deviations[i].value;
                *value = smaller ? *value - 1 : 0;
                assert_int_equal(tick_isolate_schedule(isolate, &one_less, 0, &outcome, &met, NULL), 0);
                assert_false(tick_outcome_same(&outcome, &r.outcome));
                tick_schedule_fini(&met);
                tick_schedule_fini(&one_less);
            }
        }
        tick_isolate_free(isolate);
        tick_schedule_fini(&r.schedule);
        tick_schedule_fini(&start);
    }
}

static void is_deterministic(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(odd);
    struct tick_schedule start = everything();
    start.deviations[0].value = 0;
    struct tick_shrink_result a = shrink_from(&s, &start, 0), b = shrink_from(&s, &start, 0);
    assert_int_equal(a.runs, b.runs);
    assert_int_equal(a.schedule.count, 3);
    assert_int_equal(b.schedule.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(a.schedule.deviations[i].ordinal == b.schedule.deviations[i].ordinal);
        assert_int_equal(a.schedule.deviations[i].value, b.schedule.deviations[i].value);
    }
    tick_schedule_fini(&a.schedule);
    tick_schedule_fini(&b.schedule);
    tick_schedule_fini(&start);
}

static bool stop_at_five(void *ctx, const struct tick_shrink_progress *p) {
    ++*(int *)ctx;
    return p->runs < 5;
}

static void limits(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(needs_two), n = FAKE(never_fails);
    struct tick_shrink_result r = shrink(&s, 4);
    assert_false(r.complete);
    assert_int_equal(r.runs, 4);
    assert_int_equal(r.outcome.line, 100);
    tick_schedule_fini(&r.schedule);

    struct tick_schedule start = everything();
    struct tick_isolate *isolate = isolate_of(&s);
    int calls = 0;
    struct tick_shrink options = {.isolate = isolate, .start = &start, .progress = stop_at_five, .ctx = &calls};
    assert_int_equal(tick_shrink_run(&options, &r, NULL), 0);
    assert_false(r.complete);
    assert_int_equal(calls, 4); // the first run is none of the steps
    tick_schedule_fini(&r.schedule);
    tick_isolate_free(isolate);

    struct tick_error error;
    options.isolate = isolate_of(&n);
    assert_int_equal(tick_shrink_run(&options, &r, &error), TICK_EINVALSTATE);
    assert_int_equal(error.code, TICK_EINVALSTATE);
    tick_isolate_free(options.isolate);
    tick_schedule_fini(&start);
}

static void same_findings(void **state) {
    (void)state;
    struct tick_outcome a = {.verdict = TICK_CHECK_FAILED, .line = 3, .file = "x.c", .text = "lost: 1"}, b = a;
    snprintf(b.text, sizeof b.text, "lost: 2");
    assert_true(tick_outcome_same(&a, &b));
    b.line = 4;
    assert_false(tick_outcome_same(&a, &b));
    b = a;
    b.verdict = TICK_INVARIANT_BROKEN;
    assert_false(tick_outcome_same(&a, &b));
    b = a = (struct tick_outcome){.verdict = TICK_HOST_FAILED, .code = -5, .host = "a"};
    b.code = -6;
    assert_false(tick_outcome_same(&a, &b));
    a = b = (struct tick_outcome){.verdict = TICK_HUNG};
    assert_true(tick_outcome_same(&a, &b));
}

static void stability(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(segments);
    struct tick_schedule schedule = everything(), small;
    struct tick_isolate *isolate = isolate_of(&s);
    uint32_t share;
    // Of 50 met ones, taking segment 7's away loses the ten behind it: 1 - 10 / (50 x 49)
    assert_int_equal(tick_schedule_stability(isolate, &schedule, &share), 0);
    assert_int_equal(share, (50 * 49 - 10) * 10000 / (50 * 49));
    tick_schedule_init(&small, "x");
    assert_int_equal(tick_schedule_stability(isolate, &small, &share), 0);
    assert_int_equal(share, 10000);
    assert_int_equal(tick_schedule_add(&small, &schedule.deviations[7]), 0);
    assert_int_equal(tick_schedule_add(&small, &schedule.deviations[44]), 0);
    assert_int_equal(tick_schedule_stability(isolate, &small, &share), 0);
    assert_int_equal(share, 5000);
    tick_schedule_fini(&small);
    tick_schedule_fini(&schedule);
    tick_isolate_free(isolate);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_that_matter),
        cmocka_unit_test(what_brings_questions_to_life_stays),
        cmocka_unit_test(to_nothing),
        cmocka_unit_test(relaxed_ones_go_first),
        cmocka_unit_test(crashes_shrink_too),
        cmocka_unit_test(is_minimal),
        cmocka_unit_test(is_deterministic),
        cmocka_unit_test(limits),
        cmocka_unit_test(same_findings),
        cmocka_unit_test(stability),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
