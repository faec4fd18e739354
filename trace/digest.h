// The digest of a run: XXH3-128 over a version byte, then every event as (ts, kind, host, task, subject, cause, arg), fixed-width and
// little-endian, then the deviations, then the verdict's word. And the digest of its contents: XXH3-128 over what events do not hold: the
// objects with their names, the texts, and the bytes that were sent or written, in the order told. Both are fed in bulk, a few hundred
// events at a time, from the records; what these have no room for comes as a hash.
#ifndef RETICK_DIGEST_H
#define RETICK_DIGEST_H

#include "trace/records_int.h"
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#define TICK__DIGEST_VERSION 1
#define TICK__CHECKPOINT_EVENTS 4096

struct tick__digest {
    XXH3_state_t events, deviations, contents;
    uint64_t seq, drawn; // events and deviations taken in
    int64_t base;        // of times
    size_t staged;
    size_t heaped; // bytes of heap
    uint8_t staging[64][36];
    uint8_t heap[2048]; // contents that are not hashed yet
};
void tick__digest_init(struct tick__digest *digest);
// Takes in the records from `from` up to `to` (one chunk). Returns where it stopped: `to`, or behind the event that made a checkpoint
// due, whose digest so far it then put into checkpoint.
const struct tick__slot *tick__digest_feed(
    struct tick__digest *digest, const struct tick__slot *from, const struct tick__slot *to, uint8_t checkpoint[16]);
void tick__digest_end(struct tick__digest *digest, const char *verdict, uint8_t out[16], uint8_t contents[16]);

#endif
