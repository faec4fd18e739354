#include "trace/guard_int.h"
#include "trace/schema_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEPS_LEAST 20000000u // that any file may take: about a second
#define STEPS_A_BYTE 40u      // of a file more; first reading and all questions together take less than 10

void tick__guard_bind(sqlite3 *db) {
    static const struct {
        int which, most;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, 64 << 20}, // the longest text that is written, a schedule, has 60 bytes a deviation
        {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
        {SQLITE_LIMIT_COLUMN, 500},
        {SQLITE_LIMIT_EXPR_DEPTH, 100},
        {SQLITE_LIMIT_COMPOUND_SELECT, 50},
        {SQLITE_LIMIT_VDBE_OP, 100000},
        {SQLITE_LIMIT_FUNCTION_ARG, 32},
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
        {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(db, limits[i].which, limits[i].most);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
}

// Where SQLite has its temporary files.
static const char *temporary_folder(void) {
    static const char *const names[] = {"SQLITE_TMPDIR", "TMPDIR"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *folder = getenv(names[i]);
        if (folder && access(folder, W_OK | X_OK) == 0)
            return folder;
    }
    return "/var/tmp";
}

int tick__read_failed(sqlite3 *db, const char *path, struct tick_error *error) {
    const int code = sqlite3_extended_errcode(db);
    int cause = 0;
    if ((code & 0xff) == SQLITE_IOERR)
        sqlite3_file_control(db, "temp", SQLITE_FCNTL_LAST_ERRNO, &cause);
    if (code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM)
        return tick_error_set(error, -ENOMEM, "%s: out of memory", path);
    if ((code & 0xff) == SQLITE_FULL || cause == ENOSPC || cause == EDQUOT || cause == EFBIG)
        return tick_error_set(error, -ENOSPC,
            "%s: disk full: %s has no room for temporary files; make some, or set TMPDIR to a folder that has", path, temporary_folder());
    if (code == SQLITE_IOERR_GETTEMPPATH)
        return tick_error_set(error, -EACCES, "%s: there is no folder for temporary files: set TMPDIR to one that may be written to", path);
    if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
        return tick_error_set(error, TICK_EFORMAT, "%s is damaged (%s): record the run again", path, sqlite3_errmsg(db));
    return tick_error_set(error, TICK_EFORMAT, "%s cannot be read whole (%s): copy or record it again", path, sqlite3_errmsg(db));
}

// --- the schema ---

// What has that name: "table", "virtual table", "view", or "".
static int sort_of(sqlite3 *db, const char *path, const char *table, char what[16], struct tick_error *error) {
    sqlite3_stmt *row;
    *what = 0;
    if (sqlite3_prepare_v2(db,
            "SELECT iif(type = 'table' AND rootpage = 0, 'virtual table', type) FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type"
            " IN ('table', 'view')",
            -1, &row, NULL) != SQLITE_OK)
        return tick__read_failed(db, path, error);
    sqlite3_bind_text(row, 1, table, -1, SQLITE_STATIC);
    if (sqlite3_step(row) == SQLITE_ROW && sqlite3_column_text(row, 0))
        sqlite3_snprintf(16, what, "%s", sqlite3_column_text(row, 0));
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__read_failed(db, path, error);
}

// A table has not got the column: because it is none, or not there.
static int wrong_table(sqlite3 *db, const char *path, const char *table, const char *column, struct tick_error *error) {
    char what[16];
    TICK_TRY(sort_of(db, path, table, what, error));
    if (!*what)
        return tick_error_set(error, TICK_EFORMAT, "%s is damaged: it has no table %s; record the run again", path, table);
    if (strcmp(what, "table") != 0)
        return tick_error_set(error, TICK_EFORMAT,
            "%s: %s is a %s, where a table is expected: retick wrote no such file; record the run again", path, table, what);
    return tick_error_set(error, TICK_EFORMAT,
        "%s: the table %s has no column %s: another version of retick wrote it, or it is damaged; record the run again", path, table,
        column);
}

// "a INTEGER PRIMARY KEY, b CHECK (b IN (1, 2)))"
bool tick__guard_column(const char **at, char *name, size_t size) {
    size_t length = 0;
    while (**at == ' ')
        ++*at;
    while (**at >= '_' && **at <= 'z' && length + 1 < size)
        name[length++] = *(*at)++;
    name[length] = 0;
    for (int depth = 0; **at && (depth || **at != ','); ++*at) {
        if (**at == ')' && depth-- == 0)
            break;
        depth += **at == '(';
    }
    *at += **at == ','; // else it is what closes them, where nothing more is found
    return length > 0;  // a constraint of the table begins with a capital
}

// *columns: up to what closes them.
static int check_table(sqlite3 *db, const char *path, const char *table, const char **columns, struct tick_error *error) {
    char column[32];
    while (tick__guard_column(columns, column, sizeof column)) {
        const int code = sqlite3_table_column_metadata(db, "main", table, column, NULL, NULL, NULL, NULL, NULL); // of views: an error
        if (code == SQLITE_NOMEM)
            return tick__read_failed(db, path, error);
        if (code != SQLITE_OK)
            return wrong_table(db, path, table, column, error);
    }
    return 0;
}

// What an earlier version wrote: a table that is none, not one that lacks something.
static int check_older_table(sqlite3 *db, const char *path, const char *table, const char **columns, struct tick_error *error) {
    char column[32], what[16];
    TICK_TRY(sort_of(db, path, table, what, error));
    if (*what && strcmp(what, "table") != 0)
        return wrong_table(db, path, table, "", error);
    while (tick__guard_column(columns, column, sizeof column))
        ;
    return 0;
}

// Those that earlier versions had not.
static int check_later_tables(sqlite3 *db, const char *path, struct tick_error *error) {
    for (const struct tick__schema_table *table = tick__schema_later; table->name; table++) {
        const char *at = table->columns;
        char what[16];
        TICK_TRY(sort_of(db, path, table->name, what, error));
        if (*what)
            TICK_TRY(check_table(db, path, table->name, &at, error));
    }
    return 0;
}

static int check_tables(sqlite3 *db, const char *path, bool older, struct tick_error *error) {
    static const char create[] = "CREATE TABLE ";
    for (const char *const *part = tick__schema_tables; *part; part++)
        for (const char *at = *part; (at = strstr(at, create));) {
            char table[32];
            at += sizeof create - 1;
            const size_t length = strcspn(at, "(");
            sqlite3_snprintf(sizeof table, table, "%.*s", (int)length, at);
            at += length + 1;
            const bool later = older && strcmp(table, "story") == 0;
            TICK_TRY((later ? check_older_table : check_table)(db, path, table, &at, error));
        }
    for (const struct tick__schema_table *table = tick__schema_derived; table->name; table++) {
        const char *at = table->columns;
        TICK_TRY((older ? check_older_table : check_table)(db, path, table->name, &at, error));
    }
    return check_later_tables(db, path, error);
}

// The first answer of a question, as text in room ("" = none or NULL).
static int answer(sqlite3 *db, const char *path, const char *sql, char *room, size_t size, int64_t *number, struct tick_error *error) {
    sqlite3_stmt *row;
    *room = 0;
    *number = 0;
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        return tick__read_failed(db, path, error);
    if (sqlite3_step(row) == SQLITE_ROW && sqlite3_column_text(row, 0)) {
        *number = sqlite3_column_int64(row, 0);
        sqlite3_snprintf((int)size, room, "%s", sqlite3_column_text(row, 0));
    }
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__read_failed(db, path, error);
}

static int check_numbers(sqlite3 *db, const char *path, struct tick_error *error) {
    // Both are counted from 1 on, and each row takes some bytes.
    static const struct {
        const char *what, *least, *most;
    } counted[] = {
        {"event", "SELECT min(seq) FROM events", "SELECT max(seq) FROM events"},
        {"object", "SELECT min(object_id) FROM objects", "SELECT max(object_id) FROM objects"},
    };
    char room[96];
    int64_t pages, page, least, most;
    TICK_TRY(answer(db, path, "PRAGMA page_count", room, sizeof room, &pages, error));
    TICK_TRY(answer(db, path, "PRAGMA page_size", room, sizeof room, &page, error));
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        TICK_TRY(answer(db, path, counted[i].least, room, sizeof room, &least, error));
        TICK_TRY(answer(db, path, counted[i].most, room, sizeof room, &most, error));
        if (*room && (least < 1 || most > pages * page || most > UINT32_MAX))
            return tick_error_set(error, TICK_EFORMAT, "%s is damaged: it has an %s with the number %lld; record the run again", path,
                counted[i].what, (long long)(least < 1 ? least : most));
    }
    return 0;
}

int tick__guard_check(sqlite3 *db, const char *path, bool older, struct tick_error *error) {
    char computed[96];
    int64_t unused;
    TICK_TRY(check_tables(db, path, older, error));
    TICK_TRY(answer(db, path,
        "SELECT printf('%.32s.%.32s', m.name, x.name) FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) x WHERE m.type = 'table' AND"
        " m.rootpage AND x.hidden LIMIT 1",
        computed, sizeof computed, &unused, error));
    if (*computed)
        return tick_error_set(
            error, TICK_EFORMAT, "%s: the column %s is computed: retick wrote no such file; record the run again", path, computed);
    return check_numbers(db, path, error);
}

// --- steps ---

void tick__allow(struct tick__allowance *allowance, sqlite3 *db) {
    char room[96];
    int64_t pages = 0, page = 0;
    if (answer(db, "", "PRAGMA page_count", room, sizeof room, &pages, NULL) < 0 ||
        answer(db, "", "PRAGMA page_size", room, sizeof room, &page, NULL) < 0)
        pages = page = 0;
    *allowance = (struct tick__allowance){.left = STEPS_LEAST + STEPS_A_BYTE * (uint64_t)pages * (uint64_t)page};
}

bool tick__allowed(struct tick__allowance *allowance) {
    allowance->spent = allowance->spent || allowance->left < TICK__ALLOW_EACH;
    allowance->left -= allowance->spent ? 0 : TICK__ALLOW_EACH;
    return !allowance->spent;
}

static int look(void *allowance) {
    return !tick__allowed(allowance);
}

void tick__allow_only(struct tick__allowance *allowance, sqlite3 *db) {
    sqlite3_progress_handler(db, TICK__ALLOW_EACH, look, allowance);
}

int tick__allowance_spent(const char *path, struct tick_error *error) {
    return tick_error_set(error, TICK_EFORMAT,
        "%s is damaged, or made to lie: a question takes more steps than a file of its size has an answer to; record the run again", path);
}
