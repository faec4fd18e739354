// The time scale: what a value of a TIME choice means.
#include <retick/choice.h>
#include <retick/time.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_scale_rises_in_small_factors(void **state) {
    (void)state;
    assert_int_equal(tick_scale(0), 0);
    assert_int_equal(tick_scale(1), TICK_US(1));
    assert_int_equal(tick_scale(4), TICK_MS(1));
    assert_int_equal(tick_scale(10), TICK_SEC(1));
    for (uint32_t step = 2; step < TICK_SCALE_STEPS; step++) {
        assert_true(tick_scale(step) > tick_scale(step - 1));
        assert_true(tick_scale(step) <= 10 * tick_scale(step - 1));
    }
    assert_int_equal(tick_scale(TICK_SCALE_STEPS), tick_scale(TICK_SCALE_STEPS - 1));
    assert_int_equal(tick_scale(UINT32_MAX), tick_scale(TICK_SCALE_STEPS - 1));
}

// Value 0 is calm, the values rise, none is above the most, and the last one is the most.
static void check(int64_t most) {
    uint32_t count = tick_scale_count(most);
    assert_in_range(count, 1, TICK_SCALE_STEPS + 1);
    assert_int_equal(tick_scale_capped(0, most), 0);
    for (uint32_t value = 1; value < count; value++) {
        assert_true(tick_scale_capped(value, most) > tick_scale_capped(value - 1, most));
        assert_true(tick_scale_capped(value, most) <= most);
    }
    assert_true(tick_scale_capped(count - 1, most) == (most > 0 ? most : 0));
    // a value recorded when more was allowed means the most of today
    assert_true(tick_scale_capped(count, most) == (most > 0 ? most : 0));
    assert_true(tick_scale_capped(UINT32_MAX, most) == (most > 0 ? most : 0));
}

static void nothing_allowed_is_the_calm_answer_only(void **state) {
    (void)state;
    static const int64_t none[] = {0, -1, -1000, INT64_MIN};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(tick_scale_count(none[i]), 1);
        check(none[i]);
    }
}

static void counts_are_those_of_the_definition(void **state) {
    (void)state;
    assert_int_equal(tick_scale_count(1), 2);
    assert_int_equal(tick_scale_count(999), 2);
    assert_int_equal(tick_scale_count(TICK_US(1)), 2);
    assert_int_equal(tick_scale_count(TICK_US(1) + 1), 3);
    assert_int_equal(tick_scale_count(TICK_MS(49)), 9); // 0, 1 us, 10, 100, 1 ms, 3, 10, 30, 49
    assert_int_equal(tick_scale_capped(8, TICK_MS(49)), TICK_MS(49));
    assert_int_equal(tick_scale_capped(7, TICK_MS(49)), TICK_MS(30));
}

static void every_bound_keeps_the_properties(void **state) {
    (void)state;
    for (uint32_t step = 1; step < TICK_SCALE_STEPS; step++)
        for (int64_t near = -1; near <= 1; near++)
            check(tick_scale(step) + near);
    for (int64_t most = 1; most < INT64_MAX / 7; most *= 7)
        check(most);
    check(TICK_SEC(86400));
    check(INT64_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scale_rises_in_small_factors),
        cmocka_unit_test(nothing_allowed_is_the_calm_answer_only),
        cmocka_unit_test(counts_are_those_of_the_definition),
        cmocka_unit_test(every_bound_keeps_the_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
