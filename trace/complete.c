// What a large recording leaves to its first reader: indexes and derived tables, made in one transaction in the file itself, so that
// whoever is killed in the midst of it leaves the file as it was. Where the file cannot be written, this connection gets them aside.
#include "trace/derive.h"
#include "trace/guard_int.h"
#include "trace/reader.h"
#include <errno.h>
#include <string.h>

#define WAIT_MOST 600 // seconds for another process that does the same
#define WAIT_EACH 250 // ms

struct completing {
    sqlite3 *db;
    const char *path;
    tick_derive_progress *progress;
    void *ctx;
    struct tick_error *error;
};

static int exec(const struct completing *completing, const char *sql) {
    return sqlite3_exec(completing->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : tick__write_failed(completing->db, completing->path, 0, completing->error);
}

// Takes the file for writing. Others who read it wait; one who completes it is waited for.
static int begin(const struct completing *completing) {
    for (int waited = 0;; waited += WAIT_EACH) {
        int code = exec(completing, "BEGIN IMMEDIATE");
        if (code != -EBUSY || waited >= WAIT_MOST * 1000)
            return code;
        if (completing->progress && !completing->progress(completing->ctx, 0))
            return tick_error_set(completing->error, TICK_ECANCELED, "%s: interrupted", completing->path);
    }
}

static bool wanted(const struct completing *completing) {
    sqlite3_stmt *row;
    bool wanted = false;
    if (sqlite3_prepare_v2(completing->db, "SELECT value = 0 FROM meta WHERE key = 'derived'", -1, &row, NULL) == SQLITE_OK)
        wanted = sqlite3_step(row) == SQLITE_ROW && sqlite3_column_int(row, 0);
    sqlite3_finalize(row);
    return wanted;
}

static int complete_file(struct completing *completing) {
    if (sqlite3_open_v2(completing->path, &completing->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return tick__write_failed(completing->db, completing->path, 0, completing->error);
    tick__guard_bind(completing->db);
    if (sqlite3_db_readonly(completing->db, "main"))
        return tick_error_set(completing->error, -EACCES, "%s cannot be written", completing->path);
    sqlite3_busy_timeout(completing->db, WAIT_EACH);
    TICK_TRY(exec(completing, "PRAGMA synchronous=OFF;PRAGMA cache_size=-16000"));
    TICK_TRY(begin(completing));
    if (!wanted(completing))
        return 0; // somebody else was quicker
    TICK_TRY(tick__derive(completing->db, completing->path, false, completing->progress, completing->ctx, completing->error));
    TICK_TRY(exec(completing, "UPDATE meta SET value = 1 WHERE key = 'derived'"));
    sqlite3_busy_timeout(completing->db, WAIT_MOST * 1000); // for those who read at this moment
    return exec(completing, "COMMIT");
}

int tick_trace_complete(struct tick_trace *trace, tick_derive_progress *progress, void *ctx, struct tick_error *error) {
    struct completing completing = {.path = trace->path, .progress = progress, .ctx = ctx, .error = error};
    if (trace->derived)
        return 0;
    int code = trace->older ? 0 : complete_file(&completing);
    sqlite3_close(completing.db); // what was begun and not committed is taken back
    if (trace->older || code == -EACCES || code == -ENOSPC || code == -EBUSY) {
        const int kept = code;
        completing.db = trace->db;
        code = exec(&completing, "SAVEPOINT aside");
        if (code == 0)
            code = tick__derive(trace->db, trace->path, true, progress, ctx, error);
        if (code == 0)
            code = exec(&completing, "RELEASE aside");
        trace->aside = code == 0 ? kept : 0;
        tick__allow_only(trace->allowance, trace->db);
    }
    trace->derived = code == 0;
    return code;
}
