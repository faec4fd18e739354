#include "trace/digest.h"
#include <endian.h>
#include <string.h>

static void put32(uint8_t *to, uint32_t value) {
    value = htole32(value);
    memcpy(to, &value, sizeof value);
}

static void put64(uint8_t *to, uint64_t value) {
    value = htole64(value);
    memcpy(to, &value, sizeof value);
}

void tick__digest_init(struct tick__digest *digest) {
    XXH3_128bits_reset(&digest->events);
    XXH3_128bits_reset(&digest->deviations);
    digest->seq = digest->drawn = 0;
    digest->base = 0;
    digest->staged = 0;
    const uint8_t version = TICK__DIGEST_VERSION;
    XXH3_128bits_update(&digest->events, &version, sizeof version);
}

static void flush(struct tick__digest *digest) {
    if (digest->staged)
        XXH3_128bits_update(&digest->events, digest->staging, digest->staged * sizeof digest->staging[0]);
    digest->staged = 0;
}

static void canonical(const XXH3_state_t *state, uint8_t out[16]) {
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(state));
    memcpy(out, bytes.digest, sizeof bytes.digest);
}

static void take_choice(struct tick__digest *digest, const struct tick__slot *slot) {
    const struct tick__slot_choice *choice = (const struct tick__slot_choice *)slot;
    uint8_t packed[24];
    put64(packed, choice->subject);
    put64(packed + 8, choice->ordinal);
    put32(packed + 16, choice->head.number);
    put32(packed + 20, choice->head.detail);
    XXH3_128bits_update(&digest->deviations, packed, sizeof packed);
    digest->drawn++;
}

const struct tick__slot *tick__digest_feed(
    struct tick__digest *digest, const struct tick__slot *from, const struct tick__slot *to, uint8_t checkpoint[16]) {
    while (from < to) {
        const struct tick__slot *slot = from;
        if (slot->tag >= TICK__REC_PAD) {
            if (slot->tag == TICK__REC_TIME)
                digest->base = slot->arg;
            else if (slot->tag == TICK__REC_CHOICE)
                take_choice(digest, slot);
            from += tick__record_slots(slot);
            continue;
        }
        uint8_t *packed = digest->staging[digest->staged++];
        put64(packed, (uint64_t)digest->base + slot->after);
        put32(packed + 8, slot->tag);
        put32(packed + 12, slot->host);
        put32(packed + 16, slot->task);
        put32(packed + 20, slot->subject);
        put32(packed + 24, slot->cause);
        put64(packed + 28, (uint64_t)slot->arg);
        if (digest->staged == sizeof digest->staging / sizeof digest->staging[0])
            flush(digest);
        from++;
        if (++digest->seq % TICK__CHECKPOINT_EVENTS == 0) {
            flush(digest);
            canonical(&digest->events, checkpoint);
            return from;
        }
    }
    return to;
}

void tick__digest_end(struct tick__digest *digest, const char *verdict, uint8_t out[16]) {
    flush(digest);
    uint8_t packed[24];
    canonical(&digest->deviations, packed);
    put64(packed + 16, digest->drawn);
    XXH3_128bits_update(&digest->events, packed, sizeof packed);
    XXH3_128bits_update(&digest->events, verdict, strlen(verdict));
    canonical(&digest->events, out);
}
