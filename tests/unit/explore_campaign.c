// Campaigns: the smallest failing seed whatever the number of workers; deaths of workers; marks; stopping; what a run costs on top.
// torture: 2
#include "sim/explore/campaign.h"
#include "tests/support/fake_target.h"
#include "tests/support/patience.h"
#include <retick/time.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t seed_now(void) {
    return ((const struct tick_random_chooser *)fake.chooser)->seed;
}

static volatile int *volatile nowhere = (volatile int *)64;
static volatile uint64_t spins;

static void nothing(void) {}
static void slow(void) {
    nanosleep(&(const struct timespec){0, 2000000}, NULL);
}
// Fails with some seeds from 100 on; the later, the faster.
static void fails_late(void) {
    uint64_t seed = seed_now();
    fake_choose(TICK_CHOICE_USER, 1, seed, 2, 0);
    if (seed < 120)
        nanosleep(&(const struct timespec){0, (long)(120 - seed) * 20000}, NULL);
    if (seed >= 100 && (seed * 7919) % 3 == 0)
        fake_fail((int)seed);
}
static void segv_at_13(void) {
    fake_choose(TICK_CHOICE_DELIVERY, 1, 1, 10, 49000000);
    if (seed_now() == 13)
        *nowhere = 1;
}
static void many_ends(void) {
    uint64_t seed = seed_now();
    if (seed % 50 == 13)
        abort();
    if (seed == 17)
        _exit(1);
    if (seed == 20)
        for (;;)
            spins++;
    if (seed % 10 == 9)
        fake_fail(1);
}
static void ends_in_its_set_up(void) {
    atomic_store(fake.request->set_up, false);
    if (seed_now() % 2)
        nanosleep(&(const struct timespec){30, 0}, NULL); // another worker's run, which nobody waits for
    abort();
}
static void marks(void) {
    uint64_t seed = seed_now();
    fake_mark("always");
    if (seed % 4 == 0)
        fake_mark("fourth");
    if (seed == 7)
        fake_mark("a name that is longer than the forty-seven characters that are kept of it");
}

// The failing seed takes its time, while the other workers run ahead.
static void marks_and_fails(void) {
    uint64_t seed = seed_now();
    fake_mark("always");
    fake_mark(seed % 2 ? "odd" : "even");
    if (seed > 9)
        fake_mark("later");
    if (seed == 9)
        nanosleep(&(const struct timespec){0, 200000000}, NULL);
    if (seed % 10 == 9)
        fake_fail((int)seed);
}

static struct tick_campaign_result run(struct tick_campaign campaign) {
    struct tick_campaign_result result;
    struct tick_error error = {0};
    int rc = tick_campaign_run(&campaign, &result, &error);
    if (rc < 0)
        fail_msg("%s", error.text);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    return result;
}

static void all_pass(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(nothing);
    for (int workers = 0; workers < 4; workers++) {
        struct tick_campaign_result r = run((struct tick_campaign){.target = &s, .first = 5, .count = 1000, .workers = workers});
        assert_false(r.found);
        assert_int_equal(r.runs, 1000);
        assert_int_equal(r.failures, 0);
        tick_campaign_result_fini(&r);
    }
}

static void smallest_failing_seed(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(fails_late);
    for (int workers = 1; workers < 8; workers += 2) {
        struct tick_campaign_result r = run((struct tick_campaign){.target = &s, .first = 1, .count = 100000, .workers = workers});
        assert_true(r.found);
        assert_int_equal(r.seed, 102);
        assert_int_equal(r.outcome.line, 102);
        assert_int_equal(r.runs, 102);
        assert_int_equal(r.failures, 1);
        assert_int_equal(r.schedule.count, r.outcome.deviations);
        assert_string_equal(r.schedule.scenario, "fails_late");
        tick_campaign_result_fini(&r);
    }
}

static void failures_are_counted(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(fails_late);
    struct tick_campaign_result r = run((struct tick_campaign){.target = &s, .first = 100, .count = 300, .workers = 3, .keep_going = true});
    assert_int_equal(r.runs, 300);
    assert_int_equal(r.failures, 100);
    assert_int_equal(r.seed, 102);
    assert_int_equal(r.choices, 300);
    tick_campaign_result_fini(&r);
}

static void a_crash_is_a_failure(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(segv_at_13);
    struct tick_rates rates = {0};
    rates.of[TICK_CHOICE_DELIVERY] = 65536;
    for (int workers = 1; workers < 4; workers++) {
        struct tick_campaign_result r = run((struct tick_campaign){.target = &s, .rates = &rates, .count = 1000, .workers = workers});
        assert_true(r.found);
        assert_int_equal(r.seed, 13);
        assert_int_equal(r.outcome.verdict, TICK_CRASHED);
        assert_int_equal(r.outcome.code, SIGSEGV);
        assert_int_equal(r.runs, 14);
        assert_int_equal(r.schedule.count, r.outcome.deviations);
        tick_campaign_result_fini(&r);
    }
}

static void workers_are_replaced(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(many_ends);
    // 200 seeds: 4 aborts, 1 exit, 1 hang, 20 failed checks
    struct tick_campaign_result r =
        run((struct tick_campaign){.target = &s, .count = 200, .workers = 2, .keep_going = true, .hang = PATIENCE * 50000000});
    assert_int_equal(r.runs, 200);
    assert_int_equal(r.failures, 26);
    assert_int_equal(r.seed, 9);
    tick_campaign_result_fini(&r);
    r = run((struct tick_campaign){.target = &s, .first = 20, .count = 9, .workers = 2, .hang = PATIENCE * 50000000});
    assert_int_equal(r.seed, 20);
    assert_int_equal(r.outcome.verdict, TICK_HUNG);
    tick_campaign_result_fini(&r);
    r = run((struct tick_campaign){.target = &s, .first = 16, .count = 2, .workers = 1});
    assert_int_equal(r.outcome.verdict, TICK_EXITED);
    tick_campaign_result_fini(&r);
}

// Whichever worker is the first to come to it.
static void what_ends_a_set_up_ends_the_campaign(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(ends_in_its_set_up);
    for (int i = 0; i < 6; i++) {
        struct tick_campaign_result r =
            run((struct tick_campaign){.target = &s, .first = 6 + i % 2, .count = 100, .workers = 2 + i / 2, .keep_going = i > 3});
        assert_int_equal(r.seed, 6 + i % 2);
        assert_int_equal(r.runs, 1);
        assert_int_equal(r.failures, 1);
        assert_int_equal(r.outcome.verdict, TICK_CRASHED);
        assert_true(r.outcome.in_setup);
        assert_true(r.elapsed < TICK_SEC(25));
        tick_campaign_result_fini(&r);
    }
}

static void marks_are_counted(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(marks);
    struct tick_campaign_result r = run((struct tick_campaign){.target = &s, .count = 100, .workers = 3});
    assert_int_equal(r.marks, 3);
    assert_string_equal(r.mark[0].name, "a name that is longer than the forty-seven char");
    assert_int_equal(r.mark[0].runs, 1);
    assert_string_equal(r.mark[1].name, "always");
    assert_int_equal(r.mark[1].runs, 100);
    assert_string_equal(r.mark[2].name, "fourth");
    assert_int_equal(r.mark[2].runs, 25);
    tick_campaign_result_fini(&r);
}

// As many workers as there may be: what is said of marks is of the runs up to the one that failed. Those that were run beyond it are too
// many to be kept.
static void marks_up_to_the_failure(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(marks_and_fails);
    for (int workers = 1; workers < 8; workers += workers == 1 ? 1 : 3) {
        struct tick_campaign_result r = run((struct tick_campaign){.target = &s, .count = 10000000, .workers = workers});
        assert_int_equal(r.seed, 9);
        assert_int_equal(r.runs, 10);
        assert_int_equal(r.marks, 3);
        assert_string_equal(r.mark[0].name, "always");
        assert_int_equal(r.mark[0].runs, 10);
        assert_string_equal(r.mark[1].name, "even");
        assert_int_equal(r.mark[1].runs, 5);
        assert_int_equal(r.mark[2].runs, 5);
        tick_campaign_result_fini(&r);
        r = run((struct tick_campaign){.target = &s, .first = 10, .count = 40, .workers = workers, .keep_going = true});
        assert_int_equal(r.failures, 4);
        assert_int_equal(r.marks, 4);
        assert_int_equal(r.mark[0].runs, 40);
        assert_int_equal(r.mark[2].runs, 40);
        tick_campaign_result_fini(&r);
    }
}

struct seen {
    int calls, most;
    uint64_t done;
    double rate;
};

static bool progress(void *ctx, const struct tick_campaign_progress *p) {
    struct seen *seen = ctx;
    assert_true(p->done >= seen->done);
    seen->done = p->done;
    seen->rate = p->rate;
    return ++seen->calls < seen->most;
}

static void progress_and_stop(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(slow);
    struct seen seen = {.most = 3};
    struct tick_campaign_result r = run((struct tick_campaign){.target = &s, .workers = 2, .progress = progress, .ctx = &seen});
    assert_int_equal(seen.calls, 3);
    assert_true(seen.done > 0 && r.runs >= seen.done && seen.rate > 1);
    assert_in_range(r.elapsed, 500000000, 5000000000);
    assert_false(r.found);
    tick_campaign_result_fini(&r);
    r = run((struct tick_campaign){.target = &s, .workers = 2, .time = 300000000});
    assert_in_range(r.elapsed, 300000000, 5000000000);
    tick_campaign_result_fini(&r);
}

static bool stop_at_once(void *ctx, const struct tick_campaign_progress *p) {
    (void)ctx, (void)p;
    return false;
}
static void for_ever(void) {
    for (;;)
        spins++;
}

static void a_stop_does_not_wait_for_hangs(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(for_ever);
    struct tick_campaign_result r = run((struct tick_campaign){.target = &s, .workers = 2, .progress = stop_at_once});
    assert_false(r.found);
    assert_true(r.elapsed < 8000000000);
    tick_campaign_result_fini(&r);
}

static void interrupts_are_the_parents(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(slow);
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGINT, &ignore, &before);
    pid_t pid = fork();
    if (!pid) {
        nanosleep(&(const struct timespec){0, 50000000}, NULL);
        kill(0, SIGINT); // as a terminal does
        _exit(0);
    }
    struct tick_campaign campaign = {.target = &s, .count = 100, .workers = 2};
    struct tick_campaign_result r;
    assert_int_equal(tick_campaign_run(&campaign, &r, NULL), 0);
    assert_int_equal(r.runs, 100);
    assert_false(r.found);
    waitpid(pid, NULL, 0);
    sigaction(SIGINT, &before, NULL);
}

// What a run costs beside the program and the world: a figure to look at.
static void a_run_costs_little(void **state) {
    (void)state;
    static const struct tick_target s = FAKE(nothing);
    struct tick_campaign_result r = run((struct tick_campaign){.target = &s, .count = 2000000, .workers = 1});
    assert_int_equal(r.runs, 2000000);
    print_message("campaign: %.0f ns a run\n", (double)r.elapsed / (double)r.runs);
    tick_campaign_result_fini(&r);
}

int main(void) {
    setpgid(0, 0); // for the interrupt
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pass),
        cmocka_unit_test(smallest_failing_seed),
        cmocka_unit_test(failures_are_counted),
        cmocka_unit_test(a_crash_is_a_failure),
        cmocka_unit_test(workers_are_replaced),
        cmocka_unit_test(what_ends_a_set_up_ends_the_campaign),
        cmocka_unit_test(marks_are_counted),
        cmocka_unit_test(marks_up_to_the_failure),
        cmocka_unit_test(progress_and_stop),
        cmocka_unit_test(a_stop_does_not_wait_for_hangs),
        cmocka_unit_test(interrupts_are_the_parents),
        cmocka_unit_test(a_run_costs_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
