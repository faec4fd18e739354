#include "cli/print.h"
#include "cli/report_json.h"
#include "src/base/visible.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { RIGHT_COLUMN = 62 };

// A colour is a mark in the text until it is put out, so that all of the text can be made visible: a character that no language has. From
// outside it may come, too; then a name has a colour, to the end of its line.
#define MARK "\xef\xb7" // U+FDD0 and the following
#define MARK_FIRST 0x90
static const char *const codes[] = {"\033[0m", "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m"};
enum { COLOURS = sizeof codes / sizeof *codes };

const char *tick__colour(FILE *file, enum tick__colour colour) {
    static const char *const marks[COLOURS] = {MARK "\x90", MARK "\x91", MARK "\x92", MARK "\x93", MARK "\x94", MARK "\x95"};
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    if ((no && *no) || (term && strcmp(term, "dumb") == 0) || !isatty(fileno(file)) || (file == stdout && tick__report_on()))
        return "";
    return marks[colour];
}

static void put(FILE *out, const char *bytes, size_t count) {
    const char *at = bytes, *end = bytes + count;
    const bool coloured = *tick__colour(out, TICK__PLAIN) != '\0';
    unsigned colour = TICK__PLAIN;
    for (const char *mark; coloured && (mark = memmem(at, (size_t)(end - at), MARK, 2)) && mark + 2 < end;) {
        colour = (unsigned char)mark[2] - MARK_FIRST;
        const bool known = colour < COLOURS;
        tick__put_visible(out, at, (size_t)(mark - at) + (known ? 0 : 3));
        if (known)
            fputs(codes[colour], out);
        at = mark + 3;
    }
    tick__put_visible(out, at, (size_t)(end - at));
    if (colour != TICK__PLAIN)
        fputs(codes[TICK__PLAIN], out);
}

const char *tick__program(void) {
    return strcmp(program_invocation_short_name, "retick") == 0 ? "retick" : program_invocation_name;
}

void tick__say(const char *format, ...) {
    va_list list;
    va_start(list, format);
    if (tick__report_on())
        tick__report_said(format, list);
    else
        tick__print_by(put, stdout, format, list);
    va_end(list);
    if (!tick__report_on())
        putchar('\n');
}

void tick__say_made_visible(const char *text) {
    if (tick__report_on()) {
        tick__say("%.*s", (int)strlen(text) - (*text && text[strlen(text) - 1] == '\n'), text);
        return;
    }
    fputs(text, stdout);
    if (*text && text[strlen(text) - 1] != '\n')
        putchar('\n');
}

static void put_format(FILE *out, const char *format, ...) {
    va_list list;
    va_start(list, format);
    tick__print_by(put, out, format, list);
    va_end(list);
}

void tick__say_columns(const char *left, const char *lead, const char *right) {
    size_t width = 2 + tick__width(left);
    if (tick__report_on()) {
        tick__say("  %s%s%s", left, right && *right ? "  " : "", right ? right : "");
        return;
    }
    if (!right || !*right)
        put_format(stdout, "  %s\n", left);
    else if (width + 2 > RIGHT_COLUMN) {
        put_format(stdout, "  %s\n", left);
        put_format(stdout, "  %s%s\n", lead, right);
    } else
        put_format(stdout, "  %s%*s%s\n", left, (int)(RIGHT_COLUMN - width), "", right);
}

static void complain(const char *name, const char *level, enum tick__colour colour, const char *format, va_list list) {
    const bool plain = strcmp(level, "error") == 0;
    va_list again;
    va_copy(again, list);
    tick__report_tell(level, format, again);
    va_end(again);
    fflush(stdout); // both may go to one file
    put_format(stderr, "%s%s:%s %s%s%s%s", tick__colour(stderr, TICK__BOLD), name, tick__colour(stderr, TICK__PLAIN),
        tick__colour(stderr, colour), plain ? "" : level, plain ? "" : ": ", tick__colour(stderr, TICK__PLAIN));
    tick__print_by(put, stderr, format, list);
    fputc('\n', stderr);
}

void tick__complain_more(const char *format, ...) {
    va_list list;
    va_start(list, format);
    tick__print_by(put, stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

void tick__complain_by(const char *name, const char *format, va_list list) {
    complain(name, "error", TICK__PLAIN, format, list);
}

void tick__complain(const char *format, ...) {
    va_list list;
    va_start(list, format);
    complain("retick", "error", TICK__PLAIN, format, list);
    va_end(list);
}

const char *tick__failure_text(int result) {
    return result == -ENOMEM ? "out of memory" : result == -ECHILD ? "a worker process ended between runs" : tick_error_text(result);
}

// What to do about a system that has no more of something; texts of full disks say it themselves, because they know of which one.
static const char *remedy(int result) {
    switch (result) {
    case -ENOMEM:
        return "; end other programs, or raise the limit (ulimit -v), and try again";
    case -EMFILE:
    case -ENFILE:
        return "; raise the limit of open files (ulimit -n), and try again";
    case -EAGAIN: // of fork
        return "; end other programs, or raise the limit of processes (ulimit -u), and try again";
    case -ECHILD:
        return "; if memory was short, end other programs, and try again";
    default:
        return "";
    }
}

int tick__complain_of(const char *file, int result, const struct tick_error *error) {
    const char *text = error && error->text[0] ? error->text : tick__failure_text(result);
    const bool named = !*file || strstr(text, file);
    tick__complain("%s%s%s%s", named ? "" : file, named ? "" : ": ", text, remedy(result));
    switch (result) {
    case -ENOMEM:
    case -EIO:
    case -ENOSPC:
    case -EDQUOT:
    case -EAGAIN:
    case -EMFILE:
    case -ENFILE:
    case -EBUSY:
        return TICK__EXIT_HARNESS; // the system
    default:
        return TICK__EXIT_USAGE; // the file, or what was asked of it
    }
}

int tick__no_memory(const char *file) {
    return tick__complain_of(file, -ENOMEM, NULL);
}

void tick__warn(const char *format, ...) {
    va_list list;
    va_start(list, format);
    complain("retick", "warning", TICK__YELLOW, format, list);
    va_end(list);
}

void tick__note(const char *format, ...) {
    va_list list;
    va_start(list, format);
    complain("retick", "note", TICK__DIM, format, list);
    va_end(list);
}

size_t tick__width(const char *text) {
    char piece[TICK__VISIBLE_MOST];
    size_t width = 0, taken;
    for (const char *end = text + strlen(text); text < end; text += taken) {
        const size_t length = tick__visible_next(text, (size_t)(end - text), piece, &taken);
        width += (unsigned char)piece[0] < 0x80 ? length : 1;
    }
    return width;
}

unsigned tick__terminal_columns(int fd) {
    struct winsize window;
    return ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : 80;
}

char *tick__format_time(int64_t ns, char *text, size_t size) {
    static const struct {
        int64_t ns;
        const char *unit;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "µs"}, {1, "ns"}};
    const char *sign = ns < 0 ? "-" : "";
    uint64_t left = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    uint64_t seconds = left / 1000000000;
    if (seconds >= 3600) {
        snprintf(text, size, "%s%" PRIu64 " h %" PRIu64 " min", sign, seconds / 3600, seconds / 60 % 60);
        return text;
    }
    if (seconds >= 60) {
        snprintf(text, size, "%s%" PRIu64 " min %" PRIu64 " s", sign, seconds / 60, seconds % 60);
        return text;
    }
    size_t i = 0;
    while (i < 3 && left < (uint64_t)units[i].ns)
        i++;
    uint64_t whole = left / (uint64_t)units[i].ns, hundredths = left % (uint64_t)units[i].ns * 100 / (uint64_t)units[i].ns;
    if (whole >= 100 || hundredths == 0)
        snprintf(text, size, "%s%" PRIu64 " %s", sign, whole, units[i].unit);
    else if (whole >= 10 || hundredths % 10 == 0)
        snprintf(text, size, "%s%" PRIu64 ".%" PRIu64 " %s", sign, whole, hundredths / 10, units[i].unit);
    else
        snprintf(text, size, "%s%" PRIu64 ".%02" PRIu64 " %s", sign, whole, hundredths, units[i].unit);
    char *dot = strstr(text, ".0 "); // 41.04 ms is 41 ms
    if (dot)
        memmove(dot, dot + 2, strlen(dot + 2) + 1);
    return text;
}

char *tick__format_count(uint64_t count, char *text, size_t size) {
    char digits[24], grouped[32];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, count), out = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            grouped[out++] = ',';
        grouped[out++] = digits[i];
    }
    grouped[out] = '\0';
    snprintf(text, size, "%s", grouped);
    return text;
}

char *tick__format_digest(const uint8_t digest[16], int shortened, char *text, size_t size) {
    char hex[64];
    int out = 0, groups = shortened ? 2 : 8;
    for (int i = 0; i < groups; i++)
        out += snprintf(hex + out, sizeof hex - (size_t)out, "%s%02x%02x", i ? " " : "", digest[2 * i], digest[2 * i + 1]);
    snprintf(text, size, "%s%s", hex, shortened ? " …" : "");
    return text;
}
