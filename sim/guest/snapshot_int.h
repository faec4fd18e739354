// The snapshot: where it is taken, and how runs begin there.
#ifndef RETICK_SNAPSHOT_INT_H
#define RETICK_SNAPSHOT_INT_H

#include "sim/guest/control.h"
#include <stddef.h>
#include <stdint.h>

// The program waits, or polls, and nobody else is ready. Returns once for each run, if the snapshot is here.
void tick__guest_at_wait(void);
// --- hold.c ---
// A process that begins in the midst of a run (settings.held) stands still before it meets the world, until its time has come.
bool tick__guest_held(void); // it has
// It is about to meet the world: it begins it, or says or asks something before that. Returns once a run.
void tick__guest_hold(bool begins);
// A clock is looked at: true if that is nothing that the program remembers, and *ns is an answer for it.
bool tick__guest_hold_clock(int clock, int64_t *ns);
void tick__guest_hold_leaves(void); // it is about to start a child, or to become another program
// The snapshot is here, and runs begin here; and that there can be none.
void tick__guest_hold_here(void);
_Noreturn void tick__guest_hold_fails(const char *why);

// --- python_start.c ---
// Whether a clock is looked at by Python itself, and not for the program: as it starts, or as the module logging does.
bool tick__guest_python_looks(void);
void tick__guest_python_starts(void); // what that remembers of the clock is what it says now

// The run is over. Returns if nobody goes back: then the process ends.
void tick__guest_back(void);
// A connection was accepted, or made: `place` says which.
void tick__guest_snapshot_sees(enum tick_guest_place place);
// A line of output.
void tick__guest_snapshot_reads(const char *text, size_t size);

// An interpreter that ends by tearing itself down (python_end.c): that is left out from now on. Before the snapshot.
void tick__guest_python_end(void);

#endif
