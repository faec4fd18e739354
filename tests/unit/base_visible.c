// Text from outside, shown: what a terminal obeys, what turns or hides text and what is no text becomes an escape; the rest stays.
#include "src/base/visible.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *put(const char *bytes, size_t count) {
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    tick__put_visible(file, bytes, count);
    fclose(file);
    return text;
}

static void shown_as(const char *bytes, size_t count, const char *expected) {
    char *text = put(bytes, count);
    assert_string_equal(text, expected);
    free(text);
}
#define SHOWN(literal, expected) shown_as(literal, sizeof literal - 1, expected)

static void text_stays(void **state) {
    (void)state;
    SHOWN("plain \"text\" with \\ and 100 %", "plain \"text\" with \\ and 100 %");
    SHOWN("grüße, 日本語, →, 🦀", "grüße, 日本語, →, 🦀");
    SHOWN("", "");
}

static void controls_are_escaped(void **state) {
    (void)state;
    SHOWN("a\033[31m\a", "a\\x1b[31m\\x07");
    SHOWN("two\nlines\r\tand\0more\x7f", "two\\nlines\\r\\tand\\x00more\\x7f");
    SHOWN("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\u0080\\u009b\\u009f\xc2\xa0"); // CSI in one character
}

static void what_turns_or_hides_is_escaped(void **state) {
    (void)state;
    SHOWN("\xe2\x80\xae"
          "gnp",
        "\\u202egnp");
    SHOWN("\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c\xe2\x80\x8f", "\\u2066\\u2069\\u061c\\u200f");
    SHOWN("a\xe2\x80\x8b"
          "b\xef\xbb\xbf",
        "a\\u200bb\\ufeff");
    SHOWN("\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"); // lines of another kind
    SHOWN("\xf3\xa0\x81\x81\xef\xb7\x90\xf4\x8f\xbf\xbf", "\\U0e0041\\ufdd0\\U10ffff");
}

static void hidden_is(const char *bytes, uint32_t expected, size_t length) {
    uint32_t point = 0;
    size_t taken = 0;
    assert_int_equal(tick__visible_hidden(bytes, strlen(bytes), &point, &taken), expected != 0);
    assert_int_equal(taken, length);
    if (expected)
        assert_int_equal(point, expected);
}

static void who_has_other_escapes_asks_what_is_hidden(void **state) {
    (void)state;
    hidden_is("\033[", 0x1b, 1);
    hidden_is("\xc2\x9b", 0x9b, 2);
    hidden_is("\xe2\x80\xae.", 0x202e, 3);
    hidden_is("\xf3\xa0\x81\x81", 0xe0041, 4);
    hidden_is("a", 0, 1);
    hidden_is("\\n", 0, 1);
    hidden_is("é", 0, 2);
    hidden_is("\xff", 0, 1); // no character at all
}

static void broken_text_is_escaped(void **state) {
    (void)state;
    SHOWN("\xff\xfe", "\\xff\\xfe");
    SHOWN("\xc0\xaf\xe0\x80\xaf", "\\xc0\\xaf\\xe0\\x80\\xaf"); // longer than need be
    SHOWN("\xed\xa0\x80", "\\xed\\xa0\\x80");                   // half a surrogate pair
    SHOWN("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");          // beyond Unicode
    SHOWN("cut \xe2\x80", "cut \\xe2\\x80");
}

// Whatever the bytes, what is shown of them is shown as itself.
static void what_is_shown_is_harmless(void **state) {
    (void)state;
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        char bytes[16];
        size_t count = (size_t)(round % 16) + 1;
        for (size_t i = 0; i < count; i++) {
            random = random * 1664525 + 1013904223;
            bytes[i] = (char)(random >> 24 | (random & 0x100 ? 0x80 : 0));
        }
        char *once = put(bytes, count), *twice = put(once, strlen(once));
        assert_string_equal(once, twice);
        free(once);
        free(twice);
    }
}

static void lines_are_the_callers(void **state) {
    (void)state;
    char *text = NULL, longest[6000];
    size_t size;
    FILE *file = open_memstream(&text, &size);
    tick__print(file, "\n%s:\n\n", "two\nlines");
    tick__print(file, "%s", "x\n");
    tick__print(file, "\n");
    memset(longest, 'y', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    tick__print(file, "%s\n", longest);
    fclose(file);
    assert_int_equal(strncmp(text, "\ntwo\\nlines:\n\nx\\n\nyyy", 21), 0);
    assert_int_equal(strlen(text), 18 + 6000);
    assert_int_equal(text[size - 1], '\n');
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays),
        cmocka_unit_test(controls_are_escaped),
        cmocka_unit_test(what_turns_or_hides_is_escaped),
        cmocka_unit_test(who_has_other_escapes_asks_what_is_hidden),
        cmocka_unit_test(broken_text_is_escaped),
        cmocka_unit_test(what_is_shown_is_harmless),
        cmocka_unit_test(lines_are_the_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
