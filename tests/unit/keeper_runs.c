// The keeper, with a guest that this program plays itself: what it tells by the control block, and by its death.
//
// links: tick_keeper
// wraps: tick__none
#include "sim/keeper/keeper.h"
#include "src/base/sanitized.h"
#include "tests/support/emulated.h"
#include <errno.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

// --- the guest ---

static struct tick_guest_control *control;

static void set_state(enum tick_guest_state state) {
    atomic_store(&control->state, state);
    syscall(SYS_futex, &control->state, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static void wait_for_run(void) {
    set_state(TICK_GUEST_WAITING);
    while (atomic_load(&control->state) == TICK_GUEST_WAITING)
        syscall(SYS_futex, &control->state, FUTEX_WAIT, TICK_GUEST_WAITING, NULL, NULL, 0);
    control->run++;
    control->outcome = (struct tick_guest_outcome){0};
}

static void say(int fd, const char *text, bool whole) {
    struct tick_guest_line line = {.size = (uint32_t)strlen(text), .fd = (uint8_t)fd, .ended = whole};
    memcpy(control->output + control->output_used, &line, sizeof line);
    memcpy(control->output + control->output_used + sizeof line, text, line.size);
    control->output_used += (uint32_t)(sizeof line + line.size + 7) & ~7u;
}

static void end(enum tick_guest_end how, int code, const char *text) {
    control->outcome.end = how;
    control->outcome.code = code;
    snprintf(control->outcome.text, sizeof control->outcome.text, "%s", text);
    control->outcome.points = control->request.seed;
    set_state(TICK_GUEST_ENDED);
}

// By the seed, each run something else.
static void one_run(void) {
    control->output_used = 0;
    switch (control->request.seed) {
    case 1:
        end(TICK_GUEST_EXITED, 0, "");
        break;
    case 2:
        say(2, "Traceback", true);
        say(2, "ValueError", false);
        say(2, ": no", true);
        say(2, " ", true);
        say(1, "bye", true);
        end(TICK_GUEST_EXITED, 3, "");
        break;
    case 3:
        snprintf(control->outcome.waits, sizeof control->outcome.waits, "main waits for fd 5\nworker waits for a lock\n");
        end(TICK_GUEST_DEADLOCKED, 0, "");
        break;
    case 4:
        end(TICK_GUEST_UNSUPPORTED, 0, "fork: not supported yet");
        break;
    case 5:
        say(2, "assertion failed", true);
        abort();
    case 6:
        raise(SIGKILL);
        break;
    case 7: // once killed, then not
        if (access("/tmp/retick-keeper-once", F_OK) != 0) {
            fclose(fopen("/tmp/retick-keeper-once", "w"));
            raise(SIGKILL);
        }
        unlink("/tmp/retick-keeper-once");
        end(TICK_GUEST_EXITED, 0, "");
        break;
    case 8: // cannot go back
        end(TICK_GUEST_EXITED, 0, "");
        snprintf(control->why, sizeof control->why, "a mapping stayed");
        _exit(126);
    default:
        if (control->request.chooser == TICK_GUEST_REPLAY && control->request.scheduled == 2) {
            control->deviations[0] = control->schedule[1];
            control->deviation_count = 1;
        }
        end(TICK_GUEST_EXITED, 0, "");
    }
}

static bool alike(void) { // what is the same in each guest
    struct stat s;
    sigset_t mask;
    return fstat(0, &s) == 0 && S_ISCHR(s.st_mode) && sigprocmask(SIG_SETMASK, NULL, &mask) == 0 && !sigismember(&mask, SIGUSR1) &&
           signal(SIGUSR2, SIG_DFL) == SIG_DFL && umask(0) == 022 && getpgrp() == getpid() && !getenv("RETICK_SECRET") &&
           !strcmp(getenv("TZ"), "UTC");
}

static int play(const char *what) {
    if (!strcmp(what, "exit"))
        return 4;
    if (!strcmp(what, "words")) {
        fprintf(stderr, "first\nlibfoo.so: cannot open\n");
        return 127;
    }
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, TICK_GUEST_FD, 0);
    if (control == MAP_FAILED || !alike())
        return 9;
    control->root = control->tenant = getpid();
    if (!strcmp(what, "crash"))
        abort();
    if (!strcmp(what, "never")) { // it never waits
        end(TICK_GUEST_EXITED, 7, "");
        return 7;
    }
    control->way = control->settings.way;
    if (control->way == TICK_GUEST_START) {
        set_state(TICK_GUEST_RUNNING);
        one_run();
        return 0;
    }
    for (;;) {
        wait_for_run();
        one_run();
    }
}

// --- the tests ---

static char self[4096];
static struct tick_runner *runner;
static struct tick_outcome outcome;
static struct tick_guest_program program;

static void open_guest(const char *what, enum tick_guest_way way) {
    static char *argv[4];
    argv[0] = self, argv[1] = (char *)"guest", argv[2] = (char *)what, argv[3] = NULL;
    program = (struct tick_guest_program){.argv = argv, .keeps_output = true, .settings.way = way};
    struct tick_error error;
    if (tick_guest_check(&program, &error) < 0)
        fail_msg("%s", error.text);
    const struct tick_target target = tick_guest_target("it", &program);
    assert_int_equal(target.open(&target, &runner), 0);
}

static int seed(uint64_t number) {
    struct tick_answers answers;
    _Atomic int process = 0;
    _Atomic bool set_up = false;
    tick_answers_seed(&answers, number, NULL);
    const struct tick_request request = {.answers = &answers, .set_up = &set_up, .program = &process};
    const int rc = runner->ops->run(runner, &request, &outcome);
    assert_true(set_up && process == 0);
    return rc;
}

static void ends(uint64_t number, enum tick_verdict verdict, int code, const char *text) {
    assert_int_equal(seed(number), 0);
    assert_int_equal(outcome.verdict, verdict);
    assert_int_equal(outcome.code, code);
    assert_string_equal(outcome.text, text);
}

static uint64_t processes(void) {
    struct tick_guest_figures figures;
    tick_guest_figures(runner, &figures);
    return figures.processes;
}

static void each_end_is_a_verdict(void **state) {
    (void)state;
    for (enum tick_guest_way way = TICK_GUEST_START; way <= TICK_GUEST_REWIND; way++) {
        open_guest("runs", way);
        ends(1, TICK_PASS, 0, "");
        ends(2, TICK_HOST_FAILED, 3, "exit status 3: ValueError: no");
        ends(3, TICK_DEADLOCKED, 0, "main waits for fd 5;worker waits for a lock");
        ends(4, TICK_EXITED, 0, "fork: not supported yet");
        assert_int_equal(outcome.iterations, 4);
        assert_string_equal(outcome.host, "app");
        assert_int_equal(processes(), way == TICK_GUEST_START ? 4 : 1);
        runner->ops->free(runner);
    }
}

static void a_guest_that_died_is_replaced(void **state) {
    (void)state;
    open_guest("runs", TICK_GUEST_REWIND);
    ends(1, TICK_PASS, 0, "");
    ends(5, TICK_CRASHED, SIGABRT, "killed by SIGABRT: assertion failed");
    ends(1, TICK_PASS, 0, "");
    assert_int_equal(processes(), 2);
    assert_int_equal(seed(6), TICK_EKILLED);
    assert_int_equal(processes(), 3); // the run was tried once more
    unlink("/tmp/retick-keeper-once");
    ends(7, TICK_PASS, 0, "");
    runner->ops->free(runner);
}

static void what_cannot_go_back_forks(void **state) {
    (void)state;
    struct tick_guest_figures figures;
    open_guest("runs", TICK_GUEST_REWIND);
    ends(8, TICK_PASS, 0, "");
    ends(1, TICK_PASS, 0, "");
    tick_guest_figures(runner, &figures);
    assert_int_equal(figures.way, TICK_GUEST_FORK);
    assert_string_equal(figures.why, "a mapping stayed");
    assert_int_equal(figures.processes, 2);
    assert_int_equal(figures.runs, 2);
    runner->ops->free(runner);
}

static void one_that_never_waits_is_its_own_run(void **state) {
    (void)state;
    open_guest("never", TICK_GUEST_REWIND);
    ends(1, TICK_HOST_FAILED, 7, "exit status 7");
    ends(2, TICK_HOST_FAILED, 7, "exit status 7");
    assert_int_equal(processes(), 2);
    runner->ops->free(runner);
    open_guest("crash", TICK_GUEST_REWIND);
    ends(1, TICK_CRASHED, SIGABRT, "killed by SIGABRT");
    runner->ops->free(runner);
}

static void one_without_the_library_is_told(void **state) {
    (void)state;
    open_guest("exit", TICK_GUEST_REWIND);
    ends(1, TICK_BAD_SCENARIO, 0, "retick's library was not loaded into the program. ");
    runner->ops->free(runner);
    open_guest("words", TICK_GUEST_REWIND);
    ends(1, TICK_BAD_SCENARIO, 0, "retick's library was not loaded into the program. libfoo.so: cannot open");
    runner->ops->free(runner);
}

static void schedules_go_there_and_deviations_come_back(void **state) {
    (void)state;
    const struct tick_deviation two[] = {{.subject = 1, .ordinal = 2, .value = 3}, {.subject = 4, .ordinal = 5, .value = 6}};
    const struct tick_answers answers = {.way = TICK_ANSWERS_LISTED, .count = 2, .deviations = two};
    const struct tick_request request = {.answers = &answers};
    size_t count;
    open_guest("runs", TICK_GUEST_REWIND);
    assert_int_equal(runner->ops->run(runner, &request, &outcome), 0);
    const struct tick_deviation *met = runner->ops->deviations(runner, &count);
    assert_int_equal(count, 1);
    assert_int_equal(outcome.deviations, 1);
    assert_memory_equal(met, &two[1], sizeof *met);
    runner->ops->free(runner);
}

static void it_dies_with_its_keeper(void **state) {
    (void)state;
    open_guest("runs", TICK_GUEST_REWIND);
    ends(1, TICK_PASS, 0, "");
    const pid_t pid = tick_guest_said(runner)->root;
    assert_int_equal(kill(pid, 0), 0);
    runner->ops->free(runner);
    assert_int_equal(kill(pid, 0), -1);
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "guest"))
        return play(argv[2]);
    if (TICK__ASAN || TICK__TSAN || emulated())
        return 77; // whose run-time wants to be the first library; and the emulator starts no programs of its own
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0)
        return 1;
    self[length] = 0;
    // Any library will do; and what a guest must not see.
    setenv("RETICK_GUEST_LIBRARY", argc > 1 ? argv[1] : "/lib/x86_64-linux-gnu/libm.so.6", 0);
    setenv("RETICK_SECRET", "1", 1);
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signal(SIGUSR2, SIG_IGN);
    umask(077);
    if (access(getenv("RETICK_GUEST_LIBRARY"), R_OK) != 0)
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_end_is_a_verdict),
        cmocka_unit_test(a_guest_that_died_is_replaced),
        cmocka_unit_test(what_cannot_go_back_forks),
        cmocka_unit_test(one_that_never_waits_is_its_own_run),
        cmocka_unit_test(one_without_the_library_is_told),
        cmocka_unit_test(schedules_go_there_and_deviations_come_back),
        cmocka_unit_test(it_dies_with_its_keeper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
