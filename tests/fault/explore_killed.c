// Workers that somebody kills: the run is tried again in a fresh one, and is a finding only if its own memory or time explains it. And the
// marks of a run that takes its process down.
// links: tick_explore tick_choice
#include "sim/explore/campaign.h"
#include "sim/explore/isolate.h"
#include "tests/support/emulated.h"
#include "tests/support/fake_target.h"
#include "tests/support/patience.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define AT 7 // the seed that it happens in

// Shared with the workers.
static struct {
    _Atomic int kills; // still to come
} * shared;

static uint64_t seed_now(void) {
    return ((const struct tick_random_chooser *)fake.chooser)->seed;
}

static bool is_struck(void) {
    return seed_now() == AT && atomic_fetch_sub(&shared->kills, 1) > 0;
}

static void spend(int64_t ns) {
    struct timespec now;
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    while (ns < 0 || (int64_t)now.tv_sec * 1000000000 + now.tv_nsec < ns);
}

static void passes_or_is_killed(void) {
    fake_choose(TICK_CHOICE_USER, 1, 1, 2, 0);
    fake_mark("begun");
    if (is_struck())
        raise(SIGKILL); // nobody can tell who did
}

// Short sleeps: under valgrind a signal that comes before a pause() is lost.
static void another_sends(int signal) {
    const pid_t other = fork();
    if (!other) {
        kill(getppid(), signal);
        _exit(0);
    }
    for (;;)
        nanosleep(&(const struct timespec){0, 1000000}, NULL);
}

static void passes_or_is_told_to_end(void) {
    if (!is_struck())
        return;
    another_sends(SIGTERM);
}

// By a signal that tells who sent it.
static void passes_or_is_struck(void) {
    if (!is_struck())
        return;
    another_sends(SIGSEGV);
}

static void ends_itself(void) {
    if (seed_now() == AT)
        raise(SIGTERM);
}

static void eats_and_is_killed(void) {
    if (!is_struck())
        return;
    const size_t size = (size_t)300 << 20;
    volatile char *memory = malloc(size);
    for (size_t i = 0; memory && i < size; i += 4096)
        memory[i] = 1;
    raise(SIGKILL);
}

static void takes_its_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    spend((int64_t)now.tv_sec * 1000000000 + now.tv_nsec + 20000000);
}

static void spins(void) {
    if (seed_now() == AT)
        spend(-1);
}

static void marks_and_crashes(void) {
    fake_mark("begun");
    if (seed_now() % 10 == AT) {
        fake_mark("crashed");
        abort();
    }
}

static int try(const struct tick_target *target, int kills, uint64_t count, struct tick_campaign_result *result, struct tick_error *error) {
    const struct tick_campaign campaign = {.target = target, .count = count, .workers = 2, .hang = 60000000000};
    atomic_store(&shared->kills, kills);
    *error = (struct tick_error){0};
    const int rc = tick_campaign_run(&campaign, result, error);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    return rc;
}

static void killed_once_goes_on(void **state) {
    (void)state;
    static const struct tick_target targets[] = {FAKE(passes_or_is_killed), FAKE(passes_or_is_told_to_end), FAKE(passes_or_is_struck)};
    for (int i = 0; i < (emulated() ? 2 : 3); i++) { // as below
        struct tick_campaign_result r;
        struct tick_error error;
        assert_int_equal(try(&targets[i], 1, 50, &r, &error), 0);
        assert_false(r.found);
        assert_int_equal(r.runs, 50);
        assert_int_equal(r.failures, 0);
        if (i == 0) // no run is counted twice
            assert_true(r.marks == 1 && r.mark[0].runs == 50);
        tick_campaign_result_fini(&r);
    }
}

static void killed_always_is_no_finding(void **state) {
    (void)state;
    static const struct tick_target targets[] = {FAKE(passes_or_is_killed), FAKE(passes_or_is_struck)};
    static const char *const names[] = {"SIGKILL", "SIGSEGV"};
    for (int i = 0; i < (emulated() ? 1 : 2); i++) { // a SIGSEGV that is sent ends qemu itself now and then
        struct tick_campaign_result r;
        struct tick_error error;
        assert_int_equal(try(&targets[i], 1000, 50, &r, &error), TICK_EKILLED);
        assert_non_null(strstr(error.text, "killed from outside"));
        assert_non_null(strstr(error.text, names[i]));
    }
}

static void its_own_signal_is_a_finding(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(ends_itself);
    struct tick_campaign_result r;
    struct tick_error error;
    assert_int_equal(try(&s, 0, 50, &r, &error), 0);
    assert_true(r.found && r.seed == AT && r.outcome.verdict == TICK_CRASHED && r.outcome.code == SIGTERM);
    tick_campaign_result_fini(&r);
}

static void its_own_memory_is_a_finding(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(eats_and_is_killed);
    struct tick_campaign_result r;
    struct tick_error error;
    assert_int_equal(try(&s, 1000, 50, &r, &error), 0);
    assert_true(r.found && r.seed == AT && r.outcome.verdict == TICK_OUT_OF_MEMORY);
    assert_non_null(strstr(r.outcome.text, "as the kernel does when memory runs out"));
    tick_campaign_result_fini(&r);
}

// In a process of its own, which the limit does not outlive: 0, or the line that failed.
static int limited(const struct tick_target *target, rlim_t soft, rlim_t hard, uint64_t count, bool found) {
    const pid_t pid = fork();
    if (!pid) {
        struct tick_campaign_result r;
        struct tick_error error;
        const struct rlimit limit = {soft, hard};
        const struct tick_campaign campaign = {.target = target, .count = count, .workers = 1, .hang = 60000000000};
        if (setrlimit(RLIMIT_CPU, &limit) < 0)
            _exit(1);
        if (tick_campaign_run(&campaign, &r, &error) != 0)
            _exit(2);
        if (r.found != found || (!found && r.runs != count))
            _exit(3);
        if (found && (r.seed != AT || r.outcome.verdict != TICK_HUNG || !strstr(r.outcome.text, "(ulimit -t)")))
            _exit(4);
        tick_campaign_result_fini(&r);
        _exit(0);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// A worker that has done many runs has used up what the shell gives a process; each run by itself has not.
static void a_limit_of_time_is_the_workers(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(takes_its_time);
    if (emulated())
        skip();
    assert_int_equal(limited(&s, 1, RLIM_INFINITY, 55, false), 0);
}

static void its_own_time_is_a_finding(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(spins);
    if (emulated())
        skip();
    assert_int_equal(limited(&s, 1, 1, 20, true), 0);
}

static void marks_outlive_their_run(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(marks_and_crashes);
    const struct tick_campaign campaign = {.target = &s, .count = 30, .workers = 2, .keep_going = true};
    struct tick_campaign_result r;
    assert_int_equal(tick_campaign_run(&campaign, &r, NULL), 0);
    assert_int_equal(r.failures, 3);
    assert_int_equal(r.marks, 2);
    assert_string_equal(r.mark[0].name, "begun");
    assert_int_equal(r.mark[0].runs, 30);
    assert_string_equal(r.mark[1].name, "crashed");
    assert_int_equal(r.mark[1].runs, 3);
    tick_campaign_result_fini(&r);
}

static int seed_in(const struct tick_isolate_options *options, int kills, struct tick_outcome *outcome) {
    struct tick_isolate *isolate;
    struct tick_schedule drawn;
    atomic_store(&shared->kills, kills);
    assert_int_equal(tick_isolate_new(options, &isolate), 0);
    int rc = 0;
    for (uint64_t seed = AT - 2; seed <= AT && rc == 0; seed++) {
        rc = tick_isolate_seed(isolate, seed, NULL, 0, outcome, &drawn, NULL);
        if (rc == 0)
            tick_schedule_fini(&drawn);
    }
    tick_isolate_free(isolate);
    return rc;
}

static void a_single_run_is_tried_again(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(passes_or_is_killed);
    struct tick_isolate_options options = {.target = &s};
    struct tick_outcome outcome;
    assert_int_equal(seed_in(&options, 1, &outcome), 0);
    assert_int_equal(outcome.verdict, TICK_PASS);
    assert_int_equal(seed_in(&options, 1000, &outcome), TICK_EKILLED);
    options = (struct tick_isolate_options){.target = &s, .once = true};
    assert_int_equal(seed_in(&options, 1, &outcome), TICK_EKILLED);
}

static int set_up(void **state) {
    (void)state;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? -1 : 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_once_goes_on),
        cmocka_unit_test(killed_always_is_no_finding),
        cmocka_unit_test(its_own_signal_is_a_finding),
        cmocka_unit_test(its_own_memory_is_a_finding),
        cmocka_unit_test(a_limit_of_time_is_the_workers),
        cmocka_unit_test(its_own_time_is_a_finding),
        cmocka_unit_test(marks_outlive_their_run),
        cmocka_unit_test(a_single_run_is_tried_again),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
