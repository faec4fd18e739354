// Nobody who must end gets on, and a daemon ticks: when that is a deadlock, when a limit, and when neither, as one may go on by itself.
#include "tests/support/harness_fixture.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#define TICKS TICK_MS(100)

// Counts: no state of it ever comes again.
static int ticks(void *arg) {
    (void)arg;
    for (int64_t count = 0;; count++)
        TICK_TRY(tick_sleep(count >= 0 ? TICKS : 0));
}
static void ticking(struct tick_world *world) {
    tick_daemon(world, "clock", ticks, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
}

// --- out of everybody's reach ---

static int joins(void *arg) {
    return tick_join(*(struct tick_task **)arg);
}
static int joins_in_a_circle(void *arg) {
    struct tick_task *tasks[2] = {tick_task_current(), NULL};
    (void)arg;
    TICK_TRY(tick_sleep(TICK_MS(2)));
    tasks[1] = tick_spawn_named("other", joins, &tasks[0]);
    return tick_join(tasks[1]);
}
TICK_SCENARIO(circle, "") {
    tick_host_add(world, "a", joins_in_a_circle, NULL);
    ticking(world);
}
static int reads(tick_stream *stream, void *arg) {
    char line[8];
    (void)arg;
    return (int)tick_stream_read_line(stream, line, sizeof line);
}
static int serves_and_ticks(void *arg) {
    TICK_TRY(tick_go(ticks, NULL));
    return tick_serve(":7", reads, arg);
}
// It has a connection to the one that ticks, and nobody reads from that.
static int joins_beside_a_stream(void *arg) {
    tick_stream *stream;
    TICK_TRY(tick_connect("s:7", &stream));
    return joins_in_a_circle(arg);
}
TICK_SCENARIO(circle_with_a_stream, "") {
    tick_host_add(world, "a", joins_beside_a_stream, NULL);
    tick_daemon(world, "s", serves_and_ticks, NULL);
    ticking(world);
}
static int works_for_a_while(void *arg) {
    for (int i = 0; i < 300; i++)
        TICK_TRY(tick_sleep(TICKS));
    return arg ? tick_check(false, "it came to that") : 0;
}
TICK_SCENARIO(circle_while_others_work, "") {
    tick_host_add(world, "a", joins_in_a_circle, NULL);
    tick_host_add(world, "b", works_for_a_while, NULL);
    ticking(world);
}
TICK_SCENARIO(circle_while_others_fail, "") {
    tick_host_add(world, "a", joins_in_a_circle, NULL);
    tick_host_add(world, "b", works_for_a_while, "");
    ticking(world);
}
static int joins_unless_cancelled(void *arg) {
    const int result = joins_in_a_circle(arg);
    return result == TICK_ECANCELED ? 0 : result;
}
TICK_SCENARIO(circle_until_a_stop, "") { // that opens it
    struct tick_host *host = tick_host_add(world, "a", joins_unless_cancelled, NULL);
    tick_fault_at(world, TICK_SEC(1000), TICK_STOP, .side = {host});
    ticking(world);
}

static void ends(const char *name, enum tick_verdict verdict, int64_t from, int64_t until, const char *text) {
    const struct tick_outcome outcome = calm(name);
    if (outcome.verdict != verdict || outcome.ended_at < from || outcome.ended_at > until || !strstr(outcome.text, text))
        fail_msg(
            "%s: %s at %lld ms: %s", name, tick_verdict_word(outcome.verdict), (long long)(outcome.ended_at / TICK_MS(1)), outcome.text);
}

static void whom_nobody_reaches_is_in_a_deadlock(void **state) {
    (void)state;
    static const char text[] = "the run can never end, with no progress since 2 ms, though other things go on: a circle: a/main waits for";
    ends("circle", TICK_DEADLOCKED, TICK_SEC(1), TICK_SEC(3), text);
    ends("circle_with_a_stream", TICK_DEADLOCKED, TICK_SEC(1), TICK_SEC(3), "since 4 ms, though other things go on: a circle: a/main");
    ends("circle_while_others_work", TICK_DEADLOCKED, TICK_SEC(30), TICK_SEC(33), "since 2 ms"); // not before these are done
    ends("circle_while_others_fail", TICK_CHECK_FAILED, TICK_SEC(30), TICK_SEC(30), "it came to that");
    ends("circle_until_a_stop", TICK_PASS, TICK_SEC(1000), TICK_SEC(1000), "");
}

// --- who might still be answered ---

static int asks(void *arg) {
    tick_stream *stream;
    char line[8];
    (void)arg;
    TICK_TRY(tick_connect("s:7", &stream));
    const int result = (int)tick_stream_read_line(stream, line, sizeof line);
    tick_stream_close(stream);
    return result;
}
TICK_SCENARIO(mute, "") {
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_and_ticks, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
}
// Answers after so many ticks: only its own variable knows.
static int answers_late(tick_stream *stream, void *arg) {
    for (intptr_t left = (intptr_t)arg; left > 0; left--)
        TICK_TRY(tick_sleep(TICKS));
    return (int)tick_stream_printf(stream, "well\n");
}
static int serves_late(void *arg) {
    return tick_serve(":7", answers_late, arg);
}
TICK_SCENARIO(answered_after_a_thousand_ticks, "") {
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_late, (void *)1000);
    ticking(world);
}
TICK_SCENARIO(answered_in_the_tenth_minute, "") {
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_late, (void *)5990);
    ticking(world);
}
TICK_SCENARIO(answered_too_late, "") {
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_late, (void *)6100);
    ticking(world);
}
TICK_SCENARIO(answered_within_a_limit_of_its_own, "") {
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_late, (void *)6100);
    ticking(world);
    tick_still_limit(world, TICK_SEC(1200));
}
TICK_SCENARIO(answered_without_a_limit, "") {
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_late, (void *)30000);
    ticking(world);
    tick_still_limit(world, 0);
}
TICK_SCENARIO(beyond_a_short_limit, "") { // a hundred periods, all the same
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_late, (void *)6100);
    ticking(world);
    tick_still_limit(world, TICK_SEC(1));
}
TICK_SCENARIO(below_no_limit, "") {
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_late, (void *)6100);
    tick_still_limit(world, -1);
}
static int sleeps_and_answers(tick_stream *stream, void *arg) {
    TICK_TRY(tick_sleep((intptr_t)arg * TICK_SEC(1)));
    return (int)tick_stream_printf(stream, "well\n");
}
static int serves_in_its_sleep(void *arg) {
    TICK_TRY(tick_go(ticks, NULL));
    return tick_serve(":7", sleeps_and_answers, arg);
}
TICK_SCENARIO(answered_after_one_long_sleep, "") {
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_in_its_sleep, (void *)3000);
    ticking(world);
}
static int naps(void *arg) {
    for (;;)
        TICK_TRY(tick_sleep(TICK_SEC((intptr_t)arg)));
}
TICK_SCENARIO(slow_ticks, "") { // twenty seconds are a period, which a faster one does not hide
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_and_ticks, NULL);
    tick_daemon(world, "nap", naps, (void *)20);
    tick_link_all(world, .latency = TICK_MS(1));
}

static void who_may_be_answered_passes_a_limit(void **state) {
    (void)state;
    static const char text[] = "no progress since 2 ms, for longer than the limit (tick_still_limit raises it), though other things go on: "
                               "a/main waits for read_line (harness_still.c:";
    ends("mute", TICK_LIMIT_PASSED, TICK_SEC(600), TICK_SEC(605), text);
    ends("answered_after_a_thousand_ticks", TICK_PASS, TICK_SEC(100), TICK_SEC(101), "");
    ends("answered_in_the_tenth_minute", TICK_PASS, TICK_SEC(599), TICK_SEC(600), "");
    ends("answered_too_late", TICK_LIMIT_PASSED, TICK_SEC(600), TICK_SEC(605), text);
    ends("answered_within_a_limit_of_its_own", TICK_PASS, TICK_SEC(610), TICK_SEC(611), "");
    ends("answered_without_a_limit", TICK_PASS, TICK_SEC(3000), TICK_SEC(3001), "");
    ends("beyond_a_short_limit", TICK_LIMIT_PASSED, TICK_SEC(10), TICK_SEC(21), text);
    ends("below_no_limit", TICK_BAD_SCENARIO, 0, 0, "tick_still_limit takes no negative time");
    ends("answered_after_one_long_sleep", TICK_PASS, TICK_SEC(3000), TICK_SEC(3001), "");
    ends("slow_ticks", TICK_LIMIT_PASSED, TICK_SEC(2000), TICK_SEC(2050), text);
}

// --- who goes on by itself ---

static int sleeps_long(void *arg) {
    return tick_sleep(TICK_SEC((intptr_t)arg));
}
static int reads_beside_a_sleep(void *arg) {
    const int result = tick_within(TICK_SEC((intptr_t)arg), asks(NULL));
    return result == TICK_ETIMEDOUT ? 0 : result;
}
TICK_SCENARIO(a_deadline_far_off, "") {
    tick_host_add(world, "a", reads_beside_a_sleep, (void *)3000);
    tick_daemon(world, "s", serves_and_ticks, NULL);
    ticking(world);
}
static int blocks_long(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    return sys->ops->sleep(sys, TICK_SEC((intptr_t)arg));
}
TICK_SCENARIO(a_call_that_blocks, "") {
    tick_host_add(world, "a", blocks_long, (void *)3000);
    ticking(world);
}
static int blocks_with(void *arg) { // in a job no host runs
    struct tick_sys *sys = arg;
    return sys->ops->sleep(sys, TICK_SEC(3000));
}
static int has_it_done(void *arg) {
    (void)arg;
    return tick_to_thread(blocks_with, tick_sys_running());
}
TICK_SCENARIO(a_job_that_blocks, "") {
    tick_host_add(world, "a", has_it_done, NULL);
    ticking(world);
}
static int polls_in_vain(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    struct pollfd fd = {.fd = sys->ops->eventfd(sys, 0, 0), .events = POLLIN};
    (void)arg;
    return sys->ops->poll(sys, &fd, 1, -1);
}
TICK_SCENARIO(a_poll_without_end, "") {
    tick_host_add(world, "a", polls_in_vain, NULL);
    ticking(world);
}
TICK_SCENARIO(a_start_far_off, "") {
    tick_host_add(world, "a", asks, NULL);
    tick_host_add(world, "b", sleeps_long, (void *)1, .start = TICK_SEC(3000));
    tick_daemon(world, "s", serves_in_its_sleep, (void *)2000);
    ticking(world);
}
static int waits_to_be_asked(tick_stream *stream, void *arg) {
    char line[16];
    (void)arg;
    while (tick_stream_read_line(stream, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(stream, "so so\n"));
    return 0;
}
static int serves_the_askers(void *arg) {
    return tick_serve(":7", waits_to_be_asked, arg);
}
// Its question is lost, and sent again until TCP gives up, after fifteen minutes.
static int asks_the_dead(void *arg) {
    tick_stream *stream;
    char line[16];
    (void)arg;
    TICK_TRY(tick_connect("s:7", &stream));
    TICK_TRY((int)tick_stream_printf(stream, "how is it\n"));
    TICK_TRY((int)tick_stream_read_line(stream, line, sizeof line));
    TICK_TRY(tick_sleep(TICK_SEC(2)));
    TICK_TRY((int)tick_stream_printf(stream, "and now\n"));
    const int result = (int)tick_stream_read_line(stream, line, sizeof line);
    tick_stream_close(stream);
    return result == -ETIMEDOUT ? 0 : result;
}
TICK_SCENARIO(a_question_sent_again, "") {
    tick_host_add(world, "a", asks_the_dead, NULL);
    struct tick_host *server = tick_daemon(world, "s", serves_the_askers, NULL);
    tick_fault_at(world, TICK_SEC(1), TICK_PARTITION, .side = {server});
    ticking(world);
}
static int answers_and_waits(tick_stream *stream, void *arg) {
    TICK_TRY(answers_late(stream, arg));
    return reads(stream, NULL);
}
static int serves_and_waits(void *arg) {
    return tick_serve(":7", answers_and_waits, arg);
}
// A partition that ends after half an hour: until then the server's answer is on its way.
TICK_SCENARIO(a_partition_that_ends, "") {
    struct tick_host *host = tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_and_waits, (void *)20);
    tick_fault_at(world, TICK_SEC(1), TICK_PARTITION, .side = {host}, .lasts = TICK_SEC(1800));
    tick_link_all(world, .latency = TICK_MS(1), .timeout = TICK_SEC(7200));
    tick_daemon(world, "clock", ticks, NULL);
}
static bool never(void *arg) {
    (void)arg;
    return false;
}
TICK_SCENARIO(a_condition_of_progress, "") { // whose finding says more
    tick_host_add(world, "a", joins_in_a_circle, NULL);
    tick_must_by(world, TICK_SEC(1200), never, NULL, "all is well");
    ticking(world);
}
// It moves, if only to hear that there is nothing new.
static int greets(tick_stream *stream, void *arg) {
    (void)arg;
    for (;;) {
        TICK_TRY((int)tick_stream_printf(stream, "ping\n"));
        TICK_TRY(tick_sleep(TICKS));
    }
}
static int serves_greetings(void *arg) {
    return tick_serve(":7", greets, arg);
}
static int hears(void *arg) {
    tick_stream *stream;
    char line[16];
    (void)arg;
    TICK_TRY(tick_connect("s:7", &stream));
    while (tick_stream_read_line(stream, line, sizeof line) > 0)
        ;
    return 0;
}
TICK_SCENARIO(pings, "") {
    tick_host_add(world, "a", hears, NULL);
    tick_daemon(world, "s", serves_greetings, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
    tick_limit(world, TICK_SEC(1000), 0);
}
TICK_SCENARIO(too_many_ticks, "") {
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_and_ticks, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
    tick_limit(world, 0, 1000);
}

static void who_goes_on_by_itself_does_not_stand(void **state) {
    (void)state;
    ends("a_deadline_far_off", TICK_PASS, TICK_SEC(3000), TICK_SEC(3001), "");
    ends("a_call_that_blocks", TICK_PASS, TICK_SEC(3000), TICK_SEC(3001), "");
    ends("a_job_that_blocks", TICK_PASS, TICK_SEC(3000), TICK_SEC(3001), "");
    ends("a_poll_without_end", TICK_LIMIT_PASSED, TICK_SEC(600), TICK_SEC(605), "no progress since 0 s, for longer");
    ends("a_start_far_off", TICK_PASS, TICK_SEC(3001), TICK_SEC(3001), "");
    ends("a_question_sent_again", TICK_PASS, TICK_SEC(900), TICK_SEC(1000), "");
    ends("a_partition_that_ends", TICK_PASS, TICK_SEC(1800), TICK_SEC(2000), "");
    ends("a_condition_of_progress", TICK_NO_PROGRESS, TICK_SEC(1200), TICK_SEC(1200), "did not come true: all is well");
    ends("pings", TICK_LIMIT_PASSED, TICK_SEC(1000), TICK_SEC(1001), "the limit of virtual time was passed (tick_limit raises it)");
    assert_null(strstr(calm("pings").text, "no progress"));
    ends("too_many_ticks", TICK_LIMIT_PASSED, TICK_SEC(40), TICK_SEC(60),
        "the limit of loop iterations was passed (tick_limit raises it), with no progress since 2 ms, though other things go on: a/main");
}

// --- any schedule ---

TICK_SCENARIO(any, "") {
    tick_host_add(world, "a", joins_beside_a_stream, NULL);
    tick_host_add(world, "b", asks, NULL);
    tick_daemon(world, "s", serves_and_ticks, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30), .loss = true, .reset = true);
}
TICK_SCENARIO(any_mute, "") {
    tick_host_add(world, "a", asks, NULL);
    tick_daemon(world, "s", serves_and_ticks, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30), .loss = true);
    tick_still_limit(world, TICK_SEC(20));
}

// What the draws up to there led to, their list leads to: the same, at the same time, on memory of any contents.
static void repeats(const char *name, enum tick_verdict expected, size_t least) {
    size_t found = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct tick_random_chooser random;
        struct tick_replay_chooser *replay;
        tick_random_init(&random, seed, NULL);
        const struct tick_outcome outcome = run_with(name, &random.chooser);
        const uint64_t hash = run_hash;
        size_t count;
        const struct tick_deviation *drawn = tick_harness_deviations(harness, &count);
        struct tick_deviation *list = calloc(count + 1, sizeof *list);
        assert_non_null(list);
        memcpy(list, drawn, count * sizeof *list);
        assert_int_equal(tick_replay_new(list, count, &replay), 0);
        const struct tick_outcome again = run_with(name, tick_replay_chooser(replay));
        struct hash_probe probe;
        const struct tick_outcome poisoned = run_poisoned(name, tick_replay_chooser(replay), hash_probe_init(&probe), 0xa5);
        if (again.verdict != outcome.verdict || again.ended_at != outcome.ended_at || strcmp(again.text, outcome.text) ||
            run_hash != hash || poisoned.verdict != outcome.verdict || poisoned.ended_at != outcome.ended_at || probe.hash != hash)
            fail_msg("%s, seed %d: %s at %lld: %s, then %s at %lld: %s", name, (int)seed, tick_verdict_word(outcome.verdict),
                (long long)outcome.ended_at, outcome.text, tick_verdict_word(again.verdict), (long long)again.ended_at, again.text);
        found += outcome.verdict == expected;
        tick_replay_free(replay);
        free(list);
    }
    if (found < least)
        fail_msg("%s: only %zu of 100", name, found);
}

static void a_list_of_draws_leads_to_the_same(void **state) {
    (void)state;
    repeats("any", TICK_DEADLOCKED, 50);
    repeats("any_mute", TICK_LIMIT_PASSED, 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whom_nobody_reaches_is_in_a_deadlock),
        cmocka_unit_test(who_may_be_answered_passes_a_limit),
        cmocka_unit_test(who_goes_on_by_itself_does_not_stand),
        cmocka_unit_test(a_list_of_draws_leads_to_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
