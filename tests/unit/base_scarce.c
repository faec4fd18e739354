// Torture itself (tests/support/scarce.h): which allocations fail, and that what goes wrong then is told.
#include "src/base/sanitized.h"
#include "tests/support/scarce.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int careless(void *arg) {
    (void)arg;
    volatile char *text = malloc(8);
    text[0] = 'x'; // unchecked, on purpose
    free((void *)text);
    return 0;
}

// Bit i of what it returns: the i-th allocation failed.
static int careful(void *arg) {
    (void)arg;
    char *a = malloc(8), *b = calloc(1, 8), *c = strdup("c");
    FILE *d = fopen("/dev/null", "re");
    int failed = (a ? 0 : 1) | (b ? 0 : 2) | (c ? 0 : 4) | (d ? 0 : 8);
    free(a);
    free(b);
    free(c);
    if (d)
        fclose(d);
    return failed;
}

static char *volatile lost;

static int leaky(void *arg) {
    (void)arg;
    for (int i = 0; i < 100; i++) // a stack or a register may still point to one of them
        lost = malloc(100);
    lost = NULL;
    return 0;
}

static int wordy(void *arg) {
    fputs(arg, stderr);
    return 0;
}

static int run(int (*body)(void *arg), void *arg, long left, bool for_good) {
    struct scarce_run run = {.body = body, .arg = arg, .left = left, .for_good = for_good};
    return scarce_run(&run);
}

static void what_is_asked_for_fails(void **state) {
    (void)state;
    struct scarce_run all = {.body = careful, .left = -1};
    assert_int_equal(scarce_run(&all), 0);
    assert_int_equal(all.asked, 4);
    assert_int_equal(all.refused, 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(run(careful, NULL, i, false), 1 << i);
        assert_int_equal(run(careful, NULL, i, true), 15 & ~((1 << i) - 1));
    }
    assert_int_equal(run(careful, NULL, 4, true), 0);
    scarce_begin(0, false);
    assert_int_equal(careful(NULL), 1);
    scarce_end();
    assert_int_equal(scarce_refused(), 1);
    assert_int_equal(careful(NULL), 0);
}

static void what_goes_wrong_is_told(void **state) {
    (void)state;
    assert_int_equal(run(careless, NULL, -1, false), 0);
    int result = run(careless, NULL, 0, false);
    assert_true(result == SCARCE_CRASHED || result == SCARCE_COMPLAINED); // by a signal, or by a sanitizer's report
    assert_int_equal(run(wordy, "all is well\n", -1, false), 0);
    assert_int_equal(run(wordy, "Test failed with exception: Segmentation fault\n", -1, false), SCARCE_COMPLAINED);
#if TICK__ASAN
    assert_int_equal(run(leaky, NULL, -1, false), SCARCE_LEAKED);
#else
    (void)leaky; // who looks for leaks from outside, as valgrind does, says so by itself
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_asked_for_fails), cmocka_unit_test(what_goes_wrong_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
