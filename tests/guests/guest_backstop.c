// What passes libc's names by is simulated as well, or refused in words: system calls of a program's own, and those that libc makes within
// itself (past_libc.c); in all three ways alike. Where there is no seccomp, such calls stay real, and that is told.
// links: tick_keeper tick_choice
#include "sim/keeper/keeper.h"
#include "tests/support/guest_start.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *beside(const char *name) {
    static char paths[4][4200];
    static unsigned used;
    char *path = paths[used++ % 4];
    const ssize_t length = readlink("/proc/self/exe", path, 4000);
    assert_true(length > 0);
    path[length] = 0;
    snprintf(strrchr(path, '/') + 1, 100, "%s", name);
    return path;
}

struct said {
    const struct tick_guest_control *control;
    int status;
    char text[1000];
};

static struct said run(struct tick_guest_control *control, const char *case_) {
    char *const argv[] = {(char *)beside("past_libc"), (char *)case_, NULL};
    struct said said = {.control = control};
    said.status = guest_start(control, argv, 60);
    guest_output_text(control, 1, said.text, sizeof said.text);
    return said;
}

static void says(const char *case_, const char *expected) {
    struct tick_guest_control *control = guest_control_new();
    const struct said said = run(control, case_);
    if (control->outcome.end != TICK_GUEST_EXITED || WEXITSTATUS(said.status) != 0 || strcmp(said.text, expected) != 0)
        print_error("%s: status %x, %s%s", case_, (unsigned)said.status, control->outcome.text, said.text);
    assert_string_equal(said.text, expected);
    assert_int_equal(said.status, 0);
    assert_int_equal(control->backstop, 0);
    guest_control_free(control);
}

static void calls_of_its_own_are_simulated(void **state) {
    (void)state;
    says("sockets", "bind 0, listen 0, name 0, connect 0, send 9, receive 9: past libc, close 0\n");
    says("times", "sleep 0, 3600 s, one clock, and no way past system calls\n");
    says("machine", "pid 1000, thread 1000, user 1000, app, 8 GiB, processor 0, random 568f5f6db6e97b20\npages by sysconf: 2097152\n");
    says("files", "write 11, shown on the disk, close 0, read on the disk, rename 0, unlink 0\n");
    says("lacking", "io_uring -38, clone3 -38, openat2 -38, mount -1, x32 -38, new -38\n");
    assert_int_equal(access("past.txt", F_OK), -1);
    assert_int_equal(access("past2.txt", F_OK), -1);
}

static void calls_within_libc_are(void **state) {
    (void)state;
    says("names", "root 0, http 80, localhost 0\n");
    says("semaphores", "waits 0, close 0 0, unlink 0\nshared 1\n");
    says("walks", "nftw 0, found 1\n");
    assert_int_equal(access("/dev/shm/sem.past_libc", F_OK), -1);
    assert_int_equal(access("walked", F_OK), -1);
}

static void threads_wait_in_them(void **state) {
    (void)state;
    says("threads", "read 1 x, woken, join 0\n");
    says("streams", "aabb\n");
    says("many", "joined 40\n");
}

static void signals_and_masks_are_the_programs(void **state) {
    (void)state;
    says("signals", "blocked 0, handled 1, same 1, masked 1, handled 2, own 102 1, back 0 0\n");
    says("contexts", "there 0, here 1\n");
    says("state", "there 1, none 1, limit 1\n");
}

static void registers_are_kept(void **state) {
    (void)state;
    says("registers", "kept, 77, 1234 5678, errno 77\n");
}

static void what_is_not_there_is_told(void **state) {
    static const struct {
        const char *case_, *text;
    } cases[] = {{"fork", "fork: not supported yet: it started a child"}, {"vfork", "vfork: not supported yet: it started a child"},
        {"clone", "clone: not supported yet: children and threads past pthread_create: make threads with pthread_create"},
        {"execve", "execve: not supported yet: "}, {"seccomp", "seccomp: not supported yet: a filter of the program's own"},
        {"prctl", "prctl(PR_SET_SECCOMP): not supported yet: "}, {"int80", "int $0x80: not supported yet: "}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tick_guest_control *control = guest_control_new();
        (void)run(control, cases[i].case_);
        assert_int_equal(control->outcome.end, TICK_GUEST_UNSUPPORTED);
        assert_memory_equal(control->outcome.text, cases[i].text, strlen(cases[i].text));
        assert_non_null(strstr(control->outcome.text, "in refused+0x")); // from where
        guest_control_free(control);
    }
}

static void ends_within_are_the_runs(void **state) {
    (void)state;
    struct tick_guest_control *control = guest_control_new();
    (void)run(control, "fails"); // an assertion, which libc ends by a signal to itself
    assert_int_equal(control->outcome.end, TICK_GUEST_SIGNALLED);
    assert_int_equal(control->outcome.code, 6);
    (void)run(control, "exit");
    assert_int_equal(control->outcome.end, TICK_GUEST_EXITED);
    assert_int_equal(control->outcome.code, 7);
    guest_control_free(control);
}

// --- in all ways ---

static void digests(const char *case_, enum tick_guest_way way, uint64_t digest[3][2]) {
    char *const argv[] = {(char *)beside("past_libc"), (char *)case_, NULL};
    const struct tick_guest_program program = {
        .argv = argv, .settings = {.way = way, .latency = 1000000, .jitter = 30000000}, .keeps_output = true, .digest = true};
    const struct tick_target target = tick_guest_target("past", &program);
    struct tick_runner *runner;
    struct tick_guest_figures figures;
    assert_int_equal(target.open(&target, &runner), 0);
    for (uint64_t seed = 0; seed < 3; seed++) {
        struct tick_answers answers = {.way = TICK_ANSWERS_DRAWN, .seed = seed};
        const struct tick_request request = {.answers = &answers};
        struct tick_outcome outcome;
        tick_rates_default(&answers.rates);
        assert_int_equal(runner->ops->run(runner, &request, &outcome), 0);
        assert_int_equal(outcome.verdict, TICK_PASS);
        memcpy(digest[seed], tick_guest_said(runner)->outcome.digest, sizeof digest[seed]);
    }
    tick_guest_figures(runner, &figures);
    assert_int_equal(figures.backstop, 0);
    runner->ops->free(runner);
}

static void all_ways_are_alike(void **state) {
    static const char *const cases[] = {"sockets", "threads", "semaphores", "signals", "many", "state"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t by[3][3][2];
        for (int way = TICK_GUEST_START; way <= TICK_GUEST_REWIND; way++)
            digests(cases[i], (enum tick_guest_way)way, by[way]);
        assert_memory_equal(by[TICK_GUEST_START], by[TICK_GUEST_FORK], sizeof by[0]);
        assert_memory_equal(by[TICK_GUEST_START], by[TICK_GUEST_REWIND], sizeof by[0]);
    }
}

// --- without ---

static void it_may_be_left_out(void **state) {
    (void)state;
    struct tick_guest_control *control = guest_control_new();
    control->settings.no_backstop = true;
    const struct said said = run(control, "machine");
    assert_int_equal(control->outcome.end, TICK_GUEST_EXITED);
    assert_null(strstr(said.text, "pid 1000,")); // the machine's
    assert_int_equal(control->backstop, 0);
    guest_control_free(control);
}

static void without_seccomp_it_is(void **state) {
    (void)state;
    struct tick_guest_control *control = guest_control_new();
    char text[1000];
    char *const argv[] = {(char *)beside("without_seccomp"), (char *)beside("past_libc"), (char *)"machine", NULL};
    (void)guest_start(control, argv, 60);
    guest_output_text(control, 1, text, sizeof text);
    assert_int_equal(control->outcome.end, TICK_GUEST_EXITED);
    assert_null(strstr(text, "pid 1000,"));
    assert_int_equal(control->backstop, -ENOSYS);
    guest_control_free(control);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_its_own_are_simulated),
        cmocka_unit_test(calls_within_libc_are),
        cmocka_unit_test(threads_wait_in_them),
        cmocka_unit_test(signals_and_masks_are_the_programs),
        cmocka_unit_test(registers_are_kept),
        cmocka_unit_test(what_is_not_there_is_told),
        cmocka_unit_test(ends_within_are_the_runs),
        cmocka_unit_test(all_ways_are_alike),
        cmocka_unit_test(it_may_be_left_out),
        cmocka_unit_test(without_seccomp_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
