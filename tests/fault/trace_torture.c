// Schedules, names and traces out of memory: reading, writing, storing, asking and comparing, with each allocation failing in turn,
// SQLite's and malloc's among them. Whatever was not done is an error, a file that could not be written whole is not there, and nothing
// leaks.
// links: tick_trace tick_coro
// wraps: tick__outside_alloc tick__outside_realloc tick__outside_free tick_coro_new malloc realloc
// timeout: 300
#include "sim/choice/choosers.h"
#include "sim/choice/schedule.h"
#include "tests/support/stored.h"
#include "tests/support/torture.h"
#include "tests/unit/trace_story.h"
#include "trace/query.h"
#include "trace/story.h"
#include "trace/writer.h"
#include <unistd.h>

// --- whose memory ---

void *__real_malloc(size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool begun; // the body has: what the tests themselves and SQLite's start need does not fail
static bool sqlite_too;
static sqlite3_int64 sqlite_holds; // between two bodies

void *__wrap_malloc(size_t size) {
    return begun && torture_refuses() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *memory, size_t size) {
    return begun && torture_refuses() ? NULL : __real_realloc(memory, size);
}

static sqlite3_mem_methods own;
static void *sqlite_malloc(int size) {
    return begun && sqlite_too && torture_refuses() ? NULL : own.xMalloc(size);
}
static void *sqlite_realloc(void *memory, int size) {
    return begun && sqlite_too && torture_refuses() ? NULL : own.xRealloc(memory, size);
}

static int hook_sqlite(void) {
    int code = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &own);
    if (code == SQLITE_OK) {
        static sqlite3_mem_methods hooked;
        hooked = own;
        hooked.xMalloc = sqlite_malloc;
        hooked.xRealloc = sqlite_realloc;
        code = sqlite3_config(SQLITE_CONFIG_MALLOC, &hooked);
    }
    if (code == SQLITE_OK)
        code = sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0); // each allocation is one
    return code == SQLITE_OK ? sqlite3_initialize() : code;
}

// --- files ---

static const struct tick_trace_meta meta = {
    .scenario = "lost_update", .scenario_file = "lost_update.c", .chooser = "random", .seed = 6, .schedule = "retick schedule 2\n"};

static void store(const char *name, int late) {
    struct tick_recorder *recorder;
    struct tick_error error;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    story_record(recorder, late);
    assert_int_equal(tick_trace_store(recorder, in_folder(name), &meta, &error), 0);
    tick_recorder_free(recorder);
}

static int set_up(void **state) {
    (void)state;
    if (folder_make(folder, sizeof folder) < 0 || hook_sqlite() != SQLITE_OK)
        return -1;
    torture_end();
    store("late.db", 1);
    store("calm.db", 0);
    sqlite_holds = sqlite3_memory_used();
    return 0;
}

static FILE *nowhere;

// --- bodies ---

static void over(void) {
    begun = false;
    if (sqlite3_memory_used() != sqlite_holds)
        fail_msg("%lld bytes of SQLite's are left", (long long)(sqlite3_memory_used() - sqlite_holds));
}

static const char text[] = "retick schedule 2\n"
                           "scenario lost_update\n"
                           "delivery alice→server @2 +30ms # late\n"
                           "delivery alice→server#2 @1 +1ms\n"
                           "short_recv alice→server:far @4 2 bytes\n"
                           "refuse alice→server:conn @0 yes\n"
                           "user alice/increment/coin @1 =7\n";

static int schedules(void *arg) {
    struct tick_schedule schedule, copy;
    struct tick_names *names = NULL;
    struct tick_replay_chooser *replay = NULL;
    struct tick_error error = {0};
    char line[256];
    FILE *file = arg;
    rewind(file);
    begun = true;
    int result = tick_schedule_read(file, "text", &schedule, &error);
    if (result < 0)
        return result;
    assert_int_equal(schedule.count, 5);
    result = tick_names_new(&names);
    if (result == 0) {
        const struct tick_object host = {.type = TICK_OBJECT_HOST, .id = tick_id_host("alice"), .key = "alice", .kth = 1};
        tick_names_tell(names, 1, &host);
        for (uint32_t i = 2; i < 100; i++)
            tick_names_tell(names, i,
                &(struct tick_object){.type = TICK_OBJECT_TASK, .id = tick_id_task(host.id, "t", i), .parent = 1, .key = "t", .kth = i});
        assert_true(tick_names_path(names, tick_id_task(host.id, "t", 50), line, sizeof line) > 0);
        assert_true(tick_deviation_words(&schedule.deviations[0], names, line, sizeof line) > 0);
        result = tick_schedule_write(&schedule, names, nowhere);
    }
    if (result == 0)
        result = tick_schedule_copy(&copy, &schedule);
    if (result == 0) {
        result = tick_replay_new(copy.deviations, copy.count, &replay);
        tick_schedule_fini(&copy);
    }
    if (result == 0)
        result = tick_replay_set(replay, schedule.deviations, 1);
    tick_replay_free(replay);
    tick_names_free(names);
    tick_schedule_fini(&schedule);
    over();
    return result;
}

static int records(void *arg) {
    struct tick_recorder *recorder;
    struct tick_error error = {0};
    uint8_t digest[16];
    const char *path = in_folder("new.db");
    (void)arg;
    (void)unlink(path);
    begun = true;
    int result = tick_recorder_new(&recorder);
    if (result == 0) {
        for (int again = 0; again < 2; again++) {
            story_record(recorder, 1);
            tick_recorder_digest(recorder, digest);
            if (!again)
                tick_recorder_reset(recorder);
        }
        result = tick_trace_store(recorder, path, &meta, &error);
        tick_recorder_free(recorder);
    }
    over();
    if (result < 0 && access(path, F_OK) == 0)
        fail_msg("a trace that could not be written (%s) is there", tick_error_name(result));
    return result;
}

static int reads(void *arg) {
    struct tick_trace trace;
    struct tick_schedule schedule;
    struct tick_names *names;
    struct tick_error error = {0};
    (void)arg;
    begun = true;
    int result = tick_trace_open(in_folder("late.db"), &trace, &error);
    if (result == 0) {
        assert_string_equal(trace.scenario, "lost_update"); // whole, or not at all
        assert_string_equal(trace.chooser, "random");
        assert_string_equal(trace.verdict, "check");
        assert_string_equal(trace.state, "closed");
        assert_true(trace.has_digest && trace.seed == 6 && trace.events > 100);
        result = tick_trace_schedule(&trace, &schedule, &error);
        if (result == 0) {
            assert_int_equal(schedule.count, 1);
            tick_schedule_fini(&schedule);
            result = tick_trace_names(&trace, &names, &error);
            if (result == 0)
                tick_names_free(names);
        }
        struct tick__chain chain = {0};
        struct tick__told told;
        if (result == 0)
            result = tick__chain_read(&trace, (int64_t)trace.events, 4, 4, &chain, &error);
        if (result == 0)
            result = tick__told_read(&trace, chain.causes[0].seq, &told, &error);
        tick__chain_fini(&chain);
        tick_trace_close(&trace);
    }
    over();
    return result < 0 ? result : 0;
}

static int asks(void *arg) {
    struct tick_trace trace;
    struct tick_error error = {0};
    char *sql;
    (void)arg;
    begun = true;
    int result = tick_trace_open(in_folder("late.db"), &trace, &error);
    if (result == 0) {
        for (const struct tick_trace_named *named = tick_trace_named_queries; named->name && result >= 0; named++) {
            result = tick_trace_named_query(named->name, named->arg ? "1" : NULL, &sql, &error);
            if (result < 0)
                break;
            result = tick_trace_query(&trace, sql, nowhere, &error);
            free(sql);
        }
        tick_trace_close(&trace);
    }
    over();
    return result < 0 ? result : 0;
}

// A trace whose first reading is still to come.
static int completes(void *arg) {
    struct tick_trace trace;
    struct tick_error error = {0};
    sqlite3 *db = NULL;
    (void)arg;
    assert_int_equal(sqlite3_open(in_folder("late.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE meta SET value = 0 WHERE key = 'derived'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    begun = true;
    int result = tick_trace_open(in_folder("late.db"), &trace, &error);
    if (result == 0) {
        result = tick_trace_complete(&trace, NULL, NULL, &error);
        assert_int_equal(trace.derived, result == 0);
        tick_trace_close(&trace);
    }
    over();
    return result < 0 ? result : 0;
}

static int compares(void *arg) {
    struct tick_trace a, b;
    struct tick_error error = {0};
    char *report = NULL;
    (void)arg;
    begun = true;
    int result = tick_trace_open(in_folder("late.db"), &a, &error);
    if (result == 0) {
        result = tick_trace_open(in_folder("calm.db"), &b, &error);
        if (result == 0) {
            result = tick_trace_diff(&a, &b, &report, &error);
            assert_true(result != 0);
            free(report);
            tick_trace_close(&b);
        }
        tick_trace_close(&a);
    }
    over();
    return result < 0 ? result : 0;
}

// --- tests ---

static int gently(void **state) {
    (void)state;
    torture_end();
    begun = false;
    return 0;
}

static void a_schedule(void **state) {
    (void)state;
    FILE *file = fmemopen((void *)(uintptr_t)text, sizeof text - 1, "r");
    assert_true(torture_each("schedules", schedules, file) > 20);
    fclose(file);
}

static void a_trace(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        sqlite_too = i;
        // SQLite's own are many, and of few kinds.
        assert_true(torture_some("records", records, NULL, 300, i ? 97 : 1) > 10);
        assert_true(torture_some("reads", reads, NULL, 300, i ? 7 : 1) > 5);
    }
}

static void questions(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        sqlite_too = i;
        assert_true(torture_some("asks", asks, NULL, 300, i ? 97 : 1) > 100);
        assert_true(torture_some("completes", completes, NULL, 300, i ? 97 : 1) > 5);
        assert_true(torture_some("compares", compares, NULL, 300, i ? 17 : 1) > 5);
    }
}

int main(void) {
    nowhere = fopen("/dev/null", "w");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_schedule, gently),
        cmocka_unit_test_teardown(a_trace, gently),
        cmocka_unit_test_teardown(questions, gently),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
