// The sink: an open trace file that takes records. Store, drain and recover all write through it.
#ifndef RETICK_SINK_INT_H
#define RETICK_SINK_INT_H

#include "trace/records_int.h"
#include "trace/writer.h"
#include <sqlite3.h>

enum tick__statement {
    TICK__ADD_EVENTS,
    TICK__ADD_OBJECT,
    TICK__ADD_STRING,
    TICK__ADD_HOST,
    TICK__ADD_TASK,
    TICK__ADD_FUTURE,
    TICK__ADD_RESOURCE,
    TICK__ADD_MESSAGE,
    TICK__ADD_PAYLOAD,
    TICK__ADD_LOCATION,
    TICK__ADD_CHOICE,
    TICK__ADD_TMARK,
    TICK__ADD_GAP,
    TICK__ADD_CHECKPOINT,
    TICK__ADD_UNKEPT,
    TICK__SET_META,
    TICK__STATEMENTS
};
struct tick__sink {
    sqlite3 *db;
    const char *path; // as messages say it; borrowed
    sqlite3_stmt *statement[TICK__STATEMENTS];
    struct tick_names *names;
    struct tick_error *error;
    struct tick__records records; // what the virtual table reads, from `rows` up to `upto`
    struct tick__cursor rows, taken;
    uint64_t upto;
    uint64_t stored; // events committed
    bool real, ended;
    char verdict[24];
    uint8_t digest[16], contents[16];
    uint64_t lost;
    const char *why_lost;
};
// Opens (create: a new file with all its tables) and prepares. fast: no journal, for a file that nobody sees before it is complete.
int tick__sink_open(struct tick__sink *sink, const char *file, const char *path, bool create, bool fast, struct tick_error *error);
// Takes the records up to `upto`, inside a transaction of the caller's.
int tick__sink_take(struct tick__sink *sink, const struct tick__records *records, uint64_t upto);
int tick__sink_meta_text(struct tick__sink *sink, const char *key, const char *value); // NULL: leaves the key out
int tick__sink_meta_number(struct tick__sink *sink, const char *key, int64_t value);
int tick__sink_meta(struct tick__sink *sink, const struct tick_trace_meta *meta);
int tick__sink_exec(struct tick__sink *sink, const char *sql);
// Writes what the run's end told, the state, and, of a run that is not too large, the derived tables.
int tick__sink_end(struct tick__sink *sink, const char *state);
// Commits; on success *stored events are safe.
int tick__sink_commit(struct tick__sink *sink);
void tick__sink_close(struct tick__sink *sink);
// The error that SQLite has just given, as ours, told in the sink's error.
int tick__sink_failed(struct tick__sink *sink);

// The virtual table `tick_records` of the sink's connection (record_table.c).
int tick__record_table(struct tick__sink *sink);

#endif
