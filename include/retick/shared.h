// Shared data: a program says that it reads or writes something that others use as well, so that a trace can tell whose write came of an
// old read. It changes nothing: no data moves, nobody waits, no schedule is another one; and where nothing records, it is a look at a flag.
#ifndef RETICK_SHARED_H
#define RETICK_SHARED_H

#include <retick/id.h>
#include <retick/probe.h>

#ifdef __cplusplus
extern "C" {
#endif

// tick_shared_read("balance"), tick_shared_write("row %d", id): the name, formatted as by printf and cut at 255 bytes, is what it is, in the
// whole world: two hosts that name the same mean the same. What each host has for itself has its host's name in it (tick_host_name).
// Told where the data is: right before the value is taken, right after it is another. Whoever does both, task by task, is seen to write
// what he made of his latest read; if somebody else wrote in between, that write is lost.
#define tick_shared_read(...) tick_shared_at(TICK_EV_SHARED_READ, TICK_HERE("shared_read"), __VA_ARGS__)
#define tick_shared_write(...) tick_shared_at(TICK_EV_SHARED_WRITE, TICK_HERE("shared_write"), __VA_ARGS__)
void tick_shared_at(enum tick_event_kind kind, const struct tick_loc *loc, const char *format, ...) __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif

#endif
