// Places that are told as a file of code and an offset: looked up all of a file at once, written down, and left as they are where nothing
// is known.
#include "tests/support/stored.h"
#include "trace/found_places.h"
#include "trace/recorder.h"
#include "trace/writer.h"
#include <string.h>

static const struct tick_loc places[] = {
    {"app+0x10", "/usr/bin/app", 0, "recv"},
    {"libx.so+0x20", "/usr/lib/libx.so", 0, "a mutex"},
    {"app+0x1a2b", "/usr/bin/app", 0, "send"},
    {"audit", "lost.c", 12, "seen"},
    {"generated code", "", 0, ""},
    {"app+0xzz", "/usr/bin/app", 0, ""},
};

struct asked {
    unsigned calls;
    char code[8][40];
    size_t count[8];
    uint64_t offset[8][4];
};

static void find(void *ctx, const char *code, struct tick_found_place *found, size_t count) {
    struct asked *asked = ctx;
    const unsigned call = asked->calls++;
    snprintf(asked->code[call], sizeof asked->code[call], "%s", code);
    asked->count[call] = count;
    for (size_t i = 0; i < count; i++) {
        asked->offset[call][i] = found[i].offset;
        if (found[i].offset == 0x10) {
            snprintf(found[i].function, sizeof found[i].function, "serve");
            snprintf(found[i].file, sizeof found[i].file, "app.c");
            found[i].line = 33;
        } else if (found[i].offset == 0x20) {
            snprintf(found[i].function, sizeof found[i].function, "x_lock");
        }
    }
}

static void each_file_is_asked_about_once(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    struct tick_trace trace;
    struct tick_error error;
    struct asked asked = {0};
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        tick_emit(probe, TICK_EV_WAIT_BEGIN, 0, 0, 0, &places[i]);
    tick_recorder_end(recorder, "pass", "");
    const struct tick_trace_meta meta = {.scenario = "s", .chooser = "calm"};
    if (tick_trace_store(recorder, in_folder("places.db"), &meta, &error) < 0 ||
        tick_trace_find_places(in_folder("places.db"), find, &asked, &error) < 0 ||
        tick_trace_open(in_folder("places.db"), &trace, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(asked.calls, 2);
    assert_string_equal(asked.code[0], "/usr/bin/app");
    assert_int_equal(asked.count[0], 2);
    assert_int_equal(asked.offset[0][0], 0x10);
    assert_int_equal(asked.offset[0][1], 0x1a2b);
    assert_string_equal(asked.code[1], "/usr/lib/libx.so");
    assert_int_equal(asked.count[1], 1);
    assert_text(&trace, "SELECT function || ' ' || file || ' ' || line FROM locations WHERE name = 'recv'", "serve app.c 33");
    assert_text(&trace, "SELECT function || ' ' || file || ' ' || line FROM locations WHERE name = 'a mutex'", "x_lock /usr/lib/libx.so 0");
    assert_text(&trace, "SELECT function || ' ' || file || ' ' || line FROM locations WHERE name = 'send'", "app+0x1a2b /usr/bin/app 0");
    assert_text(&trace, "SELECT function || ' ' || file || ' ' || line FROM locations WHERE name = 'seen'", "audit lost.c 12");
    tick_trace_close(&trace);
    tick_recorder_free(recorder);
}

static void what_is_no_trace_is_an_error(void **state) {
    (void)state;
    struct tick_error error = {0};
    struct asked asked = {0};
    assert_true(tick_trace_find_places(in_folder("none.db"), find, &asked, &error) < 0);
    assert_non_null(strstr(error.text, "none.db"));
    FILE *file = fopen(in_folder("other.db"), "w");
    fputs("something else", file);
    fclose(file);
    assert_true(tick_trace_find_places(in_folder("other.db"), find, &asked, &error) < 0);
    assert_int_equal(asked.calls, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_is_asked_about_once),
        cmocka_unit_test(what_is_no_trace_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
