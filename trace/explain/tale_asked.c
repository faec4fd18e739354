// A tale of which each row is read when it is first asked for. Objects are kept, of events only the latest few: who walks over millions
// of them looks at few at a time, and copies what he holds on to.
#include "trace/explain/tale_asked_int.h"
#include "trace/open_table.h"
#include "trace/story.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_KEPT 256 // the latest asked for, by seq modulo this: a pointer to one lives until another of them is asked for
#define CAUSES_MOST 64

enum { EVENT, OBJECT, MESSAGE, PLACE, CAUSES, STATEMENTS };
static const char *const texts[STATEMENTS] = {
    [EVENT] = "SELECT ts, kind, host_id, task_id, subject_id, cause_seq, loc_id, arg FROM events WHERE seq = ?",
    [OBJECT] = "SELECT type, stable_id, path, parent_id, host_id, coalesce(name, value), kth, ordinal, loc_id FROM objects"
               " LEFT JOIN strings ON string_id = object_id AND type = 'string' WHERE object_id = ?",
    [MESSAGE] = "SELECT o.parent_id, m.src_host_id, m.dst_host_id, m.send_seq, m.recv_seq, m.bytes, m.payload FROM messages m"
                " LEFT JOIN objects o ON o.object_id = m.message_id WHERE m.message_id = ?",
    [PLACE] = "SELECT function, file, line, name FROM locations WHERE loc_id = ?",
    [CAUSES] = "SELECT cause_seq, how FROM causes WHERE seq = ? ORDER BY how, cause_seq LIMIT 64",
};

struct kept { // a row of a table: by id, what was made of it
    uint64_t id;
    void *thing;
};
struct tick__tale_asked {
    struct tick__tale *tale; // whose memory it is kept in
    sqlite3_stmt *statements[STATEMENTS];
    struct tick__open_table objects, messages, places;
    uint32_t seqs[EVENTS_KEPT];
    struct tick__tale_event events[EVENTS_KEPT];
    struct tick__tale_cause causes[CAUSES_MOST];
    bool no_memory, failed, held; // held: the file stays locked for reading from one row to the next, which is most of what a row costs
};

static uint32_t number(sqlite3_stmt *row, int column) {
    const int64_t value = sqlite3_column_int64(row, column);
    return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

// The row's statement, at its first row; NULL: there is none. The caller ends it with done().
static sqlite3_stmt *row_of(struct tick__tale_asked *asked, int which, uint32_t id) {
    sqlite3_stmt **row = &asked->statements[which];
    struct tick_error error;
    if (asked->failed || asked->no_memory)
        return NULL;
    if (!*row && tick__prepare(asked->tale->trace, texts[which], row, &error) < 0) {
        asked->failed = true;
        return NULL;
    }
    sqlite3_bind_int64(*row, 1, id);
    if (sqlite3_step(*row) == SQLITE_ROW)
        return *row;
    asked->failed = sqlite3_reset(*row) != SQLITE_OK;
    return NULL;
}

static void done(struct tick__tale_asked *asked, sqlite3_stmt *row) {
    if (sqlite3_reset(row) != SQLITE_OK)
        asked->failed = true;
}

static const char *text(struct tick__tale_asked *asked, sqlite3_stmt *row, int column) {
    const char *bytes = (const char *)sqlite3_column_text(row, column);
    const char *kept = bytes ? tick__tale_keep(asked->tale, bytes, strlen(bytes)) : "";
    asked->no_memory |= !kept || (!bytes && sqlite3_errcode(asked->tale->trace->db) == SQLITE_NOMEM);
    return kept ? kept : "";
}

// What was kept of an id, or room for it; *found tells. NULL: out of memory.
static void *thing_of(struct tick__tale_asked *asked, struct tick__open_table *table, uint32_t id, size_t size, bool *found) {
    struct kept *kept = tick__open_find(table, id);
    *found = kept != NULL;
    if (kept)
        return kept->thing;
    void *thing = calloc(1, size);
    kept = thing ? tick__open_add(table, id) : NULL;
    if (!kept) {
        free(thing);
        asked->no_memory = true;
        return NULL;
    }
    kept->thing = thing;
    return thing;
}

const struct tick__tale_event *tick__asked_event(const struct tick__tale *tale, uint32_t seq) {
    static const struct tick__tale_event none;
    struct tick__tale_asked *asked = tale->asked;
    struct tick__tale_event *event = &asked->events[seq % EVENTS_KEPT];
    if (seq == 0 || seq > tale->last)
        return &none;
    if (asked->seqs[seq % EVENTS_KEPT] == seq)
        return event;
    sqlite3_stmt *row = row_of(asked, EVENT, seq);
    if (!row)
        return &none;
    const uint32_t kind = number(row, 1), cause = number(row, 5);
    *event = (struct tick__tale_event){
        .ts = sqlite3_column_int64(row, 0),
        .kind = kind <= UINT8_MAX ? (uint8_t)kind : 0,
        .host = number(row, 2),
        .task = number(row, 3),
        .subject = number(row, 4),
        .cause = cause < seq ? cause : 0, // in a damaged file they may lie behind
        .loc = (uint16_t)number(row, 6),
        .arg = sqlite3_column_int64(row, 7),
    };
    asked->seqs[seq % EVENTS_KEPT] = seq;
    done(asked, row);
    return event;
}

const struct tick__tale_object *tick__asked_object(const struct tick__tale *tale, uint32_t id) {
    static const struct tick__tale_object none = {.path = "", .name = ""};
    struct tick__tale_asked *asked = tale->asked;
    bool found;
    struct tick__tale_object *object = id ? thing_of(asked, &asked->objects, id, sizeof *object, &found) : NULL;
    if (!object || found)
        return object ? object : &none;
    *object = none;
    sqlite3_stmt *row = row_of(asked, OBJECT, id);
    if (!row)
        return object;
    const char *type = (const char *)sqlite3_column_text(row, 0);
    const uint32_t parent = number(row, 3);
    *object = (struct tick__tale_object){
        .type = tick__tale_object_type(type ? type : ""),
        .id = (tick_id)sqlite3_column_int64(row, 1),
        .path = text(asked, row, 2),
        .parent = parent < id ? parent : 0, // likewise: who made it was told before
        .host = number(row, 4),
        .name = text(asked, row, 5),
        .kth = number(row, 6),
        .ordinal = (uint64_t)sqlite3_column_int64(row, 7),
        .loc = (uint16_t)number(row, 8),
    };
    done(asked, row);
    return object;
}

const struct tick__tale_message *tick__asked_message(const struct tick__tale *tale, uint32_t id) {
    struct tick__tale_asked *asked = tale->asked;
    bool found;
    struct tick__tale_message *message = id ? thing_of(asked, &asked->messages, id, sizeof *message, &found) : NULL;
    sqlite3_stmt *row = message && !found ? row_of(asked, MESSAGE, id) : NULL;
    if (row) {
        const void *payload = sqlite3_column_blob(row, 6);
        *message = (struct tick__tale_message){
            .object = id,
            .direction = number(row, 0),
            .src = number(row, 1),
            .dst = number(row, 2),
            .send = number(row, 3),
            .recv = number(row, 4),
            .bytes = sqlite3_column_int64(row, 5),
            .kept = payload ? (uint32_t)sqlite3_column_bytes(row, 6) : 0,
        };
        message->payload = tick__tale_keep(asked->tale, payload, message->kept);
        asked->no_memory |= !message->payload;
        message->object = message->payload ? id : 0;
        done(asked, row);
    }
    return message && message->object ? message : NULL;
}

const struct tick__tale_place *tick__asked_place(const struct tick__tale *tale, uint32_t loc) {
    struct tick__tale_asked *asked = tale->asked;
    bool found;
    struct tick__tale_place *place = loc ? thing_of(asked, &asked->places, loc, sizeof *place, &found) : NULL;
    if (!place)
        return NULL;
    if (!found)
        place->file = place->function = place->name = "";
    sqlite3_stmt *row = found ? NULL : row_of(asked, PLACE, loc);
    if (row) {
        *place = (struct tick__tale_place){
            .function = text(asked, row, 0), .file = text(asked, row, 1), .name = text(asked, row, 3), .line = (int)number(row, 2)};
        done(asked, row);
    }
    return *place->file ? place : NULL;
}

// At most 64, which live until the next are asked for.
size_t tick__asked_causes(const struct tick__tale *tale, uint32_t seq, const struct tick__tale_cause **causes) {
    static const char *const hows[] = {"asked", "behind", "fault", "late", "read", "taken", "took"};
    struct tick__tale_asked *asked = tale->asked;
    size_t count = 0;
    *causes = asked->causes;
    if (!tale->trace->derived)
        return 0;
    sqlite3_stmt *row = row_of(asked, CAUSES, seq);
    for (bool more = row != NULL; more && count < CAUSES_MOST; more = sqlite3_step(row) == SQLITE_ROW) {
        const uint32_t cause = number(row, 0);
        const char *how = (const char *)sqlite3_column_text(row, 1);
        size_t known = 0;
        while (known < sizeof hows / sizeof *hows && (!how || strcmp(how, hows[known]) != 0))
            known++;
        if (cause && cause < seq && known < sizeof hows / sizeof *hows)
            asked->causes[count++] = (struct tick__tale_cause){.seq = seq, .cause = cause, .how = hows[known]};
    }
    if (row)
        done(asked, row);
    return count;
}

int tick__tale_open(const struct tick_trace *trace, struct tick__tale *tale, struct tick_error *error) {
    sqlite3_stmt *row;
    *tale = (struct tick__tale){.trace = trace, .place = "", .first = 1, .last = trace->events <= UINT32_MAX ? (uint32_t)trace->events : 0};
    tale->asked = calloc(1, sizeof *tale->asked);
    if (!tale->asked)
        return tick_error_set(error, -ENOMEM, "%s: out of memory", trace->path);
    tale->asked->tale = tale;
    tale->asked->held = sqlite3_exec(trace->db, "SAVEPOINT asked", NULL, NULL, NULL) == SQLITE_OK;
    tale->asked->objects.row = tale->asked->messages.row = tale->asked->places.row = sizeof(struct kept);
    int code = tick__prepare(trace, "SELECT value FROM meta WHERE key = 'place'", &row, error);
    if (code == 0) {
        if (sqlite3_step(row) == SQLITE_ROW)
            tale->place = text(tale->asked, row, 0);
        if (sqlite3_finalize(row) != SQLITE_OK)
            code = tick__trace_failed(trace, error);
    }
    if (code == 0 && tick__tale_event(tale, tale->last)->kind == TICK_EV_VERDICT) // it is told last
        tale->verdict = tale->last;
    tale->end = tick__tale_event(tale, tale->last)->ts;
    if (code == 0)
        code = tick__tale_trouble(tale, error);
    if (code < 0)
        tick__tale_fini(tale);
    return code;
}

int tick__tale_trouble(const struct tick__tale *tale, struct tick_error *error) {
    if (!tale->asked || (!tale->asked->no_memory && !tale->asked->failed))
        return 0;
    if (tale->asked->no_memory)
        return tick_error_set(error, -ENOMEM, "%s: out of memory", tale->trace->path);
    return tick__trace_failed(tale->trace, error);
}

static void forget(struct tick__open_table *table) {
    for (struct kept *kept = tick__open_next(table, NULL); kept; kept = tick__open_next(table, kept))
        free(kept->thing);
    tick__open_fini(table);
}

void tick__asked_fini(struct tick__tale_asked *asked) {
    if (!asked)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(asked->statements[i]);
    if (asked->held)
        sqlite3_exec(asked->tale->trace->db, "RELEASE asked", NULL, NULL, NULL);
    forget(&asked->objects);
    forget(&asked->messages);
    forget(&asked->places);
    free(asked);
}
