// Timers beyond a few: their handles (timer_store.c), where they wait (far.c), and those that come next, in order (timer_run.c).
//
// A far timer is an entry of 8 bytes: its handle's number and the low half of its deadline. Cancelling touches the handle alone. The stale
// entry stays where it is, and keeps the handle's memory, until somebody comes by; when more are stale than not, all of them are swept out.
#ifndef RETICK_TIMER_INT_H
#define RETICK_TIMER_INT_H

#include "src/loop/loop_int.h"

struct tick__far {
    uint32_t low;    // of the deadline
    uint32_t number; // of the handle; 0: nothing stands here
};

// --- handles by number ---

enum { TICK__STORE_CHUNK = 512 };

// Free ones are bits of a map, so that those which are taken one after another lie one after another in memory, whatever the order in which
// they became free: a list of a million in that order costs a cache miss each.
struct tick__store {
    uint64_t word;   // what is left of the word of `free` that is being handed out
    uint32_t begins; // the number that its lowest bit stands for, and its handle
    uint32_t size;   // of a handle
    char *base;
    char **chunks;  // each of TICK__STORE_CHUNK handles
    uint64_t *free; // a bit a number
    uint64_t *some; // a bit a word of free
    uint32_t hint;  // words of `some` before it are 0
    uint32_t made, room;
    uint32_t out; // handed out, or in `word`
};

struct tick__store *tick__store_new(size_t size); // NULL when out of memory
void tick__store_free(struct tick__store *store);
bool tick__store_refill(struct tick__store *store); // when `word` is 0; false: no memory
bool tick__store_is_unused(const struct tick__store *store);
void tick__store_release(struct tick__store *store, uint32_t number);
void tick__store_give(struct tick_handle *handle); // its last reference is gone

static inline struct tick_handle *tick__store_at(const struct tick__store *store, uint32_t number) {
    return (struct tick_handle *)(void *)(store->chunks[number / TICK__STORE_CHUNK] + number % TICK__STORE_CHUNK * store->size);
}

// It may lie across two cache lines.
static inline void tick__store_prefetch(const struct tick__store *store, uint32_t number) {
    const struct tick_handle *handle = tick__store_at(store, number);
    __builtin_prefetch(handle, 1);
    __builtin_prefetch(&handle->of, 1);
}

// --- stale entries ---

// Of the stale ones every 64th is counted, and stands for 64. To count each cancelling would have to wait for the handle, which tells whose
// count it is; and the processor learns that such a load has to wait for earlier stores, and takes for it any load whose place in the code
// has the same low bits. Where that was one of arming's, to re-arm one of a million timers took 110 to 180 ns, and 65 elsewhere.
enum { TICK__STALE_EACH = 64, TICK__STALE_LEAST = 512 };

// By a hash: those that are armed in turn, and cancelled or not, have numbers that go in turn.
static inline bool tick__stale_is_counted(uint32_t number) {
    return number * 2654435769u < UINT32_MAX / TICK__STALE_EACH;
}

static inline void tick__stale_counts(struct tick__timers *timers, uint32_t number, int more) {
    if (tick__stale_is_counted(number))
        timers->stale += (size_t)more * TICK__STALE_EACH;
}

static inline bool tick__stale_are_many(const struct tick__timers *timers) {
    return timers->stale > timers->entries / 2 + TICK__STALE_LEAST;
}

void tick__entry_stale(struct tick__timers *timers, struct tick_handle *handle, uint32_t number);

// Of an entry. If that is stale, this was the last look at it: then NULL, and it has to go.
static inline struct tick_handle *tick__entry_handle(struct tick__timers *timers, uint32_t number) {
    struct tick_handle *handle = tick__store_at(timers->store, number);
    if (TICK__LIKELY(!(handle->bits & TICK__IS_CANCELLED)))
        return handle;
    tick__entry_stale(timers, handle, number);
    return NULL;
}

// --- the wheel ---

enum { TICK__TICK_BITS = 16, TICK__DIGIT = 8, TICK__SLOTS = 1 << TICK__DIGIT, TICK__LEVELS = 6, TICK__VECTOR = 256 };
_Static_assert(TICK__TICK_BITS + TICK__DIGIT * TICK__LEVELS >= 63, "any deadline has a level");

// Entries of a slot, or a part of them. Its address is a multiple of its size.
enum { TICK__VECTOR_ROOM = (TICK__VECTOR - sizeof(void *)) / sizeof(struct tick__far) };
struct tick__vector {
    struct tick__vector *next;
    struct tick__far far[TICK__VECTOR_ROOM];
};
_Static_assert(sizeof(struct tick__vector) == TICK__VECTOR, "a full vector is told by the address behind it");

struct tick__slot {
    struct tick__vector *first; // all but the last are full
    size_t vectors;
};

struct tick__wheel {
    uint64_t cur;
    int64_t least_when;      // of `least`; INT64_MIN: not known
    struct tick__far *least; // the earliest, first armed
    struct tick__vector *free;
    size_t free_count;
    void *arenas;
    uint64_t full[TICK__LEVELS * TICK__SLOTS / 64];    // which slots are not empty
    struct tick__far *end[TICK__LEVELS * TICK__SLOTS]; // of each slot: where the next entry goes, if that is within a vector
    struct tick__slot slots[TICK__LEVELS * TICK__SLOTS];
};

bool tick__wheel_extend(struct tick__wheel *wheel, unsigned slot); // one more vector; false: no memory

// The slot of a deadline.
static inline unsigned tick__wheel_slot(const struct tick__wheel *wheel, int64_t when) {
    const uint64_t tick = (uint64_t)when >> TICK__TICK_BITS;
    const unsigned level = (63u - (unsigned)__builtin_clzll((tick ^ wheel->cur) | 1)) / TICK__DIGIT;
    return level * TICK__SLOTS + (unsigned)(tick >> TICK__DIGIT * level) % TICK__SLOTS;
}

static inline bool tick__wheel_has_room(const struct tick__wheel *wheel, unsigned slot) {
    return (uintptr_t)wheel->end[slot] % TICK__VECTOR != 0;
}

struct tick__wheel *tick__wheel_new(int64_t now);    // NULL when out of memory
void tick__wheel_sweep(struct tick__timers *timers); // takes out what is stale
static inline void tick__wheel_tidy(struct tick__timers *timers) {
    if (TICK__RARE(tick__stale_are_many(timers)))
        tick__wheel_sweep(timers);
}
// Tells each of the armed ones; no entry knows a cancelled one afterwards.
void tick__wheel_free(struct tick__timers *timers, void (*each)(struct tick_handle *handle));
int64_t tick__wheel_horizon(const struct tick__wheel *wheel);
// The earliest of those from the horizon on, and the first armed of such; NULL and INT64_MAX: there is none.
struct tick_handle *tick__wheel_least(struct tick__timers *timers, int64_t *when);
void tick__wheel_drop_least(struct tick__timers *timers); // takes out what tick__wheel_least has just told
int64_t tick__wheel_last(const struct tick__timers *timers); // the latest below TICK_NEVER; 0: there is none
// Where the first slot begins that is not empty: INT64_MAX if there is none.
int64_t tick__wheel_first(const struct tick__wheel *wheel);
// Makes the next slot that begins by `until` the run (which is over), and moves the horizon past it, or past `until` if there is none.
// -ENOMEM: some that come before may still stand here.
int tick__wheel_advance(struct tick__timers *timers, int64_t until);

// --- the run ---

int tick__run_reserve(struct tick__timers *timers, size_t count); // room for a run of so many: 0 or -ENOMEM
// Stable, by the lowest 16 bits; the others are alike.
void tick__run_sort(struct tick__far *run, struct tick__far *spare, uint32_t n);

static inline int64_t tick__run_when(const struct tick__timers *timers) {
    return timers->run_at < timers->run_end ? timers->run_base | (int64_t)timers->run[timers->run_at].low : INT64_MAX;
}

#endif
