// Error codes: each has its own value, a name and words, beside the system's.
#include <errno.h>
#include <retick/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    int code;
    const char *name, *text;
} codes[] = {
#define ROW(name, value, text) {value, #name, text},
    TICK_ERRORS(ROW)
#undef ROW
};
enum { CODES = sizeof codes / sizeof *codes };

static void every_code_has_a_name_and_a_text(void **state) {
    (void)state;
    for (int i = 0; i < CODES; i++) {
        assert_string_equal(tick_error_name(codes[i].code), codes[i].name);
        assert_string_equal(tick_error_text(codes[i].code), codes[i].text);
        assert_memory_equal(codes[i].name, "TICK_E", 6);
        assert_true(strlen(codes[i].text) > 0);
    }
}

static void codes_are_distinct_and_below_every_errno(void **state) {
    (void)state;
    for (int i = 0; i < CODES; i++) {
        assert_true(codes[i].code < -4095);
        for (int k = 0; k < i; k++) {
            assert_int_not_equal(codes[i].code, codes[k].code);
            assert_string_not_equal(codes[i].name, codes[k].name);
            assert_string_not_equal(codes[i].text, codes[k].text);
        }
    }
}

static void the_systems_codes_have_theirs(void **state) {
    (void)state;
    assert_string_equal(tick_error_name(-ENOENT), "ENOENT");
    assert_string_equal(tick_error_text(-ENOENT), "No such file or directory");
    assert_string_equal(tick_error_name(-ECONNREFUSED), "ECONNREFUSED");
    assert_string_equal(tick_error_name(0), "ok");
    assert_string_equal(tick_error_text(0), "no error");
}

static void other_numbers_are_unknown(void **state) {
    (void)state;
    static const int others[] = {1, ENOENT, INT32_MAX, -4095, -4096, -5000};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_string_equal(tick_error_name(others[i]), "unknown error");
        assert_string_equal(tick_error_text(others[i]), "unknown error");
    }
}

static void a_programs_own_errors_are_numbered(void **state) {
    (void)state;
    char name[40];
    for (int n = 1; n < 1000; n++) {
        snprintf(name, sizeof name, "TICK_EUSER - %d", n);
        assert_string_equal(tick_error_name(TICK_EUSER - n), name);
        assert_string_equal(tick_error_text(TICK_EUSER - n), tick_error_text(TICK_EUSER));
    }
    static const int beyond[] = {TICK_EUSER - 1000, TICK_EUSER - 1001, INT32_MIN};
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        assert_string_equal(tick_error_name(beyond[i]), "an error of the program");
        assert_string_equal(tick_error_text(beyond[i]), tick_error_text(TICK_EUSER));
    }
}

static void details_are_filled_and_cut(void **state) {
    (void)state;
    struct tick_error error;
    memset(&error, 'x', sizeof error);
    assert_int_equal(tick_error_set(&error, TICK_EFORMAT, "line %d: %s", 7, "no colon"), TICK_EFORMAT);
    assert_int_equal(error.code, TICK_EFORMAT);
    assert_string_equal(error.text, "line 7: no colon");
    assert_int_equal(tick_error_set(&error, -EIO, "%2000d", 1), -EIO);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_int_equal(tick_error_set(NULL, -EIO, "%s", "nobody asked"), -EIO);
}

static int tries(int result, int *after) {
    *after = 0;
    TICK_TRY(result);
    *after = 1;
    return 100;
}

static void try_returns_errors_only(void **state) {
    (void)state;
    int after;
    assert_int_equal(tries(0, &after), 100);
    assert_int_equal(after, 1);
    assert_int_equal(tries(5, &after), 100);
    assert_int_equal(tries(TICK_ECLOSED, &after), TICK_ECLOSED);
    assert_int_equal(after, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_and_a_text),
        cmocka_unit_test(codes_are_distinct_and_below_every_errno),
        cmocka_unit_test(the_systems_codes_have_theirs),
        cmocka_unit_test(other_numbers_are_unknown),
        cmocka_unit_test(a_programs_own_errors_are_numbered),
        cmocka_unit_test(details_are_filled_and_cut),
        cmocka_unit_test(try_returns_errors_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
