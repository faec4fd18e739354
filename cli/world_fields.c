#include "cli/world_fields.h"
#include "cli/arguments.h"
#include "cli/options.h"
#include "sim/keeper/keeper.h"
#include "src/base/times.h"
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// --- the words ---

#define AT(type, member) offsetof(struct tick__world_##type, member)

const struct tick__fields tick__world_words = {
    "a world", (const struct tick__field[]){{"world", TICK__FIELD_OTHER, 0, 0}, {"about", TICK__FIELD_TEXT, AT(file, about), 0},
                   {"hosts", TICK__FIELD_OTHER, 0, 0}, {"link_all", TICK__FIELD_OTHER, 0, 0}, {"link_between", TICK__FIELD_OTHER, 0, 0},
                   {"names", TICK__FIELD_OTHER, 0, 0}, {"faults", TICK__FIELD_OTHER, 0, 0}, {"fault_at", TICK__FIELD_OTHER, 0, 0},
                   {"limit", TICK__FIELD_OTHER, 0, 0}, {"still_limit", TICK__FIELD_TIME, AT(file, still_limit), 0},
                   {"quiet_after", TICK__FIELD_TIME, AT(file, quiet_after), 0}, {0}}};

const struct tick__fields tick__program_words = {
    "a host", (const struct tick__field[]){{"program", TICK__FIELD_WORDS, AT(program, command), 0},
                  {"daemon", TICK__FIELD_BOOL, AT(program, daemon), 0}, {"start", TICK__FIELD_TIME, AT(program, start), 0},
                  {"after", TICK__FIELD_HOSTS, AT(program, after), 8}, {"clock", TICK__FIELD_SPAN, AT(program, clock), 0},
                  {"fds", TICK__FIELD_COUNT, AT(program, fds), 0}, {"environment", TICK__FIELD_SETTINGS, AT(program, environment), 0},
                  {"folder", TICK__FIELD_FOLDER, AT(program, folder), 0}, {"snapshot", TICK__FIELD_SNAPSHOT, AT(program, snapshot), 0},
                  {"status", TICK__FIELD_STATUS, AT(program, status), 0}, {"match", TICK__FIELD_REGEX, AT(program, match), 0},
                  {"guest", TICK__FIELD_GUEST, AT(program, guest), 0}, {"pass", TICK__FIELD_PATHS, AT(program, pass), 0},
                  {"by", TICK__FIELD_BY, AT(program, by), 0}, {0}}};

#define LINK_FIELDS \
    {"latency", TICK__FIELD_LATENCY, AT(link, options.latency), 0}, {"jitter", TICK__FIELD_TIME, AT(link, options.jitter), 0}, \
        {"loss", TICK__FIELD_BOOL, AT(link, options.loss), 0}, {"refuse", TICK__FIELD_BOOL, AT(link, options.refuse), 0}, \
        {"reset", TICK__FIELD_BOOL, AT(link, options.reset), 0}, {"duplicate", TICK__FIELD_BOOL, AT(link, options.duplicate), 0}, \
        {"reorder", TICK__FIELD_BOOL, AT(link, options.reorder), 0}, {"corrupt", TICK__FIELD_BOOL, AT(link, options.corrupt), 0}, \
        {"bandwidth", TICK__FIELD_BYTES, AT(link, options.bandwidth), 0}, {"queue", TICK__FIELD_BYTES, AT(link, options.queue), 0}, { \
        "timeout", TICK__FIELD_TIME, AT(link, options.timeout), 0 \
    }

const struct tick__fields tick__link_words = {"a link", (const struct tick__field[]){LINK_FIELDS, {0}}};
const struct tick__fields tick__between_words = {
    "a link", (const struct tick__field[]){{"hosts", TICK__FIELD_HOSTS, AT(link, hosts), 2}, LINK_FIELDS, {0}}};

const struct tick__fields tick__name_words = {"a name",
    (const struct tick__field[]){{"hosts", TICK__FIELD_HOSTS, AT(name, hosts), TICK_FAULT_SIDE},
        {"wrong", TICK__FIELD_HOSTS, AT(name, wrong), TICK_FAULT_SIDE}, {"six", TICK__FIELD_BOOL, AT(name, options.six), 0},
        {"fails", TICK__FIELD_BOOL, AT(name, options.fails), 0}, {"error", TICK__FIELD_ERROR, AT(name, options.error), 0},
        {"latency", TICK__FIELD_TIME, AT(name, options.latency), 0}, {"jitter", TICK__FIELD_TIME, AT(name, options.jitter), 0}, {0}}};

const struct tick__fields tick__fault_words = {"a fault",
    (const struct tick__field[]){{"at", TICK__FIELD_TIME, AT(fault, at), 0}, {"kind", TICK__FIELD_KIND, AT(fault, kind), 0},
        {"side", TICK__FIELD_HOSTS, AT(fault, side), TICK_FAULT_SIDE}, {"other", TICK__FIELD_HOSTS, AT(fault, other), TICK_FAULT_SIDE},
        {"lasts", TICK__FIELD_TIME, AT(fault, options.lasts), 0}, {"slow", TICK__FIELD_TIME, AT(fault, options.slow), 0},
        {"jump", TICK__FIELD_SPAN, AT(fault, options.jump), 0}, {0}}};

const struct tick__fields tick__range_words = {"a range of faults",
    (const struct tick__field[]){{"kinds", TICK__FIELD_KINDS, AT(range, options.kinds), 0},
        {"from", TICK__FIELD_TIME, AT(range, options.from), 0}, {"until", TICK__FIELD_TIME, AT(range, options.until), 0},
        {"every", TICK__FIELD_TIME, AT(range, options.every), 0}, {"lasts", TICK__FIELD_TIME, AT(range, options.lasts), 0},
        {"shortest", TICK__FIELD_TIME, AT(range, options.shortest), 0}, {"slow", TICK__FIELD_TIME, AT(range, options.slow), 0},
        {"most", TICK__FIELD_COUNT, AT(range, options.most), 0}, {"at_once", TICK__FIELD_COUNT, AT(range, options.at_once), 0},
        {"among", TICK__FIELD_HOSTS, AT(range, among), TICK_FAULT_SIDE * 2}, {0}}};

const struct tick__fields tick__limit_words = {"a limit", (const struct tick__field[]){{"time", TICK__FIELD_TIME, AT(file, time_limit), 0},
                                                              {"iterations", TICK__FIELD_NUMBER, AT(file, iteration_limit), 0}, {0}}};

// What others call it.
static const struct {
    const char *word, *ours;
} synonyms[] = {{"command", "program"}, {"cmd", "program"}, {"argv", "program"}, {"args", "program"}, {"run", "program"},
    {"programs", "hosts"}, {"services", "hosts"}, {"processes", "hosts"}, {"containers", "hosts"}, {"env", "environment"},
    {"cwd", "folder"}, {"dir", "folder"}, {"directory", "folder"}, {"working_dir", "folder"}, {"depends_on", "after"}, {"needs", "after"},
    {"delay", "latency"}, {"lag", "latency"}, {"links", "link_all"}, {"link", "link_all"}, {"network", "link_all"},
    {"between", "link_between"}, {"drop", "loss"}, {"name", "world"}, {"name", "names"}, {"dns", "names"}, {"summary", "about"},
    {"description", "about"}, {"ranges", "faults"}, {"fault", "fault_at"}, {"limits", "limit"}, {"exit", "status"},
    {"expect_status", "status"}, {"background", "daemon"}, {"duration", "lasts"}, {"hosts", "side"}, {"hosts", "among"}, {"host", "side"},
    {"kinds", "kind"}, {"ulimit", "fds"}, {"end", "until"}, {"to", "until"}, {"begin", "from"}, {"time", "at"}, {"by", "jump"},
    {"way", "by"}, {"passes", "pass"}, {"tenant", "guest"}, {"ipv6", "six"}, {"quiet", "quiet_after"}, {"still", "still_limit"}};

const struct tick__yaml *tick__yaml_member(const struct tick__yaml *map, const char *name) {
    const struct tick__yaml *member = map ? map->first : NULL;
    while (member && strcmp(member->name, name) != 0)
        member = member->next;
    return member;
}

void *tick__world_own(struct tick__world_file *world, size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    void **grown = memory ? realloc(world->owned, (world->owned_count + 1) * sizeof *grown) : NULL;
    if (!grown) {
        free(memory);
        return NULL;
    }
    world->owned = grown;
    return world->owned[world->owned_count++] = memory;
}

// --- what is wrong ---

#define WRONG(reader, node, ...) tick__mistake((reader)->mistakes, (node)->line, (node)->column, __VA_ARGS__)

// What a value stands behind, and how it is written, as in: latency: "30" is no time.
static const char *called(const struct tick__yaml *value) {
    return value->name ? value->name : "here";
}

bool tick__yaml_is(
    const struct tick__world_reader *reader, const struct tick__yaml *node, enum tick__yaml_kind kind, const char *of, const char *write) {
    if (node->kind == kind)
        return true;
    if (node->kind != TICK__YAML_WRONG)
        WRONG(reader, node, "%s: %s", of, write);
    return false;
}

static void no_such_word(const struct tick__world_reader *reader, const struct tick__fields *words, const struct tick__yaml *member) {
    const struct tick__field *near = NULL;
    unsigned least = strlen(member->name) > 4 ? 3 : 2;
    char all[200] = "";
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms && !near; i++)
        for (const struct tick__field *field = words->fields; field->name && !near; field++)
            if (strcmp(synonyms[i].word, member->name) == 0 && strcmp(synonyms[i].ours, field->name) == 0) {
                near = field;
                least = 0;
            }
    for (const struct tick__field *field = words->fields; field->name; field++) {
        const unsigned edits = tick__edits(field->name, member->name);
        if (edits < least) {
            near = field;
            least = edits;
        }
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", *all ? ", " : "", field->name);
    }
    if (near)
        tick__mistake(reader->mistakes, member->name_line, member->name_column, "%s has no \"%.40s\"; did you mean %s?", words->of,
            member->name, near->name);
    else
        tick__mistake(
            reader->mistakes, member->name_line, member->name_column, "%s has no \"%.40s\"; it has: %s", words->of, member->name, all);
}

static bool is_filled(const struct tick__world_reader *reader, const struct tick__yaml *value, const char *write) {
    if (value->kind == TICK__YAML_WRONG)
        return false;
    if (value->kind == TICK__YAML_TEXT && *value->text)
        return true;
    if (value->kind == TICK__YAML_TEXT)
        WRONG(reader, value, "%s: nothing stands here; write %s", called(value), write);
    else
        WRONG(reader, value, "%s: a %s stands here; write %s", called(value), value->kind == TICK__YAML_LIST ? "list" : "map", write);
    return false;
}

static void not_a(const struct tick__world_reader *reader, const struct tick__yaml *value, const char *what, const char *write) {
    WRONG(reader, value, "%s: \"%.60s\" is no %s; write %s", called(value), value->text, what, write);
}

// --- values ---

static bool has_unit(const char *text) {
    const size_t digits = strspn(text, "0123456789.");
    return text[digits] || strspn(text, "0.") == digits;
}

static void read_time(const struct tick__world_reader *reader, enum tick__field_kind kind, const struct tick__yaml *value, int64_t *into) {
    static const char write[] = "a number with a unit, such as 30ms, 1.5s, 2min or 1h";
    int64_t time;
    if (!is_filled(reader, value, write))
        return;
    const char *text = value->text;
    const bool negative = *text == '-';
    if (kind == TICK__FIELD_LATENCY && strcmp(text, "never") == 0)
        *into = TICK_NEVER;
    else if (!tick__parse_time(text + negative, &time) || !has_unit(text + negative))
        not_a(
            reader, value, "time", kind == TICK__FIELD_LATENCY ? "a number with a unit, such as 30ms, 1.5s, 2min or 1h; or never" : write);
    else if (negative && kind != TICK__FIELD_SPAN && time)
        WRONG(reader, value, "%s: %.60s is before the beginning; write a time of 0 or more", called(value), text);
    else
        *into = negative ? tick__ahead(0, time) : time;
}

static void read_bool(const struct tick__world_reader *reader, const struct tick__yaml *value, bool *into) {
    if (!is_filled(reader, value, "true or false"))
        return;
    *into = strcmp(value->text, "true") == 0;
    if (!*into && strcmp(value->text, "false") != 0)
        WRONG(reader, value, "%s: \"%.60s\" is neither true nor false; write one of the two", called(value), value->text);
}

static bool read_number(const struct tick__world_reader *reader, const struct tick__yaml *value, uint64_t most, uint64_t *into) {
    uint64_t number;
    char write[80];
    snprintf(write, sizeof write, "a whole number from 1 to %llu", (unsigned long long)most);
    if (!is_filled(reader, value, write))
        return false;
    if (!tick__parse_number(value->text, &number) || number == 0 || number > most) {
        not_a(reader, value, "such number", write);
        return false;
    }
    *into = number;
    return true;
}

static void read_status(const struct tick__world_reader *reader, const struct tick__yaml *value, int *into) {
    static const char write[] = "a number from 0 to 255, or any";
    uint64_t status;
    if (!is_filled(reader, value, write))
        return;
    if (strcmp(value->text, "any") == 0)
        *into = -1;
    else if (!tick__parse_number(value->text, &status) || status > 255)
        not_a(reader, value, "exit status", write);
    else
        *into = (int)status;
}

static void read_error(const struct tick__world_reader *reader, const struct tick__yaml *value, int *into) {
    static const char write[] = "EAGAIN (no answer) or EIO (a broken server)";
    if (!is_filled(reader, value, write))
        return;
    if (strcmp(value->text, "EAGAIN") == 0)
        *into = -EAGAIN;
    else if (strcmp(value->text, "EIO") == 0)
        *into = -EIO;
    else
        not_a(reader, value, "error of look-ups", write);
}

static const struct {
    const char *word;
    unsigned kind;
} kinds[] = {{"partition", TICK_PARTITION}, {"one_way", TICK_ONE_WAY}, {"clog", TICK_CLOG}, {"crash", TICK_CRASH}, {"stop", TICK_STOP},
    {"pause", TICK_PAUSE}, {"clock", TICK_CLOCK}};

const char *tick__kind_word(unsigned kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind)
            return kinds[i].word;
    return "";
}

static void read_kind(const struct tick__world_reader *reader, const struct tick__yaml *value, unsigned *into) {
    static const char write[] = "partition, one_way, clog, crash, stop, pause or clock";
    if (!is_filled(reader, value, write))
        return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].word, value->text) == 0) {
            *into |= kinds[i].kind;
            return;
        }
    not_a(reader, value, "kind of fault", write);
}

static void read_kinds(const struct tick__world_reader *reader, const struct tick__yaml *value, unsigned *into) {
    if (value->kind != TICK__YAML_LIST)
        read_kind(reader, value, into);
    for (const struct tick__yaml *item = value->kind == TICK__YAML_LIST ? value->first : NULL; item; item = item->next)
        read_kind(reader, item, into);
}

static void read_host(const struct tick__world_reader *reader, const struct tick__yaml *value, const char *word, size_t most,
    struct tick__world_hosts *into) {
    const struct tick__world_file *world = reader->world;
    const char *near = NULL;
    unsigned least = 3;
    if (!is_filled(reader, value, "a host's name, or [names]"))
        return;
    for (size_t i = 0; i < world->host_count; i++) {
        const char *name = world->hosts[i].name;
        const unsigned edits = tick__edits(name, value->text);
        if (strcmp(name, value->text) == 0) {
            if (into->count < most)
                into->at[into->count++] = (uint16_t)i;
            else
                WRONG(reader, value, "%s: %zu hosts are the most here; take this one out", word, most);
            return;
        }
        near = edits < least ? name : near;
        least = edits < least ? edits : least;
    }
    WRONG(reader, value, "%s: there is no host %.64s%s%.64s%s", word, value->text,
        near ? "; did you mean " : ": name one that stands below hosts", near ? near : "", near ? "?" : "");
}

static void read_hosts(
    const struct tick__world_reader *reader, const struct tick__yaml *value, size_t most, struct tick__world_hosts *into) {
    const char *word = called(value);
    *into = (struct tick__world_hosts){0};
    if (value->kind != TICK__YAML_LIST)
        read_host(reader, value, word, most, into);
    for (const struct tick__yaml *item = value->kind == TICK__YAML_LIST ? value->first : NULL; item; item = item->next)
        read_host(reader, item, word, most, into);
}

static size_t count_of(const struct tick__yaml *node) {
    size_t count = 0;
    for (const struct tick__yaml *item = node->first; item; item = item->next)
        count++;
    return count;
}

// A command as a shell would split it: whether each quote in it has an end.
static bool quotes_end(const char *at) {
    char quote = 0;
    for (; *at; at++) {
        if (*at == '\\' && quote != '\'' && at[1])
            at++;
        else if (quote ? *at == quote : *at == '\'' || *at == '"')
            quote = quote ? 0 : *at;
    }
    return !quote;
}

static int read_words(const struct tick__world_reader *reader, const struct tick__yaml *value, const char **command) {
    static const char write[] = "a command, such as python3 app.py, or a list of its words";
    const char ***argv = (const char ***)(command + 1);
    if (value->kind == TICK__YAML_TEXT && is_filled(reader, value, write)) {
        if (!quotes_end(value->text))
            WRONG(reader, value, "program: a quote in this command has no end; close it, or write the words as a list: [python3, app.py]");
        else if (!value->text[strspn(value->text, " \t\n")])
            not_a(reader, value, "command", write);
        *command = value->text;
        return 0;
    }
    if (value->kind == TICK__YAML_TEXT || !tick__yaml_is(reader, value, TICK__YAML_LIST, "program: a map stands here", write))
        return 0;
    if (!value->first)
        WRONG(reader, value, "program: the list is empty; write %s", write);
    *argv = tick__world_own(reader->world, count_of(value) + 1, sizeof **argv);
    size_t count = 0;
    for (const struct tick__yaml *item = value->first; item && *argv; item = item->next) {
        const bool is_text = item->kind == TICK__YAML_TEXT && (*item->text || item->quoted);
        if (!is_text && item->kind == TICK__YAML_TEXT)
            WRONG(reader, item, "program: an empty word; write \"\" if it is meant, else take it out");
        else if (!is_text)
            WRONG(reader, item, "program: each word is a text; put one with a ':' or ',' in it in 'quotes'");
        else
            (*argv)[count++] = item->text;
    }
    return *argv ? 0 : -ENOMEM;
}

static int read_settings(const struct tick__world_reader *reader, const struct tick__yaml *value, const char ***into) {
    if (!tick__yaml_is(reader, value, TICK__YAML_MAP, "environment", "write NAME: value, a line each, or {NAME: value}"))
        return 0;
    const char **settings = tick__world_own(reader->world, count_of(value) + 1, sizeof *settings);
    size_t count = 0;
    *into = settings;
    for (const struct tick__yaml *item = value->first; item && settings; item = item->next) {
        if (!*item->name || strchr(item->name, '=')) {
            tick__mistake(reader->mistakes, item->name_line, item->name_column,
                "environment: \"%.60s\" is no name: one is not empty, and has no '='", item->name);
        } else if (item->kind != TICK__YAML_TEXT || (!*item->text && !item->quoted)) {
            WRONG(reader, item, "%.60s: no text stands here; write one, or \"\" for an empty one", item->name);
        } else {
            const size_t size = strlen(item->name) + strlen(item->text) + 2;
            char *setting = tick__world_own(reader->world, size, 1);
            if (!setting)
                return -ENOMEM;
            snprintf(setting, size, "%s=%s", item->name, item->text);
            settings[count++] = setting;
        }
    }
    return settings ? 0 : -ENOMEM;
}

static int read_path(const struct tick__world_reader *reader, const struct tick__yaml *value, const char *write, const char **into) {
    if (!is_filled(reader, value, write))
        return 0;
    const size_t size = strlen(reader->folder) + strlen(value->text) + 2;
    char *folder = tick__world_own(reader->world, size, 1);
    if (!folder)
        return -ENOMEM;
    snprintf(folder, size, "%s%s%s", *value->text == '/' ? "" : reader->folder, *value->text == '/' ? "" : "/", value->text);
    *into = folder;
    return 0;
}

// One, or a list of them; what is not there is a mistake, as nobody could tell what its links would lead to.
static int read_paths(const struct tick__world_reader *reader, const struct tick__yaml *value, const char ***into) {
    const bool list = value->kind == TICK__YAML_LIST;
    const char **paths = tick__world_own(reader->world, (list ? count_of(value) : 1) + 1, sizeof *paths);
    struct tick_guest_settings fits = {0};
    size_t count = 0;
    if (!paths)
        return -ENOMEM;
    for (const struct tick__yaml *item = list ? value->first : value; item; item = list ? item->next : NULL) {
        char real[PATH_MAX];
        const char *path = NULL;
        TICK_TRY(read_path(reader, item, "a path, from the world file's own folder", &path));
        if (path && !realpath(path, real))
            WRONG(reader, item, "pass: %.200s is not there; make its folder first", path);
        else if (path && !tick_guest_pass(real, &fits))
            WRONG(reader, item, "pass: that is too much; name a folder that has it all");
        else if (path)
            paths[count++] = path;
    }
    *into = paths;
    return 0;
}

static void read_text(
    const struct tick__world_reader *reader, enum tick__field_kind kind, const struct tick__yaml *value, const char **into) {
    struct tick_error error = {0};
    struct tick_guest_settings read;
    if (!is_filled(reader, value, "a text"))
        return;
    if (kind == TICK__FIELD_REGEX && tick_guest_match_check(value->text, &error) < 0)
        WRONG(reader, value, "%s: %s: write an extended regular expression, such as 'balance is -[0-9]+' (man 7 regex)", called(value),
            error.text);
    if (kind == TICK__FIELD_SNAPSHOT && !tick_guest_place(value->text, &read))
        not_a(reader, value, "place of a snapshot", "wait:N, accept:N, connect:N, after:TEXT or call");
    if (kind == TICK__FIELD_BY && !tick_guest_by(value->text, &read))
        not_a(reader, value, "way to begin anew", "rewind, fork or start");
    if (kind == TICK__FIELD_GUEST && (strchr(value->text, '/') || strlen(value->text) >= sizeof read.tenant))
        not_a(reader, value, "word of a command line", "a name without folders, such as server.js");
    *into = value->text;
}

int tick__field_read(
    const struct tick__world_reader *reader, enum tick__field_kind kind, size_t most, const struct tick__yaml *value, void *into) {
    uint64_t number;
    switch (kind) {
    case TICK__FIELD_TIME:
    case TICK__FIELD_SPAN:
    case TICK__FIELD_LATENCY:
        read_time(reader, kind, value, into);
        return 0;
    case TICK__FIELD_BOOL:
        read_bool(reader, value, into);
        return 0;
    case TICK__FIELD_COUNT:
        if (read_number(reader, value, 65536, &number))
            *(uint32_t *)into = (uint32_t)number;
        return 0;
    case TICK__FIELD_BYTES:
        if (read_number(reader, value, (uint64_t)1 << 32, &number))
            *(int64_t *)into = (int64_t)number;
        return 0;
    case TICK__FIELD_NUMBER:
        if (read_number(reader, value, INT64_MAX, &number))
            *(uint64_t *)into = number;
        return 0;
    case TICK__FIELD_TEXT:
    case TICK__FIELD_REGEX:
    case TICK__FIELD_SNAPSHOT:
    case TICK__FIELD_GUEST:
    case TICK__FIELD_BY:
        read_text(reader, kind, value, into);
        return 0;
    case TICK__FIELD_FOLDER:
        return read_path(reader, value, "a folder, from the world file's own", into);
    case TICK__FIELD_PATHS:
        return read_paths(reader, value, into);
    case TICK__FIELD_WORDS:
        return read_words(reader, value, into);
    case TICK__FIELD_SETTINGS:
        return read_settings(reader, value, into);
    case TICK__FIELD_HOSTS:
        read_hosts(reader, value, most, into);
        return 0;
    case TICK__FIELD_STATUS:
        read_status(reader, value, into);
        return 0;
    case TICK__FIELD_ERROR:
        read_error(reader, value, into);
        return 0;
    case TICK__FIELD_KIND:
        read_kind(reader, value, into);
        return 0;
    case TICK__FIELD_KINDS:
        read_kinds(reader, value, into);
        return 0;
    case TICK__FIELD_OTHER:
        return 0;
    }
    return 0;
}

int tick__fields_read(const struct tick__world_reader *reader, const struct tick__fields *words, const struct tick__yaml *map, void *into) {
    for (const struct tick__yaml *member = map->first; member; member = member->next) {
        const struct tick__field *field = words->fields;
        while (field->name && strcmp(field->name, member->name) != 0)
            field++;
        if (!field->name)
            no_such_word(reader, words, member);
        else
            TICK_TRY(tick__field_read(reader, field->kind, field->most, member, (char *)into + field->offset));
    }
    return 0;
}
