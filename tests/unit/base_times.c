// Sums of times at every pair of edges, against the same in 128 bits.
#include "src/base/times.h"
#include <retick/choice.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

__extension__ typedef __int128 wide;

static const int64_t edges[] = {INT64_MIN, INT64_MIN + 1, INT64_MIN / 2, -1000000007, -2, -1, 0, 1, 2, 3, 1000000007, INT64_MAX / 2,
    INT64_MAX / 2 + 1, INT64_MAX - 1, INT64_MAX};
enum { EDGES = sizeof edges / sizeof *edges };

static int64_t cut(wide value) {
    return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

static void sums_end_where_time_ends(void **state) {
    (void)state;
    for (size_t i = 0; i < EDGES; i++)
        for (size_t k = 0; k < EDGES; k++) {
            const int64_t a = edges[i], b = edges[k];
            assert_int_equal(tick__after(a, b), b > 0 ? cut((wide)a + b) : a);
            assert_int_equal(tick__until(a, b), a <= b ? 0 : a == TICK_NEVER ? TICK_NEVER : cut((wide)a - b));
            assert_int_equal(tick__moved(a, b), cut((wide)a + b));
            assert_int_equal(tick__ahead(a, b), cut((wide)a - b));
            assert_int_equal(tick__times(a, b), cut((wide)a * b));
            assert_int_equal(tick__of_parts(a, b), cut((wide)cut((wide)a * 1000000000) + b));
            if (a >= 0 && b > 0)
                assert_int_equal(tick__in_steps(a, b), cut(((wide)a + b - 1) / b * b));
        }
}

static void never_stays(void **state) {
    (void)state;
    for (size_t i = 0; i < EDGES; i++) {
        assert_int_equal(tick__after(TICK_NEVER, edges[i]), TICK_NEVER);
        if (edges[i] >= 0)
            assert_int_equal(tick__after(edges[i], TICK_NEVER), TICK_NEVER);
        assert_int_equal(tick__until(TICK_NEVER, edges[i]), edges[i] == TICK_NEVER ? 0 : TICK_NEVER);
    }
}

// "tick_scale_count_from.least" and "tick_scale_count_from.most", "tick_scale_delay.most": none is below the least, the last is the most.
static void later_scales_reach_every_edge(void **state) {
    (void)state;
    for (size_t i = 0; i < EDGES * EDGES; i++) {
        const int64_t least = edges[i % EDGES], most = edges[i / EDGES];
        const uint32_t count = tick_scale_count_from(least, most);
        assert_in_range(count, most > 0 ? 2 : 1, tick_scale_count(most));
        assert_int_equal(tick_scale_delay(count - 1, count, most), most > 0 ? most : 0);
        for (uint32_t value = 1; value + 1 < count; value++)
            assert_true(tick_scale_delay(value, count, most) >= least);
    }
}

// "tick_scale_count.most" and "tick_scale_capped.most": the last value is the most itself.
static void scales_reach_every_edge(void **state) {
    (void)state;
    for (size_t i = 0; i < EDGES; i++) {
        const int64_t most = edges[i];
        const uint32_t count = tick_scale_count(most);
        assert_in_range(count, 1, TICK_SCALE_STEPS + 1);
        assert_int_equal(tick_scale_capped(0, most), 0);
        assert_int_equal(tick_scale_capped(count - 1, most), most > 0 ? most : 0);
        for (uint32_t value = 1; value < count; value++)
            assert_true(tick_scale_capped(value, most) >= tick_scale_capped(value - 1, most));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scales_reach_every_edge),
        cmocka_unit_test(later_scales_reach_every_edge),
        cmocka_unit_test(sums_end_where_time_ends),
        cmocka_unit_test(never_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
