// Traces of unmodified programs: who waited for whom, what was sent, what came of what; and each way of beginning a run tells the same.
// links: tick_cli tick_keeper tick_trace tick_choice
// wraps: nothing_at_all
#include "cli/code_places.h"
#include "cli/process.h"
#include "sim/keeper/keeper.h"
#include "tests/support/stored.h"
#include "trace/explain/waits.h"
#include "trace/recorder.h"
#include "trace/writer.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const enum tick_guest_way ways[] = {TICK_GUEST_START, TICK_GUEST_FORK, TICK_GUEST_REWIND};
static const char *const way_words[] = {"start", "fork", "rewind"};

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

static struct tick_recorder *recorder;
static struct tick_runner *runner;
static struct tick_guest_program what;
static char *arguments[3], *argument;
static struct tick_outcome outcome;

static int set_up(void **state) {
    (void)state;
    return tick_recorder_new(&recorder) < 0 || make_folder(state) < 0 ? -1 : 0;
}

static int tear_down(void **state) {
    tick_recorder_free(recorder);
    return remove_folder(state);
}

static void open_runner(const char *name, enum tick_guest_way way) {
    arguments[0] = program(name);
    arguments[1] = argument;
    what = (struct tick_guest_program){.argv = arguments, .settings.way = way, .settings.latency = 1000000};
    const struct tick_target target = tick_guest_target(name, &what);
    assert_int_equal(target.open(&target, &runner), 0);
}

static struct tick_answers answers;

struct digests {
    uint8_t events[16], contents[16];
    uint64_t count;
};

// By `answers`. observed: into the recorder.
static struct digests answer(bool observed) {
    struct digests digests = {0};
    tick_recorder_reset(recorder);
    const struct tick_request request = {.answers = &answers, .probe = observed ? tick_recorder_probe(recorder) : NULL};
    const int code = runner->ops->run(runner, &request, &outcome);
    if (code < 0)
        fail_msg("run: %d", code);
    if (!observed)
        return digests;
    tick_recorder_end(recorder, tick_verdict_word(outcome.verdict), outcome.text);
    tick_recorder_digest(recorder, digests.events);
    tick_recorder_contents(recorder, digests.contents);
    digests.count = tick_recorder_events(recorder);
    return digests;
}

// seed 0: calm.
static struct digests run(uint64_t seed, bool observed) {
    answers = (struct tick_answers){.way = seed ? TICK_ANSWERS_DRAWN : TICK_ANSWERS_LISTED, .seed = seed};
    tick_rates_default(&answers.rates);
    return answer(observed);
}

static struct tick_trace stored(void) {
    struct tick_trace trace = {0};
    struct tick_error error;
    if (tick_trace_store(recorder, in_folder("run.db"), &(struct tick_trace_meta){.scenario = "s", .chooser = "calm"}, &error) < 0 ||
        tick_trace_open(in_folder("run.db"), &trace, &error) < 0)
        fail_msg("%s", error.text);
    return trace;
}

// Each way of beginning, several seeds; unobserved runs between them, which leave nothing behind.
static void alike_in_every_way(const char *name) {
    struct digests first[5];
    for (size_t w = 0; w < 3; w++) {
        open_runner(name, ways[w]);
        for (uint64_t seed = 0; seed < 5; seed++) {
            const struct digests digests = run(seed, true);
            assert_true(digests.count > 20);
            if (w == 0)
                first[seed] = digests;
            if (digests.count != first[seed].count || memcmp(&digests, &first[seed], 32) != 0)
                fail_msg("%s, seed %d: %s tells %d events, where start told %d", name, (int)seed, way_words[w], (int)digests.count,
                    (int)first[seed].count);
            (void)run(seed + 7, false);
        }
        bool differ = false; // some seed is another run
        for (uint64_t seed = 1; seed < 60 && !differ; seed++)
            differ = memcmp(first[0].events, run(seed, true).events, 16) != 0;
        assert_true(differ);
        runner->ops->free(runner);
    }
}

static size_t drawn(struct tick_deviation *to) {
    size_t count;
    const struct tick_deviation *deviations = runner->ops->deviations(runner, &count);
    assert_true(count < 200);
    memcpy(to, deviations, count * sizeof *to);
    return count;
}

// A schedule up to an event and a seed from there on: of no event it is the seed's run, of all of them the schedule's, and between them it
// begins as the schedule's does.
static void a_schedule_goes_on_by_a_seed(void **state) {
    (void)state;
    static struct tick_deviation listed[200], now[200];
    struct digests of[2], digests;
    open_runner("traced_talk", TICK_GUEST_REWIND);
    what.settings.jitter = 30000000; // before the process is started
    of[0] = run(3, true);
    const size_t count = drawn(listed);
    of[1] = run(2, true);
    assert_true(count > 2);
    assert_memory_not_equal(&of[0], &of[1], sizeof of[0]);
    for (uint32_t upto = 0; upto <= of[0].count + 1; upto++) {
        answers = (struct tick_answers){.way = TICK_ANSWERS_ONWARD,
            .count = (uint32_t)count,
            .deviations = listed,
            .seed = 2,
            .upto = upto == of[0].count + 1 ? UINT32_MAX : upto};
        tick_rates_default(&answers.rates);
        digests = answer(true);
        if (upto == 0)
            assert_memory_equal(&digests, &of[1], sizeof digests);
        if (upto == of[0].count + 1)
            assert_memory_equal(&digests, &of[0], sizeof digests);
        if (upto == of[0].count / 2) {
            assert_true(drawn(now) > 0);
            assert_memory_equal(&now[0], &listed[0], sizeof now[0]);
            assert_memory_not_equal(digests.events, of[0].events, 16);
            assert_memory_not_equal(digests.events, of[1].events, 16);
        }
    }
    runner->ops->free(runner);
}

static void talks_are_alike_in_every_way(void **state) {
    (void)state;
    alike_in_every_way("traced_talk");
}

static void deadlocks_are_alike_in_every_way(void **state) {
    (void)state;
    alike_in_every_way("deadlocked_threads");
}

static void a_talk_is_told(void **state) {
    (void)state;
    open_runner("traced_talk", TICK_GUEST_REWIND);
    run(0, true);
    assert_int_equal(outcome.verdict, TICK_PASS);
    runner->ops->free(runner);
    struct tick_trace trace = stored();
    // threads are tasks
    assert_text(
        &trace, "SELECT group_concat(path) FROM (SELECT path FROM objects WHERE type = 'task' ORDER BY object_id)", "app/main,app/client");
    assert_int_equal(number(&trace, "SELECT count(*) FROM tasks WHERE outcome = 'returned'"), 2);
    // what was said
    assert_text(
        &trace, "SELECT group_concat(payload) FROM (SELECT payload FROM messages WHERE bytes > 0 ORDER BY message_id)", "ping,pong");
    assert_int_equal(number(&trace, "SELECT count(*) FROM messages WHERE bytes > 0 AND fate = 'received'"), 2);
    assert_text(&trace,
        "SELECT group_concat(value) FROM (SELECT s.value FROM events e JOIN strings s ON s.string_id = e.subject_id WHERE e.kind = 31 "
        "ORDER BY e.seq)",
        "listening,asked: ping");
    // what came of what: main goes on by the message, at the end of the connection
    assert_int_equal(
        number(&trace,
            "SELECT count(*) FROM events r JOIN events c ON c.seq = r.cause_seq JOIN messages m ON m.message_id = c.subject_id "
            "JOIN objects o ON o.object_id = r.subject_id WHERE r.kind = 2 AND c.kind = 21 AND m.bytes = 4 AND o.path = 'app/main'"),
        1);
    assert_int_equal(
        number(&trace, "SELECT count(*) FROM waits w JOIN objects o ON o.object_id = w.subject_id WHERE o.path = 'app/client→app:near'"),
        2); // connect and recv
    assert_int_equal(number(&trace, "SELECT count(*) FROM waits w JOIN objects o ON o.object_id = w.subject_id WHERE o.type = 'lock'"), 1);
    assert_int_equal(number(&trace, "SELECT count(*) FROM holds WHERE end_seq IS NULL"), 0);
    assert_int_equal(number(&trace, "SELECT count(*) FROM holds"), 1); // main's is not seen by anybody
    // where
    assert_int_equal(number(&trace, "SELECT count(*) FROM locations WHERE function LIKE 'traced_talk+0x%'") > 4, 1);
    assert_text(&trace,
        "SELECT group_concat(DISTINCT name) FROM (SELECT name FROM locations WHERE name IN ('accept', 'connect') ORDER BY name)",
        "accept,connect");
    tick_trace_close(&trace);
}

// What ended the wait of each thread, by how it had waited.
static void each_wake_up_has_its_cause(void **state) {
    (void)state;
    open_runner("woken_threads", TICK_GUEST_REWIND);
    run(0, true);
    assert_int_equal(outcome.verdict, TICK_PASS);
    runner->ops->free(runner);
    struct tick_trace trace = stored();
    assert_int_equal(number(&trace, "SELECT count(*) FROM events WHERE kind = 2 AND cause_seq IS NULL"), 0);
    assert_text(&trace,
        "SELECT group_concat(how || ' ' || kind, ', ') FROM (SELECT s.value AS how, (SELECT k.name || iif(c.subject_id = r.subject_id, ' "
        "of its own', '') FROM events r JOIN events c ON c.seq = "
        "r.cause_seq JOIN kinds k ON k.kind = c.kind WHERE r.kind = 2 AND r.subject_id = l.task_id AND r.seq > l.seq ORDER BY r.seq DESC "
        "LIMIT "
        "1) AS kind FROM events l JOIN strings s ON s.string_id = l.subject_id WHERE l.kind = 31 ORDER BY l.seq)",
        "accept msg_recv, recv msg_recv, poll msg_recv, select msg_recv, epoll msg_recv, send step_begin of its own, pipe step_begin, "
        "eventfd "
        "step_begin, timerfd timer_fire, mutex release, condition notify, rwlock release, barrier notify, semaphore notify, futex notify, "
        "signal step_begin, signalfd step_begin, alarm timer_fire, sleep timer_fire");
    tick_trace_close(&trace);
}

static void waking_is_alike_in_every_way(void **state) {
    (void)state;
    alike_in_every_way("woken_threads");
}

static const char logged[] = "SELECT group_concat(iif(length(s.value) > 100, length(s.value), s.value), '|') FROM (SELECT * FROM events "
                             "WHERE kind = 31 ORDER BY seq) e JOIN strings s ON s.string_id = e.subject_id";

// In pieces or not, and whatever ends it; also again and again by one process.
static void lines_are_told_whole(void **state) {
    (void)state;
    for (size_t w = 0; w < 3; w++) {
        for (int crashes = 0; crashes < 2; crashes++) {
            static char any[] = "any";
            argument = crashes ? any : NULL;
            open_runner("written_in_pieces", ways[w]);
            for (int again = 0; again < 3; again++) {
                run(again ? 3 : 0, again != 1);
                assert_int_equal(outcome.verdict, crashes ? TICK_CRASHED : TICK_PASS);
                if (again == 1)
                    continue;
                struct tick_trace trace = stored();
                assert_text(&trace, logged, "one line|two|another one|three|2000|1000|no end");
                tick_trace_close(&trace);
            }
            runner->ops->free(runner);
            argument = NULL;
        }
    }
}

// By name where the file has symbols, by line where it has debug information.
static void places_are_looked_up_once_it_is_over(void **state) {
    (void)state;
    struct tick_error error;
    if (!tick__process_found("addr2line"))
        skip();
    open_runner("traced_talk", TICK_GUEST_FORK);
    run(0, true);
    runner->ops->free(runner);
    struct tick_trace trace = stored();
    tick_trace_close(&trace);
    for (int again = 0; again < 2; again++)
        if (tick__code_places(in_folder("run.db"), &error) < 0)
            fail_msg("%s", error.text);
    assert_int_equal(tick_trace_open(in_folder("run.db"), &trace, &error), 0);
    assert_int_equal(number(&trace, "SELECT count(*) FROM locations WHERE function LIKE 'traced_talk+0x%'"), 0);
    assert_text(&trace, "SELECT function FROM locations WHERE name = 'accept'", "main");
    assert_text(&trace, "SELECT function FROM locations WHERE name = 'connect'", "client");
    assert_int_equal(
        number(&trace, "SELECT count(*) FROM locations WHERE line > 0 AND file NOT LIKE '%traced_talk.c' AND function = 'client'"), 0);
    tick_trace_close(&trace);
}

static void a_circle_of_threads_is_explained(void **state) {
    (void)state;
    struct tick__tale tale;
    struct tick__waits waits;
    struct tick_error error;
    open_runner("deadlocked_threads", TICK_GUEST_FORK);
    run(0, true);
    assert_int_equal(outcome.verdict, TICK_DEADLOCKED);
    runner->ops->free(runner);
    struct tick_trace trace = stored();
    assert_int_equal(number(&trace, "SELECT count(*) FROM deadlocks"), 2);
    assert_int_equal(tick__tale_read(&trace, &tale, &error), 0);
    assert_int_equal(tick__waits_find(&tale, NULL, &waits), 0);
    assert_int_equal(waits.circles, 1);
    assert_int_equal(waits.count, 3);
    tick__waits_fini(&waits);
    tick__tale_fini(&tale);
    tick_trace_close(&trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_talk_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_wake_up_has_its_cause, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waking_is_alike_in_every_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_are_told_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(places_are_looked_up_once_it_is_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_circle_of_threads_is_explained, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_schedule_goes_on_by_a_seed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(talks_are_alike_in_every_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(deadlocks_are_alike_in_every_way, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
