// Reading a trace: opened read-only and checked, so that a foreign, damaged or newer file gives a clear error.
#ifndef RETICK_READER_H
#define RETICK_READER_H

#include "sim/choice/names.h"
#include "sim/choice/schedule.h"
#include <retick/error.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#define TICK__STORY_STATEMENTS 5
struct tick__allowance;
struct tick_trace {
    sqlite3 *db;
    sqlite3_stmt **statements; // story.c's, TICK__STORY_STATEMENTS of them, prepared when first needed
    char *path;
    char scenario[64], scenario_file[512], chooser[32], verdict[32], state[16];
    char text[512];    // the verdict's
    char options[512]; // how the file was compiled: "" or " --cflags '-DFAST'"
    char note[500];    // what to know first: that the recording was cut off, its program killed, or some of it is missing; else ""
    uint64_t seed;
    uint64_t events;
    int64_t ended_at;                 // the last event's time, ns
    uint8_t digest[16], contents[16]; // of the events; of names, texts and bytes, which older traces do not have
    bool has_digest, has_contents, real;
    bool redacted; // texts and payloads are their lengths and hashes
    bool older;   // an earlier version wrote it, and something is missing, which this connection has beside it
    bool derived; // indexes and derived tables are there; false: tick_trace_complete makes them
    int aside;    // not 0: they are this connection's own, as the file could not be written: -EACCES, -ENOSPC or -EBUSY
    struct tick__allowance *allowance; // guard_int.h: what may be asked of the file altogether
};
// 0; TICK_EFOREIGN: not a trace; TICK_EFORMAT: damaged, or of a newer version; else a negated errno. *error says which file and what to do.
int tick_trace_open(const char *path, struct tick_trace *trace, struct tick_error *error);
// Called now and then while something takes long; false: stop, with TICK_ECANCELED.
typedef bool tick_derive_progress(void *ctx, unsigned percent);
// Makes what a large recording has left to its first reader: indexes and derived tables, which all but causes, logs, choices and diff ask
// for.
// Waits for another process that does the same. The file gets them, for everybody, where it can be written (-EACCES, -ENOSPC and -EBUSY
// show only as `aside`). Whenever this is killed, the file is as it was. progress may be NULL.
int tick_trace_complete(struct tick_trace *trace, tick_derive_progress *progress, void *ctx, struct tick_error *error);
// Lets questions take as long as they take, as those that somebody wrote may: all others end at what a file of its size can have answers
// to.
void tick_trace_ask_on(struct tick_trace *trace);
// Whether the file begins as a trace does: what may be made anew.
bool tick_trace_is_own(int fd);
void tick_trace_close(struct tick_trace *trace);
// The lines beneath the verdict's text, each ended by '\n', for tick__outside_free; NULL: there are none. 0, or an error in words.
int tick_trace_details(const struct tick_trace *trace, char **lines, struct tick_error *error);
// How much of the verdict's text comes before who waits for what, if that is told.
int tick_trace_said(const struct tick_trace *trace);
// The schedule that the run had, from its choices.
int tick_trace_schedule(const struct tick_trace *trace, struct tick_schedule *schedule, struct tick_error *error);
// The run's objects as names, for words; the caller frees them.
int tick_trace_names(const struct tick_trace *trace, struct tick_names **names, struct tick_error *error);

// What SQLite's last error on the trace comes to: -ENOMEM, -ENOSPC (its temporary files), or TICK_EFORMAT for all else; *error (may be
// NULL) in words.
int tick__trace_failed(const struct tick_trace *trace, struct tick_error *error);

// The first difference of two runs, aligned on stable ids: of their events, with both sides' causes back to the schedule; else of their
// contents (names, texts, bytes), which are the same for sure only if both traces have a digest of them. 0 = the same, 1 = they differ and
// *report (malloc'd, the caller frees) says where; negative = error.
int tick_trace_diff(const struct tick_trace *a, const struct tick_trace *b, char **report, struct tick_error *error);

#endif
