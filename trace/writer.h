// The writer: turns records into the SQLite file of docs/TRACE.md.
#ifndef RETICK_WRITER_H
#define RETICK_WRITER_H

#include "trace/recorder.h"
#include <retick/error.h>
#include <stdbool.h>
#include <sys/types.h>

// What goes into `meta`, beside what the writer knows itself.
struct tick_trace_meta {
    const char *scenario, *scenario_file, *chooser;
    const char *options; // how the file is compiled, on the command line; NULL or "": as it is
    uint64_t seed;
    const char *schedule; // the schedule's text, so that the file alone can be replayed; NULL: none
    bool real;            // a real run: times are host times and stay off the digest
    // Live only: the verdict and its text if the program dies without telling them. Read when it is gone, so that whoever watched it may
    // fill them until then (in memory shared with the writer). NULL or "": none.
    const char *last_verdict, *last_text;
    const char *last_place;   // likewise: where the verdict was found, "pool.c:40"; kept however the program ended
    const char *last_details; // likewise: lines beneath the verdict's text, each ended by '\n'
    // Live only: told how many events are stored, some twenty times a second. NULL: nobody wants to know.
    void (*progress)(void *ctx, uint64_t events);
    void *progress_ctx;
};

// Stores what a recorder in memory holds as a new file at path (replaced whole, by rename, when it is complete). 0, or an error with
// details: an unwritable folder, a full disk.
int tick_trace_store(struct tick_recorder *recorder, const char *path, const struct tick_trace_meta *meta, struct tick_error *error);

// Live: the parent drains the ring of the child `pid` into path until the child is gone, commits every 50 ms or quarter ring, and writes
// state closed (the recorder ended) or killed (with its signal). *status is waitpid's.
int tick_trace_drain(
    struct tick_ring *ring, pid_t pid, const char *path, const struct tick_trace_meta *meta, int *status, struct tick_error *error);

// After both processes died: appends what the ring file beside path still holds. *events: how many were added. -EALREADY: the recording had
// come to its end, and the ring was left over; -ENOENT: there is no ring.
int tick_trace_recover(const char *path, uint64_t *events, struct tick_error *error);

#endif
