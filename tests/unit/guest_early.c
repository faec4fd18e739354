// Questions that were asked before the snapshot.
//
// links: tick_guest
// wraps: tick__none
#include "sim/guest/early_questions_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void each_is_known_by_its_address(void **state) {
    (void)state;
    assert_false(tick__guest_early_has(TICK_CHOICE_DELIVERY, 1, 1));
    for (uint64_t i = 0; i < 10000; i++)
        tick__guest_early_add(i % 2 ? TICK_CHOICE_DELIVERY : TICK_CHOICE_READY_HOLD, i % 7, i);
    for (uint64_t i = 0; i < 10000; i++) {
        assert_true(tick__guest_early_has(i % 2 ? TICK_CHOICE_DELIVERY : TICK_CHOICE_READY_HOLD, i % 7, i));
        assert_false(tick__guest_early_has(i % 2 ? TICK_CHOICE_READY_HOLD : TICK_CHOICE_DELIVERY, i % 7, i));
        assert_false(tick__guest_early_has(i % 2 ? TICK_CHOICE_DELIVERY : TICK_CHOICE_READY_HOLD, i % 7 + 1, i));
        assert_false(tick__guest_early_has(i % 2 ? TICK_CHOICE_DELIVERY : TICK_CHOICE_READY_HOLD, i % 7, i + 10000));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_known_by_its_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
