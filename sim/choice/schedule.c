// Schedules: lists of deviations, and their text. The text holds words and units only, so that it survives edits of the program:
// a delay is written as itself and resolved when it is met (replay.c), not as an index into a scale.
#include "sim/choice/schedule.h"
#include "sim/choice/kinds_int.h"
#include "sim/choice/names.h"
#include "sim/choice/path_int.h"
#include "src/base/outside.h"
#include "src/base/times.h"
#include "src/base/visible.h"
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define LINE_MOST 4096
#define WORDS_MOST 1900 // of a comment, so that the line is read back
_Static_assert(TICK__PATH_MOST + WORDS_MOST + 100 < LINE_MOST, "a line as it is written can be read");

static const char no_words[1] = ""; // shared, so that most deviations need no memory of their own; never freed

void tick_schedule_init(struct tick_schedule *schedule, const char *scenario) {
    *schedule = (struct tick_schedule){.version = TICK_CHOICE_VERSION};
    snprintf(schedule->scenario, sizeof schedule->scenario, "%s", scenario ? scenario : "");
}

void tick_schedule_fini(struct tick_schedule *schedule) {
    for (size_t i = 0; i < schedule->count; i++)
        if (schedule->words[i] != no_words)
            tick__outside_free(schedule->words[i]);
    tick__outside_free(schedule->words);
    tick__outside_free(schedule->deviations);
    tick__outside_free(schedule->cflags);
    tick__outside_free(schedule->program);
    schedule->cflags = schedule->program = NULL;
    schedule->words = NULL;
    schedule->deviations = NULL;
    schedule->count = 0;
}

// Room for one more: the arrays hold 8, 16, 32, ... elements, so that the count tells when they are full.
static int grow(struct tick_schedule *schedule) {
    size_t count = schedule->count;
    if (count && (count < 8 || (count & (count - 1))))
        return 0;
    size_t capacity = count ? 2 * count : 8;
    struct tick_deviation *deviations = tick__outside_realloc(schedule->deviations, capacity * sizeof *deviations);
    if (!deviations)
        return -ENOMEM;
    schedule->deviations = deviations;
    char **words = tick__outside_realloc(schedule->words, capacity * sizeof *words);
    if (!words)
        return -ENOMEM;
    schedule->words = words;
    return 0;
}

static int add(struct tick_schedule *schedule, const struct tick_deviation *deviation, const char *words) {
    int rc = grow(schedule);
    if (rc < 0)
        return rc;
    char *own = (char *)(uintptr_t)no_words;
    if (*words) {
        size_t size = strlen(words) + 1;
        own = tick__outside_alloc(size);
        if (!own)
            return -ENOMEM;
        memcpy(own, words, size);
    }
    schedule->deviations[schedule->count] = *deviation;
    schedule->words[schedule->count++] = own;
    return 0;
}

int tick_schedule_add(struct tick_schedule *schedule, const struct tick_deviation *deviation) {
    return add(schedule, deviation, "");
}

int tick_schedule_add_as(struct tick_schedule *schedule, const struct tick_deviation *deviation, const char *line) {
    bool plain = strlen(line) < LINE_MOST - 1;
    for (const char *at = line; *at && plain; at++)
        plain = (unsigned char)*at >= ' ' && *at != 0x7f;
    return add(schedule, deviation, plain ? line : "");
}

static int set_line(char **place, const char *text, size_t room) {
    const size_t length = text ? strlen(text) : 0;
    char *copy = NULL;
    if (length && length < room && !strpbrk(text, "\r\n")) {
        copy = tick__outside_alloc(length + 1);
        if (!copy)
            return -ENOMEM;
        memcpy(copy, text, length + 1);
    }
    tick__outside_free(*place);
    *place = copy;
    return 0;
}

int tick_schedule_set_cflags(struct tick_schedule *schedule, const char *cflags) {
    return set_line(&schedule->cflags, cflags, LINE_MOST - sizeof "cflags \n");
}

int tick_schedule_set_program(struct tick_schedule *schedule, const char *program) {
    return set_line(&schedule->program, program, LINE_MOST - sizeof "program \n");
}

int tick_schedule_copy(struct tick_schedule *to, const struct tick_schedule *from) {
    tick_schedule_init(to, from->scenario);
    to->version = from->version;
    to->expect = from->expect;
    int rc = tick_schedule_set_cflags(to, from->cflags);
    if (rc == 0)
        rc = tick_schedule_set_program(to, from->program);
    for (size_t i = 0; i < from->count && rc == 0; i++)
        rc = add(to, &from->deviations[i], from->words[i]);
    if (rc < 0)
        tick_schedule_fini(to);
    return rc;
}

// --- writing ---

static const struct {
    const char *word;
    int64_t ns;
} units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"\xc2\xb5s", 1000}, {"ns", 1}};
enum { UNITS = sizeof units / sizeof *units };

static void write_delay(struct tick__text *to, int64_t delay) {
    size_t unit = 0;
    while (delay % units[unit].ns)
        unit++;
    tick__text_format(to, "+%lld%s", (long long)(delay / units[unit].ns), units[unit].word);
}

static void write_value(struct tick__text *to, const struct tick_deviation *deviation) {
    unsigned value = deviation->value;
    switch (tick__kind_unit(deviation->kind)) {
    case TICK_UNIT_TIME:
        write_delay(to, deviation->n ? tick_scale_delay(value, deviation->n, deviation->most) : deviation->most);
        break;
    case TICK_UNIT_POLLS:
        tick__text_format(to, "%u polls", value);
        break;
    case TICK_UNIT_BYTES:
        if (tick_cut_is_at_end(deviation))
            tick__text_format(to, "-%u bytes", value - (TICK_CUTS - 1));
        else
            tick__text_format(to, "%u bytes", value);
        break;
    case TICK_UNIT_POPS:
        tick__text_format(to, "%u pops", value);
        break;
    case TICK_UNIT_YES:
        tick__text_format(to, "yes");
        break;
    case TICK_UNIT_VALUE:
        tick__text_format(to, "=%u", value);
        break;
    }
}

int tick_deviation_line(const struct tick_deviation *deviation, const struct tick_names *names, char *text, size_t size) {
    struct tick__text to = {text, size, 0};
    if (size)
        *text = 0;
    char path[TICK__PATH_MOST + 1];
    const char *word = tick__kind_word(deviation->kind);
    if (tick_names_path(names, deviation->subject, path, sizeof path) >= (int)sizeof path)
        tick_names_path(NULL, deviation->subject, path, sizeof path); // too long to be read back
    tick__text_format(&to, "%s ", word ? word : "unknown");
    tick__text_add(&to, path, strlen(path));
    tick__text_format(&to, " @%llu ", (unsigned long long)deviation->ordinal);
    write_value(&to, deviation);
    return (int)to.length;
}

int tick_schedule_write(const struct tick_schedule *schedule, const struct tick_names *names, FILE *file) {
    fprintf(file, "retick schedule %d\n", TICK_CHOICE_VERSION);
    tick__print(file, "scenario %s\n", schedule->scenario);
    if (schedule->cflags)
        tick__print(file, "cflags %s\n", schedule->cflags);
    if (schedule->program)
        tick__print(file, "program %s\n", schedule->program);
    if (schedule->expect)
        fputs(schedule->expect == TICK_EXPECT_FAILS ? "expect fails\n" : "expect passes\n", file);
    for (size_t i = 0; i < schedule->count; i++) {
        const struct tick_deviation *deviation = &schedule->deviations[i];
        char line[LINE_MOST], words[WORDS_MOST];
        bool known = names && tick_names_object(names, deviation->subject);
        if (known || !*schedule->words[i])
            tick_deviation_line(deviation, names, line, sizeof line);
        else
            snprintf(line, sizeof line, "%s", schedule->words[i]);
        fputs(line, file);
        if (known) {
            const int length = tick_deviation_words(deviation, names, words, sizeof words);
            tick__print(file, "  # %s%s", words, length >= (int)sizeof words ? "..." : "");
        }
        fputc('\n', file);
    }
    return ferror(file) ? -EIO : 0;
}

// --- reading ---

struct reader {
    const char *file;
    size_t line;
    const char *text; // the line as it stands
    struct tick_error *error;
};

static int bad(const struct reader *reader, const char *expected) {
    return tick_error_set(reader->error, TICK_EFORMAT, "%s:%zu: expected %s: %.200s", reader->file, reader->line, expected, reader->text);
}

// Cuts the comment (a # at the line's start or behind white space; one inside a path is a count) and the white space around the rest.
static char *trim(char *line) {
    while (*line == ' ' || *line == '\t')
        line++;
    char *end = line;
    for (char *at = line; *at; at++) {
        if (*at == '#' && (at == line || at[-1] == ' ' || at[-1] == '\t'))
            break;
        if (!strchr(" \t\r\n", *at))
            end = at + 1;
    }
    *end = 0;
    return line;
}

static char *word(char **rest) {
    char *start = *rest + strspn(*rest, " \t");
    char *end = start + strcspn(start, " \t");
    *rest = *end ? end + 1 : end;
    *end = 0;
    return start;
}

// A number without sign up to most; *rest is what follows it.
static bool number(const char *text, uint64_t most, uint64_t *out, const char **rest) {
    const char *at = text;
    uint64_t value = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (digit > most || value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    *rest = at;
    return at != text;
}

static int read_delay(const struct reader *reader, const char *text, struct tick_deviation *deviation) {
    static const char expected[] = "a delay such as +30ms (units ns, us, ms, s)";
    const char *rest;
    uint64_t value;
    if (!number(text + (*text == '+'), INT64_MAX, &value, &rest))
        return bad(reader, expected);
    for (size_t unit = 0; unit < UNITS; unit++) {
        if (strcmp(rest, units[unit].word) != 0)
            continue;
        if (!value || value > (uint64_t)(INT64_MAX / units[unit].ns))
            return bad(reader, value ? "a shorter delay" : "a delay above 0 (leave the line out for none)");
        deviation->most = tick__times((int64_t)value, units[unit].ns);
        // As if nothing limited it; the replay chooser knows the limit when it is met.
        for (deviation->value = 1; deviation->value < TICK_SCALE_STEPS - 1 && tick_scale(deviation->value) < deviation->most;)
            deviation->value++;
        return 0;
    }
    return bad(reader, expected);
}

// "3 polls", "=3", "yes"
static int read_value(const struct reader *reader, char *text, char *rest, struct tick_deviation *deviation) {
    static const struct {
        const char *one, *many, *expected;
    } counted[] = {
        [TICK_UNIT_POLLS] = {"poll", "polls", "a count such as \"2 polls\""},
        [TICK_UNIT_BYTES] = {"byte", "bytes", "a count such as \"1 bytes\""},
        [TICK_UNIT_POPS] = {"pop", "pops", "a count such as \"2 pops\""},
    };
    const char *end;
    uint64_t value;
    enum tick_choice_unit unit = tick__kind_unit(deviation->kind);
    switch (unit) {
    case TICK_UNIT_TIME:
        TICK_TRY(read_delay(reader, text, deviation));
        break;
    case TICK_UNIT_YES:
        if (*text && strcmp(text, "yes") != 0)
            return bad(reader, "\"yes\"");
        deviation->value = 1;
        break;
    case TICK_UNIT_VALUE:
        if (!number(text + (*text == '='), UINT32_MAX, &value, &end) || *end || !value)
            return bad(reader, "a value such as =3, above 0");
        deviation->value = (uint32_t)value;
        break;
    default: {
        const bool at_end = *text == '-' && tick_kind_cuts(deviation->kind);
        const uint32_t most = at_end ? UINT32_MAX - (TICK_CUTS - 1) : tick_kind_cuts(deviation->kind) ? TICK_CUTS - 1 : UINT32_MAX;
        if (!number(text + at_end, most, &value, &end) || *end || !value)
            return bad(reader, counted[unit].expected);
        deviation->value = (uint32_t)value + (at_end ? TICK_CUTS - 1 : 0);
        text = word(&rest);
        if (strcmp(text, counted[unit].one) != 0 && strcmp(text, counted[unit].many) != 0)
            return bad(reader, counted[unit].expected);
    }
    }
    return *word(&rest) ? bad(reader, "nothing after the value but a # comment") : 0;
}

static int read_deviation(const struct reader *reader, char *line, struct tick_schedule *schedule) {
    struct tick_deviation deviation = {0};
    char as_written[LINE_MOST];
    snprintf(as_written, sizeof as_written, "%s", line);
    char *rest = line, *text = word(&rest);
    for (uint32_t kind = 1; kind < TICK_CHOICE_KINDS; kind++)
        if (!strcmp(text, tick__kind_word(kind)))
            deviation.kind = (uint8_t)kind;
    if (!deviation.kind)
        return bad(reader, "a kind of choice (delivery, host_late, ...)");
    text = word(&rest);
    if (!*text || tick_path_id(text, &deviation.subject) < 0)
        return bad(reader, "what it happens to, as a path such as alice\xe2\x86\x92server");
    text = word(&rest);
    const char *end;
    if (*text != '@' || !number(text + 1, UINT64_MAX, &deviation.ordinal, &end) || *end)
        return bad(reader, "the occasion, such as @12");
    text = word(&rest);
    TICK_TRY(read_value(reader, text, rest, &deviation));
    int rc = add(schedule, &deviation, as_written);
    return rc < 0 ? tick_error_set(reader->error, rc, "%s: out of memory", reader->file) : 0;
}

static int read_version(const struct reader *reader, char *line, struct tick_schedule *schedule) {
    static const char head[] = "retick schedule ";
    uint64_t version;
    const char *end;
    if (strncmp(line, head, sizeof head - 1) != 0 || !number(line + sizeof head - 1, INT32_MAX, &version, &end) || *end || !version)
        return bad(reader, "\"retick schedule 2\" as the first line of a schedule");
    if (version > TICK_CHOICE_VERSION)
        return tick_error_set(reader->error, TICK_EFORMAT,
            "%s:%zu: this schedule is of version %llu, and this retick knows %d: update retick", reader->file, reader->line,
            (unsigned long long)version, TICK_CHOICE_VERSION);
    schedule->version = (int)version;
    return 0;
}

static int read_scenario(const struct reader *reader, const char *text, struct tick_schedule *schedule) {
    text += strspn(text, " \t");
    if (*schedule->scenario || schedule->count || strlen(text) >= sizeof schedule->scenario)
        return bad(reader, "one scenario, of at most 63 bytes, before all deviations");
    snprintf(schedule->scenario, sizeof schedule->scenario, "%s", text);
    return 0;
}

// Of the line as it stands: a # may be within quotes.
static int read_cflags(const struct reader *reader, struct tick_schedule *schedule) {
    const char *text = strstr(reader->text, "cflags ") + 7;
    if (schedule->cflags || schedule->count)
        return bad(reader, "the flags of the compiler once, before all deviations");
    int rc = tick_schedule_set_cflags(schedule, text + strspn(text, " \t"));
    return rc < 0 ? tick_error_set(reader->error, rc, "%s: out of memory", reader->file) : 0;
}

static int read_program(const struct reader *reader, struct tick_schedule *schedule) {
    const char *text = strstr(reader->text, "program ") + 8;
    if (schedule->program || schedule->count)
        return bad(reader, "the program's command line once, before all deviations");
    int rc = tick_schedule_set_program(schedule, text + strspn(text, " \t"));
    return rc < 0 ? tick_error_set(reader->error, rc, "%s: out of memory", reader->file) : 0;
}

static int read_expect(const struct reader *reader, const char *text, struct tick_schedule *schedule) {
    text += strspn(text, " \t");
    const bool fails = strcmp(text, "fails") == 0;
    if (schedule->expect || schedule->count || (!fails && strcmp(text, "passes") != 0))
        return bad(reader, "\"expect fails\" or \"expect passes\" once, before all deviations");
    schedule->expect = fails ? TICK_EXPECT_FAILS : TICK_EXPECT_PASSES;
    return 0;
}

int tick_schedule_read(FILE *file, const char *file_name, struct tick_schedule *schedule, struct tick_error *error) {
    char raw[LINE_MOST], line[LINE_MOST];
    struct reader reader = {file_name, 0, raw, error};
    bool versioned = false;
    int rc = 0;
    tick_schedule_init(schedule, "");
    while (rc >= 0 && fgets(raw, sizeof raw, file)) {
        reader.line++;
        size_t length = strlen(raw);
        if (length == sizeof raw - 1 && raw[length - 1] != '\n') {
            rc = bad(&reader, "a shorter line");
            break;
        }
        memcpy(line, raw, length + 1);
        raw[strcspn(raw, "\r\n")] = 0;
        char *text = trim(line);
        if (!*text)
            continue;
        if (!versioned) {
            rc = read_version(&reader, text, schedule);
            versioned = true;
        } else if (!strncmp(text, "scenario ", 9)) {
            rc = read_scenario(&reader, text + 9, schedule);
        } else if (!strncmp(text, "cflags ", 7)) {
            rc = read_cflags(&reader, schedule);
        } else if (!strncmp(text, "program ", 8)) {
            rc = read_program(&reader, schedule);
        } else if (!strncmp(text, "expect ", 7)) {
            rc = read_expect(&reader, text + 7, schedule);
        } else {
            rc = read_deviation(&reader, text, schedule);
        }
    }
    if (rc >= 0 && ferror(file))
        rc = tick_error_set(error, -EIO, "%s cannot be read to its end: copy it again", file_name);
    else if (rc >= 0 && !versioned)
        rc = tick_error_set(
            error, TICK_EFORMAT, "%s: expected \"retick schedule 2\" as the first line, but it is empty: write it again", file_name);
    if (rc < 0)
        tick_schedule_fini(schedule);
    return rc < 0 ? rc : 0;
}
