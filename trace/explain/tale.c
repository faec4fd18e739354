#include "trace/explain/tale_asked_int.h"
#include "trace/schema_int.h"
#include "trace/story.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- memory: strings and payloads live as long as the tale ---

struct tick__tale_memory {
    struct tick__tale_memory *next;
    size_t used, size;
    char bytes[];
};

const char *tick__tale_keep(struct tick__tale *tale, const void *bytes, size_t count) {
    struct tick__tale_memory *at = tale->memory;
    if (!at || at->size - at->used < count + 1) {
        const size_t size = count + 1 > 65536 ? count + 1 : 65536;
        at = malloc(sizeof *at + size);
        if (!at)
            return NULL;
        *at = (struct tick__tale_memory){.next = tale->memory, .size = size};
        tale->memory = at;
    }
    char *kept = at->bytes + at->used;
    if (count)
        memcpy(kept, bytes, count);
    kept[count] = '\0';
    at->used += count + 1;
    return kept;
}

static int text(struct tick__tale *tale, sqlite3_stmt *row, int column, const char **out) {
    const char *bytes = (const char *)sqlite3_column_text(row, column);
    *out = bytes ? tick__tale_keep(tale, bytes, strlen(bytes)) : "";
    return *out ? 0 : -ENOMEM;
}

// --- reading ---

struct reading {
    struct tick__tale *tale;
    sqlite3_stmt *row;
    size_t room;    // rows that the array has room for, where it grows
    uint32_t *open; // by task: its step that is open
};
typedef int row_fn(struct reading *reading);

static uint32_t number(sqlite3_stmt *row, int column) {
    const int64_t value = sqlite3_column_int64(row, column);
    return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static int no_memory(const struct tick__tale *tale, struct tick_error *error) {
    return tick_error_set(error, -ENOMEM, "%s: out of memory", tale->trace->path);
}

static int rows(struct reading *reading, const char *sql, row_fn *take, struct tick_error *error) {
    const struct tick_trace *trace = reading->tale->trace;
    TICK_TRY(tick__prepare(trace, sql, &reading->row, error));
    int code = 0;
    while (code == 0 && sqlite3_step(reading->row) == SQLITE_ROW)
        code = take(reading);
    if (sqlite3_finalize(reading->row) != SQLITE_OK && code == 0)
        code = tick__trace_failed(trace, error);
    else if (code == -ENOMEM)
        code = no_memory(reading->tale, error);
    return code;
}

// Room for one more row of an array that is not there yet or full.
static int grow(struct reading *reading, void *array, size_t count, size_t size) {
    void **items = array;
    if (count < reading->room)
        return 0;
    const size_t room = reading->room ? 2 * reading->room : 64;
    void *more = realloc(*items, room * size);
    if (!more)
        return -ENOMEM;
    *items = more;
    reading->room = room;
    return 0;
}

uint8_t tick__tale_object_type(const char *word) {
#define TALE_OBJECT_TYPE(name, number, text) \
    if (strcmp(word, text) == 0) \
        return name;
    TICK_OBJECTS(TALE_OBJECT_TYPE)
    return TICK_OBJECT_USER;
}

static int take_object(struct reading *reading) {
    struct tick__tale *tale = reading->tale;
    const uint32_t id = number(reading->row, 0);
    if (id == 0 || id > tale->objects_count)
        return 0;
    struct tick__tale_object *object = &tale->objects[id];
    const char *type = (const char *)sqlite3_column_text(reading->row, 1);
    object->type = tick__tale_object_type(type ? type : "");
    object->id = (tick_id)sqlite3_column_int64(reading->row, 2);
    object->parent = number(reading->row, 4);
    object->host = number(reading->row, 5);
    object->kth = number(reading->row, 7);
    object->ordinal = (uint64_t)sqlite3_column_int64(reading->row, 8);
    object->loc = (uint16_t)number(reading->row, 9);
    TICK_TRY(text(tale, reading->row, 3, &object->path));
    return text(tale, reading->row, 6, &object->name);
}

static int take_place(struct reading *reading) {
    struct tick__tale *tale = reading->tale;
    const uint32_t id = number(reading->row, 0);
    if (id == 0 || id > UINT16_MAX)
        return 0;
    while (tale->place_count <= id) {
        TICK_TRY(grow(reading, &tale->places, tale->place_count, sizeof *tale->places));
        tale->places[tale->place_count++] = (struct tick__tale_place){"", "", "", 0};
    }
    struct tick__tale_place *place = &tale->places[id];
    TICK_TRY(text(tale, reading->row, 1, &place->function));
    TICK_TRY(text(tale, reading->row, 2, &place->file));
    place->line = (int)number(reading->row, 3);
    return text(tale, reading->row, 4, &place->name);
}

static int take_event(struct reading *reading) {
    struct tick__tale *tale = reading->tale;
    const uint32_t seq = number(reading->row, 0);
    if (seq < tale->first || seq > tale->last)
        return 0;
    struct tick__tale_event *event = &tale->events[seq - tale->first];
    const uint32_t kind = number(reading->row, 2);
    *event = (struct tick__tale_event){
        .ts = sqlite3_column_int64(reading->row, 1),
        .kind = kind <= UINT8_MAX ? (uint8_t)kind : 0,
        .host = number(reading->row, 3),
        .task = number(reading->row, 4),
        .subject = number(reading->row, 5),
        .cause = number(reading->row, 6) < seq ? number(reading->row, 6) : 0,
        .loc = (uint16_t)number(reading->row, 7),
        .arg = sqlite3_column_int64(reading->row, 8),
    };
    if (event->kind == TICK_EV_VERDICT)
        tale->verdict = seq;
    if (event->ts > tale->end)
        tale->end = event->ts;
    const bool own = event->kind == TICK_EV_STEP_BEGIN || event->kind == TICK_EV_STEP_END;
    const uint32_t task = own ? event->subject : event->task;
    if (task > tale->objects_count)
        return 0;
    if (event->kind == TICK_EV_STEP_BEGIN && task)
        reading->open[task] = seq;
    event->step = task ? reading->open[task] : 0;
    if (event->kind == TICK_EV_STEP_END && task)
        reading->open[task] = 0;
    return 0;
}

static int take_message(struct reading *reading) {
    struct tick__tale *tale = reading->tale;
    const uint32_t id = number(reading->row, 0);
    if (id == 0 || id > tale->objects_count)
        return 0;
    TICK_TRY(grow(reading, &tale->messages, tale->message_count, sizeof *tale->messages));
    struct tick__tale_message *message = &tale->messages[tale->message_count++];
    const void *payload = sqlite3_column_blob(reading->row, 6);
    *message = (struct tick__tale_message){
        .object = id,
        .direction = tale->objects[id].parent,
        .src = number(reading->row, 1),
        .dst = number(reading->row, 2),
        .send = number(reading->row, 3),
        .recv = number(reading->row, 4),
        .bytes = sqlite3_column_int64(reading->row, 5),
        .kept = payload ? (uint32_t)sqlite3_column_bytes(reading->row, 6) : 0,
    };
    tale->objects[id].message = (uint32_t)tale->message_count;
    message->payload = tick__tale_keep(tale, payload, message->kept);
    return message->payload ? 0 : -ENOMEM;
}

static int take_choice(struct reading *reading) {
    struct tick__tale *tale = reading->tale;
    TICK_TRY(grow(reading, &tale->choices, tale->choice_count, sizeof *tale->choices));
    struct tick__tale_choice *choice = &tale->choices[tale->choice_count++];
    *choice = (struct tick__tale_choice){
        .seq = number(reading->row, 0),
        .subject = number(reading->row, 2),
        .ordinal = (uint64_t)sqlite3_column_int64(reading->row, 3),
        .sound = sqlite3_column_int(reading->row, 4) != 0,
        .ns = sqlite3_column_int64(reading->row, 7),
        .bears = number(reading->row, 8),
        .host = number(reading->row, 9),
        .message = number(reading->row, 10),
        .from = sqlite3_column_int64(reading->row, 11),
        .until = sqlite3_column_type(reading->row, 12) == SQLITE_NULL ? -1 : sqlite3_column_int64(reading->row, 12),
    };
    TICK_TRY(text(tale, reading->row, 1, &choice->kind));
    TICK_TRY(text(tale, reading->row, 5, &choice->line));
    return text(tale, reading->row, 6, &choice->words);
}

// A trace of another day may lack it.
static bool has_column(const struct tick_trace *trace, const char *table, const char *column) {
    return sqlite3_table_column_metadata(trace->db, NULL, table, column, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

static int read_choices(struct reading *reading, struct tick_error *error) {
    const struct tick__schema_view *view = tick__schema_views;
    if (!has_column(reading->tale->trace, "choices", "bears_seq"))
        return rows(reading,
            "SELECT seq, kind, subject_id, ordinal, sound, line, words, NULL, NULL, NULL, NULL, 0, 0 FROM choices ORDER BY choice_id",
            take_choice, error);
    while (strcmp(view->name, "bearings") != 0)
        view++;
    char *sql = sqlite3_mprintf( // as we say it, not as the file does, which may be another's
        "SELECT c.seq, c.kind, c.subject_id, c.ordinal, c.sound, c.line, c.words, c.ns, c.bears_seq, c.host_id, b.message_id, b.from_ts,"
        " b.until_ts FROM choices c LEFT JOIN (%s) b ON b.choice_id = c.choice_id ORDER BY c.choice_id",
        view->select);
    const int code = sql ? rows(reading, sql, take_choice, error) : -ENOMEM;
    sqlite3_free(sql);
    return code;
}

static int take_cause(struct reading *reading) {
    struct tick__tale *tale = reading->tale;
    const uint32_t seq = number(reading->row, 0), cause = number(reading->row, 1);
    if (!cause || seq < tale->first || seq > tale->last || cause < tale->first || cause >= seq)
        return 0;
    TICK_TRY(grow(reading, &tale->causes, tale->cause_count, sizeof *tale->causes));
    struct tick__tale_cause *one = &tale->causes[tale->cause_count++];
    *one = (struct tick__tale_cause){.seq = seq, .cause = cause};
    return text(tale, reading->row, 2, &one->how);
}

static int take_verdict_place(struct reading *reading) {
    return text(reading->tale, reading->row, 0, &reading->tale->place);
}

static int take_count(struct reading *reading) {
    struct tick__tale *tale = reading->tale;
    tale->last = number(reading->row, 0);
    tale->objects_count = number(reading->row, 1);
    return 0;
}

static int read_all(struct reading *reading, struct tick_error *error) {
    struct tick__tale *tale = reading->tale;
    const struct tick_trace *trace = tale->trace;
    TICK_TRY(rows(reading, "SELECT (SELECT max(seq) FROM events), (SELECT max(object_id) FROM objects)", take_count, error));
    tale->first = tale->last > TICK__TALE_EVENTS_MOST ? tale->last - TICK__TALE_EVENTS_MOST + 1 : 1;
    if (tale->objects_count > 8 * TICK__TALE_EVENTS_MOST)
        return tick_error_set(error, -E2BIG, "%s has too many objects to be explained", trace->path);
    const size_t events = tale->last >= tale->first ? tale->last - tale->first + 1 : 0;
    tale->events = calloc(events + 1, sizeof *tale->events);
    tale->objects = calloc((size_t)tale->objects_count + 1, sizeof *tale->objects);
    reading->open = calloc((size_t)tale->objects_count + 1, sizeof *reading->open);
    if (!tale->events || !tale->objects || !reading->open)
        return no_memory(tale, error);
    for (uint32_t id = 0; id <= tale->objects_count; id++)
        tale->objects[id].path = tale->objects[id].name = "";
    TICK_TRY(rows(reading,
        "SELECT object_id, type, stable_id, path, parent_id, host_id, coalesce(name, value), kth, ordinal, loc_id FROM objects"
        " LEFT JOIN strings ON string_id = object_id AND type = 'string'",
        take_object, error));
    TICK_TRY(rows(reading, "SELECT loc_id, function, file, line, name FROM locations ORDER BY loc_id", take_place, error));
    char sql[200];
    TICK_TRY(rows(reading, "SELECT value FROM meta WHERE key = 'place'", take_verdict_place, error));
    snprintf(sql, sizeof sql,
        "SELECT seq, ts, kind, host_id, task_id, subject_id, cause_seq, loc_id, arg FROM events WHERE seq >= %u"
        " ORDER BY seq",
        (unsigned)tale->first);
    TICK_TRY(rows(reading, sql, take_event, error));
    reading->room = 0;
    TICK_TRY(rows(reading,
        "SELECT message_id, src_host_id, dst_host_id, send_seq, recv_seq, bytes, payload FROM messages"
        " ORDER BY message_id",
        take_message, error));
    reading->room = 0;
    TICK_TRY(read_choices(reading, error));
    reading->room = 0;
    return has_column(trace, "causes", "cause_seq")
               ? rows(reading, "SELECT seq, cause_seq, how FROM causes ORDER BY seq, cause_seq", take_cause, error)
               : 0;
}

static void note_drops(struct tick__tale *tale) {
    for (uint32_t seq = tale->first; seq <= tale->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind != TICK_EV_MSG_DROP || event->subject > tale->objects_count || !tale->objects[event->subject].message)
            continue;
        struct tick__tale_message *message = &tale->messages[tale->objects[event->subject].message - 1];
        if (!message->drop)
            message->drop = seq;
    }
}

struct tick__tale_named {
    tick_id id;
    uint32_t message; // index
};

static int by_id(const void *left, const void *right) {
    const struct tick__tale_named *a = left, *b = right;
    return a->id != b->id ? (a->id < b->id ? -1 : 1) : a->message < b->message ? -1 : a->message > b->message;
}

static int name_messages(struct tick__tale *tale) {
    tale->named = calloc(tale->message_count + 1, sizeof *tale->named);
    for (size_t i = 0; tale->named && i < tale->message_count; i++)
        tale->named[i] = (struct tick__tale_named){tale->objects[tale->messages[i].object].id, (uint32_t)i};
    if (tale->named)
        qsort(tale->named, tale->message_count, sizeof *tale->named, by_id);
    return tale->named ? 0 : -ENOMEM;
}

// Causes the other way round, counted first, then filled in.
static int index_effects(struct tick__tale *tale) {
    const size_t events = tale->last >= tale->first ? tale->last - tale->first + 1 : 0;
    uint32_t *from = calloc(events + 2, sizeof *from), total = 0;
    tale->effect_from = from;
    if (!from)
        return -ENOMEM;
    for (size_t i = 0; i < events; i++)
        if (tale->events[i].cause >= tale->first)
            from[tale->events[i].cause - tale->first + 2]++;
    for (size_t i = 0; i < tale->cause_count; i++)
        from[tale->causes[i].cause - tale->first + 2]++;
    for (size_t i = 0; i < events + 2; i++)
        from[i] = total += from[i];
    tale->effects = calloc((size_t)total + 1, sizeof *tale->effects);
    if (!tale->effects)
        return -ENOMEM;
    size_t next = 0;
    for (size_t i = 0; i < events; i++) { // in order of the effect; from[cause + 1] moves from the cause's begin to its end
        if (tale->events[i].cause >= tale->first)
            tale->effects[from[tale->events[i].cause - tale->first + 1]++] = (uint32_t)i + tale->first;
        for (; next < tale->cause_count && tale->causes[next].seq == i + tale->first; next++)
            tale->effects[from[tale->causes[next].cause - tale->first + 1]++] = (uint32_t)i + tale->first;
    }
    return 0;
}

int tick__tale_read(const struct tick_trace *trace, struct tick__tale *tale, struct tick_error *error) {
    *tale = (struct tick__tale){.trace = trace, .place = ""};
    struct reading reading = {.tale = tale};
    int code = read_all(&reading, error);
    free(reading.open);
    if (code == 0) {
        note_drops(tale);
        if (name_messages(tale) < 0 || index_effects(tale) < 0)
            code = no_memory(tale, error);
    }
    if (code < 0)
        tick__tale_fini(tale);
    return code;
}

void tick__tale_fini(struct tick__tale *tale) {
    for (struct tick__tale_memory *next, *at = tale->memory; at; at = next) {
        next = at->next;
        free(at);
    }
    free(tale->events);
    free(tale->objects);
    free(tale->messages);
    free(tale->named);
    free(tale->choices);
    free(tale->causes);
    free(tale->places);
    free(tale->effects);
    free(tale->effect_from);
    tick__asked_fini(tale->asked);
    *tale = (struct tick__tale){0};
}

// --- asking ---

const struct tick__tale_event *tick__tale_event(const struct tick__tale *tale, uint32_t seq) {
    static const struct tick__tale_event none;
    if (tale->asked)
        return tick__asked_event(tale, seq);
    return seq >= tale->first && seq <= tale->last && seq ? &tale->events[seq - tale->first] : &none;
}

const struct tick__tale_object *tick__tale_object(const struct tick__tale *tale, uint32_t id) {
    static const struct tick__tale_object none = {.path = "", .name = ""};
    if (tale->asked)
        return tick__asked_object(tale, id);
    return id <= tale->objects_count ? &tale->objects[id] : &none;
}

const struct tick__tale_message *tick__tale_message(const struct tick__tale *tale, uint32_t object) {
    if (tale->asked)
        return tick__asked_message(tale, object);
    const uint32_t index = tick__tale_object(tale, object)->message;
    return index ? &tale->messages[index - 1] : NULL;
}

uint32_t tick__tale_way_back(const struct tick__tale *tale, uint32_t direction) {
    const struct tick__tale_object *there = tick__tale_object(tale, direction);
    if (there->type != TICK_OBJECT_DIRECTION)
        return 0;
    const uint32_t back = there->kth == TICK_OUT ? direction + 1 : direction - 1;
    const struct tick__tale_object *other = tick__tale_object(tale, back);
    return other->type == TICK_OBJECT_DIRECTION && other->parent == there->parent ? back : 0;
}

const struct tick__tale_message *tick__tale_same_message(const struct tick__tale *tale, tick_id id) {
    size_t low = 0, high = tale->message_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (tale->named[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < tale->message_count && tale->named[low].id == id ? &tale->messages[tale->named[low].message] : NULL;
}

const struct tick__tale_place *tick__tale_place(const struct tick__tale *tale, uint32_t loc) {
    if (tale->asked)
        return tick__asked_place(tale, loc);
    return loc && loc < tale->place_count && *tale->places[loc].file ? &tale->places[loc] : NULL;
}

size_t tick__tale_causes_of(const struct tick__tale *tale, uint32_t seq, const struct tick__tale_cause **causes) {
    size_t low = 0, high = tale->cause_count;
    if (tale->asked)
        return tick__asked_causes(tale, seq, causes);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (tale->causes[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    *causes = tale->causes + low;
    for (high = low; high < tale->cause_count && tale->causes[high].seq == seq; high++)
        ;
    return high - low;
}

size_t tick__tale_effects_of(const struct tick__tale *tale, uint32_t seq, const uint32_t **effects) {
    *effects = NULL;
    if (!seq || seq < tale->first || seq > tale->last)
        return 0;
    const uint32_t *from = &tale->effect_from[seq - tale->first];
    *effects = tale->effects + from[0];
    return from[1] - from[0];
}

uint32_t tick__tale_cause_how(const struct tick__tale *tale, uint32_t seq, const char *how) {
    const struct tick__tale_cause *causes;
    const size_t count = tick__tale_causes_of(tale, seq, &causes);
    for (size_t i = 0; i < count; i++)
        if (strcmp(causes[i].how, how) == 0)
            return causes[i].cause;
    return 0;
}

uint32_t tick__tale_before(const struct tick__tale *tale, uint32_t seq) {
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    if (event->kind == TICK_EV_CHOICE)
        return 0;
    return event->cause ? event->cause : event->step < seq ? event->step : 0;
}

// --- sets ---

bool tick__tale_has(const struct tick__tale_set *set, uint32_t seq) {
    const uint32_t at = seq - set->first;
    return seq >= set->first && seq <= set->last && set->bits[at / 64] >> at % 64 & 1;
}

static void add(struct tick__tale_set *set, uint32_t seq) {
    const uint32_t at = seq - set->first;
    if (seq >= set->first && seq <= set->last)
        set->bits[at / 64] |= (uint64_t)1 << at % 64;
}

// Whether a step took in with it what somebody else made: what it did after that came of it as well.
static bool takes_in(const struct tick__tale_event *event) {
    return event->kind == TICK_EV_IO_COMPLETE && event->cause && event->step;
}

// Causes lie before: one pass back over the events meets each after all that came of it.
int tick__tale_past(const struct tick__tale *tale, const uint32_t *roots, size_t count, struct tick__tale_set *set) {
    *set = (struct tick__tale_set){.first = tale->first, .last = tale->last};
    set->bits = calloc((size_t)(tale->last - tale->first) / 64 + 1, sizeof *set->bits);
    if (!set->bits)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        add(set, roots[i]);
    struct tick__tale_set acted = {.first = tale->first, .last = tale->last}; // steps of which something later is in the set
    acted.bits = calloc((size_t)(tale->last - tale->first) / 64 + 1, sizeof *acted.bits);
    if (!acted.bits) {
        free(set->bits);
        set->bits = NULL;
        return -ENOMEM;
    }
    size_t next = tale->cause_count;
    for (uint32_t seq = tale->last; seq >= tale->first && seq; seq--) {
        while (next && tale->causes[next - 1].seq > seq)
            next--;
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (!tick__tale_has(set, seq) && takes_in(event) && tick__tale_has(&acted, event->step))
            add(set, seq);
        if (!tick__tale_has(set, seq))
            continue;
        if (event->step && event->step != seq)
            add(&acted, event->step);
        add(set, tick__tale_before(tale, seq));
        for (size_t i = next; i && tale->causes[i - 1].seq == seq; i--)
            add(set, tale->causes[i - 1].cause);
    }
    free(acted.bits);
    return 0;
}
