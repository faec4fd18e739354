// Runs of programs with threads begin by rewinding, by fork or in fresh processes, and are the same: threads that were made before the
// snapshot, such as take a sleeper of the pool, and more of them than the pool has.
//
// links: tick_keeper
// wraps: tick__none
// timeout: 300
#include "sim/keeper/keeper.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define RUNS 12
#define WAYS 3 // enum tick_guest_way

static struct run {
    enum tick_verdict verdict;
    int code;
    uint64_t digest, deviations;
} runs[WAYS][RUNS];

static void run_all(const char *path, enum tick_guest_way way, size_t count) {
    char *argv[] = {(char *)(uintptr_t)path, NULL};
    const struct tick_guest_program program = {
        .argv = argv, .keeps_output = true, .digest = true, .settings = {.way = way, .latency = 1000000, .jitter = 30000000}};
    const struct tick_target target = tick_guest_target("threads", &program);
    struct tick_runner *runner;
    struct tick_error error;
    if (tick_guest_check(&program, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(target.open(&target, &runner), 0);
    for (size_t i = 0; i < count; i++) {
        struct tick_answers answers;
        struct tick_outcome outcome;
        tick_answers_seed(&answers, i + 1, NULL);
        assert_int_equal(runner->ops->run(runner, &(struct tick_request){.answers = &answers}, &outcome), 0);
        runs[way][i] = (struct run){outcome.verdict, outcome.code, tick_guest_said(runner)->outcome.digest[0], outcome.deviations};
    }
    runner->ops->free(runner);
}

static void all_ways_are_the_same(const char *name) {
    char self[4000], path[4200];
    uint64_t deviations = 0;
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = 0;
    *strrchr(self, '/') = 0;
    snprintf(path, sizeof path, "%s/%s", self, name);
    if (access(path, X_OK) != 0)
        skip(); // there is no C++
    for (int way = 0; way < WAYS; way++)
        run_all(path, (enum tick_guest_way)way, way == TICK_GUEST_START ? RUNS / 3 : RUNS);
    for (size_t i = 0; i < RUNS; i++) {
        assert_memory_equal(&runs[TICK_GUEST_FORK][i], &runs[TICK_GUEST_REWIND][i], sizeof(struct run));
        if (i < RUNS / 3)
            assert_memory_equal(&runs[TICK_GUEST_START][i], &runs[TICK_GUEST_REWIND][i], sizeof(struct run));
        deviations += runs[TICK_GUEST_REWIND][i].deviations;
    }
    assert_true(deviations > 0);
}

static void threads_of_before(void **state) {
    (void)state;
    all_ways_are_the_same("lost_updates");
    all_ways_are_the_same("pthread_locks");
}

static void lives(void **state) {
    (void)state;
    all_ways_are_the_same("pthread_lives");
}

static void threads_of_a_run(void **state) {
    (void)state;
    all_ways_are_the_same("threads_later");
}

static void threads_of_cxx(void **state) {
    (void)state;
    all_ways_are_the_same("cxx_threads");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_of_before),
        cmocka_unit_test(lives),
        cmocka_unit_test(threads_of_a_run),
        cmocka_unit_test(threads_of_cxx),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
