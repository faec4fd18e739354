// Programs with threads (tests/guests/programs) on the simulated kernel: they print what they print under real threads, each start is the
// same run, seeds find what only another order of threads shows, and deadlocks say who waits for what.
// links: tick_choice
// wraps: nothing_at_all
// timeout: 300
#include "sim/choice/choosers.h"
#include "tests/support/guest_start.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define STARTS 20

static struct tick_guest_control *control;

static char *program(const char *name) {
    static char path[4200];
    char self[4000];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = 0;
    *strrchr(self, '/') = 0;
    snprintf(path, sizeof path, "%s/%s", self, name);
    return path;
}

static int run(const char *name) {
    char *argv[] = {program(name), NULL};
    return guest_start(control, argv, 40);
}

static bool is_built(const char *name) {
    struct stat found;
    return stat(program(name), &found) == 0;
}

static int set_up(void **state) {
    (void)state;
    control = guest_control_new();
    return control ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    guest_control_free(control);
    return 0;
}

static const char *const programs[] = {"pthread_lives", "pthread_locks", "cxx_threads", "threads_later", "past_names"};

static void they_print_what_they_print_under_real_threads(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        char real[8000] = "", simulated[8000];
        if (!is_built(programs[i]))
            continue;
        FILE *pipe = popen(program(programs[i]), "r");
        assert_non_null(pipe);
        real[fread(real, 1, sizeof real - 1, pipe)] = 0;
        assert_int_equal(pclose(pipe), 0);
        if (run(programs[i]) != 0)
            print_error("%s: %s %s\n", programs[i], control->outcome.text, control->outcome.waits);
        assert_int_equal(control->outcome.end, TICK_GUEST_EXITED);
        guest_output_text(control, 1, simulated, sizeof simulated);
        assert_string_equal(simulated, real);
    }
}

static void each_start_is_the_same_run(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        uint64_t digest[2];
        for (int start = 0; start < STARTS && is_built(programs[i]); start++) {
            run(programs[i]);
            if (!start)
                memcpy(digest, control->outcome.digest, sizeof digest);
            assert_memory_equal(control->outcome.digest, digest, sizeof digest);
        }
    }
    // The same of a seed, which makes it another run.
    uint64_t calm[2], digest[2];
    run("pthread_lives");
    memcpy(calm, control->outcome.digest, sizeof calm);
    guest_ask_seed(control, 5);
    for (int start = 0; start < 3; start++) {
        run("pthread_lives");
        if (!start)
            memcpy(digest, control->outcome.digest, sizeof digest);
        assert_memory_equal(control->outcome.digest, digest, sizeof digest);
        assert_true(memcmp(digest, calm, sizeof digest) != 0);
        assert_true(control->deviation_count > 0);
    }
}

// Twice the same run, and what it printed.
static void run_twice(char *const argv[], char *text, size_t size) {
    uint64_t digest[2];
    guest_start(control, argv, 40);
    memcpy(digest, control->outcome.digest, sizeof digest);
    guest_start(control, argv, 40);
    assert_memory_equal(control->outcome.digest, digest, sizeof digest);
    guest_output_text(control, 1, text, size);
    if (control->outcome.end != TICK_GUEST_EXITED || control->outcome.code)
        print_error("%s %s\n", control->outcome.text, control->outcome.waits);
    assert_int_equal(control->outcome.end, TICK_GUEST_EXITED);
    assert_int_equal(control->outcome.code, 0);
}

static void threads_of_python(void **state) {
    (void)state;
    char script[4200], text[1000];
    snprintf(script, sizeof script, "%s", program("guest_scripts/python_threads.py"));
    char *argv[] = {(char *)(uintptr_t) "/usr/bin/python3", script, NULL};
    if (access(argv[0], X_OK) != 0)
        skip();
    run_twice(argv, text, sizeof text);
    assert_string_equal(text, "total 12760\n40425\nTrue 5.0\nTrue False\n");
}

// With its own threads, and that of jemalloc, which looks for pthread_create past our name.
static void redis_serves(void **state) {
    (void)state;
    char module[4200], text[4000];
    snprintf(module, sizeof module, "%s", program("redis_client.so"));
    char *argv[] = {(char *)(uintptr_t) "/usr/bin/redis-server", (char *)(uintptr_t) "--port", (char *)(uintptr_t) "7777",
        (char *)(uintptr_t) "--save", (char *)(uintptr_t) "", (char *)(uintptr_t) "--loadmodule", module, NULL};
    if (access(argv[0], X_OK) != 0)
        skip();
    run_twice(argv, text, sizeof text);
    assert_non_null(strstr(text, "50 answers are right\n"));
    assert_true(control->outcome.threads >= 5);
}

static void another_order_loses_an_update(void **state) {
    (void)state;
    int found = 0;
    assert_int_equal(run("lost_updates"), 0);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        guest_ask_seed(control, seed);
        memset(control->request.rates, 0, sizeof control->request.rates);
        control->request.rates[TICK_CHOICE_THREAD] = 6000;
        const int status = run("lost_updates");
        assert_int_equal(control->outcome.end, TICK_GUEST_EXITED);
        if (status)
            assert_true(control->deviation_count > 0);
        found += status != 0;
    }
    assert_in_range(found, 1, 40);
}

static void deadlocks_say_who_waits_for_what(void **state) {
    (void)state;
    run("deadlocked_threads");
    assert_int_equal(control->outcome.end, TICK_GUEST_DEADLOCKED);
    const char *const expected[] = {"main waits for the end of a thread, main/first, in main+0x",
        "main/first waits for a mutex that main/second has, in both+0x", "main/second waits for a mutex that main/first has, in both+0x"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        if (!strstr(control->outcome.waits, expected[i]))
            print_error("%s\n", control->outcome.waits);
        assert_non_null(strstr(control->outcome.waits, expected[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(they_print_what_they_print_under_real_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_start_is_the_same_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(threads_of_python, set_up, tear_down),
        cmocka_unit_test_setup_teardown(redis_serves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_order_loses_an_update, set_up, tear_down),
        cmocka_unit_test_setup_teardown(deadlocks_say_who_waits_for_what, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
