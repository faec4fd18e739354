// The keeper's end of what a guest tells (sim/guest/told.h): its records, played into a probe in the order told, so that a recorder sees
// of a program in another process what it sees of one in its own.
//
// What the program told on its way to the snapshot is kept, and every run begins with it. Nothing of a record is believed: a program may
// write wherever it likes, its keeper's ring included.
#ifndef RETICK_LISTEN_H
#define RETICK_LISTEN_H

#include "sim/guest/told.h"
#include <stdbool.h>
#include <stddef.h>

struct tick__listener;
// Makes the ring ready, of `bytes` (a power of two; 0: TICK_TOLD_BYTES), and listens there. The ring is borrowed. 0 or -ENOMEM, -EINVAL.
int tick__listen_new(struct tick_guest_told *told, uint32_t bytes, struct tick__listener **out);
void tick__listen_free(struct tick__listener *listener);
// A process is started: what it tells until the first run begins is what every run begins with. The same as just made.
void tick__listen_anew(struct tick__listener *listener);
// A run begins, with what was told before the first one did. probe: borrowed until the run's end; NULL: nobody wants to know.
void tick__listen_begin(struct tick__listener *listener, struct tick_probe *probe);
// The same in a run of which others tell, too: numbers of objects and events go on behind so many, and so they do at each of its turns.
void tick__listen_begin_behind(struct tick__listener *listener, struct tick_probe *probe, uint32_t objects, uint32_t events);
void tick__listen_behind(struct tick__listener *listener, uint32_t objects, uint32_t events);
// Plays (before the first run: keeps) what has been told since, and lets the guest go on if it waits for room. To be called whenever the
// guest asks, and as often as one likes.
void tick__listen_take(struct tick__listener *listener);
// A program is gone: what it wrote last, without an end of line, is told.
void tick__listen_rest(struct tick__listener *listener);
// The run is over, or its process is gone: plays the rest. 0, or TICK_EFORMAT and in *trouble what is wrong in words, borrowed until the
// next run: then what was told before that has been played.
int tick__listen_end(struct tick__listener *listener, const char **trouble);
uint64_t tick__listen_events(const struct tick__listener *listener); // that the run has told so far

// --- spots.c: places of a guest, for probes --- The place `offset` bytes behind the first of a file that is mapped ("": memory that is
// no file's), where `name` is called ("": not known): function "python3.11+0x1a2b", file the path, line 0. The same for the same, in
// memory that stays. NULL: out of memory.
const struct tick_loc *tick__spot_of(const char *path, uint64_t offset, const char *name);

#endif
