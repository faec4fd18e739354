// What runs hold beside their events (names, texts, bytes): their digest covers all of it, the first byte that differs is found and told,
// and a trace without that digest still reads.
// torture: 2
#include "tests/support/stored.h"
#include "tests/unit/trace_story.h"
#include "trace/contents.h"
#include "trace/writer.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
// last: it wants the four above
#include <cmocka.h>

static const struct tick_trace_meta meta = {.scenario = "story", .scenario_file = "story.c", .chooser = "random", .seed = 6};

// What is told below, and where it can be another: everything else is the same.
enum { NOTHING, NAME, LONG_NAME, TEXT, LONG_TEXT, SHORT, LONG, FILE_BYTE, FILE_PLACE, VERDICT_TEXT, VARIATIONS };

static void tell(struct tick_recorder *recorder, int other) {
    static char key[301], text[4001], bytes[9000];
    struct tick_probe *probe = tick_recorder_probe(recorder);
    memset(key, 'k', 300);
    memset(text, 't', 4000);
    memset(bytes, 'b', sizeof bytes);
    key[280] = other == LONG_NAME ? '!' : 'k';
    text[3000] = other == LONG_TEXT ? '!' : 't';
    bytes[5000] = other == LONG ? '!' : 'b';
    const uint32_t host = story_host(probe, "server");
    const struct tick_object file = {.type = TICK_OBJECT_FD, .id = 7, .parent = host, .host = host, .key = other == NAME ? "tog" : "log"};
    const struct tick_object resource = {.type = TICK_OBJECT_LOCK, .id = 8, .parent = host, .host = host, .key = key};
    const struct tick_object message = {.type = TICK_OBJECT_MESSAGE, .id = 9, .parent = host, .host = host};
    const uint32_t log = probe->ops->object(probe, &file);
    probe->ops->object(probe, &resource);
    for (int i = 0; i < 2; i++) {
        const uint32_t sent = probe->ops->object(probe, &message);
        probe->ops->payload(probe, sent, i ? bytes : other == SHORT ? "short!" : "short.", i ? sizeof bytes : 6);
        tick_emit(probe, TICK_EV_MSG_SEND, sent, probe->here, i ? (int64_t)sizeof bytes : 6, NULL);
    }
    tick_emit(probe, TICK_EV_LOG, probe->ops->text(probe, other == TEXT ? "a line?" : "a line."), 0, 0, NULL);
    tick_emit(probe, TICK_EV_LOG, probe->ops->text(probe, text), 0, 0, NULL);
    probe->ops->written(probe, log, other == FILE_PLACE ? 99 : 100, other == FILE_BYTE ? "on disk!" : "on disk.", 8);
    tick_recorder_end(recorder, "check", other == VERDICT_TEXT ? "lost" : "gone");
}

static void each_byte_counts(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    uint8_t events[2][16], contents[VARIATIONS][16], again[16];
    assert_int_equal(tick_recorder_new(&recorder), 0);
    for (int other = 0; other < VARIATIONS; other++) {
        tick_recorder_reset(recorder);
        tell(recorder, other);
        tick_recorder_digest(recorder, events[other != 0]);
        tick_recorder_contents(recorder, contents[other]);
        assert_memory_equal(events[other != 0], events[0], 16);
        for (int before = 0; before < other; before++)
            assert_memory_not_equal(contents[before], contents[other], 16);
    }
    tick_recorder_reset(recorder);
    tell(recorder, NOTHING);
    tick_recorder_contents(recorder, again);
    assert_memory_equal(again, contents[0], 16);
    tick_recorder_free(recorder);
}

// Records into NAME.db and NAME.witness.
static void record(const char *name, int other) {
    char path[80];
    struct tick_recorder *recorder;
    struct tick_error error;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    snprintf(path, sizeof path, "%s.witness", name);
    assert_int_equal(tick_recorder_testify(recorder, in_folder(path)), 0);
    tell(recorder, other);
    snprintf(path, sizeof path, "%s.db", name);
    assert_int_equal(tick_trace_store(recorder, in_folder(path), &meta, &error), 0);
    tick_recorder_free(recorder);
}

static char *words(const struct tick_difference *difference) {
    char *text;
    size_t size;
    struct tick_trace trace;
    struct tick_error error;
    assert_int_equal(tick_trace_open(in_folder("a.db"), &trace, &error), 0);
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    const int result = tick_difference_say(out, &trace, difference, (const char *const[]){"A", "B"}, &error);
    fclose(out);
    tick_trace_close(&trace);
    assert_int_equal(result, 0);
    return text;
}

static void the_first_byte_is_found(void **state) {
    (void)state;
    static const struct {
        enum tick_content what;
        uint64_t offset;
        const char *text;
    } expected[VARIATIONS] = {
        [NAME] = {TICK_CONTENT_NAME, 0, "0x6c in \"log\""},
        [LONG_NAME] = {TICK_CONTENT_NAME, 280, "differs from byte 281 on\n"},
        [TEXT] = {TICK_CONTENT_TEXT, 6, "B  0x3f in \"a line?\""},
        [LONG_TEXT] = {TICK_CONTENT_TEXT, 3000, "the text of event #5 differs from byte 3001 on\n"},
        [SHORT] = {TICK_CONTENT_MESSAGE, 5, "the message of event #2 differs from byte 6 on\n"},
        [LONG] = {TICK_CONTENT_MESSAGE, 5000, "B  0x21 in ...\"bbbbbbbbbbbbbbbb!bbb"},
        [FILE_BYTE] = {TICK_CONTENT_WRITTEN, 7,
            "what server wrote at 100 of server:host:fd#0 (log), after event #5, differs from byte 8 on\n"},
        [FILE_PLACE] = {TICK_CONTENT_WRITTEN, 0, "(log)"},
        [VERDICT_TEXT] = {TICK_CONTENT_TEXT, 0, "server check: gone"},
    };
    struct tick_error error;
    struct tick_difference difference;
    record("a", NOTHING);
    record("b", NOTHING);
    assert_int_equal(tick_witness_compare(in_folder("a.witness"), in_folder("b.witness"), &difference, &error), 0);
    for (int other = NAME; other < VARIATIONS; other++) {
        record("b", other);
        assert_int_equal(tick_witness_compare(in_folder("a.witness"), in_folder("b.witness"), &difference, &error), 1);
        assert_int_equal(difference.what, expected[other].what);
        assert_int_equal(difference.offset, expected[other].offset);
        char *text = words(&difference);
        if (other != VERDICT_TEXT && !strstr(text, expected[other].text))
            fail_msg("\"%s\" is not in: %s", expected[other].text, text);
        free(text);
    }
    assert_int_equal(truncate(in_folder("b.witness"), 100), 0);
    assert_true(tick_witness_compare(in_folder("a.witness"), in_folder("b.witness"), &difference, &error) < 0);
    assert_int_equal(tick_witness_compare(in_folder("a.witness"), in_folder("none"), &difference, &error), -ENOENT);
}

static int compare(char **report) {
    struct tick_trace a, b;
    struct tick_error error;
    assert_int_equal(tick_trace_open(in_folder("a.db"), &a, &error), 0);
    assert_int_equal(tick_trace_open(in_folder("b.db"), &b, &error), 0);
    const int result = tick_trace_diff(&a, &b, report, &error);
    tick_trace_close(&a);
    tick_trace_close(&b);
    return result;
}

static void change(const char *name, const char *sql) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(in_folder(name), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}
#define FORGET_CONTENTS "DELETE FROM meta WHERE key = 'contents'"

static void assert_differ(const char *expected) {
    char *report;
    assert_int_equal(compare(&report), 1);
    if (!strstr(report, expected))
        fail_msg("\"%s\" is not in: %s", expected, report);
    free(report);
}

static void diff_knows_what_traces_keep(void **state) {
    (void)state;
    static const char *const expected[VARIATIONS] = {
        [TEXT] = "the text of event #4 differs from byte 7 on",
        [SHORT] = "the message of event #2 differs from byte 6 on",
        [LONG_NAME] = "a name, in server:host:lock#0 (k",
        [LONG] = "the message of event #3 differs beyond its first 96 bytes",
        [LONG_TEXT] = "the text of event #5 differs beyond its first 2000 bytes",
        [FILE_BYTE] = "what server wrote at 100 of server:host:fd#0 (log), after event #5, differs: traces keep a hash of it",
        [FILE_PLACE] = "  B  8 bytes at 99, with the hash ",
    };
    char *report;
    record("a", NOTHING);
    for (int other = NAME; other < VARIATIONS; other++) {
        record("b", other);
        if (expected[other])
            assert_differ(expected[other]);
    }
    record("b", NOTHING);
    assert_int_equal(compare(&report), 0);
}

// A trace of an earlier version has no hashes of what it does not keep, or no digest of its contents.
static void earlier_traces_are_compared_as_far_as_they_go(void **state) {
    (void)state;
    char *report;
    record("a", NOTHING);
    record("b", LONG);
    change("b.db", FORGET_CONTENTS);
    assert_differ("the message of event #3 differs beyond its first 96 bytes");
    record("b", LONG);
    change("b.db", "DROP TABLE unkept");
    assert_differ("what these traces keep of it is. `retick check`");
    change("b.db", FORGET_CONTENTS);
    assert_int_equal(compare(&report), 0);
    record("b", SHORT);
    change("b.db", FORGET_CONTENTS "; DROP TABLE unkept");
    assert_differ("the message of event #2 differs from byte 6 on");
}

// Of two differences the one that was told first.
static void the_first_of_both_sorts_is_told(void **state) {
    (void)state;
    record("a", NOTHING);
    record("b", LONG);
    change("b.db", "UPDATE strings SET value = 'a line?' WHERE value = 'a line.'");
    assert_differ("the message of event #3 differs beyond its first 96 bytes");
    record("b", LONG_TEXT);
    change("b.db", "UPDATE strings SET value = 'a line?' WHERE value = 'a line.'");
    assert_differ("the text of event #4 differs from byte 7 on");
    record("b", LONG); // in both parts of one message
    change("b.db", "UPDATE messages SET payload = zeroblob(96) WHERE bytes > 96");
    assert_differ("the message of event #3 differs from byte 1 on");
}

static void what_lies_is_refused(void **state) {
    (void)state;
    struct tick_trace trace;
    struct tick_error error;
    record("a", NOTHING);
    change("a.db", "DROP TABLE unkept; CREATE VIEW unkept AS SELECT 1 AS n");
    assert_int_equal(tick_trace_open(in_folder("a.db"), &trace, &error), TICK_EFORMAT);
    assert_non_null(strstr(error.text, "unkept is a view, where a table is expected"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_counts),
        cmocka_unit_test(the_first_byte_is_found),
        cmocka_unit_test(diff_knows_what_traces_keep),
        cmocka_unit_test(earlier_traces_are_compared_as_far_as_they_go),
        cmocka_unit_test(the_first_of_both_sorts_is_told),
        cmocka_unit_test(what_lies_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
