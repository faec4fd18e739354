#include "trace/digest.h"
#include <endian.h>
#include <stddef.h>
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
    XXH3_128bits_reset(&digest->contents);
    digest->seq = digest->drawn = 0;
    digest->base = 0;
    digest->staged = digest->heaped = 0;
    const uint8_t version = TICK__DIGEST_VERSION;
    XXH3_128bits_update(&digest->events, &version, sizeof version);
    XXH3_128bits_update(&digest->contents, &version, sizeof version);
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

// --- contents ---
//
// Each piece begins with what it is and how long, so that no two sequences of pieces look alike.

static void heap_out(struct tick__digest *digest) {
    if (digest->heaped)
        XXH3_128bits_update(&digest->contents, digest->heap, digest->heaped);
    digest->heaped = 0;
}

// Room for so many bytes in a row, at most as many as a definition has.
static inline uint8_t *heap_room(struct tick__digest *digest, size_t count) {
    if (sizeof digest->heap - digest->heaped < count)
        heap_out(digest);
    uint8_t *room = digest->heap + digest->heaped;
    digest->heaped += count;
    return room;
}

static inline void heap_bytes(struct tick__digest *digest, const void *bytes, size_t count) {
    if (count > 1024) {
        heap_out(digest);
        XXH3_128bits_update(&digest->contents, bytes, count);
    } else if (count) {
        memcpy(heap_room(digest, count), bytes, count);
    }
}

static inline void take_head(struct tick__digest *digest, unsigned tag, uint32_t number, uint64_t count) {
    uint8_t *packed = heap_room(digest, 16);
    put32(packed, tag);
    put32(packed + 4, number);
    put64(packed + 8, count);
}

// Its stable id is a hash of its maker's, its key or count: a message's, of its direction and place in it, which the events tell as well.
static void take_object(struct tick__digest *digest, const struct tick__slot *slot) {
    const struct tick__slot_object *object = (const struct tick__slot_object *)slot;
    if (object->head.detail == TICK_OBJECT_MESSAGE)
        return;
    struct tick__object_tail tail = {0};
    if (object->head.slots > 1)
        memcpy(&tail, slot + 1, sizeof tail);
    take_head(digest, TICK__REC_OBJECT | (uint32_t)tail.key_length << 8, object->head.number, object->id);
    heap_bytes(digest, (const uint8_t *)(slot + 1) + sizeof tail, tail.key_length);
}

static void take_content(struct tick__digest *digest, const struct tick__slot *slot) {
    if (slot->tag == TICK__REC_OBJECT) {
        take_object(digest, slot);
    } else if (slot->tag == TICK__REC_TEXT) {
        const struct tick__slot_text *text = (const struct tick__slot_text *)slot;
        take_head(digest, TICK__REC_TEXT, 0, text->head.number);
        heap_bytes(digest, text + 1, text->head.number);
    } else if (slot->tag == TICK__REC_PAYLOAD) {
        size_t kept;
        uint64_t count;
        const void *bytes = tick__record_payload(slot, &kept, &count);
        take_head(digest, TICK__REC_PAYLOAD, ((const struct tick__slot_payload *)slot)->head.number, count);
        heap_bytes(digest, bytes, kept);
    } else if (slot->tag == TICK__REC_UNKEPT) {
        const struct tick__slot_unkept *unkept = (const struct tick__slot_unkept *)slot;
        take_head(digest, TICK__REC_UNKEPT, unkept->head.number, unkept->count);
        uint8_t *packed = heap_room(digest, 16);
        put64(packed, unkept->offset);
        put64(packed + 8, unkept->hash);
    }
}

// Host, task, subject, cause and arg stand in a slot as in the digest: little-endian, as all machines that retick runs on.
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(struct tick__slot) - offsetof(struct tick__slot, host) == 24,
    "an event's fields are digested as they stand");

static inline void pack(uint8_t packed[36], int64_t base, const struct tick__slot *slot) {
    put64(packed, (uint64_t)base + slot->after);
    put32(packed + 8, slot->tag);
    memcpy(packed + 12, &slot->host, sizeof *slot - offsetof(struct tick__slot, host));
}

// What goes on from event to event stands in locals: bytes are written in between, which might be anything, as far as the compiler knows.
const struct tick__slot *tick__digest_feed(
    struct tick__digest *digest, const struct tick__slot *from, const struct tick__slot *to, uint8_t checkpoint[16]) {
    const uint64_t due = (digest->seq / TICK__CHECKPOINT_EVENTS + 1) * TICK__CHECKPOINT_EVENTS;
    uint64_t seq = digest->seq;
    size_t staged = digest->staged;
    while (from < to && seq < due) {
        const struct tick__slot *slot = from;
        if (slot->tag >= TICK__REC_PAD) {
            if (slot->tag == TICK__REC_TIME)
                digest->base = slot->arg;
            else if (slot->tag == TICK__REC_CHOICE)
                take_choice(digest, slot);
            else
                take_content(digest, slot);
            from += tick__record_slots(slot);
            continue;
        }
        pack(digest->staging[staged], digest->base, slot);
        from++;
        seq++;
        if (++staged == sizeof digest->staging / sizeof digest->staging[0]) {
            digest->staged = staged;
            flush(digest);
            staged = 0;
        }
    }
    digest->seq = seq;
    digest->staged = staged;
    if (seq == due) {
        flush(digest);
        canonical(&digest->events, checkpoint);
    }
    return from;
}

void tick__digest_end(struct tick__digest *digest, const char *verdict, uint8_t out[16], uint8_t contents[16]) {
    flush(digest);
    heap_out(digest);
    uint8_t packed[24];
    canonical(&digest->deviations, packed);
    put64(packed + 16, digest->drawn);
    XXH3_128bits_update(&digest->events, packed, sizeof packed);
    XXH3_128bits_update(&digest->events, verdict, strlen(verdict));
    canonical(&digest->events, out);
    canonical(&digest->contents, contents);
}
