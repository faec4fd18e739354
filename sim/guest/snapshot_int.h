// The snapshot: where it is taken, and how runs begin there.
#ifndef RETICK_SNAPSHOT_INT_H
#define RETICK_SNAPSHOT_INT_H

#include "sim/guest/control.h"
#include <stddef.h>

// The program waits, or polls, and nobody else is ready. Returns once for each run, if the snapshot is here.
void tick__guest_at_wait(void);
// The run is over. Returns if nobody goes back: then the process ends.
void tick__guest_back(void);
// A connection was accepted, or made: `place` says which.
void tick__guest_snapshot_sees(enum tick_guest_place place);
// A line of output.
void tick__guest_snapshot_reads(const char *text, size_t size);


// An interpreter that ends by tearing itself down (python_end.c): that is left out from now on. Before the snapshot.
void tick__guest_python_end(void);

#endif
