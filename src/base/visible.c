#include "src/base/visible.h"
#include "src/base/outside.h"
#include <string.h>

// The code point of a whole and shortest UTF-8 sequence, and its length; 0 if there is none.
static size_t decode(const unsigned char *at, size_t left, uint32_t *point) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf5 ? 4 : 0;
    if (length == 0 || length > left)
        return 0;
    *point = length == 1 ? *at : *at & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *point = *point << 6 | (at[i] & 0x3f);
    }
    return *point >= least[length] && *point <= 0x10ffff && (*point < 0xd800 || *point > 0xdfff) ? length : 0;
}

// What is obeyed, turns or hides text, separates lines, or is no character.
static bool is_hidden(uint32_t point) {
    static const struct {
        uint32_t from, to;
    } hidden[] = {
        {0, 0x1f},
        {0x7f, 0x9f},
        {0xad, 0xad},
        {0x61c, 0x61c},
        {0x200b, 0x200f},
        {0x2028, 0x202e},
        {0x2060, 0x206f},
        {0xfdd0, 0xfdef},
        {0xfeff, 0xfeff},
        {0xfff9, 0xfffb},
        {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (point >= hidden[i].from && point <= hidden[i].to)
            return true;
    return (point & 0xfffe) == 0xfffe;
}

bool tick__visible_hidden(const char *bytes, size_t count, uint32_t *point, size_t *taken) {
    const size_t length = decode((const unsigned char *)bytes, count, point);
    *taken = length ? length : 1;
    return length && is_hidden(*point);
}

size_t tick__visible_next(const char *bytes, size_t count, char piece[TICK__VISIBLE_MOST], size_t *taken) {
    const unsigned char *at = (const unsigned char *)bytes;
    const char *named = *at == '\n' ? "\\n" : *at == '\r' ? "\\r" : *at == '\t' ? "\\t" : NULL;
    char room[TICK__VISIBLE_MOST + 1];
    uint32_t point = 0;
    const size_t length = decode(at, count, &point);
    *taken = length ? length : 1;
    if (length && !is_hidden(point)) {
        memcpy(piece, bytes, length);
        return length;
    }
    const int written = named            ? snprintf(room, sizeof room, "%s", named)
                        : length <= 1    ? snprintf(room, sizeof room, "\\x%02x", *at)
                        : point > 0xffff ? snprintf(room, sizeof room, "\\U%06x", (unsigned)point)
                                         : snprintf(room, sizeof room, "\\u%04x", (unsigned)point);
    memcpy(piece, room, (size_t)written);
    return (size_t)written;
}

void tick__put_visible(FILE *out, const char *bytes, size_t count) {
    char piece[TICK__VISIBLE_MOST];
    size_t taken;
    for (size_t at = 0; at < count; at += taken) {
        const size_t length = tick__visible_next(bytes + at, count - at, piece, &taken);
        fwrite(piece, 1, length, out);
    }
}

void tick__print_by(tick__put_fn *put, FILE *out, const char *format, va_list list) {
    char room[4096], *text = room;
    va_list again;
    va_copy(again, list);
    const int whole = vsnprintf(room, sizeof room, format, list);
    if (whole >= (int)sizeof room) {
        char *longer = tick__outside_alloc((size_t)whole + 1);
        if (longer) {
            vsnprintf(longer, (size_t)whole + 1, format, again);
            text = longer; // without memory the beginning has to do
        }
    }
    va_end(again);
    if (whole < 0)
        return;
    const size_t before = strspn(format, "\n");
    size_t length = strlen(text), after = 0;
    for (size_t i = strlen(format); i > before && format[i - 1] == '\n'; i--)
        after++;
    const size_t cut = text == room && whole >= (int)sizeof room ? 0 : after; // what was cut off has lost its newlines
    fwrite(text, 1, before, out);
    put(out, text + before, length - before - cut);
    for (; after; after--)
        fputc('\n', out);
    if (text != room)
        tick__outside_free(text);
}

void tick__print(FILE *out, const char *format, ...) {
    va_list list;
    va_start(list, format);
    tick__print_by(tick__put_visible, out, format, list);
    va_end(list);
}
