#include <retick/error.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// The programs' own errors by number, from 0: what a name is called has to stay readable for ever, and nobody could free it.
#define USER(n) "TICK_EUSER - " #n,
#define TEN(t) USER(t##0) USER(t##1) USER(t##2) USER(t##3) USER(t##4) USER(t##5) USER(t##6) USER(t##7) USER(t##8) USER(t##9)
#define HUNDRED(h) TEN(h##0) TEN(h##1) TEN(h##2) TEN(h##3) TEN(h##4) TEN(h##5) TEN(h##6) TEN(h##7) TEN(h##8) TEN(h##9)
static const char users[][sizeof "TICK_EUSER - 999"] = {
    USER(0) USER(1) USER(2) USER(3) USER(4) USER(5) USER(6) USER(7) USER(8) USER(9) // clang-format off
    TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9)
    HUNDRED(1) HUNDRED(2) HUNDRED(3) HUNDRED(4) HUNDRED(5) HUNDRED(6) HUNDRED(7) HUNDRED(8) HUNDRED(9) // clang-format on
};
#define USERS ((int)(sizeof users / sizeof *users))

const char *tick_error_name(int code) {
    switch (code) {
    case 0:
        return "ok";
#define TICK_ERROR_NAME(name, value, text) \
    case name: \
        return #name;
        TICK_ERRORS(TICK_ERROR_NAME)
    default:
        break;
    }
    if (code < TICK_EUSER)
        return code > TICK_EUSER - USERS ? users[TICK_EUSER - code] : "an error of the program";
    const char *name = code < 0 && code > -4096 ? strerrorname_np(-code) : NULL;
    return name ? name : "unknown error";
}

const char *tick_error_text(int code) {
    switch (code) {
    case 0:
        return "no error";
#define TICK_ERROR_TEXT(name, value, text) \
    case name: \
        return text;
        TICK_ERRORS(TICK_ERROR_TEXT)
    default:
        break;
    }
    if (code < TICK_EUSER)
        return tick_error_text(TICK_EUSER);
    const char *text = code < 0 && code > -4096 ? strerrordesc_np(-code) : NULL;
    return text ? text : "unknown error";
}

int tick_error_set(struct tick_error *error, int code, const char *format, ...) {
    if (error) {
        va_list list;
        va_start(list, format);
        error->code = code;
        vsnprintf(error->text, sizeof error->text, format, list);
        va_end(list);
    }
    return code;
}
