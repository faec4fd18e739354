// The judge of libc's names: the suite of tests/conformance, run as guests. Its tests of the real kernel call libc, and so meet the
// simulated one behind the preload library; they have to pass, as they do on Linux. What does not yet stands in the table, with the reason.
// links: tick_choice
// wraps: nothing_at_all
// timeout: 300
#include "tests/support/guest_start.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct suite {
    const char *program;
    int fail;                // so many of its tests do, and no more and no fewer
    enum tick_guest_end end; // how it ends
    const char *why;
} suites[] = {
    {"harness_streams", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_control", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_corks", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_epolls", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_files", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_flags", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_lingers", 0, TICK_GUEST_EXITED, NULL}, // a test of it that starts a child is left out
    {"kernel_messages", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_mixed", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_options", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_peers", 0, TICK_GUEST_UNSUPPORTED, "it starts children"},
    {"kernel_random", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_random_corks", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_random_epolls", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_random_files", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_rights", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_signals", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_sockets", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_stats", 0, TICK_GUEST_EXITED, NULL},
    {"kernel_times", 0, TICK_GUEST_EXITED, NULL},
};

static void path_of(const char *program, char *path, size_t size) {
    char self[4000];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = 0;
    *strrchr(self, '/') = 0;
    snprintf(path, size, "%s/test_%s", self, program);
}

static void judge(struct tick_guest_control *control, const struct suite *suite) {
    char path[4200], text[60000];
    path_of(suite->program, path, sizeof path);
    const int status = guest_start(control, (char *[]){path, (char[]){"300"}, NULL}, 120);
    const struct tick_guest_outcome *outcome = &control->outcome;
    const int failed = outcome->end == TICK_GUEST_EXITED ? outcome->code : 0;
    if (outcome->end == suite->end && failed == suite->fail)
        return;
    guest_output_text(control, 2, text, sizeof text);
    print_error("%s: end %u, status %x, %d tests failed, %d were to: %s\n%s%s", suite->program, outcome->end, (unsigned)status, failed,
        suite->fail, outcome->text, outcome->waits, text);
    fail();
}

static void each_suite_passes(void **state) {
    (void)state;
    struct tick_guest_control *control = guest_control_new();
    assert_non_null(control);
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        judge(control, &suites[i]);
    guest_control_free(control);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_suite_passes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
