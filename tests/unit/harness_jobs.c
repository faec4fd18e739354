// An executor's jobs in the simulated world: the virtual time that a choice gives each, recorded, replayed and shrunk; and whose they are.
// links: tick_explore tick_harness tick_choice
#include "sim/choice/choosers.h"
#include "sim/explore/shrink.h"
#include "sim/native/scenario_target.h"
#include "sim/native/stage.h"
#include "src/base/keep.h"
#include "tests/support/hash_probe.h"
#include <retick.h>
#include <retick/executor.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// --- programs ---

static int written;

static int writes(void *arg) {
    written++;
    return (int)(intptr_t)arg;
}

// Takes it for granted that a write is done within 5 ms.
static int hopes(void *arg) {
    struct tick_future *first, *second;
    TICK_TRY(tick_run_in_executor(NULL, writes, (void *)1, &first));
    TICK_TRY(tick_run_in_executor(NULL, writes, (void *)2, &second));
    TICK_TRY(tick_sleep(TICK_MS(5)));
    TICK_TRY(tick_check(written == 2, "%d of 2 writes after 5 ms", written));
    TICK_TRY(tick_await(first));
    TICK_TRY(tick_await(second));
    tick_future_unref(first);
    tick_future_unref(second);
    return tick_to_thread(writes, arg);
}

TICK_SCENARIO(writers, "") {
    tick_host_add(world, "a", hopes, NULL);
}

// A job that was cancelled writes all the same, if it had its thread.
static int gives_up(void *arg) {
    (void)arg;
    if (tick_within(TICK_MS(5), tick_to_thread(writes, NULL)) == TICK_ETIMEDOUT)
        TICK_TRY(tick_check(written == 0, "it was in time"));
    TICK_TRY(tick_sleep(TICK_MS(100)));
    return tick_check(written == 1, "it was not written");
}

TICK_SCENARIO(given_up, "") {
    tick_host_add(world, "a", gives_up, NULL);
}

static int fills(volatile char *frame, int depth) {
    volatile char more[4096];
    more[0] = frame[0];
    return depth > 0 ? fills(more, depth - 1) + more[0] : 0;
}

static int deep(void *arg) {
    volatile char first = 0;
    return fills(&first, (int)(intptr_t)arg);
}

static int job_of_depth(void *arg) {
    return tick_to_thread(deep, arg);
}

TICK_SCENARIO(shallow, "") {
    tick_host_add(world, "a", job_of_depth, (void *)8);
}
TICK_SCENARIO(bottomless, "") {
    tick_host_add(world, "a", job_of_depth, (void *)100000);
}

// What a job draws is the job's, whether the queue or its thread's time brought it on.
static int draws(void *arg) {
    (void)arg;
    return (int)tick_random("number", 1000);
}

static int lets_draw(void *arg) {
    const int drawn = tick_to_thread(draws, arg);
    return drawn < 0 ? drawn : 0;
}

TICK_SCENARIO(lottery, "") {
    tick_host_add(world, "a", lets_draw, NULL);
}

// What a job waits for holds up its host, and a host may crash meanwhile.
static int blocks(void *arg) {
    struct tick_sys *sys = tick__stage()->sys;
    (void)arg;
    written++;
    TICK_TRY(sys->ops->sleep(sys, TICK_SEC(1)));
    written += 10;
    return 0;
}

static int waits_for_job(void *arg) {
    const int64_t began = tick_time();
    TICK_TRY(tick_to_thread(blocks, arg));
    return tick_check(tick_time() == began + TICK_SEC(1), "it took %d us", (int)((tick_time() - began) / 1000));
}

static int counts_lives(void *arg) {
    return tick_check(written == (int)(intptr_t)arg, "%d written", written);
}

TICK_SCENARIO(held_up, "") {
    tick_host_add(world, "a", waits_for_job, NULL);
    tick_at_end(world, counts_lives, (void *)11);
}
TICK_SCENARIO(cut_short, "") {
    struct tick_host *a = tick_host_add(world, "a", waits_for_job, NULL);
    tick_fault_at(world, TICK_MS(500), TICK_CRASH, .side = {a}, .lasts = TICK_MS(1));
    tick_at_end(world, counts_lives, (void *)12);
}

// --- running ---

TICK_KEEP static struct hash_probe probe;

static struct tick_probe *begin_probe(void *ctx) {
    (void)ctx;
    return hash_probe_init(&probe);
}

static void digest_of(void *ctx, const struct tick_outcome *outcome, uint8_t digest[16]) {
    (void)ctx;
    (void)outcome;
    memset(digest, 0, 16);
    memcpy(digest, &probe.hash, sizeof probe.hash);
}

static struct tick_isolate *isolate_of(const char *name) {
    TICK_KEEP static struct tick_target target = {0};
    const struct tick_isolate_options options = {.target = &target, .begin = begin_probe, .end = digest_of};
    struct tick_isolate *isolate;
    assert_non_null(tick_scenario_find(name));
    target = tick_scenario_target(tick_scenario_find(name));
    assert_int_equal(tick_isolate_new(&options, &isolate), 0);
    return isolate;
}

struct ran {
    struct tick_outcome outcome;
    struct tick_schedule drawn;
    uint8_t digest[16];
};

static struct ran replay(struct tick_isolate *isolate, const struct tick_schedule *schedule) {
    struct ran ran;
    assert_int_equal(tick_isolate_schedule(isolate, schedule, 0, &ran.outcome, &ran.drawn, ran.digest), 0);
    return ran;
}

static struct ran calm(const char *name) {
    struct tick_isolate *isolate = isolate_of(name);
    struct tick_schedule none;
    tick_schedule_init(&none, name);
    struct ran ran = replay(isolate, &none);
    assert_int_equal(ran.drawn.count, 0);
    tick_schedule_fini(&ran.drawn);
    tick_isolate_free(isolate);
    return ran;
}

// Jobs alone: other kinds stay calm.
static struct tick_rates only_jobs(void) {
    struct tick_rates rates = {{0}};
    rates.of[TICK_CHOICE_JOB_TIME] = 20000;
    return rates;
}

// Written down and read again.
static struct tick_schedule through_text(const struct tick_schedule *schedule) {
    struct tick_schedule read;
    struct tick_error error = {0};
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_int_equal(tick_schedule_write(schedule, NULL, file), 0);
    fclose(file);
    file = fmemopen(text, strlen(text), "r");
    if (tick_schedule_read(file, "text", &read, &error) < 0)
        fail_msg("%s", error.text);
    fclose(file);
    free(text);
    return read;
}

// --- tests ---

static void calm_jobs_take_no_time(void **state) {
    (void)state;
    struct ran ran = calm("writers"), again = calm("writers");
    assert_int_equal(ran.outcome.verdict, TICK_PASS);
    assert_int_equal(ran.outcome.ended_at, TICK_MS(5));
    assert_memory_equal(ran.digest, again.digest, 16);
    assert_int_equal(calm("given_up").outcome.verdict, TICK_PASS);
}

static void a_jobs_time_is_recorded_replayed_and_shrunk(void **state) {
    (void)state;
    struct tick_isolate *isolate = isolate_of("writers");
    const struct tick_rates rates = only_jobs();
    struct ran found, passed = {.outcome.verdict = TICK_CRASHED};
    uint64_t seed = 0;
    for (;; seed++) {
        assert_true(seed < 1000);
        assert_int_equal(tick_isolate_seed(isolate, seed, &rates, 0, &found.outcome, &found.drawn, found.digest), 0);
        if (found.outcome.verdict != TICK_PASS && found.drawn.count > 1)
            break;
        if (found.drawn.count)
            passed = found;
        tick_schedule_fini(&found.drawn);
    }
    assert_int_equal(passed.outcome.verdict, TICK_PASS); // shorter times were drawn, too
    assert_int_equal(found.outcome.verdict, TICK_CHECK_FAILED);
    for (size_t i = 0; i < found.drawn.count; i++) {
        assert_int_equal(found.drawn.deviations[i].kind, TICK_CHOICE_JOB_TIME);
        assert_int_equal(found.drawn.deviations[i].ordinal, 0);
    }

    struct tick_schedule text = through_text(&found.drawn);
    assert_int_equal(text.count, found.drawn.count);
    struct ran again = replay(isolate, &text);
    assert_memory_equal(again.digest, found.digest, 16);
    assert_string_equal(again.outcome.text, found.outcome.text);
    assert_int_equal(again.drawn.count, found.drawn.count);

    struct tick_shrink_result shrunk;
    struct tick_error error = {0};
    const struct tick_shrink shrink = {.isolate = isolate, .start = &text};
    if (tick_shrink_run(&shrink, &shrunk, &error) < 0)
        fail_msg("%s", error.text);
    assert_true(shrunk.complete);
    assert_int_equal(shrunk.schedule.count, 1);
    assert_int_equal(shrunk.schedule.deviations[0].kind, TICK_CHOICE_JOB_TIME);
    assert_int_equal(tick_scale_capped(shrunk.schedule.deviations[0].value, TICK_MS(100)), TICK_MS(10)); // the least above 5 ms
    struct ran least = replay(isolate, &shrunk.schedule), once_more = replay(isolate, &shrunk.schedule);
    assert_int_equal(least.outcome.verdict, TICK_CHECK_FAILED);
    assert_memory_equal(least.digest, once_more.digest, 16);
    tick_schedule_fini(&least.drawn);
    tick_schedule_fini(&once_more.drawn);
    tick_schedule_fini(&shrunk.schedule);
    tick_schedule_fini(&again.drawn);
    tick_schedule_fini(&text);
    tick_schedule_fini(&found.drawn);
    tick_isolate_free(isolate);
}

static void once_it_has_its_thread_it_runs(void **state) {
    (void)state;
    struct tick_isolate *isolate = isolate_of("given_up");
    const struct tick_rates rates = only_jobs();
    int late = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct ran ran;
        assert_int_equal(tick_isolate_seed(isolate, seed, &rates, 0, &ran.outcome, &ran.drawn, ran.digest), 0);
        if (ran.outcome.verdict != TICK_PASS)
            fail_msg("seed %d: %s", (int)seed, ran.outcome.text);
        late += ran.drawn.count && ran.outcome.ended_at > TICK_MS(101);
        tick_schedule_fini(&ran.drawn);
    }
    assert_true(late > 0);
    tick_isolate_free(isolate);
}

static void what_a_job_draws_has_one_address(void **state) {
    (void)state;
    struct tick_isolate *isolate = isolate_of("lottery");
    struct tick_rates rates = only_jobs();
    rates.of[TICK_CHOICE_USER] = 40000;
    struct tick_deviation first = {0};
    int times[2] = {0, 0}; // drawn at once, and after a while
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct ran ran;
        const struct tick_deviation *user = NULL;
        bool late = false;
        assert_int_equal(tick_isolate_seed(isolate, seed, &rates, 0, &ran.outcome, &ran.drawn, ran.digest), 0);
        for (size_t i = 0; i < ran.drawn.count; i++) {
            late |= ran.drawn.deviations[i].kind == TICK_CHOICE_JOB_TIME;
            if (ran.drawn.deviations[i].kind == TICK_CHOICE_USER)
                user = &ran.drawn.deviations[i];
        }
        if (user) {
            if (!first.subject)
                first = *user;
            assert_true(user->subject == first.subject && user->ordinal == first.ordinal);
            times[late]++;
        }
        tick_schedule_fini(&ran.drawn);
    }
    assert_true(times[0] > 0 && times[1] > 0);
    tick_isolate_free(isolate);
}

static void a_job_is_its_hosts(void **state) {
    (void)state;
    assert_int_equal(calm("shallow").outcome.verdict, TICK_PASS);
    const struct tick_outcome outcome = calm("bottomless").outcome;
    assert_int_equal(outcome.verdict, TICK_CRASHED);
    assert_string_equal(outcome.host, "a");
    assert_int_equal(strncmp(outcome.text, "stack overflow in a", strlen("stack overflow in a")), 0);
}

static void a_job_may_wait(void **state) {
    (void)state;
    struct tick_outcome outcome = calm("held_up").outcome;
    if (outcome.verdict != TICK_PASS)
        fail_msg("%s", outcome.text);
    outcome = calm("cut_short").outcome;
    if (outcome.verdict != TICK_PASS)
        fail_msg("%s", outcome.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calm_jobs_take_no_time),
        cmocka_unit_test(a_jobs_time_is_recorded_replayed_and_shrunk),
        cmocka_unit_test(once_it_has_its_thread_it_runs),
        cmocka_unit_test(what_a_job_draws_has_one_address),
        cmocka_unit_test(a_job_is_its_hosts),
        cmocka_unit_test(a_job_may_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
