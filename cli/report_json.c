#include "cli/report_json.h"
#include "cli/arguments.h"
#include "cli/finding.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/soundness.h"
#include "sim/choice/kinds_int.h"
#include "src/base/visible.h"
#include <fcntl.h>
#include <inttypes.h>
#include <retick/version.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCHEMA = 1 }; // counts changes that a reader of documents must know of

static struct {
    FILE *out; // where the document goes; NULL: there is none
    json_t *root;
    const char *listens;           // what people are told goes to this list
    pid_t self;                    // the process that prints it: workers end, too
    bool asked, lost, table, rows; // --json was met; memory ran out; a table was begun, and has rows
} report;

static const char *status_of(int code) {
    switch (code) {
    case TICK__EXIT_PASS:
        return "pass";
    case TICK__EXIT_FINDING:
        return "finding";
    case TICK__EXIT_USAGE:
        return "usage";
    case TICK__EXIT_INTERRUPTED:
        return "interrupted";
    default:
        return "failed";
    }
}

bool tick__report_on(void) {
    return report.out != NULL;
}

// argp ends the process when it does not like the arguments, or is asked for help.
static void at_exit(int code, void *unused) {
    (void)unused;
    if (report.out && report.self == getpid())
        tick__report_end(code);
}

int tick__report_begin(const char *command, int argc, char **argv) {
    bool wanted = false;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0 && !wanted; i++)
        wanted = strcmp(argv[i], "--json") == 0;
    if (!wanted)
        return 0;
    // stdout is the document's alone
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || !(report.out = fdopen(fd, "w"))) {
        tick__complain("--json: the standard output cannot be written: give it a file or a pipe");
        return TICK__EXIT_HARNESS;
    }
    report.self = getpid();
    report.root = json_object();
    report.lost = !report.root || on_exit(at_exit, NULL) != 0;
    tick__report_set("retick", json_string(TICK_VERSION));
    tick__report_set("schema", json_integer(SCHEMA));
    tick__report_set("command", tick__report_text(command));
    return 0;
}

static void drop(void) {
    json_decref(report.root);
    report.root = NULL;
    report.out = NULL;
}

// Puts a part of the document. Within strings jansson has escaped what JSON forbids; what a terminal obeys besides, and what turns or hides
// text, stands there as escapes, too: to whoever parses it, it is the same string.
static void put(FILE *out, const char *text) {
    const char *end = text + strlen(text);
    uint32_t point;
    for (size_t taken; text < end; text += taken) {
        if (!tick__visible_hidden(text, (size_t)(end - text), &point, &taken) || point < 0x20)
            fwrite(text, 1, taken, out);
        else if (point > 0xffff)
            fprintf(out, "\\u%04X\\u%04X", 0xd7c0 + (unsigned)(point >> 10), 0xdc00 | (unsigned)(point & 0x3ff));
        else
            fprintf(out, "\\u%04X", (unsigned)point);
    }
}

static int take(const char *bytes, size_t count, void *file) {
    return fwrite(bytes, 1, count, file) == count ? 0 : -1;
}

// json_dumps, which may leave out a member's name when memory runs out while it writes that.
static char *dumps(const json_t *value, size_t flags) {
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    bool bad = json_dump_callback(value, take, file, flags) != 0 || ferror(file);
    bad |= fclose(file) != 0;
    if (!bad)
        return text;
    free(text);
    return NULL;
}

int tick__report_end(int code) {
    if (!report.out)
        return code;
    FILE *out = report.out;
    tick__report_set("exit", json_integer(code));
    tick__report_set("status", json_string(status_of(code)));
    char *text = report.lost ? NULL : dumps(report.root, JSON_INDENT(2));
    const bool lost = !text;
    if (lost)
        code = TICK__EXIT_HARNESS;
    if (report.table) // its first members stand there already
        fprintf(out, "%s],\n", report.rows ? "\n  " : "");
    if (text)
        put(out, text + (report.table ? 2 : 0));
    else
        fprintf(out,
            "%s  \"retick\": \"%s\",\n  \"schema\": %d,\n  \"exit\": %d,\n  \"status\": \"failed\",\n"
            "  \"messages\": [{\"level\": \"error\", \"text\": \"out of memory\"}]\n}",
            report.table ? "" : "{\n", TICK_VERSION, SCHEMA, code);
    fputc('\n', out);
    free(text);
    drop();
    const bool bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad) {
        tick__complain("the standard output could not be written: make room where it goes");
        return TICK__EXIT_HARNESS;
    }
    return lost ? tick__no_memory("--json") : code;
}

static const struct argp_option options[] = {
    {"json", TICK__OPTION_JSON, NULL, 0, "Print the report as one JSON document (docs/JSON.md tells its members)", -2},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state) {
    (void)value;
    if (key != TICK__OPTION_JSON)
        return ARGP_ERR_UNKNOWN;
    if (!report.out)
        tick__wrong(state->name, "write --json in full");
    report.asked = true;
    return 0;
}
const struct argp tick__report_argp = {.options = options, .parser = parse};

void tick__report_parsed(void) {
    if (report.out && !report.asked) { // it was the value of an option
        dup2(fileno(report.out), STDOUT_FILENO);
        fclose(report.out);
        drop();
    }
}

void tick__report_set(const char *name, json_t *value) {
    if (report.out && (!value || json_object_set_new(report.root, name, value) != 0))
        report.lost = true;
    else if (!report.out)
        json_decref(value);
}

void tick__report_add(const char *list, json_t *value) {
    json_t *array = report.out ? json_object_get(report.root, list) : NULL;
    if (report.out && !array) {
        tick__report_set(list, json_array());
        array = json_object_get(report.root, list);
    }
    if (!report.out)
        json_decref(value);
    else if (!value || json_array_append_new(array, value) != 0)
        report.lost = true;
}

void tick__report_tell(const char *level, const char *format, va_list list) {
    char *words = NULL;
    if (!report.out)
        return;
    if (vasprintf(&words, format, list) < 0) {
        report.lost = true;
        return;
    }
    json_t *text = tick__report_text(words);
    tick__report_add("messages", text ? json_pack("{s:s, s:o}", "level", level, "text", text) : NULL);
    free(words);
}

void tick__report_lines(const char *list, const char *text) {
    for (const char *end; report.out && *text; text = end + (*end == '\n')) {
        end = strchrnul(text, '\n');
        tick__report_add(list, tick__report_bytes(text, (size_t)(end - text)));
    }
}

void tick__report_listen(const char *list) {
    report.listens = list;
}

void tick__report_said(const char *format, va_list list) {
    char *words = NULL;
    if (!report.out || !report.listens)
        return;
    if (vasprintf(&words, format, list) < 0) {
        report.lost = true;
        return;
    }
    tick__report_lines(report.listens, *words ? words : "\n");
    free(words);
}

void tick__report_written(const char *what, const char *path) {
    json_t *text = tick__report_text(path);
    if (report.out)
        tick__report_add("written", text ? json_pack("{s:s, s:o}", "what", what, "path", text) : NULL);
}

void tick__report_scenario(const struct tick__loaded *loaded) {
    if (!report.out || !loaded->target.name)
        return;
    json_t *scenario = json_pack("{s:o, s:o, s:o}", "name", tick__report_text(loaded->target.name), "file",
        tick__report_text(loaded->source), "options", tick__report_text(loaded->options));
    if (scenario && loaded->guest && json_object_set_new(scenario, "program", tick__report_text(loaded->tail + strlen(" -- "))) != 0) {
        json_decref(scenario);
        scenario = NULL;
    }
    tick__report_set("scenario", scenario);
}

// How many bytes the UTF-8 character takes that begins there; 0: it is none.
static size_t utf8(const char *bytes, size_t count) {
    const unsigned char *at = (const unsigned char *)bytes;
    const size_t size = at[0] < 0x80                     ? 1
                        : at[0] >= 0xc2 && at[0] <= 0xdf ? 2
                        : at[0] >= 0xe0 && at[0] <= 0xef ? 3
                        : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                         : 0;
    if (size > count)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    // overlong forms, surrogates, and what lies beyond U+10FFFF
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] >= 0xa0) || (at[0] == 0xf0 && at[1] < 0x90) ||
        (at[0] == 0xf4 && at[1] >= 0x90))
        return 0;
    return size;
}

json_t *tick__report_bytes(const char *bytes, size_t count) {
    return report.out ? tick__json_bytes(bytes, count) : NULL;
}

json_t *tick__json_text(const char *text) {
    return tick__json_bytes(text, strlen(text));
}

json_t *tick__json_bytes(const char *bytes, size_t count) {
    json_t *text = json_stringn(bytes, count); // NULL as well where it is no UTF-8
    char *escaped = text ? NULL : malloc(4 * count + 1);
    size_t used = 0;
    for (size_t i = 0, length; escaped && i < count; i += length) {
        length = utf8(bytes + i, count - i);
        if (length)
            memcpy(escaped + used, bytes + i, length);
        else
            snprintf(escaped + used, 5, "\\x%02x", (unsigned char)bytes[i]);
        used += length ? length : 4;
        length += !length;
    }
    if (escaped)
        text = json_stringn(escaped, used);
    free(escaped);
    return text;
}

json_t *tick__report_text(const char *text) {
    return tick__report_bytes(text, strlen(text));
}

json_t *tick__report_number(uint64_t number) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, number);
    return tick__report_text(digits);
}

json_t *tick__report_hex(const uint8_t *bytes, size_t count) {
    char *hex = report.out ? malloc(2 * count + 1) : NULL;
    if (!hex)
        return NULL;
    hex[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    json_t *text = json_string(hex);
    free(hex);
    return text;
}

json_t *tick__report_digest(const uint8_t digest[16], bool known) {
    return !report.out ? NULL : known ? tick__report_hex(digest, 16) : json_null();
}

void tick__report_trace(const struct tick_trace *trace) {
    if (report.out)
        tick__report_add("traces", json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:b}", "path", tick__report_text(trace->path),
                                       "scenario", tick__report_text(trace->scenario), "verdict", tick__report_text(trace->verdict), "text",
                                       tick__report_text(trace->text), "events", (json_int_t)trace->events, "ended_ns",
                                       (json_int_t)trace->ended_at, "digest", tick__report_digest(trace->digest, trace->has_digest),
                                       "contents", tick__report_digest(trace->contents, trace->has_contents), "note",
                                       tick__report_text(trace->note), "real", (int)trace->real));
}

json_t *tick__report_outcome(const struct tick_outcome *outcome, const struct tick__loaded *loaded) {
    return report.out ? tick__json_outcome(outcome, loaded) : NULL;
}

json_t *tick__json_outcome(const struct tick_outcome *outcome, const struct tick__loaded *loaded) {
    char words[512], place[640];
    tick__outcome_words(outcome, loaded, words, sizeof words, place, sizeof place);
    json_t *object =
        json_pack("{s:b, s:s, s:I, s:I, s:I}", "passed", outcome->verdict == TICK_PASS, "verdict", tick_verdict_word(outcome->verdict),
            "ended_ns", (json_int_t)outcome->ended_at, "choices", (json_int_t)outcome->choices, "checks", (json_int_t)outcome->checks);
    const struct {
        const char *name, *text;
    } texts[] = {{"text", outcome->verdict == TICK_PASS ? "" : words}, {"place", place}, {"host", outcome->host}, {"task", outcome->task}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (object && texts[i].text[0] && json_object_set_new(object, texts[i].name, tick__json_text(texts[i].text)) != 0) {
            json_decref(object);
            return NULL;
        }
    return object;
}

json_t *tick__report_schedule(const struct tick_schedule *schedule, const struct tick_names *names, const struct tick__loaded *loaded) {
    char line[512], words[512];
    json_t *list = report.out ? json_array() : NULL;
    for (size_t i = 0; list && i < schedule->count; i++) {
        const struct tick_deviation *deviation = &schedule->deviations[i];
        tick_deviation_line(deviation, names, line, sizeof line);
        tick_deviation_words(deviation, names, words, sizeof words);
        const struct tick__soundness soundness = tick__soundness_of(deviation->kind, loaded);
        json_t *row =
            json_pack("{s:s, s:b, s:o, s:o}", "kind", tick__kind_word(deviation->kind) ? tick__kind_word(deviation->kind) : "unknown",
                "sound", soundness.sound, "line", tick__report_text(line), "words", tick__report_text(words));
        const bool bad = row && soundness.assumes && json_object_set_new(row, "assumes", json_string(soundness.assumes)) != 0;
        if (!row || json_array_append_new(list, row) != 0 || bad) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *tick__report_attempt(const struct tick__attempt *attempt, const struct tick__loaded *loaded, int64_t hang) {
    json_t *object = tick__report_outcome(&attempt->outcome, loaded);
    struct tick_names *names = NULL;
    const struct tick__input input = {.schedule = &attempt->drawn};
    if (!object)
        return NULL;
    if (attempt->drawn.count > 0 && tick__names_of_run(&loaded->target, &input, hang, &names) < 0)
        names = NULL;
    int bad = json_object_set_new(object, "events", json_integer((json_int_t)attempt->events));
    bad |= json_object_set_new(object, "digest", tick__report_digest(attempt->digest, attempt->has_digest));
    bad |= json_object_set_new(object, "contents", tick__report_digest(attempt->contents, attempt->has_digest));
    bad |= json_object_set_new(object, "deviations", tick__report_schedule(&attempt->drawn, names, loaded));
    tick_names_free(names);
    if (!bad)
        return object;
    json_decref(object);
    return NULL;
}

void tick__report_columns(json_t *columns) {
    char *text = columns ? dumps(columns, 0) : NULL;
    if (report.out && text) {
        fputs("{\n  \"columns\": ", report.out);
        put(report.out, text);
        fputs(",\n  \"rows\": [", report.out);
        report.table = true;
    }
    report.lost |= !text;
    free(text);
    json_decref(columns);
}

void tick__report_row(json_t *row) {
    char *text = row ? dumps(row, JSON_REAL_PRECISION(17)) : NULL;
    if (report.out && text && report.table) {
        fprintf(report.out, "%s\n    ", report.rows ? "," : "");
        put(report.out, text);
        report.rows = true;
    }
    report.lost |= !text;
    free(text);
    json_decref(row);
}
