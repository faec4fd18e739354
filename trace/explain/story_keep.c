#include "trace/explain/story_keep.h"
#include "trace/derive.h"
#include "trace/guard_int.h"
#include "trace/story.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const tick__sentence_classes[] = {[TICK__SAID_DECISION] = "decision", [TICK__SAID_BEARING] = "bearing",
    [TICK__SAID_CHAIN] = "chain", [TICK__SAID_CONTEXT] = "context", [TICK__SAID_WAIT] = "wait", [TICK__SAID_END] = "end"};
enum { CLASSES = sizeof tick__sentence_classes / sizeof *tick__sentence_classes };

static void bind_id(sqlite3_stmt *row, int column, int64_t id) {
    if (id)
        sqlite3_bind_int64(row, column, id);
    else
        sqlite3_bind_null(row, column);
}

static int write_row(sqlite3_stmt *row, size_t number, const struct tick__sentence *sentence) {
    const char *const texts[] = {sentence->who, sentence->say, sentence->place, sentence->over, sentence->good};
    sqlite3_bind_int64(row, 1, (int64_t)number);
    bind_id(row, 2, sentence->seq);
    sqlite3_bind_int64(row, 3, sentence->ts);
    bind_id(row, 4, sentence->until);
    sqlite3_bind_text(row, 5, tick__sentence_classes[sentence->class], -1, SQLITE_STATIC);
    bind_id(row, 6, sentence->host);
    bind_id(row, 7, sentence->task);
    bind_id(row, 8, sentence->loc);
    for (int i = 0; i < 5; i++)
        sqlite3_bind_text(row, 9 + i, texts[i], -1, SQLITE_STATIC);
    const int code = sqlite3_step(row) == SQLITE_DONE ? 0 : -1;
    sqlite3_reset(row);
    return code;
}

static int write_meta(sqlite3 *db, const char *key, const char *text, int64_t number) {
    sqlite3_stmt *row;
    if (sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO meta VALUES(?1, coalesce(?2, ?3))", -1, &row, NULL) != SQLITE_OK)
        return -1;
    sqlite3_bind_text(row, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(row, 3, number);
    sqlite3_step(row);
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : -1;
}

static int write_all(sqlite3 *db, const struct tick__story *story, const char *beside) {
    sqlite3_stmt *row = NULL;
    int code = -1;
    if (sqlite3_exec(db, "PRAGMA synchronous=OFF; BEGIN IMMEDIATE; DELETE FROM story", NULL, NULL, NULL) != SQLITE_OK)
        return -1;
    if (sqlite3_prepare_v2(db, "INSERT INTO story VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)", -1, &row, NULL) == SQLITE_OK)
        code = 0;
    for (size_t i = 0; i < story->count && code == 0; i++)
        code = write_row(row, i + 1, &story->sentences[i]);
    sqlite3_finalize(row);
    if (code == 0)
        code = write_meta(db, "beside", beside ? beside : "", 0);
    if (code == 0)
        code = write_meta(db, "parting", NULL, story->parting);
    if (code == 0)
        code = write_meta(db, "parting_ns", NULL, story->parting_ts);
    return code == 0 && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? 0 : -1;
}

int tick__story_keep(const char *path, const struct tick__story *story, const char *beside, struct tick_error *error) {
    sqlite3 *db = NULL;
    int code = -1;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK) {
        tick__guard_bind(db);
        sqlite3_busy_timeout(db, 5000);
        code = write_all(db, story, beside);
    }
    if (code < 0)
        code = tick__write_failed(db, path, 0, error);
    sqlite3_close(db); // what was begun and not committed is taken back
    return code;
}

// --- back ---

static void copy(sqlite3_stmt *row, int column, char *to, size_t size) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    snprintf(to, size, "%s", text ? text : "");
}

static void read_row(sqlite3_stmt *row, struct tick__sentence *sentence) {
    char class[16];
    *sentence = (struct tick__sentence){
        .seq = (uint32_t)sqlite3_column_int64(row, 0),
        .ts = sqlite3_column_int64(row, 1),
        .until = sqlite3_column_int64(row, 2),
        .host = (uint32_t)sqlite3_column_int64(row, 4),
        .task = (uint32_t)sqlite3_column_int64(row, 5),
        .loc = (uint32_t)sqlite3_column_int64(row, 6),
        .class = TICK__SAID_CONTEXT,
    };
    copy(row, 3, class, sizeof class);
    for (int i = 0; i < CLASSES; i++)
        if (strcmp(class, tick__sentence_classes[i]) == 0)
            sentence->class = (enum tick__sentence_class)i;
    copy(row, 7, sentence->who, sizeof sentence->who);
    copy(row, 8, sentence->say, sizeof sentence->say);
    copy(row, 9, sentence->place, sizeof sentence->place);
    copy(row, 10, sentence->over, sizeof sentence->over);
    copy(row, 11, sentence->good, sizeof sentence->good);
}

static int read_rows(const struct tick_trace *trace, struct tick__story *story, struct tick_error *error) {
    sqlite3_stmt *row;
    TICK_TRY(tick__prepare(trace,
        "SELECT seq, ts, until_ts, class, host_id, task_id, loc_id, who, say, place, more, beside FROM story ORDER BY n LIMIT 12", &row,
        error));
    while (sqlite3_step(row) == SQLITE_ROW && story->count < story->room)
        read_row(row, &story->sentences[story->count++]);
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__trace_failed(trace, error);
}

static int read_head(const struct tick_trace *trace, struct tick__story *story, char *beside, size_t size, struct tick_error *error) {
    sqlite3_stmt *row;
    TICK_TRY(tick__prepare(trace,
        "SELECT (SELECT value FROM meta WHERE key = 'beside'), (SELECT value FROM meta WHERE key = 'parting'),"
        " coalesce((SELECT value FROM meta WHERE key = 'parting_ns'),"
        " (SELECT ts FROM events WHERE seq = (SELECT value FROM meta WHERE key = 'parting')))",
        &row, error));
    if (sqlite3_step(row) == SQLITE_ROW) {
        copy(row, 0, beside, size);
        story->beside = *beside != '\0';
        story->parting = (uint32_t)sqlite3_column_int64(row, 1);
        story->parting_ts = sqlite3_column_int64(row, 2);
    }
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__trace_failed(trace, error);
}

int tick__story_kept(const struct tick_trace *trace, struct tick__story *story, char *beside, size_t size, struct tick_error *error) {
    *story = (struct tick__story){.room = TICK__STORY_MOST, .sentences = calloc(TICK__STORY_MOST, sizeof *story->sentences)};
    *beside = '\0';
    int code = story->sentences ? read_rows(trace, story, error) : tick_error_set(error, -ENOMEM, "%s: out of memory", trace->path);
    if (code == 0)
        code = read_head(trace, story, beside, size, error);
    if (code == 0 && story->count)
        return 1;
    tick__story_fini(story);
    return code;
}
