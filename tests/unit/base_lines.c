// Lines that are written piece by piece: whole where there is room; else cut, ended all the same, and counted on.
#include "src/base/line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 64 };

static void pieces_follow_each_other(void **state) {
    (void)state;
    char room[ROOM];
    struct tick__line line = {room, sizeof room, 0};
    tick__line_put(&line, "");
    assert_string_equal(room, "");
    tick__line_put(&line, "at ");
    tick__line_hex(&line, 0xdeadbeef0);
    tick__line_put(&line, " of ");
    tick__line_number(&line, UINT64_MAX);
    tick__line_format(&line, ", %s %d%%", "up to", 7);
    assert_string_equal(room, "at 0xdeadbeef0 of 18446744073709551615, up to 7%");
    assert_int_equal(line.length, strlen(room));
    assert_false(tick__line_cut(&line));
    tick__line_back(&line, 3);
    tick__line_hex(&line, 0);
    tick__line_number(&line, 0);
    assert_string_equal(room, "at 0x00");
}

// The same pieces into every room: as much as there is place for, what lies behind is untouched, and the length is snprintf's.
static void what_has_no_room_is_cut(void **state) {
    (void)state;
    char whole[ROOM];
    const int length = snprintf(whole, sizeof whole, "%s0x%x%s%d%s", "a line ", 0x1f, " and ", 1234, " more");
    for (size_t size = 1; size < ROOM; size++) {
        char room[ROOM + 1];
        memset(room, '#', sizeof room);
        struct tick__line line = {room, size, 0};
        tick__line_put(&line, "a line ");
        tick__line_hex(&line, 0x1f);
        tick__line_format(&line, " %s ", "and");
        tick__line_number(&line, 1234);
        tick__line_format(&line, "%s", " ");
        tick__line_put(&line, "more");
        assert_int_equal(line.length, length);
        assert_int_equal(tick__line_cut(&line), (size_t)length >= size);
        assert_int_equal(strlen(room), (size_t)length < size ? (size_t)length : size - 1);
        assert_memory_equal(room, whole, strlen(room));
        assert_int_equal(room[size], '#');
    }
}

static void back_reaches_what_was_cut(void **state) {
    (void)state;
    char room[8];
    struct tick__line line = {room, sizeof room, 0};
    tick__line_put(&line, "0123456");
    assert_false(tick__line_cut(&line));
    tick__line_put(&line, "7");
    assert_true(tick__line_cut(&line));
    assert_string_equal(room, "0123456");
    tick__line_put(&line, "89");
    tick__line_back(&line, 9); // still beyond the room
    assert_true(tick__line_cut(&line));
    assert_string_equal(room, "0123456");
    tick__line_back(&line, 4);
    assert_false(tick__line_cut(&line));
    tick__line_put(&line, "!");
    assert_string_equal(room, "0123!");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_follow_each_other),
        cmocka_unit_test(what_has_no_room_is_cut),
        cmocka_unit_test(back_reaches_what_was_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
