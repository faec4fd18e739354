// What people see: sober, aligned, coloured only on a terminal. Results go to stdout; complaints and progress to stderr. Whatever is filled
// in is made visible (src/base/visible.h): no name and no text reaches a terminal as anything but text.
#ifndef RETICK_CLI_PRINT_H
#define RETICK_CLI_PRINT_H

#include <retick/error.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// How retick exits.
enum tick__exit {
    TICK__EXIT_PASS = 0,
    TICK__EXIT_FINDING = 1,
    TICK__EXIT_USAGE = 2,   // the arguments, or a file they name, cannot be used
    TICK__EXIT_HARNESS = 3, // retick or the system under it failed
    TICK__EXIT_INTERRUPTED = 130,
};

enum tick__colour { TICK__PLAIN, TICK__BOLD, TICK__DIM, TICK__RED, TICK__GREEN, TICK__YELLOW };
// What stands for the colour in the calls below, or "" when `file` is no terminal, NO_COLOR is set or TERM is "dumb". Static storage.
const char *tick__colour(FILE *file, enum tick__colour colour);

// A line on stdout, printf-style, without newline in format (but at its beginning).
void tick__say(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Lines that were made visible when they were put together (tick_trace_diff's report).
void tick__say_made_visible(const char *text);
// `left`, then `right` from column 62 on, or, if left is longer, after `lead` on a line of its own; both indented by two.
void tick__say_columns(const char *left, const char *lead, const char *right);
// "retick: ..." on stderr.
void tick__complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
// "NAME: ...": of words that are wrong
void tick__complain_by(const char *name, const char *format, va_list list);
void tick__complain_more(const char *format, ...) __attribute__((format(printf, 1, 2))); // a further line of a complaint
// The same for an error in what was done with a file: its text, with the file's name if that is not in it, and with what to do about a
// system that failed. Returns the exit code: of wrong use, unless it was the system. NULL or an empty text: that of the code.
int tick__complain_of(const char *file, int result, const struct tick_error *error);
const char *tick__failure_text(int result); // that of the code
int tick__no_memory(const char *file); // the same for -ENOMEM
void tick__warn(const char *format, ...) __attribute__((format(printf, 1, 2))); // "retick: warning: ..."
void tick__note(const char *format, ...) __attribute__((format(printf, 1, 2))); // "retick: note: ..."

// How this program is called, for commands that are suggested: "retick", or a program's own name as it was typed.
const char *tick__program(void);

// How many columns UTF-8 text takes on a terminal when it is printed (a code point a column, which holds for what retick prints).
size_t tick__width(const char *text);
// The terminal's columns, 80 if it does not say.
unsigned tick__terminal_columns(int fd);

// All return `text`. Times: at most three digits and a unit, "41 ms", "1.25 s", "3 min 4 s". Counts: "12,345".
char *tick__format_time(int64_t ns, char *text, size_t size);
char *tick__format_count(uint64_t count, char *text, size_t size);
// The digest in groups of four hex digits: all eight, or the first two and an ellipsis.
char *tick__format_digest(const uint8_t digest[16], int shortened, char *text, size_t size);

// "1 run", "2 runs"
#define TICK__PLURAL(count) ((count) == 1 ? "" : "s")

#endif
