// Deriving: one pass over the events in their order fills every table and column that follows from them. Each part keeps what is open and
// writes it down when it closes; nobody looks back, so that the work grows with the events and memory with what is open at once.
#ifndef RETICK_DERIVE_INT_H
#define RETICK_DERIVE_INT_H

#include "trace/open_table.h"
#include <retick/error.h>
#include <sqlite3.h>
#include <stdbool.h>

#define TICK__TIMELINE_LEVELS 3

enum tick__deriving_statement {
    TICK__ADD_STEP,
    TICK__ADD_BUCKET,
    TICK__ADD_HOLD,
    TICK__ADD_WAIT,
    TICK__TASK_LIVED,
    TICK__FUTURE_LIVED,
    TICK__FUTURE_RETRIEVED,
    TICK__MESSAGE_SENT,
    TICK__MESSAGE_RECEIVED,
    TICK__MESSAGE_DROPPED,
    TICK__ADD_CYCLE,
    TICK__DERIVING_STATEMENTS
};
struct tick__deriving {
    sqlite3 *db;
    const char *path; // as messages say it
    uint64_t events;  // stored
    bool aside;       // what is written is temporary: the file itself is only read
    struct tick_error *error;
    sqlite3_stmt *statement[TICK__DERIVING_STATEMENTS];
    struct tick__open_table steps, buckets[TICK__TIMELINE_LEVELS]; // derive_steps.c
    struct tick__open_table holds, waits, awaited;                 // derive_waits.c
    struct tick__await *awaits;
    uint32_t awaits_room, awaits_free;
    struct tick__open_table lives; // derive_lives.c
};
struct tick__derived_event {
    int64_t seq, ts, host, task, subject, cause, arg; // 0 = absent
    int kind;
};

// Each part takes the events that concern it, and at the end writes what is still open.
int tick__derive_steps(struct tick__deriving *deriving, const struct tick__derived_event *event);
int tick__derive_steps_end(struct tick__deriving *deriving);
int tick__derive_waits(struct tick__deriving *deriving, const struct tick__derived_event *event);
int tick__derive_waits_end(struct tick__deriving *deriving);
int tick__derive_lives(struct tick__deriving *deriving, const struct tick__derived_event *event);
int tick__derive_lives_end(struct tick__deriving *deriving);
// The cycles among those who wait at the end; when waits and holds are written.
int tick__derive_cycles(struct tick__deriving *deriving);

// One row with these values; INT64_MIN binds NULL. `text`, if not NULL, is bound behind them.
#define TICK__NULL INT64_MIN
int tick__derive_row(
    struct tick__deriving *deriving, enum tick__deriving_statement which, const int64_t *values, int count, const char *text);
int tick__derive_no_memory(const struct tick__deriving *deriving);
int tick__derive_failed(const struct tick__deriving *deriving); // SQLite's latest error

#endif
