// The ring: a file mapped by recorder and writer, single producer, single consumer; what is published survives both.
#ifndef RETICK_RING_H
#define RETICK_RING_H

#include <retick/error.h>
#include <stdbool.h>
#include <stddef.h>

struct tick_ring;
// Creates the ring file `<trace path>-ring` of `bytes` (a power of two), pre-faulted, and maps it. tick_ring_close unmaps; unlink removes
// it. Both calls lock it, -EBUSY: another recording goes on. One whose writer was killed is waited for, 10 s at most.
int tick_ring_create(const char *trace_path, size_t bytes, struct tick_ring **out, struct tick_error *error);
// Maps the ring of an earlier run. -ENOENT: there is none; -EALREADY: it is empty, its run never began.
int tick_ring_open(const char *trace_path, struct tick_ring **out, struct tick_error *error);
bool tick_ring_is_own(int fd); // whether the file begins as a ring does: what tick_ring_create may make anew
void tick_ring_close(struct tick_ring *ring);
void tick_ring_unlink(struct tick_ring *ring);

#endif
