#include "trace/query.h"
#include "src/base/visible.h"
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MEASURED 500 // rows that are held back to find the columns' widths
#define CELL_MOST 200

struct table {
    FILE *out;
    int columns;
    size_t *width;
    bool *right;  // numbers only, so far
    char **cells; // of the rows held back
    size_t rows, held;
};

static int only_read(void *context, int action, const char *a, const char *b, const char *c, const char *d) {
    (void)context, (void)b, (void)c, (void)d;
    static const char *const pragmas[] = {
        "table_info", "table_list", "index_list", "index_info", "integrity_check", "user_version", "application_id"};
    if (action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION || action == SQLITE_RECURSIVE)
        return SQLITE_OK;
    if (action == SQLITE_PRAGMA && !b)
        return SQLITE_OK;
    for (size_t i = 0; action == SQLITE_PRAGMA && a && i < sizeof pragmas / sizeof pragmas[0]; i++)
        if (sqlite3_stricmp(a, pragmas[i]) == 0)
            return SQLITE_OK;
    return SQLITE_DENY;
}

// A cell's bytes, made visible; they stand in no quotes, so that a quote is itself. What does not fit ends in an ellipsis.
static char *shown(const void *bytes, size_t count, char room[CELL_MOST + 8]) {
    static const char ellipsis[] = "…";
    const char *at = bytes, *end = at + count;
    size_t used = 0;
    for (size_t taken; at < end; at += taken) {
        char piece[TICK__VISIBLE_MOST];
        const size_t length = tick__visible_next(at, (size_t)(end - at), piece, &taken);
        if (used + length > CELL_MOST) {
            memcpy(room + used, ellipsis, sizeof ellipsis);
            return room;
        }
        memcpy(room + used, piece, length);
        used += length;
    }
    room[used] = '\0';
    return room;
}

// Columns on a terminal: characters, not bytes.
static size_t wide(const char *text) {
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void put_cell(const struct table *table, int column, const char *text) {
    int pad = (int)(table->width[column] > wide(text) ? table->width[column] - wide(text) : 0);
    bool last = column + 1 == table->columns;
    if (table->right[column])
        fprintf(table->out, "%*s%s%s", pad, "", text, last ? "\n" : "  ");
    else
        fprintf(table->out, "%s%*s%s", text, last ? 0 : pad, "", last ? "\n" : "  ");
}

static const char *head_of(sqlite3_stmt *statement, int column, char room[CELL_MOST + 8]) {
    const char *name = sqlite3_column_name(statement, column);
    return shown(name ? name : "", name ? strlen(name) : 0, room);
}

static void flush(struct table *table, sqlite3_stmt *statement) {
    char room[CELL_MOST + 8];
    static const char dashes[] = "----------------------------------------------------------------";
    for (int i = 0; i < table->columns; i++)
        put_cell(table, i, head_of(statement, i, room));
    for (int i = 0; i < table->columns; i++) {
        size_t left = table->width[i];
        for (; left > 64; left -= 64)
            fputs(dashes, table->out);
        fprintf(table->out, "%.*s%s", (int)left, dashes, i + 1 == table->columns ? "\n" : "  ");
    }
    for (size_t row = 0; row < table->held; row++)
        for (int i = 0; i < table->columns; i++)
            put_cell(table, i, table->cells[row * (size_t)table->columns + (size_t)i]);
}

static char *cell_of(sqlite3_stmt *statement, int column, char room[CELL_MOST + 8]) {
    const void *bytes = sqlite3_column_type(statement, column) == SQLITE_BLOB ? sqlite3_column_blob(statement, column)
                                                                              : sqlite3_column_text(statement, column);
    return shown(bytes ? bytes : "", (size_t)sqlite3_column_bytes(statement, column), room);
}

static int add_row(struct table *table, sqlite3_stmt *statement) {
    char room[CELL_MOST + 8];
    bool hold = table->rows < MEASURED;
    if (table->rows == MEASURED)
        flush(table, statement);
    for (int i = 0; i < table->columns; i++) {
        const char *text = cell_of(statement, i, room);
        int type = sqlite3_column_type(statement, i);
        if (!hold) {
            put_cell(table, i, text);
            continue;
        }
        if (type != SQLITE_INTEGER && type != SQLITE_FLOAT && type != SQLITE_NULL)
            table->right[i] = false;
        if (wide(text) > table->width[i])
            table->width[i] = wide(text);
        char *kept = malloc(strlen(text) + 1);
        if (!kept)
            return -ENOMEM;
        memcpy(kept, text, strlen(text) + 1);
        table->cells[table->held * (size_t)table->columns + (size_t)i] = kept;
    }
    table->rows++;
    table->held += hold;
    return 0;
}

// A mistake of the question's, or a fault of the file's.
static int failed(const struct tick_trace *trace, int code, struct tick_error *error) {
    if ((code & 0xff) == SQLITE_ERROR)
        return tick_error_set(error, -EINVAL, "%s: %s", trace->path, sqlite3_errmsg(trace->db));
    return tick__trace_failed(trace, error);
}

// What a walk over the rows ended with.
static int ended(const struct tick_trace *trace, int step, struct tick_error *error) {
    return step == SQLITE_DONE ? 0 : failed(trace, step, error);
}

static int print(const struct tick_trace *trace, sqlite3_stmt *statement, FILE *out, struct tick_error *error) {
    struct table table = {.out = out, .columns = sqlite3_column_count(statement)};
    size_t columns = (size_t)table.columns;
    char room[CELL_MOST + 8];
    int code = 0;
    table.width = calloc(columns, sizeof *table.width);
    table.right = calloc(columns, sizeof *table.right);
    table.cells = calloc(columns * MEASURED, sizeof *table.cells);
    if (!table.width || !table.right || !table.cells)
        code = tick_error_set(error, -ENOMEM, "out of memory");
    for (size_t i = 0; code == 0 && i < columns; i++) {
        table.width[i] = wide(head_of(statement, (int)i, room));
        table.right[i] = true;
    }
    int step = SQLITE_DONE;
    while (code == 0 && (step = sqlite3_step(statement)) == SQLITE_ROW)
        if (add_row(&table, statement) < 0)
            code = tick_error_set(error, -ENOMEM, "out of memory");
    if (code == 0)
        code = ended(trace, step, error);
    if (code == 0 && table.rows <= MEASURED)
        flush(&table, statement);
    for (size_t i = 0; table.cells && i < columns * MEASURED; i++)
        free(table.cells[i]);
    free(table.cells);
    free(table.width);
    free(table.right);
    return code < 0 ? code : (int)table.rows;
}

static void read_cell(sqlite3_stmt *statement, int column, struct tick_cell *cell) {
    static const uint8_t kinds[] = {[SQLITE_INTEGER] = TICK_CELL_INTEGER,
        [SQLITE_FLOAT] = TICK_CELL_REAL,
        [SQLITE_TEXT] = TICK_CELL_TEXT,
        [SQLITE_BLOB] = TICK_CELL_BLOB,
        [SQLITE_NULL] = TICK_CELL_NULL};
    *cell = (struct tick_cell){.kind = kinds[sqlite3_column_type(statement, column)]};
    if (cell->kind == TICK_CELL_INTEGER)
        cell->integer = sqlite3_column_int64(statement, column);
    else if (cell->kind == TICK_CELL_REAL)
        cell->real = sqlite3_column_double(statement, column);
    else if (cell->kind != TICK_CELL_NULL)
        cell->bytes =
            cell->kind == TICK_CELL_BLOB ? sqlite3_column_blob(statement, column) : (const char *)sqlite3_column_text(statement, column);
    if (cell->bytes)
        cell->size = (size_t)sqlite3_column_bytes(statement, column);
}

static int tell(const struct tick_trace *trace, sqlite3_stmt *statement, const struct tick_trace_rows *rows, struct tick_error *error) {
    const size_t columns = (size_t)sqlite3_column_count(statement);
    struct tick_cell *cells = calloc(columns, sizeof *cells);
    const char **names = calloc(columns, sizeof *names);
    int step = SQLITE_NOMEM, count = 0;
    for (size_t i = 0; names && i < columns; i++)
        names[i] = sqlite3_column_name(statement, (int)i);
    if (cells && names) {
        rows->head(rows->ctx, columns, names);
        while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
            for (size_t i = 0; i < columns; i++)
                read_cell(statement, (int)i, &cells[i]);
            rows->row(rows->ctx, columns, cells);
            count += count < INT_MAX;
        }
    }
    const int code = cells && names ? ended(trace, step, error) : tick_error_set(error, -ENOMEM, "out of memory");
    free(cells);
    free(names);
    return code < 0 ? code : count;
}

// One statement that reads, and gives a table. 0 with it, to be finalised.
static int prepare(const struct tick_trace *trace, const char *sql, sqlite3_stmt **out, struct tick_error *error) {
    sqlite3_stmt *statement = NULL;
    const char *tail = NULL;
    sqlite3_set_authorizer(trace->db, only_read, NULL);
    int code = sqlite3_prepare_v2(trace->db, sql, -1, &statement, &tail);
    sqlite3_set_authorizer(trace->db, NULL, NULL);
    while (tail && (isspace((unsigned char)*tail) || *tail == ';'))
        tail++;
    if (code == SQLITE_AUTH)
        code = tick_error_set(error, -EPERM, "%s: a trace is only read: %s", trace->path, sqlite3_errmsg(trace->db));
    else if (code != SQLITE_OK)
        code = failed(trace, code, error);
    else if (!statement)
        code = tick_error_set(error, -EINVAL, "the query is empty");
    else if (*tail)
        code = tick_error_set(error, -EINVAL, "one query at a time: '%.40s' follows the first", tail);
    else if (!sqlite3_stmt_readonly(statement))
        code = tick_error_set(error, -EPERM, "a trace is only read");
    else if (!sqlite3_column_count(statement))
        code = tick_error_set(error, -EINVAL, "the query gives no table");
    else
        *out = statement;
    if (code != 0)
        sqlite3_finalize(statement);
    return code;
}

int tick_trace_query(const struct tick_trace *trace, const char *sql, FILE *out, struct tick_error *error) {
    sqlite3_stmt *statement;
    int code = prepare(trace, sql, &statement, error);
    if (code == 0) {
        code = print(trace, statement, out, error);
        sqlite3_finalize(statement);
    }
    return code;
}

int tick_trace_query_rows(const struct tick_trace *trace, const char *sql, const struct tick_trace_rows *rows, struct tick_error *error) {
    sqlite3_stmt *statement;
    int code = prepare(trace, sql, &statement, error);
    if (code == 0) {
        code = tell(trace, statement, rows, error);
        sqlite3_finalize(statement);
    }
    return code;
}
