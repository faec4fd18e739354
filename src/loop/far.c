// Far timers: a hierarchy of 256 slots a level, each slot a list of small vectors, as a wheel does it, but exact.
//
// `cur` is a count of ticks of 2^16 ns; everything before it has left for the heap, so the horizon is its beginning. A timer stands at the
// level of the highest digit (of 8 bits) in which its tick differs from cur: its slot at level 0 holds one tick, at level 1 256 of them.
// When cur enters a slot of a higher level, that slot's timers go down, in the order in which they were armed and before any that are armed
// later. Hence within a slot timers always stand in that order, and no sequence has to be kept: 16 bytes each. Removing leaves a hole
// (handle == NULL); a vector of holes goes at once. Vectors and prefetching instead of linked timers, because walking a million timers is
// waiting for memory.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <string.h>

enum { TICK_BITS = 16, DIGIT = 8, SLOTS = 1 << DIGIT, LEVELS = (63 - TICK_BITS + DIGIT - 1) / DIGIT, VECTOR = 512, AHEAD = 8 };

struct tick__far {
    int64_t when;
    struct tick_handle *handle; // NULL: removed
};

struct vector {
    struct vector *next, *prev;
    uint16_t used, live;
    uint16_t level, slot;
    struct tick__far far[(VECTOR - 24) / sizeof(struct tick__far)];
};
_Static_assert(sizeof(struct vector) <= VECTOR, "a vector is found by rounding down");
enum { ROOM = sizeof((struct vector *)0)->far / sizeof(struct tick__far) };

struct slot {
    struct vector *first, *last;
};

struct arena {
    struct arena *next;
};

struct tick__wheel {
    uint64_t cur;
    size_t count;            // armed
    struct tick__far *least; // the earliest, first armed; NULL: not known
    struct vector *free;
    size_t free_count;
    struct arena *arenas;
    uint64_t full[LEVELS][SLOTS / 64]; // which slots are not empty
    struct slot slots[LEVELS][SLOTS];
};

struct tick__wheel *tick__wheel_new(int64_t now) {
    struct tick__wheel *wheel = tick__alloc_zero(sizeof *wheel);
    if (wheel)
        wheel->cur = now < 0 ? 0 : ((uint64_t)now >> TICK_BITS) + 1;
    return wheel;
}

// Past the last tick there is no time: then it is INT64_MAX, which never comes.
int64_t tick__wheel_horizon(const struct tick__wheel *wheel) {
    return wheel->cur > INT64_MAX >> TICK_BITS ? INT64_MAX : (int64_t)(wheel->cur << TICK_BITS);
}

size_t tick__wheel_count(const struct tick__wheel *wheel) {
    return wheel->count;
}

// --- vectors ---

static bool reserve(struct tick__wheel *wheel, size_t count) {
    while (wheel->free_count < count) {
        enum { COUNT = 32 };
        struct arena *arena = tick__alloc((COUNT + 1) * VECTOR);
        if (!arena)
            return false;
        arena->next = wheel->arenas;
        wheel->arenas = arena;
        char *at = (char *)(((uintptr_t)(arena + 1) + VECTOR - 1) & ~(uintptr_t)(VECTOR - 1));
        for (int i = 0; i < COUNT; i++, at += VECTOR) {
            struct vector *vector = (struct vector *)(void *)at;
            vector->next = wheel->free;
            wheel->free = vector;
        }
        wheel->free_count += COUNT;
    }
    return true;
}

static struct vector *vector_of(struct tick__far *far) {
    return (struct vector *)((uintptr_t)far & ~(uintptr_t)(VECTOR - 1));
}

static void drop_vector(struct tick__wheel *wheel, struct vector *vector) {
    struct slot *slot = &wheel->slots[vector->level][vector->slot];
    *(vector->prev ? &vector->prev->next : &slot->first) = vector->next;
    *(vector->next ? &vector->next->prev : &slot->last) = vector->prev;
    if (!slot->first)
        wheel->full[vector->level][vector->slot / 64] &= ~((uint64_t)1 << vector->slot % 64);
    vector->next = wheel->free;
    wheel->free = vector;
    wheel->free_count++;
}

// --- adding and removing ---

static struct vector *extend(struct tick__wheel *wheel, unsigned level, unsigned index) {
    if (!reserve(wheel, 1))
        return NULL;
    struct vector *vector = wheel->free;
    struct slot *slot = &wheel->slots[level][index];
    wheel->free = vector->next;
    wheel->free_count--;
    vector->next = NULL;
    vector->prev = slot->last;
    *(slot->last ? &slot->last->next : &slot->first) = vector;
    slot->last = vector;
    vector->used = vector->live = 0;
    vector->level = (uint16_t)level;
    vector->slot = (uint16_t)index;
    wheel->full[level][index / 64] |= (uint64_t)1 << index % 64;
    return vector;
}

static struct tick__far *put(struct tick__wheel *wheel, int64_t when, struct tick_handle *handle) {
    const uint64_t tick = (uint64_t)when >> TICK_BITS, differs = tick ^ wheel->cur;
    const unsigned level = differs ? (63u - (unsigned)__builtin_clzll(differs)) / DIGIT : 0;
    const unsigned index = (unsigned)(tick >> DIGIT * level) % SLOTS;
    struct vector *vector = wheel->slots[level][index].last;
    if ((!vector || vector->used == ROOM) && !(vector = extend(wheel, level, index)))
        return NULL;
    struct tick__far *far = &vector->far[vector->used++];
    vector->live++;
    *far = (struct tick__far){when, handle};
    handle->far = far;
    return far;
}

int tick__wheel_add(struct tick__wheel *wheel, int64_t when, struct tick_handle *handle) {
    struct tick__far *far = put(wheel, when, handle);
    if (!far)
        return -ENOMEM;
    handle->place = TICK__FAR;
    wheel->count++;
    if (wheel->least && when < wheel->least->when)
        wheel->least = far;
    return 0;
}

void tick__wheel_remove(struct tick__wheel *wheel, struct tick_handle *handle) {
    struct tick__far *far = handle->far;
    struct vector *vector = vector_of(far);
    far->handle = NULL;
    handle->place = 0;
    wheel->count--;
    if (far == wheel->least)
        wheel->least = NULL;
    if (--vector->live == 0)
        drop_vector(wheel, vector);
}

// --- going on ---

// The earliest slot that is not empty; false: there is none. Slots of lower levels come first: they share more digits with cur.
static bool first_slot(const struct tick__wheel *wheel, unsigned *level, unsigned *index) {
    for (*level = 0; *level < LEVELS; ++*level)
        for (unsigned word = 0; word < SLOTS / 64; word++)
            if (wheel->full[*level][word]) {
                *index = word * 64 + (unsigned)__builtin_ctzll(wheel->full[*level][word]);
                return true;
            }
    return false;
}

struct tick_handle *tick__wheel_least(struct tick__wheel *wheel, int64_t *when) {
    unsigned level, index;
    if (!wheel->least && first_slot(wheel, &level, &index))
        for (struct vector *vector = wheel->slots[level][index].first; vector; vector = vector->next)
            for (unsigned i = 0; i < vector->used; i++)
                if (vector->far[i].handle && (!wheel->least || vector->far[i].when < wheel->least->when))
                    wheel->least = &vector->far[i];
    *when = wheel->least ? wheel->least->when : INT64_MAX;
    return wheel->least ? wheel->least->handle : NULL;
}

static uint32_t slot_live(const struct slot *slot) {
    uint32_t count = 0;
    for (const struct vector *vector = slot->first; vector; vector = vector->next)
        count += vector->live;
    return count;
}

// Moves a slot's timers, in order, to the heap or (near == NULL) to where they belong now.
static void empty(struct tick__wheel *wheel, struct slot *slot, struct tick__timers *near) {
    for (struct vector *vector = slot->first, *next; vector; vector = next) {
        next = vector->next;
        if (next)
            __builtin_prefetch(next);
        drop_vector(wheel, vector); // its contents stay readable until the vector is used again,
        struct tick__far far[ROOM]; // which is why they are copied first
        const unsigned used = vector->used;
        memcpy(far, vector->far, used * sizeof *far);
        for (unsigned i = 0; i < AHEAD && i < used; i++)
            __builtin_prefetch(far[i].handle, 1);
        for (unsigned i = 0; i < used; i++) {
            if (i + AHEAD < used)
                __builtin_prefetch(far[i + AHEAD].handle, 1);
            if (!far[i].handle)
                continue;
            if (near) {
                wheel->count--;
                tick__timers_push(near, far[i].when, far[i].handle);
            } else {
                (void)put(wheel, far[i].when, far[i].handle);
            }
        }
    }
}

// The highest level at which cur enters a new slot; 0: none.
static unsigned top_entered(const struct tick__wheel *wheel, uint64_t cur) {
    const uint64_t differs = cur ^ wheel->cur;
    const unsigned top = differs ? (63u - (unsigned)__builtin_clzll(differs)) / DIGIT : 0;
    return top < LEVELS ? top : LEVELS - 1;
}

static struct slot *slot_at(struct tick__wheel *wheel, unsigned level, uint64_t cur) {
    return &wheel->slots[level][(cur >> DIGIT * level) % SLOTS];
}

// Room for what enter moves. False: no memory.
static bool prepare(struct tick__wheel *wheel, uint64_t cur) {
    const unsigned top = top_entered(wheel, cur);
    bool moves = false;
    for (unsigned level = top; level > 0; level--)
        moves |= slot_at(wheel, level, cur)->first != NULL;
    return !moves || reserve(wheel, (size_t)top * (SLOTS + 1)); // each slot below; full vectors come free as they are moved
}

// cur enters new slots: what stands in them goes down.
static void enter(struct tick__wheel *wheel, uint64_t cur) {
    const unsigned top = top_entered(wheel, cur);
    wheel->cur = cur;
    for (unsigned level = top; level > 0; level--) {
        struct slot *slot = slot_at(wheel, level, cur);
        if (slot->first)
            wheel->least = NULL;
        empty(wheel, slot, NULL);
    }
}

// One slot at a time, so that the heap stays small although much is due. Without memory for a step nothing of it is done: whatever stands
// here is never before the horizon, and whatever is in the heap always is.
int tick__wheel_advance(struct tick__wheel *wheel, int64_t now, struct tick__timers *near) {
    const uint64_t end = ((uint64_t)now >> TICK_BITS) + 1;
    unsigned level, index;
    while (wheel->cur < end) {
        uint64_t start = end;
        if (first_slot(wheel, &level, &index)) {
            const unsigned above = DIGIT * (level + 1);
            start = (wheel->cur >> above << above) | (uint64_t)index << DIGIT * level;
        }
        const bool leaves = start < end && level == 0;
        const uint64_t next = leaves ? start + 1 : start < end ? start : end;
        if (!prepare(wheel, next))
            return -ENOMEM;
        if (leaves) {
            struct slot *slot = &wheel->slots[0][index];
            if (tick__timers_reserve(near, slot_live(slot)) < 0)
                return -ENOMEM;
            wheel->least = NULL;
            empty(wheel, slot, near);
        }
        enter(wheel, next);
        if (leaves)
            return 0;
    }
    return 0;
}

void tick__wheel_free(struct tick__wheel *wheel, void (*each)(struct tick_handle *handle)) {
    if (!wheel)
        return;
    for (unsigned level = 0; level < LEVELS; level++)
        for (unsigned index = 0; index < SLOTS; index++)
            for (struct vector *vector = wheel->slots[level][index].first; vector; vector = vector->next)
                for (unsigned i = 0; i < vector->used; i++)
                    if (vector->far[i].handle) {
                        vector->far[i].handle->place = 0;
                        each(vector->far[i].handle);
                    }
    for (struct arena *arena = wheel->arenas, *next; arena; arena = next) {
        next = arena->next;
        tick__free(arena);
    }
    tick__free(wheel);
}
