#include "trace/older.h"
#include "trace/guard_int.h"
#include "trace/schema_int.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS_MOST 32

static int exec(sqlite3 *db, const char *path, const char *sql, struct tick_error *error) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : tick__read_failed(db, path, error);
}

// Whether the file has a table or view of that name.
static int has(sqlite3 *db, const char *path, const char *type, const char *name, bool *found, struct tick_error *error) {
    sqlite3_stmt *row;
    *found = false;
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM main.sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type = ?2", -1, &row, NULL) !=
        SQLITE_OK)
        return tick__read_failed(db, path, error);
    sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, type, -1, SQLITE_STATIC);
    *found = sqlite3_step(row) == SQLITE_ROW;
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__read_failed(db, path, error);
}

// Those of the table's columns that the file has, as a list for SQL; *missing: there are others. In the room of the columns' own text.
static void columns_there(sqlite3 *db, const char *table, const char *columns, char *list, size_t size, bool *missing) {
    size_t used = 0;
    char column[32];
    *missing = false;
    *list = '\0';
    while (tick__guard_column(&columns, column, sizeof column)) {
        if (sqlite3_table_column_metadata(db, "main", table, column, NULL, NULL, NULL, NULL, NULL) != SQLITE_OK)
            *missing = true;
        else
            used += (size_t)snprintf(list + used, size - used, "%s%s", used ? ", " : "", column);
    }
}

static int fill_table(sqlite3 *db, const char *path, const char *name, const char *columns, bool *made, struct tick_error *error) {
    char list[512], sql[1400];
    bool found, missing;
    *made = false;
    TICK_TRY(has(db, path, "table", name, &found, error));
    columns_there(db, name, columns, list, sizeof list, &missing);
    if (found && !missing)
        return 0;
    *made = true;
    const char *end = columns + strlen(columns); // with what closes them, up to the table's end where there are several
    const char *semicolon = strchr(columns, ';');
    snprintf(sql, sizeof sql, "CREATE TEMP TABLE %s(%.*s", name, (int)((semicolon ? semicolon : end) - columns), columns);
    TICK_TRY(exec(db, path, sql, error));
    if (!found || !*list)
        return 0;
    snprintf(sql, sizeof sql, "INSERT INTO temp.%s(%s) SELECT %s FROM main.%s", name, list, list, name);
    return exec(db, path, sql, error);
}

// The story came later than the tables that it stands beside.
static int fill_story(sqlite3 *db, const char *path, bool *made, struct tick_error *error) {
    static const char create[] = "CREATE TABLE story(";
    for (const char *const *part = tick__schema_tables; *part; part++) {
        const char *at = strstr(*part, create);
        if (at)
            return fill_table(db, path, "story", at + sizeof create - 1, made, error);
    }
    return 0;
}

int tick__older_fill(sqlite3 *db, const char *path, bool *derived, bool *older, struct tick_error *error) {
    bool made;
    *derived = false;
    TICK_TRY(fill_story(db, path, older, error));
    for (const struct tick__schema_table *table = tick__schema_derived; table->name; table++) {
        // A view, or what else is none, stays for the guard to refuse.
        bool view;
        TICK_TRY(has(db, path, "view", table->name, &view, error));
        made = false;
        if (!view)
            TICK_TRY(fill_table(db, path, table->name, table->columns, &made, error));
        *older = *older || made;
        *derived = *derived || made;
    }
    return 0;
}

int tick__older_views(sqlite3 *db, const char *path, struct tick_error *error) {
    for (const struct tick__schema_view *view = tick__schema_views; view->name; view++) {
        bool there;
        TICK_TRY(has(db, path, "view", view->name, &there, error));
        if (there)
            continue;
        char *sql = sqlite3_mprintf("CREATE TEMP VIEW IF NOT EXISTS %s AS %s", view->name, view->select);
        const int code = sql ? exec(db, path, sql, error) : tick_error_set(error, -ENOMEM, "%s: out of memory", path);
        sqlite3_free(sql);
        TICK_TRY(code);
    }
    return 0;
}
