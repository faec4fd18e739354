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
    assert_int_equal(tick_scale_count(TICK_MS(49)), 10); // 0, 1 us, 10, 100, 1 ms, 3, 10, 30, 40, 49
    assert_int_equal(tick_scale_capped(9, TICK_MS(49)), TICK_MS(49));
    assert_int_equal(tick_scale_capped(8, TICK_MS(49)), TICK_MS(40));
    assert_int_equal(tick_scale_capped(7, TICK_MS(49)), TICK_MS(30));
    static const struct {
        int64_t most, number; // number 0: none
    } rounds[] = {{TICK_MS(30), 0}, {TICK_MS(31), 0}, {TICK_MS(39), 0}, {TICK_MS(40), 0}, {TICK_MS(41), TICK_MS(40)},
        {TICK_MS(99), TICK_MS(90)}, {TICK_MS(250), TICK_MS(200)}, {TICK_US(7), 0}, {TICK_US(7) + 1, TICK_US(7)}, {TICK_MS(29), TICK_MS(20)},
        {TICK_MS(100), 0}, {TICK_MS(101), 0}, {TICK_SEC(2), 0}, {TICK_SEC(2) + 1, TICK_SEC(2)}, {999, 0}};
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
        const uint32_t count = tick_scale_count(rounds[i].most);
        const int64_t before = tick_scale_capped(count - 2, rounds[i].most);
        if (rounds[i].number)
            assert_int_equal(before, rounds[i].number);
        else
            assert_int_equal(before, tick_scale(count - 2));
    }
}

// Without the shortest ones, a value means as much as the same delay did before.
static void scales_may_begin_later(void **state) {
    (void)state;
    assert_int_equal(tick_scale_count_from(TICK_MS(100), TICK_SEC(3)), 5); // calm, 100 ms, 300 ms, 1 s, 3 s
    assert_int_equal(tick_scale_delay(0, 5, TICK_SEC(3)), 0);
    assert_int_equal(tick_scale_delay(1, 5, TICK_SEC(3)), TICK_MS(100));
    assert_int_equal(tick_scale_delay(4, 5, TICK_SEC(3)), TICK_SEC(3));
    assert_int_equal(tick_scale_count_from(TICK_MS(50), TICK_MS(250)), 4); // 100, 200, 250 ms
    assert_int_equal(tick_scale_count_from(TICK_SEC(5), TICK_SEC(3)), 2);  // the most is always there
    assert_int_equal(tick_scale_delay(1, 2, TICK_SEC(3)), TICK_SEC(3));
    assert_int_equal(tick_scale_count_from(0, TICK_MS(49)), tick_scale_count(TICK_MS(49)));
    assert_int_equal(tick_scale_delay(7, 0, TICK_MS(49)), TICK_MS(30)); // unknown how many: all
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
        cmocka_unit_test(scales_may_begin_later),
        cmocka_unit_test(every_bound_keeps_the_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
