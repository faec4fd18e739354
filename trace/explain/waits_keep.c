#include "trace/explain/waits_keep.h"
#include "trace/derive.h"
#include "trace/guard_int.h"
#include "trace/story.h"

static uint32_t length_of(const struct tick__waits *waits, uint32_t circle) {
    uint32_t length = 0;
    for (uint32_t i = 0; i < waits->count; i++)
        length += waits->waiters[i].circle == circle;
    return length;
}

static int write_rows(sqlite3 *db, const struct tick__waits *waits) {
    sqlite3_stmt *row;
    int code = SQLITE_DONE;
    if (sqlite3_prepare_v2(db,
            "INSERT OR IGNORE INTO cycles SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM meta WHERE key = 'derived' AND value = 1)", -1,
            &row, NULL) != SQLITE_OK)
        return -1;
    for (uint32_t i = 0; i < waits->count && code == SQLITE_DONE; i++) {
        const struct tick__waiter *waiter = &waits->waiters[i];
        char way[2000] = "";
        if (!waiter->circle)
            continue;
        tick__waits_say_circle(waits, waiter, &TICK__SAID(way));
        sqlite3_bind_int64(row, 1, waiter->task);
        sqlite3_bind_int64(row, 2, length_of(waits, waiter->circle));
        sqlite3_bind_text(row, 3, way, -1, SQLITE_STATIC);
        code = sqlite3_step(row);
        sqlite3_reset(row);
    }
    return sqlite3_finalize(row) == SQLITE_OK && code == SQLITE_DONE ? 0 : -1;
}

int tick__waits_keep(const char *path, const struct tick__waits *waits, struct tick_error *error) {
    sqlite3 *db = NULL;
    int code = -1;
    if (!waits->circles)
        return 0;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK) {
        tick__guard_bind(db);
        sqlite3_busy_timeout(db, 5000);
        code = sqlite3_exec(db, "PRAGMA synchronous=OFF; BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ? write_rows(db, waits) : -1;
        if (code == 0 && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
            code = -1;
    }
    if (code < 0)
        code = tick__write_failed(db, path, 0, error);
    sqlite3_close(db); // what was begun and not committed is taken back
    return code;
}
