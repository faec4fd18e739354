// Runs begin by rewinding, by fork or in fresh processes, and are the same.
//
// links: tick_keeper
// wraps: tick__none
// timeout: 600
#include "sim/keeper/keeper.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define RUNS_MOST 1000
static size_t runs = 30; // of each; RETICK_RUNS

static char here[4096];   // this program's folder
static char source[8192]; // of echo.py
static char *argv[4];
static struct tick_guest_program program;
static struct tick_runner *runner;
static struct tick_outcome outcome;
static struct tick_guest_figures figures;
static const struct tick_guest_control *said;

static void use(const char *name, const char *how, enum tick_guest_way way) {
    static char path[8192];
    snprintf(path, sizeof path, "%s/%s", here, name);
    argv[0] = strcmp(name, "python3") ? path : (char *)"python3";
    argv[1] = (char *)how;
    argv[2] = NULL;
    program = (struct tick_guest_program){
        .argv = argv, .keeps_output = true, .digest = true, .settings = {.way = way, .latency = 1000000, .jitter = 30000000}};
}

static void open_guest(void) {
    struct tick_error error;
    if (tick_guest_check(&program, &error) < 0)
        fail_msg("%s", error.text);
    const struct tick_target target = tick_guest_target("it", &program);
    assert_int_equal(target.open(&target, &runner), 0);
    said = tick_guest_said(runner);
}

static void answer(const struct tick_answers *answers) {
    const struct tick_request request = {.answers = answers};
    assert_int_equal(runner->ops->run(runner, &request, &outcome), 0);
    tick_guest_figures(runner, &figures);
}

static void seed(uint64_t number) {
    struct tick_answers answers;
    tick_answers_seed(&answers, number, NULL);
    answer(&answers);
}

static void close_guest(void) {
    runner->ops->free(runner);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// What an observer sees of a run, as one line.
static void tell(char *text, size_t size) {
    size_t length = (size_t)snprintf(text, size, "%s %d %s %016llx %lld ns %u deviations:", tick_verdict_word(outcome.verdict),
        outcome.code, outcome.text, (unsigned long long)said->outcome.digest[0], (long long)outcome.ended_at, outcome.deviations);
    for (uint32_t at = 0; at < said->output_used && length < size;) {
        const struct tick_guest_line *const line = (const void *)(said->output + at);
        length += (size_t)snprintf(text + length, size - length, " %.*s", (int)line->size, line->text);
        at += (uint32_t)(sizeof *line + line->size + 7) & ~7u;
    }
}

#define TOLD 1000
static char first[RUNS_MOST][TOLD];

static void all_ways_are_the_same(const char *name, const char *how, size_t count) {
    static const char *const words[] = {"in fresh processes", "by fork", "by rewinding"};
    size_t deviated = 0;
    for (int way = TICK_GUEST_REWIND; way >= TICK_GUEST_START; way--) {
        use(name, how, (enum tick_guest_way)way);
        open_guest();
        double began = 0;
        for (size_t i = 0; i < count; i++) {
            char now[TOLD];
            seed(i + 1);
            tell(now, sizeof now);
            if (i == 0)
                began = seconds();
            if (way == TICK_GUEST_REWIND)
                snprintf(first[i], TOLD, "%s", now);
            else if (strcmp(now, first[i]) != 0)
                fail_msg("seed %zu %s: %s\nby rewinding: %s", i + 1, words[way], now, first[i]);
            deviated += outcome.deviations > 0;
        }
        print_message("%s %s %s: %.0f a second\n", name, how ? how : "", words[figures.way], (double)(count - 1) / (seconds() - began));
        if (figures.why[0])
            print_message("%s\n", figures.why);
        else
            assert_int_equal(figures.way, way);
        assert_int_equal(figures.processes, way == TICK_GUEST_START ? count : 1);
        close_guest();
    }
    assert_true(deviated > count / 2);
    assert_non_null(strstr(first[0], "pass 0"));
}

static void one_thread(void **state) {
    (void)state;
    all_ways_are_the_same("guest_echo", NULL, runs);
}

static void threads(void **state) {
    (void)state;
    all_ways_are_the_same("guest_echo", "threads", runs);
}

// Built where the library is.
static void library(const char *name, const char *how) {
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", here, name);
    if (access(path, X_OK) == 0)
        all_ways_are_the_same(name, how, runs / 3 + 1);
    else
        print_message("%s: not built\n", name);
}

static void loops_of_others(void **state) {
    (void)state;
    library("uv_echo", NULL);
    library("uv_echo", "work");
    library("event_echo", NULL);
    library("ev_echo", NULL);
}

static void asyncio(void **state) {
    (void)state;
    struct tick_error error;
    use("python3", source, TICK_GUEST_REWIND);
    if (tick_guest_check(&program, &error) < 0)
        skip();
    all_ways_are_the_same("python3", source, runs);
}

static void what_a_run_leaves_behind_is_gone(void **state) {
    (void)state;
    all_ways_are_the_same("guest_echo", "dirty", runs / 3 + 1);
    assert_non_null(strstr(first[runs / 3], "counter 1 "));
}

static void memory_is_what_it_was(const char *name, const char *how) {
    use(name, how, TICK_GUEST_REWIND);
    program.settings.compares_memory = true;
    open_guest();
    for (uint64_t i = 0; i < 10; i++)
        seed(i + 1);
    assert_string_equal(figures.why, figures.way == TICK_GUEST_REWIND ? "" : figures.why);
    assert_int_equal(figures.processes, 1);
    close_guest();
}

static void all_of_memory_is_what_it_was(void **state) {
    (void)state;
    memory_is_what_it_was("guest_echo", NULL);
    memory_is_what_it_was("guest_echo", "threads");
    memory_is_what_it_was("guest_echo", "dirty");
    struct tick_error error;
    use("python3", source, TICK_GUEST_REWIND);
    if (tick_guest_check(&program, &error) == 0)
        memory_is_what_it_was("python3", source);
}

static void a_crash_is_a_verdict(void **state) {
    (void)state;
    for (int way = TICK_GUEST_START; way <= TICK_GUEST_REWIND; way++) {
        use("guest_echo", "crash", (enum tick_guest_way)way);
        open_guest();
        for (uint64_t i = 0; i < 3; i++) {
            seed(i + 1);
            assert_int_equal(outcome.verdict, TICK_CRASHED);
            assert_string_equal(outcome.text, "killed by SIGABRT");
        }
        close_guest();
    }
}

// --- where the snapshot is ---

// Runs of the place; then each again by its schedule, in a fresh process with the snapshot at the first wait, or where the program calls
// it, which may be before that.
static void place_is(enum tick_guest_place place, uint32_t at, const char *how) {
    enum { SEEDS = 8 };
    static struct tick_deviation drawn[SEEDS][200];
    static int64_t ended[SEEDS];
    size_t count[SEEDS];
    use("guest_echo", how, TICK_GUEST_REWIND);
    program.settings.snapshot_place = place;
    program.settings.snapshot_at = at;
    snprintf(program.settings.snapshot_text, sizeof program.settings.snapshot_text, "ready");
    open_guest();
    for (uint64_t i = 0; i < SEEDS; i++) {
        seed(i + 1);
        const struct tick_deviation *const list = runner->ops->deviations(runner, &count[i]);
        assert_true(count[i] <= 200);
        memcpy(drawn[i], list, count[i] * sizeof *list);
        ended[i] = outcome.ended_at;
    }
    assert_int_equal(figures.processes, 1); // it was reached
    close_guest();
    use("guest_echo", how, TICK_GUEST_START);
    program.settings.snapshot_place = place == TICK_GUEST_AT_CALL ? place : TICK_GUEST_AT_WAIT;
    open_guest();
    for (uint64_t i = 0; i < SEEDS; i++) {
        answer(&(struct tick_answers){.way = TICK_ANSWERS_LISTED, .count = (uint32_t)count[i], .deviations = drawn[i]});
        assert_int_equal(outcome.deviations, count[i]);
        assert_int_equal(outcome.ended_at, ended[i]);
    }
    close_guest();
}

static void the_place_changes_no_address(void **state) {
    (void)state;
    place_is(TICK_GUEST_AT_WAIT, 3, NULL);
    place_is(TICK_GUEST_AT_ACCEPT, 1, NULL);
    place_is(TICK_GUEST_AT_CONNECT, 0, NULL);
    place_is(TICK_GUEST_AT_OUTPUT, 0, NULL);
    place_is(TICK_GUEST_AT_CALL, 0, "call");
    place_is(TICK_GUEST_AT_ACCEPT, 0, "threads");
}

// --- what else was asked ---

static void questions_are_noted(void **state) {
    (void)state;
    static struct tick_deviation noted[5000];
    uint32_t count = 0;
    int64_t ended, late = 0;
    use("guest_echo", NULL, TICK_GUEST_REWIND);
    open_guest();
    answer(&(struct tick_answers){.way = TICK_ANSWERS_LISTED});
    ended = outcome.ended_at;
    answer(&(struct tick_answers){.way = TICK_ANSWERS_NOTED,
        .kinds = UINT64_C(1) << TICK_CHOICE_DELIVERY,
        .questions = noted,
        .room = sizeof noted / sizeof *noted,
        .asked = &count});
    assert_int_equal(outcome.ended_at, ended);
    assert_int_equal(outcome.deviations, 0);
    assert_true(count > 30);
    for (uint32_t i = 0; i < count; i++) { // each can be answered, and none of them was before the snapshot
        assert_int_equal(noted[i].kind, TICK_CHOICE_DELIVERY);
        assert_int_equal(noted[i].value, 0);
        noted[i].value = noted[i].n - 1;
        answer(&(struct tick_answers){.way = TICK_ANSWERS_LISTED, .count = 1, .deviations = &noted[i]});
        assert_int_equal(outcome.deviations, 1);
        late += outcome.ended_at > ended;
    }
    assert_true(late > count / 2);
    close_guest();
}

// --- where the kernel forbids it ---

static void forbid(void) {
    static struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_userfaultfd, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_personality, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog code = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &code) < 0)
        _exit(77);
}

// As in a container with Docker's profile: runs are forked, addresses are not fixed, and both are told.
static int forbidden(void) {
    forbid();
    use("guest_echo", NULL, TICK_GUEST_REWIND);
    const struct tick_target target = tick_guest_target("it", &program);
    if (target.open(&target, &runner) < 0)
        return 1;
    said = tick_guest_said(runner);
    for (uint64_t i = 0; i < 3; i++) {
        struct tick_answers answers;
        char now[TOLD];
        tick_answers_seed(&answers, i + 1, NULL);
        const struct tick_request request = {.answers = &answers};
        if (runner->ops->run(runner, &request, &outcome) < 0)
            return 2;
        tell(now, sizeof now);
        if (strcmp(now, first[i]) != 0)
            return 3;
    }
    tick_guest_figures(runner, &figures);
    const bool told = figures.way == TICK_GUEST_FORK && strstr(figures.why, "it is forbidden here") && !said->settings.fixed_addresses;
    runner->ops->free(runner);
    return told ? 0 : 4;
}

static void a_kernel_that_forbids_it(void **state) {
    (void)state;
    use("guest_echo", NULL, TICK_GUEST_FORK);
    open_guest();
    for (uint64_t i = 0; i < 3; i++) {
        seed(i + 1);
        tell(first[i], TOLD);
    }
    close_guest();
    fflush(NULL);
    const pid_t pid = fork();
    if (!pid)
        _exit(forbidden());
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const char *const wanted = getenv("RETICK_RUNS");
    const ssize_t length = readlink("/proc/self/exe", here, sizeof here - 1);
    if (length < 0)
        return 1;
    here[length] = 0;
    *strrchr(here, '/') = 0;
    snprintf(source, sizeof source, "%s/guest_scripts/echo.py", here);
    runs = wanted ? strtoul(wanted, NULL, 10) : runs;
    runs = runs > RUNS_MOST ? RUNS_MOST : runs < 3 ? 3 : runs;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread),
        cmocka_unit_test(threads),
        cmocka_unit_test(loops_of_others),
        cmocka_unit_test(asyncio),
        cmocka_unit_test(what_a_run_leaves_behind_is_gone),
        cmocka_unit_test(all_of_memory_is_what_it_was),
        cmocka_unit_test(a_crash_is_a_verdict),
        cmocka_unit_test(the_place_changes_no_address),
        cmocka_unit_test(questions_are_noted),
        cmocka_unit_test(a_kernel_that_forbids_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
