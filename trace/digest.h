// The digest of a run: XXH3-128 over a version byte, then every event as (ts, kind, host, task, subject, cause, arg), fixed-width and
// little-endian, then the deviations, then the verdict's word. Fed in bulk, a few hundred events at a time.
#ifndef RETICK_DIGEST_H
#define RETICK_DIGEST_H

#include "trace/records_int.h"
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#define TICK__DIGEST_VERSION 1
#define TICK__CHECKPOINT_EVENTS 4096

struct tick__digest {
    XXH3_state_t events, deviations;
    uint64_t seq, drawn; // events and deviations taken in
    int64_t base;        // of times
    size_t staged;
    uint8_t staging[64][36];
};
void tick__digest_init(struct tick__digest *digest);
// Takes in the records from `from` up to `to` (one chunk). Returns where it stopped: `to`, or behind the event that made a checkpoint
// due, whose digest so far it then put into checkpoint.
const struct tick__slot *tick__digest_feed(
    struct tick__digest *digest, const struct tick__slot *from, const struct tick__slot *to, uint8_t checkpoint[16]);
void tick__digest_end(struct tick__digest *digest, const char *verdict, uint8_t out[16]);

#endif
