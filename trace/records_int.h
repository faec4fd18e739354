// The record format: what a recorder leaves behind, in memory or in a ring, for the writer to read.
//
// Everything is a run of 32-byte slots. An event takes one; a definition (object, text, place, payload, deviation) takes as many as it
// needs and stands before the first event that mentions it. Ids are not stored where counting gives them: the k-th event has seq k, the
// k-th object or text has object id k. Times are kept as 32 bits after the latest TIME record. A definition never crosses a chunk's end:
// PAD fills the rest.
#ifndef RETICK_RECORDS_INT_H
#define RETICK_RECORDS_INT_H

#include <retick/probe.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TICK__CHUNK_SHIFT 13
#define TICK__CHUNK_SLOTS ((size_t)1 << TICK__CHUNK_SHIFT)
#define TICK__SLOT ((size_t)32)
#define TICK__CHUNK_BYTES (TICK__CHUNK_SLOTS * TICK__SLOT)

// Tags below 64 are event kinds.
enum tick__record_tag {
    TICK__REC_PAD = 64, // slots to skip
    TICK__REC_TIME,
    TICK__REC_OBJECT,
    TICK__REC_TEXT,
    TICK__REC_LOC,
    TICK__REC_PAYLOAD,
    TICK__REC_CHOICE,
    TICK__REC_CHECKPOINT,
    TICK__REC_END,
    TICK__REC_UNKEPT,
    TICK__REC_GAP
};
_Static_assert((int)TICK_EVENT_KINDS <= (int)TICK__REC_PAD, "event kinds and record tags share a byte");

struct tick__slot { // an event; TIME (arg is the new base)
    uint8_t tag, unused;
    uint16_t loc;   // 0 = absent
    uint32_t after; // ns since the latest TIME
    uint32_t host, task, subject, cause;
    int64_t arg;
};
struct tick__slot_head { // what every definition begins with
    uint8_t tag, detail;
    uint16_t slots;
    uint32_t number;
};
struct tick__slot_object { // detail: its type; number: its parent. With slots > 1: struct tick__object_tail and the key follow
    struct tick__slot_head head;
    uint64_t id;
    uint32_t host, kth;
    uint64_t ordinal;
};
struct tick__object_tail {
    uint16_t loc, key_length;
};
struct tick__slot_text { // number: its length; the bytes follow
    struct tick__slot_head head;
    uint32_t host;
};
struct tick__slot_loc { // number: its id; detail 1: `place` is a pointer (memory only), else the three texts follow
    struct tick__slot_head head;
    int32_t line;
    uint16_t function_length, file_length;
    union {
        const struct tick_loc *place;
        uint16_t name_length;
    } u;
};
struct tick__slot_payload { // number: the message; the kept bytes follow
    struct tick__slot_head head;
    uint64_t count;
    uint32_t kept;
};
struct tick__slot_choice { // two slots; detail: its kind; number: the value. The `choice` event is the next event
    struct tick__slot_head head;
    uint64_t subject, ordinal;
    int64_t most;
    uint32_t n, unused;
    uint64_t unused2[3];
};
struct tick__slot_checkpoint { // number: the seq up to which the digest goes
    struct tick__slot_head head;
    uint8_t digest[16];
    uint64_t unused;
};
struct tick__slot_end { // three slots
    struct tick__slot_head head;
    char verdict[24];
    uint8_t digest[16], contents[16];
    uint64_t events, lost; // events told; of these not kept (out of memory, or nobody drained the ring)
    uint64_t unused[2];
};
// number: the object; detail: what it is (enum tick_content). Bytes of which only a hash stays: those that a definition has no room for, or
// that are written.
struct tick__slot_unkept {
    struct tick__slot_head head;
    uint64_t offset, count, hash; // hash: XXH3-64 of them
};
// GAP: a head alone, whose detail says what is missing from here on, and why.
enum tick__gap { TICK__GAP_NUMBERS = 1, TICK__GAP_PLACES, TICK__GAP_PLACE_MEMORY };
_Static_assert(sizeof(struct tick__slot) == TICK__SLOT && sizeof(struct tick__slot_object) == TICK__SLOT, "slots are 32 bytes");
_Static_assert(
    sizeof(struct tick__slot_choice) == 2 * TICK__SLOT && sizeof(struct tick__slot_end) == 3 * TICK__SLOT, "two and three slots");
_Static_assert(sizeof(struct tick__slot_unkept) == TICK__SLOT, "slots are 32 bytes");
_Static_assert(sizeof(struct tick__slot_loc) <= TICK__SLOT && sizeof(struct tick__slot_checkpoint) == TICK__SLOT, "slots are 32 bytes");

#define TICK__KEY_MOST 255       // bytes of a key, function or file that are kept
#define TICK__TEXT_MOST 2000     // of a text
#define TICK__PAYLOAD_MOST 96    // of a message's payload
#define TICK__DEFINITION_MOST 64 // slots that the longest definition takes, and some

// Where records lie. Chunk k of the stream is chunks[k & mask]: all of them in memory, those of the ring over and over.
struct tick__records {
    struct tick__slot *const *chunks;
    uint64_t mask;
};
// A place in the stream: what counting has given so far. All zero at the start.
struct tick__cursor {
    uint64_t position; // slots
    int64_t base;      // of times
    uint32_t seq, objects;
};

static inline const struct tick__slot *tick__record_at(const struct tick__records *records, uint64_t position) {
    return records->chunks[(position >> TICK__CHUNK_SHIFT) & records->mask] + (position & (TICK__CHUNK_SLOTS - 1));
}
static inline uint64_t tick__record_slots(const struct tick__slot *slot) {
    return slot->tag < TICK__REC_PAD || slot->tag == TICK__REC_TIME ? 1 : ((const struct tick__slot_head *)slot)->slots;
}

// Definitions as structs again; texts point into the records or into `room`, which must hold TICK__TEXT_MOST + 1 bytes.
void tick__record_object(const struct tick__slot *slot, struct tick_object *object, uint16_t *loc, char *room);
void tick__record_text(const struct tick__slot *slot, char *room, uint32_t *host);
// function, file and name are copied into room one behind the other (it must hold 3 * (TICK__KEY_MOST + 1) bytes).
void tick__record_loc(const struct tick__slot *slot, struct tick_loc *place, char *room);
const void *tick__record_payload(const struct tick__slot *slot, size_t *kept, uint64_t *count);
void tick__record_choice(const struct tick__slot *slot, struct tick_deviation *deviation);

#endif
