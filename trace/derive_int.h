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
    TICK__ADD_CAUSE,
    TICK__DRAW_BEARS,
    TICK__DERIVING_STATEMENTS
};

// A deviation, as the causes need it.
struct tick__draw {
    int64_t choice, seq, subject, ns; // its row; ns < 0: it is no time
    uint64_t ordinal;
    int64_t bears, host; // the first event that it delayed or made, and whose that is; 0: none yet
    uint32_t next;       // of a list: index + 1
    uint8_t kind;
};
struct tick__draws { // a list of them, in their order: indexes + 1
    uint32_t first, last;
};
// What messages go by: a direction of a connection, whose bytes are read in their order, or a socket that sends datagrams.
struct tick__way {
    uint64_t object;
    uint64_t read;             // bytes taken in
    uint32_t first, last;      // arrivals that were not read to their end, by `next`
    uint32_t late_seq;         // the latest that came late: who comes at the same moment waited behind it
    int64_t late_ts;           //
    struct tick__draws slowed; // deviations of what is under way
    struct tick__draws held;   // those that keep what has come from being seen
    bool stream;
};
struct tick__arrival { // a message that came and was not read to its end
    uint64_t seq;      // of its msg_recv
    int64_t ts;
    uint64_t begin, end; // the bytes of its way that it is
    uint32_t way, next;  // next: the seq of the one behind it
    struct tick__draws held;
};
struct tick__causes { // derive_causes.c
    struct tick__open_table flights, arrivals, ways, intakes, queues, getters;
    sqlite3_stmt *messages, *about; // messages in the order of their objects; what an object is
    int64_t message;                // the one that `messages` stands at; -1: it has ended
    uint32_t arrived, arrived_at;   // the latest msg_recv and its host
};
struct tick__delays { // derive_delays.c
    struct tick__draw *draws;
    uint32_t count, next, job;                                              // next: of those not met yet; job: one whose timer comes next
    struct tick__open_table grams, timers, turns, tasks, hosts, late_hosts; // what waits for the event that it bears on
    struct tick__draws faults;
};
struct tick__shared { // derive_shared.c
    struct tick__open_table names, sharers;
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
    struct tick__causes causes;
    struct tick__delays delays;
    struct tick__shared shared;
};
struct tick__derived_event {
    int64_t seq, ts, host, task, subject, cause, arg; // 0 = absent
    int kind;
    bool placed; // it has a place
};

// Each part takes the events that concern it, and at the end writes what is still open.
int tick__derive_steps(struct tick__deriving *deriving, const struct tick__derived_event *event);
int tick__derive_steps_end(struct tick__deriving *deriving);
int tick__derive_waits(struct tick__deriving *deriving, const struct tick__derived_event *event);
int tick__derive_waits_end(struct tick__deriving *deriving);
int tick__derive_lives(struct tick__deriving *deriving, const struct tick__derived_event *event);
int tick__derive_lives_end(struct tick__deriving *deriving);
// What events came of beside their cause: data, and whom they waited behind. `begin` before the first event.
int tick__derive_causes_begin(struct tick__deriving *deriving);
int tick__derive_causes(struct tick__deriving *deriving, const struct tick__derived_event *event);
void tick__derive_causes_fini(struct tick__deriving *deriving);
int tick__causes_add(struct tick__deriving *deriving, int64_t seq, int64_t cause, const char *how);
// The way with that object id, made if need be; *way NULL: it is none.
int tick__causes_way(struct tick__deriving *deriving, int64_t object, struct tick__way **way);
// What an object is; type "": there is none.
struct tick__about {
    char type[16];
    int64_t kth, host, parent;
    uint64_t id; // stable
    bool sleeps; // a timer that is a sleep
};
int tick__causes_about(struct tick__deriving *deriving, int64_t object, struct tick__about *about);
// Which events deviations delayed or made. To be asked before tick__derive_causes; `end` writes the columns of `choices`.
int tick__derive_delays_begin(struct tick__deriving *deriving);
int tick__derive_delays(struct tick__deriving *deriving, const struct tick__derived_event *event);
int tick__derive_delays_end(struct tick__deriving *deriving);
void tick__derive_delays_fini(struct tick__deriving *deriving);
// A message arrives that is those bytes of its way: *late says whether a deviation bears on it.
int tick__delays_arrived(struct tick__deriving *deriving, const struct tick__derived_event *event, struct tick__way *way, uint64_t begin,
    uint64_t end, bool *late);
// One is lost by choice, which bears on that.
int tick__delays_lost(
    struct tick__deriving *deriving, const struct tick__derived_event *event, struct tick__way *way, uint64_t begin, uint64_t end);
// All of a list bear on the event; the list is empty then.
int tick__delays_bear(struct tick__deriving *deriving, struct tick__draws *draws, const struct tick__derived_event *event, const char *how);
// Reads and writes of what is shared.
void tick__derive_shared_begin(struct tick__deriving *deriving);
int tick__derive_shared(struct tick__deriving *deriving, const struct tick__derived_event *event);
void tick__derive_shared_fini(struct tick__deriving *deriving);
// The cycles among those who wait at the end; when waits and holds are written.
int tick__derive_cycles(struct tick__deriving *deriving);

// One row with these values; INT64_MIN binds NULL. `text`, if not NULL, is bound behind them.
#define TICK__NULL INT64_MIN
int tick__derive_row(
    struct tick__deriving *deriving, enum tick__deriving_statement which, const int64_t *values, int count, const char *text);
int tick__derive_no_memory(const struct tick__deriving *deriving);
int tick__derive_failed(const struct tick__deriving *deriving); // SQLite's latest error

#endif
