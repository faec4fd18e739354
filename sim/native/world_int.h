// world.c's two ends, for run.c and real.c, and between them turns.c.
#ifndef RETICK_WORLD_INT_H
#define RETICK_WORLD_INT_H

#include "sim/native/harness_int.h"

struct tick_heap *tick__world_heap(struct tick_world *world); // the set-up's; NULL without address space
void tick__world_run(struct tick_world *world);               // set-up, turns, checks; the outcome's finding is filled in
void tick__turns(void *world);                                // on the world's coroutine: a run, from the first turn to the last
void tick__harness_begin(struct tick_harness *harness, const struct tick_run *run); // an empty world
void tick__harness_exited(const char *how, int status);                             // exit.c's: does not return if a host runs
bool tick__harness_runs(void);                                                      // whether a run is in progress
void tick__harness_misused(const char *how); // heap.c's: what a program did to its memory is the run's finding, or ends the process
void tick__exit_link(void);                  // names exit.c, so that statically linked programs get it
void tick__libc_texts_link(void);            // and libc_texts.c
void tick__signals_watch(void);              // from here to the run's end changes of the process's signals are noted
void tick__signals_restore(void);            // and here undone

#endif
