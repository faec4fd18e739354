// Text from outside, made fit for people and for files of lines: names, messages, payloads, errors that quote them. What a terminal obeys
// (C0 and C1 controls, DEL), what turns or hides text (bidi overrides, invisible characters), line separators and bytes that are no UTF-8
// are written as escapes: \n, \t, \x1b, \u202e. All else stays. Who prints in lines uses tick__print, and tests/tidy/foreign.py sees that
// nothing else prints a string that is not a literal.
#ifndef RETICK_VISIBLE_H
#define RETICK_VISIBLE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TICK__VISIBLE_MOST 12 // bytes of one piece

// The next character of `count` > 0 bytes, as it is shown: its length in piece (no NUL), and in *taken how many bytes it was. Shown
// as it is, a character's bytes are the piece's.
size_t tick__visible_next(const char *bytes, size_t count, char piece[TICK__VISIBLE_MOST], size_t *taken);
// Whether the next character is one that is shown as an escape: its code point, for who has escapes of his own.
bool tick__visible_hidden(const char *bytes, size_t count, uint32_t *point, size_t *taken);
// Bytes, shown.
void tick__put_visible(FILE *out, const char *bytes, size_t count);

// printf for lines: what is filled in is shown; newlines at the format's beginning and end are the caller's own, and stay.
void tick__print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The same with another way to put what lies between those newlines.
typedef void tick__put_fn(FILE *out, const char *bytes, size_t count);
void tick__print_by(tick__put_fn *put, FILE *out, const char *format, va_list list);

#endif
