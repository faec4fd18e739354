// Opening, comparing and asking: every file that is no trace is told apart; diff says where and why; queries only read.
// torture: 2
#include "tests/support/scarce.h"
#include "tests/support/stored.h"
#include "tests/unit/trace_story.h"
#include "trace/query.h"
#include "trace/story.h"
#include "trace/writer.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
// last: it wants the four above
#include <cmocka.h>

static const struct tick_trace_meta meta = {.scenario = "lost_update", .scenario_file = "lost_update.c", .chooser = "random", .seed = 6};

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
    if (folder_make(folder, sizeof folder) < 0)
        return -1;
    store("late.db", 1);
    store("calm.db", 0);
    return 0;
}

static void write_file(const char *name, const void *bytes, size_t count) {
    FILE *file = fopen(in_folder(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

static void refused(const char *name, int code, const char *sentence) {
    struct tick_trace trace;
    struct tick_error error = {0};
    int got = tick_trace_open(in_folder(name), &trace, &error);
    if (got != code || !strstr(error.text, sentence))
        fail_msg("%s: %d (%s), not %d (%s)", name, got, error.text, code, sentence);
    assert_non_null(strstr(error.text, folder)); // which file
}

static void what_is_no_trace_is_told_apart(void **state) {
    (void)state;
    refused("missing.db", -ENOENT, "does not exist");
    refused("", -EISDIR, "is a folder");
    write_file("empty.db", "", 0);
    refused("empty.db", TICK_EFORMAT, "is empty");
    write_file("text.db", "hello, this is a text\n", 22);
    refused("text.db", TICK_EFOREIGN, "no SQLite file");
    write_file("short.db", "SQLi", 4);
    refused("short.db", TICK_EFORMAT, "ends within its head");

    sqlite3 *db;
    assert_int_equal(sqlite3_open(in_folder("foreign.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE meta(key, value)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    refused("foreign.db", TICK_EFOREIGN, "another program's SQLite database");

    static unsigned char bytes[1 << 20];
    FILE *file = fopen(in_folder("late.db"), "r");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(size > 100000 && size < sizeof bytes);
    write_file("cut.db", bytes, size / 2);
    refused("cut.db", TICK_EFORMAT, "cut short");
    write_file("head.db", bytes, 200);
    refused("head.db", TICK_EFORMAT, "");
    write_file("newer.db", bytes, size);
    assert_int_equal(sqlite3_open(in_folder("newer.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 3", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    refused("newer.db", TICK_EFORMAT, "newer retick");
    memset(bytes + 100, 0xff, 4000);
    write_file("broken.db", bytes, size);
    refused("broken.db", TICK_EFORMAT, "damaged");
}

// Bytes turned over anywhere: an error or a trace, never a crash.
static void damage_is_survived(void **state) {
    (void)state;
    static unsigned char bytes[1 << 20];
    FILE *file = fopen(in_folder("late.db"), "r");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    FILE *nowhere = fopen("/dev/null", "w");
    for (unsigned round = 0, rounds = (unsigned)scarce_rounds(150); round < rounds; round++) {
        unsigned char kept[16];
        size_t at = tick_id_mix(7, round) % (size - 16);
        memcpy(kept, bytes + at, 16);
        for (int i = 0; i < 16; i++)
            bytes[at + (size_t)i] ^= (unsigned char)(tick_id_mix(round, (uint64_t)i) >> 8);
        write_file("damaged.db", bytes, size);
        memcpy(bytes + at, kept, 16);
        struct tick_trace trace, whole;
        struct tick_error error;
        struct tick_schedule schedule;
        char *report = NULL;
        if (tick_trace_open(in_folder("damaged.db"), &trace, &error) < 0)
            continue;
        assert_int_equal(tick_trace_open(in_folder("late.db"), &whole, &error), 0);
        if (tick_trace_diff(&trace, &whole, &report, &error) == 1)
            assert_non_null(report);
        free(report);
        if (tick_trace_schedule(&trace, &schedule, &error) == 0)
            tick_schedule_fini(&schedule);
        (void)!tick_trace_query(&trace, "SELECT * FROM task_history", nowhere, &error);
        tick_trace_close(&whole);
        tick_trace_close(&trace);
    }
    fclose(nowhere);
}

static void a_cut_off_recording_says_so(void **state) {
    (void)state;
    sqlite3 *db;
    struct tick_trace trace;
    struct tick_error error;
    store("open.db", 1);
    assert_int_equal(sqlite3_open(in_folder("open.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE meta SET value = 'recording' WHERE key = 'state'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(tick_trace_open(in_folder("open.db"), &trace, &error), 0);
    assert_non_null(strstr(trace.note, "cut off"));
    assert_int_equal(sqlite3_db_readonly(trace.db, "main"), 1);
    tick_trace_close(&trace);
}

static int compare(const char *a, const char *b, char **report) {
    struct tick_trace left, right;
    struct tick_error error;
    assert_int_equal(tick_trace_open(in_folder(a), &left, &error), 0);
    assert_int_equal(tick_trace_open(in_folder(b), &right, &error), 0);
    int result = tick_trace_diff(&left, &right, report, &error);
    tick_trace_close(&left);
    tick_trace_close(&right);
    return result;
}

static void says(const char *report, const char *words) {
    if (!strstr(report, words))
        fail_msg("'%s' is missing in:\n%s", words, report);
}

static void diff_finds_the_parting(void **state) {
    (void)state;
    char *report;
    store("again.db", 1);
    assert_int_equal(compare("late.db", "again.db", &report), 0);
    assert_null(report);
    assert_int_equal(compare("late.db", "calm.db", &report), 1);
    says(report, "up to event 37 and part at event 38");
    says(report, "deviation: delivery alice→server @2 +30ms");
    says(report, "sends 3 bytes alice→server @2: \"s1\\n\"");
    says(report, "differing in kind");
    says(report, "why, in B:");
    says(report, "  only in A: delivery alice→server @2 +30ms\n");
    says(report, "A  check: an increment was lost: 1");
    assert_null(strstr(report, "only in B"));
    free(report);
}

// A run of `events` in which object k of two has its name, event `odd` a different argument, and ids are given in the order asked.
static void store_long(const char *name, uint32_t events, uint32_t odd, int64_t arg, const char *first, const char *second) {
    struct tick_recorder *recorder;
    struct tick_error error;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t a = story_host(probe, first), b = story_host(probe, second); // events 1 and 2
    for (uint32_t seq = 3; seq <= events; seq++)
        tick_emit(probe, TICK_EV_LOG, seq % 2 ? a : b, seq - 1, seq == odd ? arg : 0, NULL);
    tick_recorder_end(recorder, "pass", NULL);
    assert_int_equal(tick_trace_store(recorder, in_folder(name), &meta, &error), 0);
    tick_recorder_free(recorder);
}

static void diff_bisects(void **state) {
    (void)state;
    char *report, part[64];
    static const uint32_t odds[] = {3, 4095, 4096, 4097, 8191, 8192, 8193, 20000, 30000};
    store_long("x.db", 30000, 0, 0, "a", "b");
    for (size_t i = 0; i < sizeof odds / sizeof odds[0]; i++) {
        store_long("y.db", 30000, odds[i], 5, "a", "b");
        assert_int_equal(compare("x.db", "y.db", &report), 1);
        snprintf(part, sizeof part, "part at event %u\n", odds[i]);
        says(report, part);
        says(report, "differing in argument\n");
        says(report, "the schedules:\n  are the same");
        free(report);
    }
    store_long("y.db", 29000, 0, 0, "a", "b");
    assert_int_equal(compare("x.db", "y.db", &report), 1);
    says(report, "part at event 29001");
    free(report);
}

// The same numbers with other names are another run, though digests, which hold no names, are equal.
static void diff_goes_by_stable_ids(void **state) {
    (void)state;
    char *report;
    store_long("x.db", 9000, 0, 0, "a", "b");
    store_long("y.db", 9000, 0, 0, "a", "c");
    assert_int_equal(compare("x.db", "y.db", &report), 1);
    says(report, "part at event 2\n");
    says(report, "differing in host, subject\n");
    free(report);
}

static int ask(const char *sql, char **text, struct tick_error *error) {
    struct tick_trace trace;
    size_t size;
    assert_int_equal(tick_trace_open(in_folder("late.db"), &trace, error), 0);
    FILE *out = open_memstream(text, &size);
    int result = tick_trace_query(&trace, sql, out, error);
    fclose(out);
    tick_trace_close(&trace);
    return result;
}

static void a_query_is_a_table(void **state) {
    (void)state;
    char *text;
    struct tick_error error;
    assert_int_equal(ask("SELECT name, host_id AS id, x'00ff41' AS b FROM hosts ORDER BY host_id LIMIT 2;", &text, &error), 2);
    assert_string_equal(text, "name    id  b\n"
                              "------  --  ---------\n"
                              "server   1  \\x00\\xffA\n"
                              "alice    3  \\x00\\xffA\n");
    free(text);
    assert_int_equal(
        ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) SELECT i FROM n", &text, &error), 1200);
    assert_non_null(strstr(text, "\n1200\n"));
    free(text);
    assert_int_equal(ask("SELECT 1 AS one WHERE 0", &text, &error), 0);
    assert_string_equal(text, "one\n---\n");
    free(text);
}

static void a_query_only_reads(void **state) {
    (void)state;
    static const struct {
        const char *sql;
        int code;
    } bad[] = {{"DELETE FROM events", -EPERM}, {"ATTACH '/tmp/x.db' AS x", -EPERM}, {"PRAGMA user_version = 7", -EPERM},
        {"VACUUM INTO '/tmp/y.db'", -EPERM}, {"CREATE TEMP TABLE t(a)", -EPERM}, {"SELECT 1; SELECT 2", -EINVAL}, {"SELEC 1", -EINVAL},
        {"", -EINVAL}, {"SELECT * FROM nothing", -EINVAL}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *text;
        struct tick_error error = {0};
        int code = ask(bad[i].sql, &text, &error);
        if (code != bad[i].code)
            fail_msg("%s: %d %s", bad[i].sql, code, error.text);
        assert_int_not_equal(error.text[0], 0);
        free(text);
    }
}

static void sentence_of(const struct tick_trace_named *named, const char *arg) {
    struct tick_trace trace;
    struct tick_error error;
    char *text;
    assert_int_equal(tick_trace_open(in_folder("late.db"), &trace, &error), 0);
    assert_int_equal(tick_trace_named_about(&trace, named->name, arg, &text, &error), 0);
    assert_true((text != NULL) == (named->about != NULL));
    free(text);
    tick_trace_close(&trace);
}

static void named_queries_answer(void **state) {
    (void)state;
    struct tick_error error;
    char *sql, *text;
    for (const struct tick_trace_named *named = tick_trace_named_queries; named->name; named++) {
        const char *arg = !named->arg ? NULL : strcmp(named->name, "effects") == 0 ? "1" : strstr(named->arg, "SEQ") ? "116" : "alice";
        assert_int_equal(tick_trace_named_query(named->name, arg, &sql, &error), 0);
        int rows = ask(sql, &text, &error);
        static const char *const some[] = {"tasks", "critical-path", "slow", "stats", "messages", "choices", "log", "why", "history"};
        bool has_some = false;
        for (size_t i = 0; i < sizeof some / sizeof *some; i++)
            has_some = has_some || !strcmp(named->name, some[i]);
        if (rows < 0 || (rows == 0 && has_some))
            fail_msg("%s: %d %s", named->name, rows, error.text);
        free(text);
        free(sql);
        sentence_of(named, arg);
        bool optional = named->arg && named->arg[0] == '[';
        assert_int_equal(tick_trace_named_query(named->name, named->arg ? NULL : "x", &sql, &error), optional ? 0 : -EINVAL);
        if (!optional)
            continue;
        rows = ask(sql, &text, &error);
        assert_true(rows >= 0);
        if (!strcmp(named->name, "why")) // alone: of the verdict
            assert_non_null(strstr(text, "verdict"));
        free(text);
        free(sql);
    }
    assert_int_equal(tick_trace_named_query("nonsense", NULL, &sql, &error), -ENOENT);
    assert_int_equal(tick_trace_named_query("history", "o'brien' OR 1=1 --", &sql, &error), 0); // quoted, not obeyed
    assert_int_equal(ask(sql, &text, &error), 0);
    free(text);
    free(sql);
}

static void causes_lead_to_the_start(void **state) {
    (void)state;
    struct tick_trace trace;
    struct tick_error error;
    struct tick__chain chain, cut;
    assert_int_equal(tick_trace_open(in_folder("late.db"), &trace, &error), 0);
    assert_int_equal(tick__chain_read(&trace, (int64_t)trace.events, 100, 10, &chain, &error), 0);
    assert_true(chain.head > 10 && chain.tail == 0 && chain.between == 0 && !chain.endless);
    for (size_t i = 1; i < chain.head; i++)
        assert_true(chain.causes[i].seq < chain.causes[i - 1].seq);
    for (size_t head = 0; head < 12; head++)
        for (size_t tail = 0; tail < 12; tail++) { // whatever is left out, both ends are those of the whole
            assert_int_equal(tick__chain_read(&trace, (int64_t)trace.events, head, tail, &cut, &error), 0);
            assert_int_equal(cut.head + cut.tail + cut.between, chain.head);
            for (size_t i = 0; i < cut.head; i++)
                assert_int_equal(cut.causes[i].seq, chain.causes[i].seq);
            for (size_t i = 1; i <= cut.tail; i++)
                assert_int_equal(cut.causes[cut.head + cut.tail - i].seq, chain.causes[chain.head - i].seq);
            tick__chain_fini(&cut);
        }
    tick__chain_fini(&chain);
    int noted = 0;
    assert_int_equal(tick__chain_read(&trace, 85, 100, 0, &chain, &error), 0); // in alice's second exchange, of which the question was late
    for (size_t i = 0; i < chain.head; i++)
        noted += strstr(chain.causes[i].deviation, "delivery alice→server @2 +30ms") != NULL;
    assert_int_equal(noted, 1);
    tick__chain_fini(&chain);
    tick_trace_close(&trace);
}

static void words_are_printable(void **state) {
    (void)state;
    char text[32];
    tick__printable("a\n\"\\\x01\xff→", 9, text, sizeof text);
    assert_string_equal(text, "a\\n\\\"\\\\\\x01\\xff→");
    tick__printable("0123456789012345678901234567890123456789", 40, text, 12);
    assert_string_equal(text, "01234567…");
    tick__time_words(3250000, text, sizeof text);
    assert_string_equal(text, "3.25 ms");
    tick__time_words(1000000001, text, sizeof text);
    assert_string_equal(text, "1.000000001 s");
    tick__time_words(0, text, sizeof text);
    assert_string_equal(text, "0 ms");
    tick__time_words(1500, text, sizeof text);
    assert_string_equal(text, "1.5 us");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_trace_is_told_apart),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(a_cut_off_recording_says_so),
        cmocka_unit_test(diff_finds_the_parting),
        cmocka_unit_test(diff_bisects),
        cmocka_unit_test(diff_goes_by_stable_ids),
        cmocka_unit_test(a_query_is_a_table),
        cmocka_unit_test(a_query_only_reads),
        cmocka_unit_test(named_queries_answer),
        cmocka_unit_test(causes_lead_to_the_start),
        cmocka_unit_test(words_are_printable),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
