// A line of text that is written piece by piece into somebody's room. What has no place in it is cut, but counted, as snprintf does.
#ifndef RETICK_LINE_H
#define RETICK_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tick__line {
    char *text;          // ends with a NUL once anything was put there
    size_t size, length; // of the room, at least 1; of the text, as if it had had room
};

static inline bool tick__line_cut(const struct tick__line *line) {
    return line->length >= line->size;
}

// Without stdio or memory, for signal handlers:
void tick__line_put(struct tick__line *to, const char *text);
void tick__line_hex(struct tick__line *to, uint64_t value);
void tick__line_number(struct tick__line *to, uint64_t value);
void tick__line_back(struct tick__line *to, size_t length); // what was put after that many bytes goes

// Not for them.
void tick__line_format(struct tick__line *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
