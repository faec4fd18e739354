#include "trace/derive.h"
#include "src/base/outside.h"
#include "trace/derive_int.h"
#include "trace/guard_int.h"
#include "trace/schema_int.h"
#include <errno.h>
#include <retick/probe.h>
#include <stdio.h>
#include <string.h>

static const char *const statements[TICK__DERIVING_STATEMENTS] = {
    [TICK__ADD_STEP] = "INSERT INTO steps VALUES(?1,?2,?3,?4,?5,?6,?8,?7)",
    [TICK__ADD_BUCKET] = "INSERT INTO timeline VALUES(?1,?2,?3,?4,?5,?6,?7)",
    [TICK__ADD_HOLD] = "INSERT INTO holds VALUES(?1,?2,?3,?4,?5,?6)",
    [TICK__ADD_WAIT] = "INSERT INTO waits VALUES(?1,?2,?3,?4,?5,?6)",
    [TICK__TASK_LIVED] = "UPDATE tasks SET created_seq = ?2, done_seq = ?3, outcome = ?4 WHERE task_id = ?1",
    [TICK__FUTURE_LIVED] =
        "UPDATE futures SET created_seq = ?2, retrieved = ?3, done_seq = ?4, done_by_task_id = ?5, error = ?6, state = ?7"
        " WHERE future_id = ?1",
    [TICK__FUTURE_RETRIEVED] = "UPDATE futures SET retrieved = 1 WHERE future_id = ?1",
    [TICK__MESSAGE_SENT] = "UPDATE messages SET send_seq = coalesce(send_seq, ?2), src_host_id = coalesce(?3, src_host_id),"
                           " bytes = coalesce(bytes, ?4), fate = coalesce(fate, 'in flight') WHERE message_id = ?1",
    [TICK__MESSAGE_RECEIVED] = "UPDATE messages SET recv_seq = ?2, dst_host_id = ?3, fate = 'received' WHERE message_id = ?1 AND recv_seq"
                               " IS NULL",
    [TICK__MESSAGE_DROPPED] = "UPDATE messages SET fate = 'dropped' WHERE message_id = ?1 AND recv_seq IS NULL",
    [TICK__ADD_CYCLE] = "INSERT INTO cycles VALUES(?1,?2,?3)",
    [TICK__ADD_CAUSE] = "INSERT OR IGNORE INTO causes VALUES(?1,?2,?3)",
    [TICK__DRAW_BEARS] = "UPDATE choices SET bears_seq = ?2, host_id = ?3 WHERE choice_id = ?1",
};

// A message that never arrived: its direction's connection knows the peer's name.
static const char to_whom[] =
    "UPDATE messages SET dst_host_id = f.host_id FROM (SELECT m.message_id AS id, iif(d.kth = 2, c.host_id, h.host_id) AS host_id"
    "  FROM messages m JOIN objects o ON o.object_id = m.message_id JOIN objects d ON d.object_id = o.parent_id"
    "  JOIN objects c ON c.object_id = d.parent_id LEFT JOIN (SELECT min(host_id) AS host_id, name FROM hosts GROUP BY name) h"
    "  ON h.name = c.name WHERE m.dst_host_id IS NULL) AS f WHERE f.id = message_id";

int tick__derive_failed(const struct tick__deriving *deriving) {
    if (deriving->aside && sqlite3_errcode(deriving->db) != SQLITE_INTERRUPT)
        return tick__read_failed(deriving->db, deriving->path, deriving->error);
    return tick__write_failed(deriving->db, deriving->path, deriving->events, deriving->error);
}

int tick__derive_no_memory(const struct tick__deriving *deriving) {
    return tick_error_set(deriving->error, -ENOMEM, "%s: out of memory", deriving->path);
}

int tick__derive_row(
    struct tick__deriving *deriving, enum tick__deriving_statement which, const int64_t *values, int count, const char *text) {
    sqlite3_stmt *statement = deriving->statement[which];
    for (int i = 0; i < count; i++)
        if (values[i] == TICK__NULL)
            sqlite3_bind_null(statement, i + 1);
        else
            sqlite3_bind_int64(statement, i + 1, values[i]);
    if (count < sqlite3_bind_parameter_count(statement))
        sqlite3_bind_text(statement, count + 1, text, -1, SQLITE_STATIC);
    int code = sqlite3_step(statement) == SQLITE_DONE ? 0 : tick__derive_failed(deriving);
    sqlite3_reset(statement);
    return code;
}

static int exec(struct tick__deriving *deriving, const char *sql) {
    return sqlite3_exec(deriving->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : tick__derive_failed(deriving);
}

// Aside, the tables are made anew, as temporary ones that hide the file's; those that have rows already take them along.
static int prepare_tables(struct tick__deriving *deriving) {
    const bool aside = deriving->aside;
    char sql[1024];
    for (const struct tick__schema_table *table = tick__schema_derived; table->name; table++) {
        // A trace of an earlier version may have it beside it already, with what there is (older.h).
        if (aside && sqlite3_table_column_metadata(deriving->db, "temp", table->name, NULL, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK) {
            snprintf(sql, sizeof sql, "DELETE FROM temp.%s", table->name);
            TICK_TRY(table->filled ? 0 : exec(deriving, sql));
            continue;
        }
        snprintf(sql, sizeof sql, "CREATE %sTABLE IF NOT EXISTS %s(%s", aside ? "TEMP " : "", table->name, table->columns);
        TICK_TRY(exec(deriving, sql));
        snprintf(sql, sizeof sql, aside && table->filled ? "INSERT INTO temp.%s SELECT * FROM main.%s" : "DELETE FROM %s", table->name,
            table->name);
        if (aside == table->filled)
            TICK_TRY(exec(deriving, sql));
    }
    for (const struct tick__schema_view *view = tick__schema_views; aside && view->name; view++) {
        char *text = sqlite3_mprintf("CREATE TEMP VIEW IF NOT EXISTS %s AS %s", view->name, view->select);
        int code = text ? exec(deriving, text) : tick__derive_no_memory(deriving);
        sqlite3_free(text);
        TICK_TRY(code);
    }
    return 0;
}

static bool counted(int64_t number) {
    return number >= 0 && number <= UINT32_MAX;
}

static int take(struct tick__deriving *deriving, sqlite3_stmt *row) {
    const struct tick__derived_event event = {
        .seq = sqlite3_column_int64(row, 0),
        .ts = sqlite3_column_int64(row, 1),
        .kind = sqlite3_column_int(row, 2),
        .host = sqlite3_column_int64(row, 3),
        .task = sqlite3_column_int64(row, 4),
        .subject = sqlite3_column_int64(row, 5),
        .cause = sqlite3_column_int64(row, 6),
        .arg = sqlite3_column_int64(row, 7),
        .placed = sqlite3_column_int64(row, 8) > 0,
    };
    // Numbers are counted, and times begin at 0: sums of them end nowhere near the types' ends.
    if (event.ts < 0 || !counted(event.host) || !counted(event.task) || !counted(event.subject) || !counted(event.cause))
        return tick_error_set(deriving->error, TICK_EFORMAT, "%s is damaged: event %lld has numbers that no run has; record the run again",
            deriving->path, (long long)event.seq);
    TICK_TRY(tick__derive_delays(deriving, &event));
    TICK_TRY(tick__derive_causes(deriving, &event));
    TICK_TRY(tick__derive_steps(deriving, &event));
    TICK_TRY(tick__derive_waits(deriving, &event));
    return tick__derive_lives(deriving, &event);
}

struct watch {
    tick_derive_progress *progress;
    void *ctx;
    unsigned percent;
    struct tick__allowance allowance;
};

static int still_wanted(void *context) {
    struct watch *watch = context;
    return !tick__allowed(&watch->allowance) || (watch->progress && !watch->progress(watch->ctx, watch->percent));
}

static int pass_over_events(struct tick__deriving *deriving, struct watch *watch) {
    sqlite3_stmt *events = NULL;
    for (int i = 0; i < TICK__DERIVING_STATEMENTS; i++)
        if (sqlite3_prepare_v2(deriving->db, statements[i], -1, &deriving->statement[i], NULL) != SQLITE_OK)
            return tick__derive_failed(deriving);
    TICK_TRY(tick__derive_causes_begin(deriving));
    TICK_TRY(tick__derive_delays_begin(deriving));
    if (sqlite3_prepare_v2(deriving->db,
            "SELECT seq, ts, kind, host_id, task_id, subject_id, cause_seq, arg, loc_id FROM events ORDER BY seq", -1, &events,
            NULL) != SQLITE_OK)
        return tick__derive_failed(deriving);
    int code = 0, row = SQLITE_DONE;
    while (code == 0 && (row = sqlite3_step(events)) == SQLITE_ROW) {
        code = take(deriving, events);
        watch->percent = (unsigned)(60 * (uint64_t)sqlite3_column_int64(events, 0) / (deriving->events + 1));
    }
    if (code == 0 && row != SQLITE_DONE)
        code = tick__derive_failed(deriving);
    sqlite3_finalize(events);
    TICK_TRY(code);
    TICK_TRY(tick__derive_steps_end(deriving));
    TICK_TRY(tick__derive_waits_end(deriving));
    TICK_TRY(tick__derive_lives_end(deriving));
    TICK_TRY(tick__derive_delays_end(deriving));
    return tick__derive_cycles(deriving);
}

static int derive(struct tick__deriving *deriving, struct watch *watch) {
    TICK_TRY(prepare_tables(deriving));
    TICK_TRY(pass_over_events(deriving, watch));
    size_t count = 0, done = 0;
    while (!deriving->aside && tick__schema_indexes[count])
        count++;
    for (; done < count; done++) {
        watch->percent = (unsigned)(60 + 40 * done / count);
        TICK_TRY(exec(deriving, tick__schema_indexes[done]));
    }
    return exec(deriving, to_whom);
}

static void fini(struct tick__deriving *deriving) {
    struct tick__open_table *const tables[] = {&deriving->steps, &deriving->holds, &deriving->waits, &deriving->awaited, &deriving->lives};
    for (int i = 0; i < TICK__DERIVING_STATEMENTS; i++)
        sqlite3_finalize(deriving->statement[i]);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        tick__open_fini(tables[i]);
    for (int level = 0; level < TICK__TIMELINE_LEVELS; level++)
        tick__open_fini(&deriving->buckets[level]);
    tick__outside_free(deriving->awaits);
    tick__derive_causes_fini(deriving);
    tick__derive_delays_fini(deriving);
}

int tick__derive(sqlite3 *db, const char *path, bool aside, tick_derive_progress *progress, void *ctx, struct tick_error *error) {
    struct tick__deriving deriving = {.db = db, .path = path, .error = error, .aside = aside};
    struct watch watch = {.progress = progress, .ctx = ctx};
    sqlite3_stmt *row;
    if (sqlite3_prepare_v2(db, "SELECT max(seq) FROM events", -1, &row, NULL) == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW)
        deriving.events = (uint64_t)sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    tick__allow(&watch.allowance, db);
    sqlite3_progress_handler(db, TICK__ALLOW_EACH, still_wanted, &watch);
    int code = derive(&deriving, &watch);
    if (code < 0 && watch.allowance.spent)
        code = tick__allowance_spent(path, error);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    fini(&deriving);
    return code;
}
