// Signals and the timers that send them, in unmodified programs: what signal_ways.c prints under Linux (where its waits are long enough
// only on a machine with time to spare, so that it is not run there each time), how runs end by a signal, and late alarms.
// links: tick_choice
// wraps: nothing_at_all
#include "sim/choice/choosers.h"
#include "tests/support/guest_start.h"
#include <retick/time.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char on_linux[] =
    "to oneself: 3\n"
    "blocked: 3, pending: 1\n"
    "unblocked: 1, pending: 0\n"
    "queued: 3, the last has 3, code -1\n"
    "ignored\n"
    "jumped out, blocked: 0\n"
    "a read without SA_RESTART: EINTR, handled: 1\n"
    "a read with SA_RESTART: done, handled: 1\n"
    "a sleep: EINTR, most of it left: 1\n"
    "a poll: EINTR\n"
    "a select: EINTR\n"
    "an epoll: EINTR\n"
    "a semaphore: EINTR\n"
    "a pause: EINTR, handled: 1\n"
    "an alarm: 1, 2 s of the sleep left\n"
    "a receive with a limit: EINTR\n"
    "sigwait: 0 1\n"
    "sigwaitinfo: 1 1\n"
    "sigtimedwait: EAGAIN\n"
    "sigsuspend: EINTR, handled: 1\n"
    "a poll under a mask: EINTR, handled: 2\n"
    "one that is there: EINTR, handled: 3\n"
    "in a select: EINTR, handled: 4\n"
    "in an epoll: EINTR, handled: 5\n"
    "signalfd: 1 1 1 0\n"
    "an interval timer: 5, 1\n"
    "timer_create: 1 1 77 1\n"
    "overrun: 1, 1\n"
    "by a thread: 78\n"
    "another thread's sleep: EINTR, handled: 1\n"
    "nobody takes it: 1\n"
    "a thread takes the process's: 1\n";

static struct tick_guest_control *control;
static char folder[4000];

static int set_up(void **state) {
    (void)state;
    const ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    assert_true(length > 0);
    folder[length] = 0;
    *strrchr(folder, '/') = 0;
    control = guest_control_new();
    return control ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    guest_control_free(control);
    return 0;
}

static int run(const char *word) {
    char path[4200];
    snprintf(path, sizeof path, "%s/signal_ways", folder);
    char *argv[] = {path, (char *)(uintptr_t)word, NULL};
    return guest_start(control, argv, 40);
}

static void they_come_as_on_linux(void **state) {
    (void)state;
    char text[4000];
    uint64_t digest[2];
    for (int start = 0; start < 10; start++) {
        run(NULL);
        guest_output_text(control, 1, text, sizeof text);
        assert_string_equal(text, on_linux);
        assert_int_equal(control->outcome.end, TICK_GUEST_EXITED);
        if (!start)
            memcpy(digest, control->outcome.digest, sizeof digest);
        assert_memory_equal(control->outcome.digest, digest, sizeof digest);
    }
}

static void of_python(void **state) {
    (void)state;
    char script[4200], text[1000];
    snprintf(script, sizeof script, "%s/guest_scripts/python_signals.py", folder);
    char *argv[] = {(char *)(uintptr_t) "/usr/bin/python3", script, NULL};
    if (access(argv[0], X_OK) != 0)
        skip();
    assert_int_equal(guest_start(control, argv, 40), 0);
    guest_output_text(control, 1, text, sizeof text);
    assert_string_equal(text, "a signal an alarm 1.0\nthrice 1.3\ntoo late\nTrue None\n");
}

static void they_end_it(void **state) {
    (void)state;
    const struct {
        const char *how;
        int number;
        int64_t at;
    } ends[] = {
        {"alarm", SIGALRM, TICK_MS(2001)}, {"abort", SIGABRT, TICK_MS(1)}, {"thread", SIGTERM, TICK_MS(1)}, {"kill", SIGKILL, TICK_MS(1)}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        run(ends[i].how);
        assert_int_equal(control->outcome.end, TICK_GUEST_SIGNALLED);
        assert_int_equal(control->outcome.code, ends[i].number);
        assert_int_equal(control->outcome.ended_at, ends[i].at);
    }
}

static void an_alarm_may_be_late(void **state) {
    (void)state;
    int found = 0;
    assert_int_equal(run("race"), 0);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        guest_ask_seed(control, seed);
        memset(control->request.rates, 0, sizeof control->request.rates);
        control->request.rates[TICK_CHOICE_POLL_LATE] = 20000;
        found += run("race") != 0;
        assert_int_equal(control->outcome.end, TICK_GUEST_EXITED);
    }
    assert_in_range(found, 1, 20);
}

static void that_an_fd_is_ready_is_refused(void **state) {
    (void)state;
    run("owned");
    assert_int_equal(control->outcome.end, TICK_GUEST_UNSUPPORTED);
    assert_non_null(strstr(control->outcome.text, "O_ASYNC"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_come_as_on_linux, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_python, set_up, tear_down),
        cmocka_unit_test_setup_teardown(they_end_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_alarm_may_be_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(that_an_fd_is_ready_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
