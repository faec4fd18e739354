#include <retick/error.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
