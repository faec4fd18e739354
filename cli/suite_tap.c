// Results, and how they are told as TAP (testanything.org, version 14): a line a test, and what there is to say of it as YAML below.
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/suite.h"
#include "src/base/visible.h"
#include <stdlib.h>
#include <string.h>

json_t *tick__suite_result(const char *file, const char *scenario, const char *what, const char *label) {
    char *name = NULL;
    if (asprintf(&name, "%s%s%s: %s", file, *file && *scenario ? ":" : "", scenario, label) < 0)
        return NULL;
    json_t *result = json_pack("{s:o, s:o, s:o, s:s}", "name", tick__json_text(name), "file", tick__json_text(file), "scenario",
        tick__json_text(scenario), "what", what);
    free(name);
    return result;
}

void tick__suite_close(json_t *result, bool ok, bool known, int exit) {
    if (!result)
        return;
    json_object_set_new(result, "ok", json_boolean(ok));
    json_object_set_new(result, "known", json_boolean(known));
    json_object_set_new(result, "exit", json_integer(known ? TICK__EXIT_PASS : exit));
}

const char *tick__suite_text(const json_t *result, const char *member) {
    const char *text = json_string_value(json_object_get(result, member));
    return text ? text : "";
}

bool tick__suite_is(const json_t *result, const char *member) {
    return json_is_true(json_object_get(result, member));
}

const char *tick__suite_stale(const json_t *result, char *text, size_t size) {
    const json_t *stale = json_object_get(result, "stale");
    const struct tick__stale_counts {
        size_t of, count;
    } counts = {(size_t)json_integer_value(json_object_get(stale, "of")), json_array_size(json_object_get(stale, "lines"))};
    text[0] = '\0';
    if (stale)
        snprintf(text, size, "stale: %zu of %zu line%s %s not met", counts.count, counts.of, TICK__PLURAL(counts.of),
            counts.count == 1 ? "was" : "were");
    return text;
}

// Text as people see it, in which some characters have a backslash before them. malloc'd; NULL when out of memory.
static char *escape(const char *text, const char *which) {
    char *shown = NULL, *escaped = NULL;
    size_t size, used = 0;
    FILE *file = open_memstream(&shown, &size);
    if (!file)
        return NULL;
    tick__put_visible(file, text, strlen(text));
    if (fclose(file) == 0)
        escaped = malloc(2 * size + 1);
    for (size_t i = 0; escaped && i < size; i++) {
        if (strchr(which, shown[i]))
            escaped[used++] = '\\';
        escaped[used++] = shown[i];
    }
    if (escaped)
        escaped[used] = '\0';
    free(shown);
    return escaped;
}

// A member as a line of YAML, in double quotes.
static void say_member(const char *key, const char *text) {
    char *escaped = *text ? escape(text, "\\\"") : NULL;
    if (escaped)
        tick__say("  %s: \"%s\"", key, escaped);
    free(escaped);
}

void tick__suite_tap_result(size_t number, const json_t *result) {
    const json_t *finding = json_object_get(result, "finding"), *lines = json_object_get(json_object_get(result, "stale"), "lines");
    const bool ok = tick__suite_is(result, "ok"), known = tick__suite_is(result, "known");
    char *name = escape(tick__suite_text(result, "name"), "\\#"), stale[96];
    tick__suite_stale(result, stale, sizeof stale);
    tick__say("%s %zu - %s%s%s%s", ok ? "ok" : "not ok", number, name ? name : "", known ? " # TODO a schedule expects it" : "",
        *stale ? " # " : "", stale);
    free(name);
    if (*tick__suite_text(result, "note"))
        tick__say("# %s", tick__suite_text(result, "note"));
    if (ok && !lines)
        return;
    tick__say("  ---");
    say_member("message", tick__suite_text(result, "message"));
    say_member("verdict", tick__suite_text(finding, "verdict"));
    say_member("place", tick__suite_text(finding, "place"));
    say_member("host", tick__suite_text(finding, "host"));
    say_member("task", tick__suite_text(finding, "task"));
    say_member("seed", tick__suite_text(finding, "seed"));
    for (size_t i = 0; i < json_array_size(lines); i++) {
        char *line = escape(json_string_value(json_array_get(lines, i)), "\\\"");
        if (i == 0)
            tick__say("  stale:");
        tick__say("    - \"%s\"", line ? line : "");
        free(line);
    }
    say_member("next", tick__suite_text(result, "next"));
    tick__say("  ...");
}
