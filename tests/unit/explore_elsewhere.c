// Programs that run in a process of their own, beside the runner's: what that takes is the run's, and it ends with the worker.
#include "sim/explore/isolate.h"
#include "tests/support/fake_target.h"
#include "tests/support/patience.h"
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define EATEN ((size_t)300 << 20)

static int alive[2]; // a pipe that ends when the last of a run's processes has
static volatile uint64_t spins;

static int64_t cpu_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Has body done by a child, and waits for that.
static void in_a_child(void (*body)(void)) {
    const pid_t worker = getpid(), child = fork();
    int status;
    if (!child) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == worker)
            body();
        _exit(0);
    }
    atomic_store(fake.request->program, child);
    fake_choose(TICK_CHOICE_DELIVERY, 5, 1, 10, 49000000);
    while (waitpid(child, &status, WNOHANG) == 0) { // taking some time of its own: what just sleeps for long hangs as well
        const int64_t until = cpu_now() + 300000;
        while (cpu_now() < until)
            spins++;
        nanosleep(&(const struct timespec){.tv_nsec = 10000000}, NULL);
    }
    atomic_store(fake.request->program, 0);
}

static void spins_for_a_while(void) {
    while (cpu_now() < PATIENCE * 150000000)
        spins++;
}
static void eats_and_waits(void) {
    volatile char *memory = malloc(EATEN);
    for (size_t i = 0; memory && i < EATEN; i += 4096)
        memory[i] = 1;
    nanosleep(&(const struct timespec){.tv_nsec = 500000000}, NULL);
}
static void nothing(void) {}

static void busy(void) {
    in_a_child(spins_for_a_while);
}
static void large(void) {
    in_a_child(eats_and_waits);
}
static void brief(void) {
    in_a_child(nothing);
}

static struct tick_outcome outcome_of(const struct tick_target *target, int64_t hang, size_t memory) {
    struct tick_isolate *isolate;
    struct tick_outcome outcome;
    struct tick_schedule drawn, one;
    char byte;
    assert_int_equal(pipe(alive), 0);
    assert_int_equal(tick_isolate_new(&(const struct tick_isolate_options){.target = target, .hang = hang, .memory = memory}, &isolate), 0);
    tick_schedule_init(&one, "one");
    assert_int_equal(tick_schedule_add(&one, &(struct tick_deviation){5, 1, 4, 10, 49000000, TICK_CHOICE_DELIVERY}), 0);
    assert_int_equal(tick_isolate_schedule(isolate, &one, 0, &outcome, &drawn, NULL), 0);
    assert_int_equal(drawn.count, 1);
    if (outcome.verdict != TICK_PASS) { // the worker is gone, and its child with it
        close(alive[1]);
        assert_int_equal(poll(&(struct pollfd){.fd = alive[0], .events = POLLIN}, 1, 10000), 1);
        assert_int_equal(read(alive[0], &byte, 1), 0);
    } else {
        close(alive[1]);
    }
    close(alive[0]);
    tick_schedule_fini(&drawn);
    tick_schedule_fini(&one);
    tick_isolate_free(isolate);
    return outcome;
}

static void passes(void **state) {
    (void)state;
    static const struct tick_target small = FAKE(brief), b = FAKE(busy), l = FAKE(large);
    assert_int_equal(outcome_of(&small, 0, 0).verdict, TICK_PASS);
    assert_int_equal(outcome_of(&b, 0, 0).verdict, TICK_PASS);
    assert_int_equal(outcome_of(&l, 0, 0).verdict, TICK_PASS);
}

static void its_time_counts(void **state) {
    (void)state;
    static const struct tick_target target = FAKE(busy);
    const struct tick_outcome outcome = outcome_of(&target, PATIENCE * 60000000, 0);
    assert_int_equal(outcome.verdict, TICK_HUNG);
    assert_null(strstr(outcome.text, " in ")); // not where the runner waits
    assert_string_equal(outcome.stopped, "");
    assert_string_equal(outcome.file, "");
}

static void its_memory_counts(void **state) {
    (void)state;
    static const struct tick_target target = FAKE(large);
    assert_int_equal(outcome_of(&target, 0, EATEN / 2).verdict, TICK_OUT_OF_MEMORY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes),
        cmocka_unit_test(its_time_counts),
        cmocka_unit_test(its_memory_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
