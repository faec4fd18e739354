// Rows are copied one by one into a file of its own, so that nothing of what is taken out is ever in it, be it in pages that are free.
#include "trace/redact.h"
#include "trace/derive.h"
#include "trace/guard_int.h"
#include "trace/schema_int.h"
#include "trace/story.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

// What becomes of a column.
enum way { AS_IT_IS, HASHED, LAST_PART, SHORT_HASH, META };
static const struct {
    const char *table, *column;
    enum way way;
} columns[] = {
    {"strings", "value", HASHED},
    {"messages", "payload", HASHED},
    {"locations", "file", LAST_PART},
    {"unkept", "hash", SHORT_HASH},
    {"meta", "value", META},
};

struct redacting {
    const struct tick_trace *trace;
    sqlite3 *to;
    const char *path;
    struct tick_error *error;
};

static int failed(const struct redacting *redacting) {
    return tick__write_failed(redacting->to, redacting->path, 0, redacting->error);
}

static int exec(const struct redacting *redacting, const char *sql) {
    return sqlite3_exec(redacting->to, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(redacting);
}

static uint32_t short_hash(const void *bytes, size_t size) {
    return (uint32_t)XXH3_64bits(size ? bytes : "", size);
}

static void bind_hashed(sqlite3_stmt *to, int column, sqlite3_stmt *row) {
    char text[64];
    const void *bytes = sqlite3_column_blob(row, column);
    const int size = sqlite3_column_bytes(row, column);
    snprintf(text, sizeof text, "[%d byte%s, %08x]", size, size == 1 ? "" : "s", short_hash(bytes, (size_t)size));
    if (sqlite3_column_type(row, column) == SQLITE_BLOB)
        sqlite3_bind_blob(to, column + 1, text, (int)strlen(text), SQLITE_TRANSIENT);
    else
        sqlite3_bind_text(to, column + 1, text, -1, SQLITE_TRANSIENT);
}

static void bind_last_part(sqlite3_stmt *to, int column, sqlite3_stmt *row) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    const char *slash = text ? strrchr(text, '/') : NULL;
    sqlite3_bind_text(to, column + 1, slash ? slash + 1 : text, -1, SQLITE_TRANSIENT);
}

// A schedule without the words that its program was started by.
static void bind_schedule(sqlite3_stmt *to, int column, const char *text) {
    char *kept = sqlite3_mprintf("%s", text);
    size_t used = 0;
    for (const char *line = text, *end; kept && *line; line = end) {
        end = line + strcspn(line, "\n");
        end += *end == '\n';
        if (strncmp(line, "program ", 8) == 0)
            continue;
        memcpy(kept + used, line, (size_t)(end - line));
        used += (size_t)(end - line);
    }
    sqlite3_bind_text(to, column + 1, kept, kept ? (int)used : 0, SQLITE_TRANSIENT);
    sqlite3_free(kept);
}

// False: the row is left out.
static bool bind_meta(sqlite3_stmt *to, int column, sqlite3_stmt *row) {
    static const char *const gone[] = {"contents", "options", "beside", "parting", "parting_ns", "schema_version"};
    const char *key = (const char *)sqlite3_column_text(row, 0), *value = (const char *)sqlite3_column_text(row, column);
    for (size_t i = 0; key && i < sizeof gone / sizeof *gone; i++)
        if (strcmp(key, gone[i]) == 0)
            return false;
    if (!key || strncmp(key, "ring_", 5) == 0)
        return false;
    if (strcmp(key, "text") == 0 && value && *value && strcmp(value, "pass") != 0)
        bind_hashed(to, column, row);
    else if (strcmp(key, "scenario_file") == 0 || strcmp(key, "place") == 0)
        bind_last_part(to, column, row);
    else if (strcmp(key, "schedule") == 0 && value)
        bind_schedule(to, column, value);
    else
        sqlite3_bind_value(to, column + 1, sqlite3_column_value(row, column));
    return true;
}

static bool bind_column(const char *table, sqlite3_stmt *to, int column, sqlite3_stmt *row) {
    const char *name = sqlite3_column_name(row, column);
    enum way way = AS_IT_IS;
    for (size_t i = 0; name && i < sizeof columns / sizeof *columns; i++)
        if (strcmp(columns[i].table, table) == 0 && strcmp(columns[i].column, name) == 0)
            way = columns[i].way;
    if (way == META)
        return bind_meta(to, column, row);
    if (way == AS_IT_IS || sqlite3_column_type(row, column) == SQLITE_NULL)
        sqlite3_bind_value(to, column + 1, sqlite3_column_value(row, column));
    else if (way == HASHED)
        bind_hashed(to, column, row);
    else if (way == LAST_PART)
        bind_last_part(to, column, row);
    else
        sqlite3_bind_int64(to, column + 1, sqlite3_column_int64(row, column) & UINT32_MAX);
    return true;
}

static int copy_rows(struct redacting *redacting, const char *table, sqlite3_stmt *row) {
    char sql[256];
    const int count = sqlite3_column_count(row);
    int used = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES(", table);
    for (int i = 0; i < count && used < (int)sizeof sql - 4; i++)
        used += snprintf(sql + used, sizeof sql - (size_t)used, "%s", i + 1 < count ? "?," : "?)");
    sqlite3_stmt *to;
    if (sqlite3_prepare_v2(redacting->to, sql, -1, &to, NULL) != SQLITE_OK)
        return failed(redacting);
    int step = SQLITE_DONE, code = 0;
    while (code == 0 && (step = sqlite3_step(row)) == SQLITE_ROW) {
        bool kept = true;
        for (int i = 0; i < count; i++)
            kept = bind_column(table, to, i, row) && kept;
        if (kept && sqlite3_step(to) != SQLITE_DONE)
            code = failed(redacting);
        sqlite3_reset(to);
    }
    if (code == 0 && step != SQLITE_DONE)
        code = tick__trace_failed(redacting->trace, redacting->error);
    sqlite3_finalize(to);
    return code;
}

// What the columns' own text names, in that order.
static int copy_table(struct redacting *redacting, const char *table, const char *text) {
    char column[32], list[512] = "", *sql;
    size_t used = 0;
    while (tick__guard_column(&text, column, sizeof column) && used < sizeof list)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", column);
    sqlite3_stmt *row;
    // The story quotes what was said, and is told anew; sources are the program's owner's.
    if (strcmp(table, "story") == 0 || strcmp(table, "sources") == 0 || strcmp(table, "source_lines") == 0)
        return 0;
    // A text's stable id is a hash of it, of which the short one stays.
    sql = strcmp(table, "objects") == 0
              ? sqlite3_mprintf(
                    "SELECT object_id, type, iif(type = 'string', stable_id & 4294967295, stable_id), path, parent_id, host_id, name,"
                    " kth, ordinal, loc_id FROM objects")
              : sqlite3_mprintf("SELECT %s FROM %s", list, table);
    int code = sql ? tick__prepare(redacting->trace, sql, &row, redacting->error)
                   : tick_error_set(redacting->error, -ENOMEM, "%s: out of memory", redacting->trace->path);
    sqlite3_free(sql);
    if (code < 0)
        return code;
    code = copy_rows(redacting, table, row);
    sqlite3_finalize(row);
    return code;
}

static int copy_listed(struct redacting *redacting, const struct tick__schema_table *tables, bool create) {
    for (const struct tick__schema_table *table = tables; table->name; table++) {
        char sql[1024];
        snprintf(sql, sizeof sql, "CREATE TABLE %s(%s", table->name, table->columns);
        TICK_TRY(create ? exec(redacting, sql) : copy_table(redacting, table->name, table->columns));
    }
    return 0;
}

static int copy_written(struct redacting *redacting) {
    static const char create[] = "CREATE TABLE ";
    for (const char *const *part = tick__schema_tables; *part; part++)
        for (const char *at = *part; (at = strstr(at, create));) {
            char table[32];
            at += sizeof create - 1;
            const size_t length = strcspn(at, "(");
            snprintf(table, sizeof table, "%.*s", (int)length, at);
            at += length + 1;
            TICK_TRY(copy_table(redacting, table, at));
        }
    return 0;
}

static bool has_table(const struct tick_trace *trace, const char *name) {
    return sqlite3_table_column_metadata(trace->db, NULL, name, NULL, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

static int copy(struct redacting *redacting) {
    char sql[160];
    snprintf(sql, sizeof sql, "PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;PRAGMA application_id=%d;PRAGMA user_version=%d;BEGIN",
        TICK__APPLICATION_ID, TICK__SCHEMA_VERSION);
    TICK_TRY(exec(redacting, sql));
    for (const char *const *part = tick__schema_tables; *part; part++)
        TICK_TRY(exec(redacting, *part));
    TICK_TRY(copy_listed(redacting, tick__schema_derived, true));
    TICK_TRY(copy_listed(redacting, tick__schema_later, true));
    for (const struct tick__schema_view *view = tick__schema_views; view->name; view++) {
        char *text = sqlite3_mprintf("CREATE VIEW %s AS %s", view->name, view->select);
        const int code = text ? exec(redacting, text) : tick_error_set(redacting->error, -ENOMEM, "%s: out of memory", redacting->path);
        sqlite3_free(text);
        TICK_TRY(code);
    }
    TICK_TRY(copy_written(redacting));
    TICK_TRY(copy_listed(redacting, tick__schema_derived, false));
    for (const struct tick__schema_table *table = tick__schema_later; table->name; table++)
        if (has_table(redacting->trace, table->name))
            TICK_TRY(copy_table(redacting, table->name, table->columns));
    for (const char *const *index = tick__schema_indexes; *index; index++)
        TICK_TRY(exec(redacting, *index));
    snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO meta VALUES('derived', 1), ('redacted', 1), ('schema_version', %d);COMMIT",
        TICK__SCHEMA_VERSION);
    return exec(redacting, sql);
}

int tick_trace_redact(const struct tick_trace *trace, const char *path, struct tick_error *error) {
    struct redacting redacting = {.trace = trace, .path = path, .error = error};
    int code = sqlite3_open_v2(path, &redacting.to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK
                   ? copy(&redacting)
                   : failed(&redacting);
    if (sqlite3_close(redacting.to) != SQLITE_OK && code == 0)
        code = tick_error_set(error, -EIO, "%s could not be written", path);
    if (code < 0)
        unlink(path);
    return code;
}
