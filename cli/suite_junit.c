// Results as JUnit's XML, which CI systems read: a suite a file, without times, so that the same results are the same file.
#include "cli/print.h"
#include "cli/suite.h"
#include "src/base/visible.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- made by retick test -->\n";

bool tick__suite_junit_is_own(int fd) {
    char bytes[sizeof head - 1];
    return pread(fd, bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes && memcmp(bytes, head, sizeof bytes) == 0;
}

// Text with XML's own characters as entities, and what XML has no place for as people see it; all else that is hidden is made visible when
// it is printed.
static void put(FILE *out, const char *text) {
    static const struct {
        const char *from, *to;
    } entities[] = {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"\n", "&#10;"}, {"\xef\xbf\xbe", "\\ufffe"},
        {"\xef\xbf\xbf", "\\uffff"}};
    for (const char *from = text; *text; from = text) {
        size_t found = 0;
        for (; *text && !found; text++)
            for (size_t i = 0; i < sizeof entities / sizeof *entities && !found; i++)
                found = strncmp(text, entities[i].from, strlen(entities[i].from)) == 0 ? i + 1 : 0;
        text -= found != 0;
        if (text > from)
            tick__print(out, "%.*s", (int)(text - from), from);
        if (found) {
            tick__print(out, "%s", entities[found - 1].to);
            text += strlen(entities[found - 1].from);
        }
    }
}

static void put_attribute(FILE *out, const char *name, const char *value) {
    tick__print(out, " %s=\"", name);
    put(out, value);
    fputs("\"", out);
}

static void put_case(FILE *out, const json_t *result) {
    const json_t *finding = json_object_get(result, "finding");
    const bool ok = tick__suite_is(result, "ok"), known = tick__suite_is(result, "known");
    const bool unusable = json_integer_value(json_object_get(result, "exit")) > TICK__EXIT_FINDING;
    char stale[96];
    fputs("    <testcase", out);
    put_attribute(out, "classname", tick__suite_text(result, "file"));
    put_attribute(out, "name", tick__suite_text(result, "name"));
    fputs(">", out);
    const char *what = known ? "skipped" : unusable ? "error" : "failure";
    if (!ok) {
        tick__print(out, "\n      <%s", what);
        put_attribute(out, "message", tick__suite_text(result, "message"));
        if (!known)
            put_attribute(out, "type", *tick__suite_text(finding, "verdict") ? tick__suite_text(finding, "verdict") : "unusable");
        fputs(">", out);
        static const char *const members[] = {"place", "host", "task", "seed"};
        for (size_t i = 0; i < sizeof members / sizeof *members; i++)
            if (*tick__suite_text(finding, members[i])) {
                tick__print(out, "%s: ", members[i]);
                put(out, tick__suite_text(finding, members[i]));
                fputs("\n", out);
            }
        put(out, tick__suite_text(result, "said"));
        if (*tick__suite_text(result, "next")) {
            fputs("next: ", out);
            put(out, tick__suite_text(result, "next"));
        }
        tick__print(out, "</%s>", what);
    }
    if (*tick__suite_stale(result, stale, sizeof stale)) {
        const json_t *lines = json_object_get(json_object_get(result, "stale"), "lines");
        tick__print(out, "\n      <system-out>%s", stale);
        for (size_t i = 0; i < json_array_size(lines); i++) {
            fputs("\n", out);
            put(out, json_string_value(json_array_get(lines, i)));
        }
        fputs("</system-out>", out);
    }
    fputs("</testcase>\n", out);
}

// A file's results, from the first that was not told on, of which some say the same file.
static size_t put_suite(FILE *out, const json_t *results, size_t first) {
    const char *file = tick__suite_text(json_array_get(results, first), "file");
    size_t next = first, failures = 0, errors = 0, skipped = 0;
    for (; next < json_array_size(results) && strcmp(tick__suite_text(json_array_get(results, next), "file"), file) == 0; next++) {
        const json_t *result = json_array_get(results, next);
        const json_int_t exit = json_integer_value(json_object_get(result, "exit"));
        failures += exit == TICK__EXIT_FINDING;
        errors += exit > TICK__EXIT_FINDING;
        skipped += tick__suite_is(result, "known");
    }
    fputs("  <testsuite", out);
    put_attribute(out, "name", *file ? file : "retick");
    tick__print(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n", next - first, failures, errors, skipped);
    for (size_t i = first; i < next; i++)
        put_case(out, json_array_get(results, i));
    fputs("  </testsuite>\n", out);
    return next;
}

int tick__suite_junit(const json_t *results, const char *path) {
    char temporary[PATH_MAX];
    struct tick_error error = {0};
    snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    FILE *out = fopen(temporary, "wxe");
    int result = out ? 0 : -errno;
    if (out) {
        fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
        fputs("<!-- made by retick test -->\n", out);
        fputs("<testsuites>\n", out);
        for (size_t i = 0; i < json_array_size(results);)
            i = put_suite(out, results, i);
        fputs("</testsuites>\n", out);
        result = ferror(out) ? -EIO : 0;
        if (fclose(out) != 0 || (result == 0 && rename(temporary, path) != 0))
            result = -errno;
    }
    if (result == 0)
        return 0;
    if (out)
        unlink(temporary);
    tick_error_set(&error, result, "cannot write %s: %s; name another place with --junit", path, tick_error_text(result));
    return tick__complain_of(path, result, &error);
}
