// Steps and the timeline, derived in one pass over the events: a window query over all steps takes four times as long.
#include "src/base/outside.h"
#include "trace/sink_int.h"
#include <errno.h>
#include <retick/probe.h>
#include <string.h>

struct open_step {                      // of a task: the step that it is in
    int64_t task, seq, ts, host, ready; // seq 0: none
};
struct bucket {
    int64_t key, steps, busy; // key: host and which bucket of its level; steps 0: unused
};
// A hash table of 64-bit keys; rows are either of the two structs above, which begin with the key.
struct table {
    unsigned char *rows;
    size_t row, room, count;
};

static uint64_t spread(int64_t key) {
    return (uint64_t)key * 0x9e3779b97f4a7c15u >> 20;
}

static int64_t key_of(const void *row) {
    int64_t key;
    memcpy(&key, row, sizeof key);
    return key;
}

static void *find(const struct table *table, int64_t key) {
    size_t at = spread(key) & (table->room - 1);
    while (key_of(table->rows + at * table->row) && key_of(table->rows + at * table->row) != key)
        at = (at + 1) & (table->room - 1);
    return table->rows + at * table->row;
}

// The key's row, new ones zeroed but for the key; NULL when out of memory. Keys are not 0.
static void *row_of(struct table *table, int64_t key) {
    if (2 * table->count >= table->room) {
        struct table grown = {.row = table->row, .room = table->room ? 2 * table->room : 1024, .count = table->count};
        grown.rows = tick__outside_alloc(grown.room * grown.row);
        if (!grown.rows)
            return NULL;
        memset(grown.rows, 0, grown.room * grown.row);
        for (size_t i = 0; i < table->room; i++)
            if (key_of(table->rows + i * table->row))
                memcpy(find(&grown, key_of(table->rows + i * table->row)), table->rows + i * table->row, table->row);
        tick__outside_free(table->rows);
        *table = grown;
    }
    void *row = find(table, key);
    if (!key_of(row)) {
        memcpy(row, &key, sizeof key);
        table->count++;
    }
    return row;
}

static const int64_t widths[] = {1000000, 100000000, 10000000000}; // of the timeline's levels 1, 2, 3: 1 ms, 100 ms, 10 s
#define LEVELS ((int)(sizeof widths / sizeof widths[0]))

struct deriving {
    struct tick__sink *sink;
    sqlite3_stmt *add_step, *add_bucket;
    struct table steps, buckets[3];
};

static void bind(sqlite3_stmt *statement, int column, int64_t id) {
    if (id)
        sqlite3_bind_int64(statement, column, id);
    else
        sqlite3_bind_null(statement, column);
}

static int insert(struct deriving *deriving, sqlite3_stmt *statement) {
    int code = sqlite3_step(statement) == SQLITE_DONE ? 0 : tick__sink_failed(deriving->sink);
    sqlite3_reset(statement);
    return code;
}

// Writes a step down; one that did not end has end_seq 0.
static int step_done(struct deriving *deriving, const struct open_step *step, int64_t end_seq, int64_t end_ts, int64_t outcome) {
    static const char *const words[] = {"suspended", "returned", "failed", "cancelled"};
    sqlite3_stmt *add = deriving->add_step;
    sqlite3_bind_int64(add, 1, step->seq);
    bind(add, 2, step->host);
    sqlite3_bind_int64(add, 3, step->task);
    sqlite3_bind_int64(add, 4, step->ts);
    bind(add, 5, end_seq);
    if (end_seq)
        sqlite3_bind_int64(add, 6, end_ts);
    else
        sqlite3_bind_null(add, 6);
    sqlite3_bind_text(add, 7, end_seq && outcome >= 0 && outcome < 4 ? words[outcome] : NULL, -1, SQLITE_STATIC);
    bind(add, 8, step->ready);
    for (int level = 0; level < LEVELS; level++) {
        int64_t key = (step->host << 40 | (step->ts / widths[level] & 0xffffffffff)) + 1;
        struct bucket *bucket = row_of(&deriving->buckets[level], key);
        if (!bucket)
            return tick_error_set(deriving->sink->error, -ENOMEM, "%s: out of memory", deriving->sink->path);
        bucket->steps++;
        bucket->busy += end_seq ? end_ts - step->ts : 0;
    }
    return insert(deriving, add);
}

static int take_step(struct deriving *deriving, sqlite3_stmt *event) {
    int64_t task = sqlite3_column_int64(event, 4);
    struct open_step *step = task ? row_of(&deriving->steps, task) : NULL;
    if (!step)
        return task ? tick_error_set(deriving->sink->error, -ENOMEM, "%s: out of memory", deriving->sink->path) : 0;
    int64_t seq = sqlite3_column_int64(event, 0), ts = sqlite3_column_int64(event, 1);
    int code = 0;
    if (sqlite3_column_int(event, 2) == TICK_EV_STEP_BEGIN) {
        if (step->seq) // its end was never told: the task's host crashed
            code = step_done(deriving, step, 0, 0, 0);
        *step = (struct open_step){
            .task = task, .seq = seq, .ts = ts, .host = sqlite3_column_int64(event, 3), .ready = sqlite3_column_int64(event, 5)};
    } else if (step->seq) {
        code = step_done(deriving, step, seq, ts, sqlite3_column_int64(event, 6));
        step->seq = 0;
    }
    return code;
}

static int finish(struct deriving *deriving) {
    for (size_t i = 0; i < deriving->steps.room; i++) {
        struct open_step step;
        memcpy(&step, deriving->steps.rows + i * sizeof step, sizeof step);
        if (step.seq)
            TICK_TRY(step_done(deriving, &step, 0, 0, 0));
    }
    for (int level = 0; level < LEVELS; level++)
        for (size_t i = 0; i < deriving->buckets[level].room; i++) {
            struct bucket bucket;
            memcpy(&bucket, deriving->buckets[level].rows + i * sizeof bucket, sizeof bucket);
            if (!bucket.key)
                continue;
            int64_t which = (bucket.key - 1) & 0xffffffffff;
            const int64_t row[] = {
                level + 1, which, (bucket.key - 1) >> 40, which * widths[level], widths[level], bucket.steps, bucket.busy};
            for (int column = 0; column < 7; column++)
                sqlite3_bind_int64(deriving->add_bucket, column + 1, row[column]);
            TICK_TRY(insert(deriving, deriving->add_bucket)); // the table is kept by its key: the order they come in does not show
        }
    return 0;
}

int tick__derive_steps(struct tick__sink *sink) {
    struct deriving deriving = {.sink = sink, .steps = {.row = sizeof(struct open_step)}};
    sqlite3_stmt *events = NULL;
    int code = tick__sink_exec(sink, "DELETE FROM steps; DELETE FROM timeline");
    for (int level = 0; level < LEVELS; level++)
        deriving.buckets[level].row = sizeof(struct bucket);
    if (code == 0 &&
        (sqlite3_prepare_v2(sink->db, "SELECT seq, ts, kind, host_id, subject_id, cause_seq, arg FROM events WHERE kind IN (3, 4)", -1,
             &events, NULL) != SQLITE_OK ||
            sqlite3_prepare_v2(sink->db, "INSERT INTO steps VALUES(?,?,?,?,?,?,?,?)", -1, &deriving.add_step, NULL) != SQLITE_OK ||
            sqlite3_prepare_v2(sink->db, "INSERT INTO timeline VALUES(?,?,?,?,?,?,?)", -1, &deriving.add_bucket, NULL) != SQLITE_OK))
        code = tick__sink_failed(sink);
    int row = SQLITE_DONE;
    while (code == 0 && (row = sqlite3_step(events)) == SQLITE_ROW)
        code = take_step(&deriving, events);
    if (code == 0 && row != SQLITE_DONE)
        code = tick__sink_failed(sink);
    if (code == 0)
        code = finish(&deriving);
    sqlite3_finalize(events);
    sqlite3_finalize(deriving.add_step);
    sqlite3_finalize(deriving.add_bucket);
    tick__outside_free(deriving.steps.rows);
    for (int level = 0; level < LEVELS; level++)
        tick__outside_free(deriving.buckets[level].rows);
    return code;
}
