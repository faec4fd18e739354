// Looking up places once a run is over: gathered by the file that they lie in, and written down in one go.
#include "trace/found_places.h"
#include "src/base/outside.h"
#include "trace/derive.h"
#include "trace/guard_int.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct finding {
    sqlite3 *db;
    const char *path;
    void (*find)(void *ctx, const char *code, struct tick_found_place *places, size_t count);
    void *ctx;
    struct tick_error *error;
    char code[1024]; // the file that is gathered
    struct tick_found_place *places;
    size_t count, room;
};

static int failed(const struct finding *finding) {
    return tick__write_failed(finding->db, finding->path, 0, finding->error);
}

static int add(struct finding *finding, int64_t loc, uint64_t offset) {
    if (finding->count == finding->room) {
        const size_t room = finding->room ? 2 * finding->room : 64;
        struct tick_found_place *places = tick__outside_realloc(finding->places, room * sizeof *places);
        if (!places)
            return tick_error_set(finding->error, -ENOMEM, "%s: out of memory", finding->path);
        finding->places = places;
        finding->room = room;
    }
    finding->places[finding->count++] = (struct tick_found_place){.loc = loc, .offset = offset};
    return 0;
}

static int write_one(const struct finding *finding, sqlite3_stmt *row, const struct tick_found_place *place) {
    if (!place->function[0])
        return 0;
    const bool line = place->file[0] && place->line > 0;
    sqlite3_bind_text(row, 1, place->function, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, line ? place->file : finding->code, -1, SQLITE_STATIC);
    sqlite3_bind_int(row, 3, line ? place->line : 0);
    sqlite3_bind_int64(row, 4, place->loc);
    const int code = sqlite3_step(row) == SQLITE_DONE ? 0 : failed(finding);
    sqlite3_reset(row);
    return code;
}

// Those of one file.
static int find_gathered(struct finding *finding) {
    sqlite3_stmt *row;
    int code = 0;
    if (!finding->count)
        return 0;
    finding->find(finding->ctx, finding->code, finding->places, finding->count);
    if (sqlite3_prepare_v2(finding->db, "UPDATE locations SET function = ?, file = ?, line = ? WHERE loc_id = ?", -1, &row, NULL) !=
        SQLITE_OK)
        return failed(finding);
    for (size_t i = 0; i < finding->count && code == 0; i++)
        code = write_one(finding, row, &finding->places[i]);
    sqlite3_finalize(row);
    finding->count = 0;
    return code;
}

// "python3.11+0x1a2b"; false: it is something else.
static bool offset_of(const char *function, uint64_t *offset) {
    const char *plus = strrchr(function, '+');
    char *end;
    if (!plus || strncmp(plus, "+0x", 3) != 0)
        return false;
    *offset = strtoull(plus + 1, &end, 16);
    return !*end;
}

static int each(struct finding *finding, sqlite3_stmt *row) {
    int code = 0, step;
    while (code == 0 && (step = sqlite3_step(row)) == SQLITE_ROW) {
        const char *file = (const char *)sqlite3_column_text(row, 1), *function = (const char *)sqlite3_column_text(row, 2);
        uint64_t offset;
        if (!file || !function || strlen(file) >= sizeof finding->code || !offset_of(function, &offset))
            continue;
        if (strcmp(file, finding->code) != 0) {
            code = find_gathered(finding);
            snprintf(finding->code, sizeof finding->code, "%s", file);
        }
        if (code == 0)
            code = add(finding, sqlite3_column_int64(row, 0), offset);
    }
    if (code == 0 && step != SQLITE_DONE)
        code = failed(finding);
    return code == 0 ? find_gathered(finding) : code;
}

// Runs of retick's own programs have none of these, and are not written to.
static bool any(const struct finding *finding) {
    sqlite3_stmt *row;
    bool found = false;
    if (sqlite3_prepare_v2(finding->db, "SELECT 1 FROM locations WHERE line = 0 AND function LIKE '%+0x%' LIMIT 1", -1, &row, NULL) ==
        SQLITE_OK)
        found = sqlite3_step(row) == SQLITE_ROW;
    else
        found = true; // what is wrong is said by what comes
    sqlite3_finalize(row);
    return found;
}

static int find_all(struct finding *finding) {
    sqlite3_stmt *row;
    if (sqlite3_open_v2(finding->path, &finding->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return failed(finding);
    tick__guard_bind(finding->db);
    sqlite3_busy_timeout(finding->db, 5000);
    if (!any(finding))
        return 0;
    if (sqlite3_exec(finding->db, "PRAGMA synchronous=OFF; BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(finding->db,
            "SELECT loc_id, file, function FROM locations WHERE line = 0 AND file LIKE '/%' AND function LIKE '%+0x%' ORDER BY file, "
            "loc_id",
            -1, &row, NULL) != SQLITE_OK)
        return failed(finding);
    const int code = each(finding, row);
    sqlite3_finalize(row);
    if (code == 0 && sqlite3_exec(finding->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return failed(finding);
    return code;
}

int tick_trace_find_places(const char *path, void (*find)(void *ctx, const char *code, struct tick_found_place *places, size_t count),
    void *ctx, struct tick_error *error) {
    struct finding finding = {.path = path, .find = find, .ctx = ctx, .error = error};
    const int code = find_all(&finding);
    sqlite3_close(finding.db); // what was begun and not committed is taken back
    tick__outside_free(finding.places);
    return code;
}
