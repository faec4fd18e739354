#include "trace/contents.h"
#include "src/base/visible.h"
#include "trace/story.h"
#include <retick/probe.h>
#include <string.h>

// --- finding ---

enum { NAME, TEXT, PAYLOAD, BYTES, OBJECT };

// The kept piece of a row, NULL: none.
static const uint8_t *piece(sqlite3_stmt *row, int column, uint64_t *count) {
    const uint8_t *bytes = sqlite3_column_blob(row, column);
    *count = bytes ? (uint64_t)sqlite3_column_bytes(row, column) : 0;
    return bytes;
}

static bool differ(sqlite3_stmt *const rows[2], int column, struct tick_difference *out) {
    const uint8_t *bytes[2];
    uint64_t kept[2];
    for (int i = 0; i < 2; i++)
        bytes[i] = piece(rows[i], column, &kept[i]);
    const uint64_t shorter = kept[0] < kept[1] ? kept[0] : kept[1];
    uint64_t same = 0;
    while (same < shorter && bytes[0][same] == bytes[1][same])
        same++;
    if (same == shorter && kept[0] == kept[1])
        return false;
    *out = (struct tick_difference){
        .what = column == NAME   ? TICK_CONTENT_NAME
                : column == TEXT ? TICK_CONTENT_TEXT
                                 : TICK_CONTENT_MESSAGE,
        .object = (uint32_t)sqlite3_column_int64(rows[0], OBJECT),
        .offset = same,
        .from = same > 16 ? same - 16 : 0,
    };
    for (int i = 0; i < 2; i++) {
        out->count[i] = column == PAYLOAD ? (uint64_t)sqlite3_column_int64(rows[i], BYTES) : kept[i];
        const uint64_t left = kept[i] > out->from ? kept[i] - out->from : 0;
        out->shown[i] = left < TICK_CONTENT_NEAR ? (size_t)left : TICK_CONTENT_NEAR;
        if (out->shown[i])
            memcpy(out->near[i], bytes[i] + out->from, out->shown[i]);
    }
    return true;
}

// In what both keep: names, texts and the first bytes of messages.
static int compare_kept(const struct tick_trace *a, const struct tick_trace *b, struct tick_difference *out, struct tick_error *error) {
    const struct tick_trace *traces[2] = {a, b};
    sqlite3_stmt *rows[2] = {NULL, NULL};
    int result = 0;
    for (int i = 0; i < 2 && result == 0; i++)
        result = tick__prepare(traces[i],
            "SELECT CAST(o.name AS BLOB), CAST(s.value AS BLOB), m.payload, m.bytes, o.object_id FROM objects o"
            " LEFT JOIN strings s ON s.string_id = o.object_id LEFT JOIN messages m ON m.message_id = o.object_id ORDER BY o.object_id",
            &rows[i], error);
    while (result == 0 && sqlite3_step(rows[0]) == SQLITE_ROW && sqlite3_step(rows[1]) == SQLITE_ROW)
        result = differ(rows, NAME, out) || differ(rows, TEXT, out) || differ(rows, PAYLOAD, out);
    for (int i = 0; i < 2; i++)
        if (sqlite3_finalize(rows[i]) != SQLITE_OK && result >= 0)
            result = tick__trace_failed(traces[i], error);
    return result;
}

// --- finding, in hashes of what is not kept ---

struct rest { // a row of `unkept`
    bool there;
    int64_t seq, object, offset, count, hash;
    enum tick_content what;
};

static int rest_next(const struct tick_trace *trace, sqlite3_stmt *row, struct rest *rest, struct tick_error *error) {
    const int code = sqlite3_step(row);
    *rest = (struct rest){.there = code == SQLITE_ROW};
    if (!rest->there)
        return code == SQLITE_DONE ? 0 : tick__trace_failed(trace, error);
    const char *what = (const char *)sqlite3_column_text(row, 0);
    for (int i = 0; what && i <= TICK_CONTENT_WRITTEN; i++)
        if (strcmp(what, tick_content_words[i]) == 0)
            rest->what = (enum tick_content)i;
    int64_t *const fields[] = {&rest->seq, &rest->object, &rest->offset, &rest->count, &rest->hash};
    for (int i = 0; i < 5; i++)
        *fields[i] = sqlite3_column_int64(row, i + 1);
    return 0;
}

static bool rests_differ(const struct rest rests[2], struct tick_difference *out) {
    const struct rest *x = &rests[0], *y = &rests[1], *first = x->there ? x : y;
    if (x->there == y->there && x->object == y->object && x->offset == y->offset && x->count == y->count && x->hash == y->hash)
        return false;
    *out = (struct tick_difference){.what = first->what, .object = (uint32_t)first->object, .seq = (uint32_t)first->seq, .hashed = true};
    for (int i = 0; i < 2; i++) {
        const bool there = rests[i].there && rests[i].object == first->object;
        out->count[i] = there ? (uint64_t)rests[i].count : 0;
        out->hash[i] = there ? (uint64_t)rests[i].hash : 0;
        out->place[i] = there && first->what == TICK_CONTENT_WRITTEN ? (uint64_t)rests[i].offset : 0;
    }
    out->offset = first->what == TICK_CONTENT_WRITTEN ? 0 : (uint64_t)first->offset;
    return true;
}

// A trace of an earlier version has no such table.
static int has_rests(const struct tick_trace *trace, struct tick_error *error) {
    const int code = sqlite3_table_column_metadata(trace->db, "main", "unkept", NULL, NULL, NULL, NULL, NULL, NULL);
    return code == SQLITE_NOMEM ? tick__trace_failed(trace, error) : code == SQLITE_OK;
}

static int compare_rests(const struct tick_trace *a, const struct tick_trace *b, struct tick_difference *out, struct tick_error *error) {
    const struct tick_trace *traces[2] = {a, b};
    sqlite3_stmt *rows[2] = {NULL, NULL};
    struct rest rests[2] = {0};
    int result = 1;
    for (int i = 0; i < 2 && result == 1; i++)
        result = has_rests(traces[i], error);
    if (result != 1)
        return result;
    result = 0;
    for (int i = 0; i < 2 && result == 0; i++)
        result = tick__prepare(traces[i], "SELECT what, seq, object_id, offset, bytes, hash FROM unkept ORDER BY n", &rows[i], error);
    while (result == 0) {
        for (int i = 0; i < 2 && result == 0; i++)
            result = rest_next(traces[i], rows[i], &rests[i], error);
        if (result < 0 || (!rests[0].there && !rests[1].there))
            break;
        result = rests_differ(rests, out);
    }
    for (int i = 0; i < 2; i++)
        sqlite3_finalize(rows[i]);
    return result;
}

static int64_t event_of(const struct tick_trace *trace, const struct tick_difference *difference, struct tick_error *error);

// Which of two was told first: the hash of what is not kept, or what is.
static int earlier(
    const struct tick_trace *trace, const struct tick_difference *kept, const struct tick_difference *rest, struct tick_error *error) {
    const int64_t seq = event_of(trace, kept, error);
    return seq < 0 ? (int)seq : rest->object != kept->object && rest->seq < seq;
}

int tick_contents_compare(const struct tick_trace *a, const struct tick_trace *b, struct tick_difference *out, struct tick_error *error) {
    struct tick_difference rest = {0};
    const int kept = compare_kept(a, b, out, error), more = kept < 0 ? kept : compare_rests(a, b, &rest, error);
    if (more <= 0)
        return more < 0 ? more : kept;
    const int first = kept ? earlier(a, out, &rest, error) : 1;
    if (first > 0)
        *out = rest;
    return first < 0 ? first : 1;
}

// --- telling ---

// The first event about the object (its sending, for a message); 0: none.
static int64_t event_of(const struct tick_trace *trace, const struct tick_difference *difference, struct tick_error *error) {
    sqlite3_stmt *row;
    int64_t seq = 0;
    TICK_TRY(tick__prepare(trace, "SELECT min(seq) FROM events WHERE subject_id = ? AND (?2 = 0 OR kind = ?2)", &row, error));
    sqlite3_bind_int64(row, 1, difference->object);
    sqlite3_bind_int64(row, 2, difference->what == TICK_CONTENT_MESSAGE ? TICK_EV_MSG_SEND : 0);
    if (sqlite3_step(row) == SQLITE_ROW)
        seq = sqlite3_column_int64(row, 0);
    return sqlite3_finalize(row) == SQLITE_OK ? seq : tick__trace_failed(trace, error);
}

// Where the task was last known to be: most calls that send and log have no place of their own. "" if nowhere.
static int last_place(const struct tick_trace *trace, int64_t task, int64_t seq, char *text, size_t size, struct tick_error *error) {
    sqlite3_stmt *row;
    *text = 0;
    TICK_TRY(tick__prepare(trace,
        "SELECT '  (after ' || iif(l.line > 0, l.file || ':' || l.line, l.function) || ')' FROM events e JOIN locations l USING (loc_id)"
        " WHERE e.task_id = ? AND e.seq <= ? ORDER BY e.seq DESC LIMIT 1",
        &row, error));
    sqlite3_bind_int64(row, 1, task);
    sqlite3_bind_int64(row, 2, seq);
    if (sqlite3_step(row) == SQLITE_ROW && sqlite3_column_text(row, 0))
        snprintf(text, size, "%s", (const char *)sqlite3_column_text(row, 0));
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__trace_failed(trace, error);
}

// "a/main"; named: "a:fd (log.txt)", for what is known by more than its path.
static int path_of(const struct tick_trace *trace, int64_t object, bool named, char *text, size_t size, struct tick_error *error) {
    sqlite3_stmt *row;
    *text = 0;
    TICK_TRY(tick__prepare(trace, "SELECT path, CASE WHEN ?2 THEN name END FROM objects WHERE object_id = ?1", &row, error));
    sqlite3_bind_int64(row, 1, object);
    sqlite3_bind_int(row, 2, named);
    if (sqlite3_step(row) == SQLITE_ROW) {
        const char *path = (const char *)sqlite3_column_text(row, 0), *name = (const char *)sqlite3_column_text(row, 1);
        char shown[160];
        tick__printable(name ? name : "", name ? strlen(name) : 0, shown, sizeof shown);
        snprintf(text, size, "%s%s%s%s", path ? path : "", name ? " (" : "", shown, name ? ")" : "");
    }
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__trace_failed(trace, error);
}

// "8 bytes, with the hash ...", each in its run.
static void say_hashes(FILE *out, const struct tick_difference *d, const char *const sides[2]) {
    for (int i = 0; i < 2; i++) {
        char where[40] = "";
        if (d->place[0] != d->place[1])
            snprintf(where, sizeof where, " at %llu", (unsigned long long)d->place[i]);
        if (d->count[i])
            tick__print(out, "  %s  %llu %sbyte%s%s, with the hash %016llx\n", sides[i], (unsigned long long)d->count[i],
                d->offset ? "more " : "", d->count[i] == 1 ? "" : "s", where, (unsigned long long)d->hash[i]);
        else
            tick__print(out, "  %s  nothing\n", sides[i]);
    }
}

static void say_sides(FILE *out, const struct tick_difference *d, const char *const sides[2]) {
    if (d->hashed) {
        say_hashes(out, d, sides);
        return;
    }
    for (int i = 0; i < 2; i++) {
        char text[6 * TICK_CONTENT_NEAR + 8];
        tick__printable(d->near[i], d->shown[i], text, sizeof text);
        tick__print(out, "  %s  ", sides[i]);
        if (d->offset < d->count[i] && d->offset - d->from < d->shown[i])
            tick__print(out, "0x%02x in ", d->near[i][d->offset - d->from]);
        else
            tick__print(out, "ends after %llu bytes ", (unsigned long long)d->count[i]);
        tick__print(out, "%s\"%s\"%s\n", d->from ? "..." : "", text, d->from + d->shown[i] < d->count[i] ? "..." : "");
    }
}

// "the text of event #64", or "what a/main wrote at 0 of a:fd (log), after event #12,"; then the event.
static int say_piece(FILE *out, const struct tick_trace *trace, const struct tick_difference *difference, struct tick_error *error) {
    static const char *const words[] = {
        [TICK_CONTENT_NAME] = "a name, in", [TICK_CONTENT_TEXT] = "the text of", [TICK_CONTENT_MESSAGE] = "the message of"};
    const bool written = difference->what == TICK_CONTENT_WRITTEN;
    struct tick__told told = {0};
    char place[200] = "", path[300], who[300];
    int64_t seq = written ? difference->seq : event_of(trace, difference, error);
    if (seq < 0)
        return (int)seq;
    const int found = seq ? tick__told_read(trace, seq, &told, error) : 0;
    TICK_TRY(found);
    const int64_t task = difference->task ? difference->task : told.task;
    if (*told.where && !written)
        snprintf(place, sizeof place, "  (%s)", told.where);
    else
        TICK_TRY(last_place(trace, task, seq, place, sizeof place, error));
    TICK_TRY(path_of(trace, difference->object, true, path, sizeof path, error));
    const int64_t host = difference->host ? difference->host : told.host;
    TICK_TRY(path_of(trace, task ? task : host, false, who, sizeof who, error));
    if (written)
        tick__print(
            out, "what %s wrote at %llu of %s, after event #%lld,", who, (unsigned long long)difference->place[0], path, (long long)seq);
    else if (found)
        tick__print(out, "%s event #%lld", words[difference->what], (long long)seq);
    else
        tick__print(out, "%s %s", words[difference->what], path);
    if (!difference->hashed)
        tick__print(out, " differs from byte %llu on\n", (unsigned long long)difference->offset + 1);
    else if (difference->offset)
        tick__print(out, " differs beyond its first %llu bytes, which are all that traces keep\n", (unsigned long long)difference->offset);
    else
        tick__print(out, " differs: traces keep a hash of it\n");
    if (found)
        tick__print(out, "     #%-6lld %12s  %s%s%s%s\n", (long long)seq, told.time, told.who, *told.who ? " " : "", told.words, place);
    return 0;
}

int tick_difference_say(FILE *out, const struct tick_trace *trace, const struct tick_difference *difference, const char *const sides[2],
    struct tick_error *error) {
    fputs("the events are the same, but not what they hold: ", out);
    TICK_TRY(say_piece(out, trace, difference, error));
    say_sides(out, difference, sides);
    return 0;
}
