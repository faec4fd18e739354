// The recorder's insides, for the writer and for its own parts.
#ifndef RETICK_RECORDER_INT_H
#define RETICK_RECORDER_INT_H

#include "trace/digest.h"
#include "trace/recorder.h"
#include "trace/ring_int.h"

// Places: interned by pointer, told once a run; equal contents at different addresses are one place, so that loc ids do not depend on the
// linker.
struct tick__places {
    struct tick__place_entry {
        const struct tick_loc *pointer;
        uint32_t place; // index into place
    } * table;
    struct tick__place {
        const struct tick_loc *loc;
        uint32_t run; // in which `id` was given
        uint16_t id;
    } * place;
    uint32_t *alike;                            // places by content: indexes + 1, `capacity` of them
    uint32_t capacity, count, place_count, run; // capacity: of the table, a power of two; place has room for as many
    uint16_t told;                              // in this run, at most UINT16_MAX
};
// Returns the place's id in this run, 0 if there is no number left, or no memory. *fresh: it is told for the first time in this run.
uint16_t tick__places_id(struct tick__places *places, const struct tick_loc *loc, bool *fresh);
void tick__places_reset(struct tick__places *places);
void tick__places_fini(struct tick__places *places);

// Object ids by stable id, looked up only for deviations: what is told is appended, the table is made when somebody asks.
struct tick__subjects {
    struct tick__subject {
        tick_id id;
        uint32_t object;
    } * told;
    uint32_t *table; // indexes + 1 into told
    uint32_t count, room, indexed, capacity;
};
void tick__subjects_grow(struct tick__subjects *subjects);
static inline void tick__subjects_tell(struct tick__subjects *subjects, tick_id id, uint32_t object) {
    if (subjects->count == subjects->room)
        tick__subjects_grow(subjects);
    if (subjects->count < subjects->room)
        subjects->told[subjects->count++] = (struct tick__subject){id, object};
}
uint32_t tick__subjects_find(struct tick__subjects *subjects, tick_id id); // 0: unknown
void tick__subjects_reset(struct tick__subjects *subjects);
void tick__subjects_fini(struct tick__subjects *subjects);

struct tick_recorder {
    struct tick_probe probe;       // first
    struct tick__slot *at, *limit; // where the next record goes; up to where it may without tick__recorder_more
    struct tick__slot *chunk_end;
    uint64_t position;      // of at
    _Atomic uint64_t *head; // where position is published; a ring's, or `unread`
    _Atomic uint64_t unread;
    int64_t base; // of times
    uint64_t seq;                  // events told; the first numbers_most have that for a number
    uint32_t objects, numbers_most; // numbers_most: soon after so many events or objects nothing is kept any more, and nothing has a number
    uint32_t blamed, step,
        failed; // seqs: of the latest exception; of the step or callback that has not ended; of the latest step that failed
    const struct tick_loc *last_place;
    uint16_t last_place_id;
    struct tick__places places;
    struct tick__subjects subjects;
    // The stream so far.
    struct tick__slot **chunks;
    size_t chunk_count, chunk_room;    // held, in memory
    struct tick_ring *ring;            // NULL: in memory
    struct tick__witness *witness;     // NULL: none
    const struct tick__slot *digested; // up to where the digest went, in the present chunk
    uint32_t kept_seq, kept_objects;   // events and objects kept, when `losing`
    bool losing;                       // out of memory or numbers, or nobody drains the ring: records go to the sink, for the digest alone
    bool numberless;                   // because numbers have run out: the end is kept
    bool placeless;                    // some events lack their place
    bool ended;
    uint64_t kept; // position up to which records are kept, when losing
    char verdict[24];
    uint8_t result[16], contents[16];
    struct tick_names *names; // made when asked for
    struct tick__cursor named;
    struct tick__digest digest;
    struct tick__slot *sink; // one chunk
};
// Where the recorder's records lie and how far they go.
struct tick__records tick__recorder_records(const struct tick_recorder *recorder, uint64_t *upto);

#endif
