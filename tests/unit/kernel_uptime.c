// Machines that have been up for a while at time 0: what clocks say, and what absolute timers mean.
#include "sim/kernel/kernel.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>

#include <cmocka.h>

static uint32_t calm(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx, (void)kind, (void)subject, (void)ordinal, (void)n, (void)most;
    return 0;
}

static void clocks_count_from_the_start(void **state) {
    (void)state;
    struct tick_kernel *k;
    int64_t ns, value, interval;
    const struct tick_kernel_name name = {.id = 5};
    uint64_t ticks = 0;
    struct tick_posted posted;
    assert_int_equal(tick_kernel_new((size_t)1 << 20, &k), 0);
    tick_kernel_reset(k, &(struct tick_kernel_env){.choose = calm, .calm = UINT64_MAX});
    assert_int_equal(tick_kernel_host_add(k, "a", 1, 0), 0);
    assert_int_equal(tick_kernel_process_start(k, 0), 0);
    tick_kernel_up(k, TICK_SEC(10));
    static const int clocks[] = {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        assert_int_equal(tick_k_clock(k, 0, clocks[i], &ns), 0);
        assert_int_equal(ns, TICK_SEC(10));
    }
    assert_int_equal(tick_kernel_now(k), 0);
    const int fd = tick_k_timerfd(k, 0, CLOCK_MONOTONIC, TFD_NONBLOCK, &name);
    assert_true(fd >= 0);
    assert_int_equal(tick_k_timerfd_settime(k, 0, fd, TFD_TIMER_ABSTIME, TICK_SEC(12), 0, NULL, NULL), 0);
    assert_int_equal(tick_k_timerfd_gettime(k, 0, fd, &value, &interval), 0);
    assert_int_equal(value, TICK_SEC(2));
    assert_int_equal(tick_kernel_next_at(k), TICK_SEC(2));
    assert_true(tick_kernel_next(k, &posted));
    assert_int_equal(tick_k_read(k, 0, fd, &ticks, sizeof ticks), sizeof ticks);
    // A moment that lies before time 0: all periods since then have passed.
    assert_int_equal(tick_k_timerfd_settime(k, 0, fd, TFD_TIMER_ABSTIME, TICK_SEC(5), TICK_SEC(2), NULL, NULL), 0);
    assert_true(tick_kernel_next(k, &posted));
    assert_int_equal(tick_kernel_now(k), TICK_SEC(2));
    assert_int_equal(tick_k_read(k, 0, fd, &ticks, sizeof ticks), sizeof ticks);
    assert_int_equal(ticks, 4); // at 5, 7, 9 and 11 s of 12
    assert_int_equal(tick_k_timerfd_gettime(k, 0, fd, &value, &interval), 0);
    assert_int_equal(value, TICK_SEC(1));
    tick_kernel_free(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(clocks_count_from_the_start)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
