// The recorder: a probe that writes fixed-size records into memory or a shared ring, and takes the digest of what it is told.
#ifndef RETICK_RECORDER_H
#define RETICK_RECORDER_H

#include "sim/choice/names.h"
#include <retick/error.h>
#include <retick/probe.h>

struct tick_recorder;
struct tick_ring; // trace/ring.h

// In memory: everything is kept until reset or write. Its memory never comes from a host's heap.
int tick_recorder_new(struct tick_recorder **out);
// Into a ring that a writer process drains (trace/writer.h); blocks while it is full.
int tick_recorder_new_ring(struct tick_ring *ring, struct tick_recorder **out);
void tick_recorder_free(struct tick_recorder *recorder);
void tick_recorder_reset(struct tick_recorder *recorder); // forgets the run, keeps the memory
struct tick_probe *tick_recorder_probe(struct tick_recorder *recorder);
struct tick_names *tick_recorder_names(struct tick_recorder *recorder); // of the run's objects, for words; valid until reset

// Ends the run: tells the verdict (word and text) as its last event and closes the digest.
void tick_recorder_end(struct tick_recorder *recorder, const char *verdict, const char *text);
// XXH3-128 of the mandatory events, deviations and verdict (docs/TRACE.md), big-endian; after tick_recorder_end.
void tick_recorder_digest(const struct tick_recorder *recorder, uint8_t digest[16]);
// XXH3-128 of what the events do not hold: names, texts, bytes sent and written (docs/TRACE.md); likewise.
void tick_recorder_contents(const struct tick_recorder *recorder, uint8_t digest[16]);
bool tick_recorder_is_whole(const struct tick_recorder *recorder); // false: the trace lacks something, and says in `gap` what and why
uint64_t tick_recorder_events(const struct tick_recorder *recorder);

#endif
