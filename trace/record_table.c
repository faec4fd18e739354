// The eponymous virtual table `tick_records`: the events among a sink's records, so that one INSERT ... SELECT moves thousands of rows
// without binding a value. It reads forward only, once, from the sink's `rows` cursor up to `upto`.
#include "trace/sink_int.h"
#include <string.h>

struct table {
    sqlite3_vtab base;
    struct tick__sink *sink;
};
struct cursor {
    sqlite3_vtab_cursor base;
    struct tick__sink *sink;
    const struct tick__slot *slot; // NULL at the end
    uint64_t position;
    int64_t time_base;
    int64_t row;
};

static int table_connect(sqlite3 *db, void *context, int argc, const char *const *argv, sqlite3_vtab **out, char **message) {
    (void)argc, (void)argv, (void)message;
    const int code = sqlite3_declare_vtab(db, "CREATE TABLE x(ts INTEGER, kind INTEGER, host_id INTEGER, task_id INTEGER,"
                                              " subject_id INTEGER, cause_seq INTEGER, loc_id INTEGER, arg INTEGER)");
    if (code != SQLITE_OK)
        return code; // SQLite frees no table of a failed connect
    struct table *table = sqlite3_malloc(sizeof *table);
    if (!table)
        return SQLITE_NOMEM;
    *table = (struct table){.sink = context};
    *out = &table->base;
    return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *table) {
    sqlite3_free(table);
    return SQLITE_OK;
}

static int table_plan(sqlite3_vtab *table, sqlite3_index_info *info) {
    (void)table;
    info->estimatedCost = 1;
    info->estimatedRows = 1000000;
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out) {
    struct cursor *cursor = sqlite3_malloc(sizeof *cursor);
    if (!cursor)
        return SQLITE_NOMEM;
    *cursor = (struct cursor){.sink = ((struct table *)table)->sink};
    *out = &cursor->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *cursor) {
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static void settle(struct cursor *cursor) {
    const struct tick__sink *sink = cursor->sink;
    while (cursor->position < sink->upto) {
        const struct tick__slot *slot = tick__record_at(&sink->records, cursor->position);
        if (slot->tag < TICK__REC_PAD) {
            cursor->slot = slot;
            return;
        }
        if (slot->tag == TICK__REC_TIME)
            cursor->time_base = slot->arg;
        cursor->position += tick__record_slots(slot);
    }
    cursor->slot = NULL;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc, sqlite3_value **argv) {
    (void)number, (void)text, (void)argc, (void)argv;
    struct cursor *cursor = (struct cursor *)base;
    cursor->position = cursor->sink->rows.position;
    cursor->time_base = cursor->sink->rows.base;
    settle(cursor);
    return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base) {
    struct cursor *cursor = (struct cursor *)base;
    cursor->position++;
    cursor->row++;
    settle(cursor);
    return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base) {
    return ((struct cursor *)base)->slot == NULL;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
    const struct cursor *cursor = (struct cursor *)base;
    const struct tick__slot *slot = cursor->slot;
    sqlite3_int64 value;
    switch (column) {
    case 0:
        sqlite3_result_int64(context, cursor->time_base + slot->after);
        return SQLITE_OK;
    case 1:
        value = slot->tag;
        break;
    case 2:
        value = slot->host;
        break;
    case 3:
        value = slot->task;
        break;
    case 4:
        value = slot->subject;
        break;
    case 5:
        value = slot->cause;
        break;
    case 6:
        value = slot->loc;
        break;
    default:
        sqlite3_result_int64(context, slot->arg);
        return SQLITE_OK;
    }
    if (value) // else NULL, which a fresh result is
        sqlite3_result_int64(context, value);
    return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *row) {
    *row = ((struct cursor *)base)->row;
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .xConnect = table_connect,
    .xDisconnect = table_disconnect,
    .xBestIndex = table_plan,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

int tick__record_table(struct tick__sink *sink) {
    return sqlite3_create_module(sink->db, "tick_records", &module, sink);
}
