// Contexts of sleeping pthreads: each has its stack, its thread-local memory and its floating-point modes, however fs is set; and kernel
// threads that were made since a snapshot end when it is gone back to.
// links: tick_guest tick_kernel tick_choice m
// wraps: nothing_at_all
// once: yes
#include "sim/guest/context_int.h"
#include "src/base/sanitized.h"
#include <dirent.h>
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 20

_Thread_local bool tick__guest_on __attribute__((tls_model("initial-exec")));
static _Thread_local int mine = 7;
static struct tick__guest_context home, contexts[THREADS];
static struct tick__guest_sleeper *sleepers[THREADS];
static int running, rounds;
static double thirds[THREADS];

static void entry(void) {
    const int me = running;
    static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    volatile double one = 1, three = 3;
    fesetround(modes[me % 4]);
    mine = me * 10;
    errno = me;
    for (;;) {
        const bool right = pthread_equal(pthread_self(), sleepers[me]->pthread) && fegetround() == modes[me % 4] && errno == me &&
                           mine == me * 10 + rounds && tick__guest_on;
        thirds[me] = right ? one / three : 0;
        mine++;
        tick__guest_context_switch(&contexts[me], &home);
    }
}

static void visit(int i) {
    running = i;
    tick__guest_context_switch(&home, &contexts[i]);
}

// Under valgrind no mode makes a difference.
static bool can_round_up(void) {
    volatile double one = 1, three = 3;
    const double nearest = one / three;
    fesetround(FE_UPWARD);
    const double upward = one / three;
    fesetround(FE_TONEAREST);
    return upward != nearest;
}

static void each_has_its_own(bool fsgsbase) {
    const bool has = tick__guest_fsgsbase, rounds_up = can_round_up();
    tick__guest_fsgsbase = has && fsgsbase;
    home.fs = tick__guest_fs();
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(tick__guest_sleeper_take(&sleepers[i]), 0);
        assert_true(sleepers[i]->room > 100000);
        tick__guest_context_make(&contexts[i], sleepers[i]->top, sleepers[i]->fs, entry);
    }
    errno = 99;
    for (rounds = 0; rounds < 100; rounds++)
        for (int i = 0; i < THREADS; i++) {
            visit(i);
            assert_int_equal(errno, 99);
        }
    assert_int_equal(mine, 7);
    assert_int_equal(fegetround(), FE_TONEAREST);
    assert_true(thirds[0] != 0);
    for (int i = 0; i < THREADS; i++) {
        const bool above = rounds_up && i % 4 == 2;
        assert_true(above ? thirds[i] > thirds[1] : i % 4 ? thirds[i] == thirds[1] : thirds[i] == thirds[0]);
        tick__guest_sleeper_give(sleepers[i]);
    }
    tick__guest_fsgsbase = has;
}

static void by_wrfsbase(void **state) {
    (void)state;
    tick__guest_context_begin();
    if (!tick__guest_fsgsbase)
        skip();
    each_has_its_own(true);
}

static void by_arch_prctl(void **state) {
    (void)state;
    tick__guest_context_begin();
    each_has_its_own(false);
}

static int kernel_threads(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

// As a rewinding does: what is in memory of the sleepers made since is forgotten by whoever calls.
static void those_made_since_a_snapshot_end(void **state) {
    (void)state;
    struct tick__guest_sleeper *some[50];
    assert_int_equal(tick__guest_sleepers_fill(5), 0);
    const int before = kernel_threads();
    const uint32_t made = tick__guest_sleepers_made();
    tick__guest_sleepers_back(); // nothing to be done
    assert_int_equal(kernel_threads(), before);
    uint32_t had = 0;
    for (int i = 0; i < 50; i++) { // more than there are
        assert_int_equal(tick__guest_sleeper_take(&some[i]), 0);
        had += (uint32_t)tick__guest_sleeper_has(some[i]->tid);
    }
    assert_int_equal(had, 50);
    assert_true(tick__guest_sleepers_made() > made);
    tick__guest_sleepers_back();
    assert_int_equal(tick__guest_sleepers_made(), made);
    for (int i = 0; i < 100 && kernel_threads() != before; i++)
        usleep(10000); // they have left, and end
    assert_int_equal(kernel_threads(), before);
}

int main(void) {
    if (TICK__TSAN)
        return 77; // whose own thread-local memory a context of ours has not
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_wrfsbase),
        cmocka_unit_test(by_arch_prctl),
        cmocka_unit_test(those_made_since_a_snapshot_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
