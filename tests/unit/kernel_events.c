// The queue of events: whatever way they take, by the heap or by the lane, they come by time and then in the order of posting.
#include "sim/kernel/kernel_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka needs those before it
#include <cmocka.h>

#define MOST 4000

struct expected {
    int64_t at;
    uint32_t key; // 0: it went by pass
    bool gone;
};

static struct tick_kernel *kernel;
static struct expected all[MOST];
static uint32_t count;

static int setup(void **state) {
    (void)state;
    count = 0;
    return tick_kernel_new((size_t)16 << 20, &kernel);
}

static int teardown(void **state) {
    (void)state;
    tick_kernel_free(kernel);
    return 0;
}

static void post(int64_t at, bool pass) {
    all[count] = (struct expected){.at = at};
    if (pass)
        assert_true(tick__event_pass(kernel, at, TICK__DATA, count, 0, count));
    else
        all[count].key = tick__event_post(kernel, at, TICK__POSTED, count, 0, count);
    assert_true(pass || all[count].key);
    count++;
}

// The earliest that is left, the first posted of several.
static uint32_t least(void) {
    uint32_t found = MOST;
    for (uint32_t i = 0; i < count; i++)
        if (!all[i].gone && (found == MOST || all[i].at < all[found].at))
            found = i;
    return found;
}

static void take(void) {
    struct tick__due due;
    const uint32_t next = least();
    if (next == MOST) {
        assert_false(tick__event_take(kernel, &due));
        assert_int_equal(tick_kernel_next_at(kernel), TICK_NEVER);
        return;
    }
    assert_int_equal(tick_kernel_next_at(kernel), all[next].at);
    assert_true(tick__event_take(kernel, &due));
    assert_int_equal(due.a, next);
    assert_int_equal(due.c, next);
    assert_int_equal(due.at, all[next].at);
    assert_int_equal(due.kind, all[next].key ? TICK__POSTED : TICK__DATA);
    all[next].gone = true;
    tick_kernel_clock_to(kernel, due.at);
}

static void events_come_in_order(void **state) {
    (void)state;
    uint64_t random = 1;
    for (uint32_t i = 0; count < MOST; i++) {
        random = tick_id_mix(random, i);
        const int64_t now = tick_kernel_now(kernel);
        switch (random % 8) {
        case 0: // what is posted and taken back
        case 1:
            post(now + (int64_t)(random >> 8) % 50, false);
            if (random & 64) {
                tick__event_cancel(kernel, all[count - 1].key);
                all[count - 1].gone = true;
            }
            break;
        case 2: // late ones, which cannot stay in the lane
            post(now + (int64_t)(random >> 8) % 40, true);
            break;
        case 3:
        case 4:
        case 5:
            post(now + 10, true);
            break;
        default:
            take();
            break;
        }
    }
    while (least() != MOST)
        take();
    take();
}

static void many_pass_at_once(void **state) {
    (void)state;
    for (int round = 0; round < 2; round++) { // the second finds the ring where the first left it
        for (uint32_t i = 0; i < MOST / 2; i++)
            post(tick_kernel_now(kernel) + 1000, true);
        assert_int_equal(kernel->root->heap_count, 0);
        for (uint32_t i = 0; i < MOST / 2; i++)
            take();
    }
    take();
}

static void without_memory_posts_fail(void **state) {
    (void)state;
    tick_kernel_free(kernel);
    assert_int_equal(tick_kernel_new((size_t)16 << 10, &kernel), 0);
    uint32_t passed = 0;
    while (tick__event_pass(kernel, 10, TICK__DATA, passed, 0, 0))
        passed++;
    assert_in_range(passed, 64, 1000); // the heap takes some that the lane has no room for
    struct tick__due due;
    for (uint32_t i = 0; i < passed; i++) {
        assert_true(tick__event_take(kernel, &due));
        assert_int_equal(due.a, i);
    }
    assert_false(tick__event_take(kernel, &due));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_come_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(many_pass_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_posts_fail, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
