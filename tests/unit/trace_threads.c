// Runs of threads, as a guest tells them (sim/guest/tell_threads.c), told by hand: what deriving and explaining make of calls that wait
// for fds and locks, of choices about one thread of several, and of places of which only the function is known.
#include "tests/support/folder.h"
#include "tests/unit/trace_story.h"
#include "trace/explain/waits.h"
#include "trace/reader.h"
#include "trace/writer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// last: it wants the four above
#include <cmocka.h>

static char folder[64], path[128];
static struct tick_recorder *recorder;
static struct tick_probe *probe;
static struct tick_trace trace;
static uint32_t app;
static struct story_task first, worker;

static const struct tick_loc in_lock = {"take_both", "/usr/bin/app", 0, "a mutex"};
static const struct tick_loc in_recv = {"read_reply", "client.c", 12, "recv"};
static const struct tick_loc in_accept = {"serve", "server.c", 7, "accept4"};
static const struct tick_loc in_join = {"app+0x1234", "/usr/bin/app", 0, "the end of a thread"};

static int make_folder(void **state) {
    (void)state;
    snprintf(path, sizeof path, "%s/run.db", folder_make(folder, sizeof folder) == 0 ? folder : "");
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    return folder_remove(folder);
}

static int begin(void **state) {
    (void)state;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    probe = tick_recorder_probe(recorder);
    app = story_host(probe, "app");
    first = story_task(probe, app, tick_id_host("app"), app, "main", 1);
    story_step(probe, &first);
    worker = story_task(probe, app, first.id, first.object, "worker", 1);
    return 0;
}

static int end(void **state) {
    (void)state;
    tick_trace_close(&trace);
    tick_recorder_free(recorder);
    return 0;
}

static void store(const char *verdict) {
    struct tick_error error = {0};
    tick_recorder_end(recorder, verdict, "nothing can ever run again");
    if (tick_trace_store(recorder, path, &(struct tick_trace_meta){.scenario = "s", .chooser = "calm"}, &error) < 0 ||
        tick_trace_open(path, &trace, &error) < 0)
        fail_msg("%s", error.text);
}

static int64_t number(const char *sql) {
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_prepare_v2(trace.db, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const int64_t value = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return value;
}

static void stops(struct story_task *task) {
    story_end(probe, task, TICK_STEP_SUSPENDED);
}

static uint32_t object_of(enum tick_object_type type, uint32_t parent, uint32_t kth, const struct tick_loc *loc) {
    const struct tick_object object = {
        .type = type, .id = tick_id_mix(tick_id_mix(parent, type), kth), .parent = parent, .host = app, .kth = kth, .loc = loc};
    return probe->ops->object(probe, &object);
}

// A connection of the worker's, with its parts.
static uint32_t connection_new(void) {
    const uint32_t connection = object_of(TICK_OBJECT_CONNECTION, worker.object, 1, NULL);
    object_of(TICK_OBJECT_DIRECTION, connection, TICK_OUT, NULL);
    object_of(TICK_OBJECT_DIRECTION, connection, TICK_IN, NULL);
    object_of(TICK_OBJECT_FD, connection, TICK_NEAR, NULL);
    object_of(TICK_OBJECT_FD, connection, TICK_FAR, NULL);
    return connection;
}

static void assert_waits(uint32_t task, const char *words) {
    struct tick__tale tale;
    struct tick__waits waits;
    struct tick_error error;
    char text[400];
    if (tick__tale_read(&trace, &tale, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(tick__waits_find(&tale, NULL, &waits), 0);
    const struct tick__waiter *waiter = tick__waits_of(&waits, task);
    assert_non_null(waiter);
    struct tick__said *said = &TICK__SAID(text);
    tick__waits_say(&waits, waiter, false, said);
    if (waiter->circle) {
        tick__say_to(said, "; ");
        tick__waits_say_circle(&waits, waiter, said);
    }
    assert_string_equal(text, words);
    tick__waits_fini(&waits);
    tick__tale_fini(&tale);
}

static void two_that_wait_for_each_other_are_a_circle(void **state) {
    (void)state;
    const uint32_t lock = object_of(TICK_OBJECT_LOCK, first.object, 1, &in_lock);
    tick_emit(probe, TICK_EV_HOLD, lock, 0, 0, &in_lock);
    tick_emit(probe, TICK_EV_FUTURE_AWAIT, worker.object, probe->here, 0, &in_join);
    stops(&first);
    story_step(probe, &worker);
    tick_emit(probe, TICK_EV_WAIT_BEGIN, lock, probe->here, 0, &in_lock);
    stops(&worker);
    store("deadlock");
    assert_waits(worker.object,
        "waits for the lock of take_both, held by app since 0 ms; a circle: app/worker waits for the lock of take_both, held by app since "
        "0 ms (take_both); app waits for app/worker to end (app+0x1234)");
    assert_int_equal(number("SELECT count(*) FROM deadlocks"), 2);
}

static void who_reads_waits_for_who_is_at_the_other_end(void **state) {
    (void)state;
    stops(&first);
    story_step(probe, &worker);
    const uint32_t connection = connection_new();
    tick_emit(probe, TICK_EV_WAIT_BEGIN, connection + TICK_NEAR, probe->here, 0, &in_recv);
    stops(&worker);
    first.ready = tick_emit(probe, TICK_EV_TASK_READY, first.object, 0, 0, NULL);
    story_step(probe, &first);
    tick_emit(probe, TICK_EV_WAIT_BEGIN, connection + TICK_FAR, probe->here, 0, &in_recv);
    stops(&first);
    store("deadlock");
    static const char one[] = "app waits to read from app/worker (client.c:12)",
                      other[] = "app/worker waits to read from app (client.c:12)";
    char text[300];
    snprintf(text, sizeof text, "waits to read from app/worker; a circle: %s; %s", one, other);
    assert_waits(first.object, text);
    snprintf(text, sizeof text, "waits to read from app; a circle: %s; %s", other, one);
    assert_waits(worker.object, text);
}

static void nobody_has_used_the_far_end_but_who_connected_is_known(void **state) {
    (void)state;
    stops(&first);
    story_step(probe, &worker);
    const uint32_t connection = connection_new();
    stops(&worker);
    first.ready = tick_emit(probe, TICK_EV_TASK_READY, first.object, 0, 0, NULL);
    story_step(probe, &first);
    tick_emit(probe, TICK_EV_WAIT_BEGIN, connection + TICK_FAR, probe->here, 0, &in_recv);
    stops(&first);
    store("deadlock");
    assert_waits(first.object, "waits to read from app/worker");
}

static void who_accepts_waits_for_connections(void **state) {
    (void)state;
    const uint32_t listener = object_of(TICK_OBJECT_FD, first.object, 1, NULL);
    tick_emit(probe, TICK_EV_WAIT_BEGIN, listener, probe->here, 0, &in_accept);
    stops(&first);
    store("deadlock");
    assert_waits(first.object, "waits for connections");
}

// --- choices ---

static uint32_t choice(enum tick_choice_kind kind, tick_id subject, const struct story_task *about) {
    const struct tick_deviation deviation = {
        .kind = (uint8_t)kind, .subject = subject, .ordinal = 1, .value = 3, .n = 9, .most = TICK_MS(100)};
    probe->task = about->object;
    probe->host = app;
    const uint32_t seq = probe->ops->choice(probe, &deviation);
    probe->task = probe->host = 0;
    return seq;
}

static void assert_bears(uint32_t drawn, uint32_t on) {
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT bears_seq FROM choices WHERE seq = %u", drawn);
    assert_int_equal(number(sql), on);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM causes WHERE seq = %u AND cause_seq = %u AND how = 'late'", on, drawn);
    assert_int_equal(number(sql), 1);
}

// What puts one thread off bears on that one's next step, whatever the others do meanwhile.
static void a_choice_about_a_thread_bears_on_its_next_step(void **state) {
    (void)state;
    static const enum tick_choice_kind kinds[] = {TICK_CHOICE_JOB_TIME, TICK_CHOICE_POLL_LATE, TICK_CHOICE_HOST_LATE};
    for (size_t i = 0; i < 3; i++) {
        if (i)
            begin(state);
        const uint32_t connection = connection_new();
        stops(&first);
        const uint32_t drawn = choice(kinds[i],
            kinds[i] == TICK_CHOICE_HOST_LATE ? tick_id_mix(tick_id_mix(connection, TICK_OBJECT_FD), TICK_NEAR) : worker.id, &worker);
        first.ready = tick_emit(probe, TICK_EV_TASK_READY, first.object, 0, 0, NULL);
        story_step(probe, &first);
        probe->now = TICK_SEC(1);
        tick_emit(probe, TICK_EV_LOG, probe->ops->text(probe, "meanwhile"), probe->here, 0, NULL);
        stops(&first);
        story_step(probe, &worker);
        const uint32_t step = probe->here;
        stops(&worker);
        store("deadlock");
        assert_bears(drawn, step);
        if (i < 2)
            end(state);
    }
}

// --- places ---

static void where_no_line_is_known_the_function_is_told(void **state) {
    (void)state;
    tick_emit(probe, TICK_EV_FUTURE_AWAIT, worker.object, probe->here, 0, &in_join);
    stops(&first);
    store("deadlock");
    assert_waits(first.object, "waits for app/worker to end");
    assert_int_equal(number("SELECT count(*) FROM locations WHERE function = 'app+0x1234' AND line = 0"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_that_wait_for_each_other_are_a_circle, begin, end),
        cmocka_unit_test_setup_teardown(who_reads_waits_for_who_is_at_the_other_end, begin, end),
        cmocka_unit_test_setup_teardown(nobody_has_used_the_far_end_but_who_connected_is_known, begin, end),
        cmocka_unit_test_setup_teardown(who_accepts_waits_for_connections, begin, end),
        cmocka_unit_test_setup_teardown(a_choice_about_a_thread_bears_on_its_next_step, begin, end),
        cmocka_unit_test_setup_teardown(where_no_line_is_known_the_function_is_told, begin, end),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
