#include "src/base/line.h"
#include <stdarg.h>
#include <stdio.h>

void tick__line_back(struct tick__line *to, size_t length) {
    to->length = length;
    to->text[length < to->size ? length : to->size - 1] = 0;
}

void tick__line_put(struct tick__line *to, const char *text) {
    size_t length = to->length;
    for (; *text; text++, length++)
        if (length + 1 < to->size)
            to->text[length] = *text;
    tick__line_back(to, length);
}

void tick__line_hex(struct tick__line *to, uint64_t value) {
    char digits[17], *at = digits + 16;
    *at = 0;
    do
        *--at = "0123456789abcdef"[value & 15];
    while (value >>= 4);
    tick__line_put(to, "0x");
    tick__line_put(to, at);
}

void tick__line_number(struct tick__line *to, uint64_t value) {
    char digits[21], *at = digits + 20;
    *at = 0;
    do
        *--at = (char)('0' + value % 10);
    while (value /= 10);
    tick__line_put(to, at);
}

void tick__line_format(struct tick__line *to, const char *format, ...) {
    const size_t at = tick__line_cut(to) ? to->size - 1 : to->length; // a piece that is cut altogether is counted, too
    va_list list;
    va_start(list, format);
    const int length = vsnprintf(to->text + at, to->size - at, format, list);
    va_end(list);
    if (length > 0)
        to->length += (size_t)length;
}
