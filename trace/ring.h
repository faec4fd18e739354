// The ring: a file mapped by recorder and writer, single producer, single consumer; what is published survives both.
#ifndef RETICK_RING_H
#define RETICK_RING_H

#include <retick/error.h>
#include <stddef.h>

struct tick_ring;
// Creates the ring file `<trace path>-ring` of `bytes` (a power of two), pre-faulted, and maps it. tick_ring_close unmaps; unlink removes
// it.
int tick_ring_create(const char *trace_path, size_t bytes, struct tick_ring **out, struct tick_error *error);
int tick_ring_open(const char *trace_path, struct tick_ring **out, struct tick_error *error); // of an earlier run; -ENOENT
void tick_ring_close(struct tick_ring *ring);
void tick_ring_unlink(struct tick_ring *ring);

#endif
