// C++'s exceptions go with the stack, whichever way it is switched: this program is C, and has what the C++ run-time would.
#include "src/coro/coro.h"
#include "src/coro/exceptions.h"
#include "src/coro/switch_int.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct tick__exceptions here;
struct tick__exceptions *__cxa_get_globals(void);
struct tick__exceptions *__cxa_get_globals(void) {
    return &here;
}

enum { COUNT = 5, ROUNDS = 20 };
static struct tick_coro *home, *coros[COUNT];
static int seen[COUNT], wrong;

static void look(void *caught, unsigned uncaught) {
    wrong += here.caught != caught || here.uncaught != uncaught;
}

static void task(void *arg) {
    const unsigned number = (unsigned)((int *)arg - seen);
    look(NULL, 0);
    for (unsigned i = 0;; i++) {
        here = (struct tick__exceptions){&coros[number], number + i};
        const unsigned other = (number + 1) % COUNT;
        struct tick_coro *next = i % 3 == 2 || seen[other] == ROUNDS ? home : coros[other];
        if (i & 1)
            tick_coro_switch(coros[number], next);
        else
            tick__coro_switch(coros[number], next);
        look(&coros[number], number + i);
        if (++seen[number] == ROUNDS)
            break;
    }
    here = (struct tick__exceptions){NULL, 0};
    tick_coro_exit(coros[number], home);
}

static void exceptions_go_with_the_stack(void **state) {
    (void)state;
    struct tick_stacks *stacks;
    assert_ptr_equal(tick__exceptions_here, __cxa_get_globals);
    assert_int_equal(tick_stacks_new(NULL, &stacks), 0);
    home = tick_coro_thread_new();
    assert_non_null(home);
    for (int i = 0; i < COUNT; i++)
        assert_non_null(coros[i] = tick_coro_new(stacks, task, &seen[i]));
    here = (struct tick__exceptions){&home, 77};
    for (int i = 0; seen[0] + seen[1] + seen[2] + seen[3] + seen[4] < COUNT * ROUNDS; i = (i + 1) % COUNT)
        if (seen[i] < ROUNDS) {
            tick_coro_switch(home, coros[i]);
            look(&home, 77);
        }
    assert_int_equal(wrong, 0);
    tick_stacks_reset(stacks);
    coros[0] = tick_coro_new(stacks, task, &seen[0]); // with nothing of whoever had the stack
    seen[0] = 0;
    tick_coro_switch(home, coros[0]);
    assert_int_equal(wrong, 0);
    tick_stacks_free(stacks);
    tick_coro_thread_free(home);
}

static void a_library_brings_its_own(void **state) {
    (void)state;
    tick__exceptions_of(NULL);
    assert_ptr_equal(tick__exceptions_here, __cxa_get_globals);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exceptions_go_with_the_stack),
        cmocka_unit_test(a_library_brings_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
