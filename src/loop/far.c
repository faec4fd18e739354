// The wheel: a hierarchy of 256 slots a level, each slot a list of small vectors, as a wheel does it, but exact.
//
// `cur` is a count of ticks of 2^16 ns; everything before it has left, so the horizon is its beginning. A timer stands at the level of the
// highest digit (of 8 bits) in which its tick differs from cur: its slot at level 0 holds one tick, at level 1 256 of them. When cur enters
// a slot of a higher level, that slot's timers go down, in the order in which they were armed and before any that are armed later. Hence
// within a slot timers always stand in that order, and no sequence has to be kept. Up to level 2 the low half of a deadline and the slot
// tell all of it; above, the handle is asked. Vectors and not linked timers, because walking a million timers is waiting for memory.
#include "src/base/alloc.h"
#include "src/loop/timer_int.h"
#include <errno.h>
#include <string.h>

enum { TICK_BITS = TICK__TICK_BITS, DIGIT = TICK__DIGIT, SLOTS = TICK__SLOTS, LEVELS = TICK__LEVELS, WORDS = SLOTS / 64 };
enum { VECTOR = TICK__VECTOR, ROOM = TICK__VECTOR_ROOM };
enum { AHEAD = 16 };
enum { TOLD = 2 }; // the highest level whose slots tell the high half of a deadline
enum { SWEEP_LEAST = 512 };

struct arena {
    struct arena *next;
};

struct tick__wheel *tick__wheel_new(int64_t now) {
    struct tick__wheel *wheel = tick__alloc_zero(sizeof *wheel);
    if (!wheel)
        return NULL;
    wheel->cur = now < 0 ? 0 : ((uint64_t)now >> TICK_BITS) + 1;
    wheel->least_when = INT64_MIN;
    return wheel;
}

// Past the last tick there is no time: then it is INT64_MAX, which never comes.
static int64_t begin_of(uint64_t tick) {
    return tick > INT64_MAX >> TICK_BITS ? INT64_MAX : (int64_t)(tick << TICK_BITS);
}

int64_t tick__wheel_horizon(const struct tick__wheel *wheel) {
    return begin_of(wheel->cur);
}

// --- vectors ---

static bool reserve(struct tick__wheel *wheel, size_t count) {
    while (wheel->free_count < count) {
        enum { COUNT = 64 };
        struct arena *arena = tick__alloc((COUNT + 1) * VECTOR);
        if (!arena)
            return false;
        arena->next = wheel->arenas;
        wheel->arenas = arena;
        char *at = (char *)(((uintptr_t)(arena + 1) + VECTOR - 1) & ~(uintptr_t)(VECTOR - 1));
        for (int i = 0; i < COUNT; i++, at += VECTOR) {
            struct tick__vector *vector = (struct tick__vector *)(void *)at;
            vector->next = wheel->free;
            wheel->free = vector;
        }
        wheel->free_count += COUNT;
    }
    return true;
}

static void give(struct tick__wheel *wheel, struct tick__vector *vector) {
    vector->next = wheel->free;
    wheel->free = vector;
    wheel->free_count++;
}

static struct tick__vector *last(const struct tick__slot *slot) {
    return (struct tick__vector *)((uintptr_t)(slot->end - 1) & ~(uintptr_t)(VECTOR - 1));
}

static unsigned used(const struct tick__slot *slot, const struct tick__vector *vector) {
    return vector == last(slot) ? (unsigned)(slot->end - vector->far) : ROOM;
}

static void set_empty(struct tick__wheel *wheel, struct tick__slot *slot) {
    const size_t at = (size_t)(slot - wheel->slots);
    wheel->full[at / 64] &= ~((uint64_t)1 << at % 64);
    *slot = (struct tick__slot){0};
}

// --- sweeping ---

static void forget_least(struct tick__wheel *wheel) {
    wheel->least = NULL;
    wheel->least_when = INT64_MIN;
}

static bool stays(const struct tick__store *store, const struct tick__far *far) {
    return far->number && !tick__store_is_dead(store, far->number);
}

static void sweep_slot(struct tick__timers *timers, struct tick__slot *slot) {
    struct tick__wheel *wheel = timers->wheel;
    struct tick__vector *out = slot->first;
    unsigned n = 0;
    size_t vectors = 1;
    for (struct tick__vector *vector = slot->first; vector; vector = vector->next)
        for (unsigned i = 0, end = used(slot, vector); i < end; i++)
            if (stays(timers->store, &vector->far[i])) {
                if (n == ROOM) {
                    out = out->next;
                    vectors++;
                    n = 0;
                }
                out->far[n++] = vector->far[i];
            }
    for (struct tick__vector *vector = n ? out->next : out, *next; vector; vector = next) {
        next = vector->next;
        give(wheel, vector);
    }
    if (n == 0) {
        set_empty(wheel, slot);
        return;
    }
    out->next = NULL;
    slot->end = &out->far[n];
    slot->vectors = vectors;
}

static __attribute__((noinline)) void sweep(struct tick__timers *timers) {
    struct tick__wheel *wheel = timers->wheel;
    uint32_t end = timers->run_at;
    for (uint32_t i = timers->run_at; i < timers->run_end; i++)
        if (stays(timers->store, &timers->run[i]))
            timers->run[end++] = timers->run[i];
    timers->run_end = end;
    for (struct tick__slot *slot = wheel->slots; slot < wheel->slots + (ptrdiff_t)LEVELS * SLOTS; slot++)
        if (slot->first)
            sweep_slot(timers, slot);
    forget_least(wheel);
    timers->entries -= timers->store->dead_count;
    tick__store_swept(timers->store);
}

bool tick__wheel_extend(struct tick__timers *timers, struct tick__slot *slot) {
    struct tick__wheel *wheel = timers->wheel;
    if (!wheel->free && !reserve(wheel, 1))
        return false;
    struct tick__vector *vector = wheel->free;
    wheel->free = vector->next;
    wheel->free_count--;
    vector->next = NULL;
    if (slot->first)
        last(slot)->next = vector;
    else
        slot->first = vector;
    slot->end = vector->far;
    slot->vectors++;
    const size_t at = (size_t)(slot - wheel->slots);
    wheel->full[at / 64] |= (uint64_t)1 << at % 64;
    return true;
}

void tick__wheel_tidy(struct tick__timers *timers) {
    if (timers->store->dead_count > SWEEP_LEAST && timers->store->dead_count > timers->entries / 2)
        sweep(timers);
}

// --- the earliest ---

// The earliest slot that is not empty; NULL: there is none. Slots of lower levels come first: they share more digits with cur.
static struct tick__slot *first_slot(const struct tick__wheel *wheel, unsigned *level, uint64_t *begins) {
    for (*level = 0; *level < LEVELS; ++*level)
        for (unsigned word = 0; word < WORDS; word++)
            if (wheel->full[*level * WORDS + word]) {
                const unsigned index = word * 64 + (unsigned)__builtin_ctzll(wheel->full[*level * WORDS + word]),
                               above = DIGIT * (*level + 1);
                *begins = (wheel->cur >> above << above) | (uint64_t)index << DIGIT * *level;
                return (struct tick__slot *)(uintptr_t)&wheel->slots[*level * SLOTS + index];
            }
    return NULL;
}

int64_t tick__wheel_first(const struct tick__wheel *wheel) {
    unsigned level;
    uint64_t begins;
    return first_slot(wheel, &level, &begins) ? begin_of(begins) : INT64_MAX;
}

// An entry's deadline, as a slot tells it that begins there.
static int64_t deadline(uint64_t begins, const struct tick__far *far) {
    return (int64_t)((begins << TICK_BITS & ~(uint64_t)UINT32_MAX) | far->low);
}

// Leaves holes where cancelled ones stood.
static void find_least(struct tick__timers *timers, struct tick__slot *slot, unsigned level, uint64_t begins) {
    struct tick__wheel *wheel = timers->wheel;
    for (struct tick__vector *vector = slot->first; vector; vector = vector->next)
        for (unsigned i = 0, end = used(slot, vector); i < end; i++) {
            struct tick__far *far = &vector->far[i];
            if (!far->number || (wheel->least && level <= TOLD && deadline(begins, far) >= wheel->least_when))
                continue;
            const struct tick_handle *handle = tick__entry_handle(timers->store, far->number);
            if (!handle) {
                far->number = 0;
                timers->entries--;
            } else if (!wheel->least || handle->of.when < wheel->least_when) {
                wheel->least = far;
                wheel->least_when = handle->of.when;
            }
        }
}

static void give_all(struct tick__wheel *wheel, struct tick__slot *slot) {
    for (struct tick__vector *vector = slot->first, *next; vector; vector = next) {
        next = vector->next;
        give(wheel, vector);
    }
    set_empty(wheel, slot);
}

void tick__wheel_drop_least(struct tick__timers *timers) {
    timers->wheel->least->number = 0;
    timers->entries--;
    forget_least(timers->wheel);
}

struct tick_handle *tick__wheel_least(struct tick__timers *timers, int64_t *when) {
    struct tick__wheel *wheel = timers->wheel;
    for (;;) {
        struct tick_handle *handle = wheel->least ? tick__entry_handle(timers->store, wheel->least->number) : NULL;
        if (handle) {
            *when = wheel->least_when;
            return handle;
        }
        if (wheel->least)
            tick__wheel_drop_least(timers);
        unsigned level;
        uint64_t begins;
        struct tick__slot *slot = first_slot(wheel, &level, &begins);
        if (!slot)
            break;
        find_least(timers, slot, level, begins);
        if (!wheel->least)
            give_all(wheel, slot);
    }
    *when = INT64_MAX;
    return NULL;
}

// --- going on ---

// The highest level at which cur enters a new slot; 0: none.
static unsigned top_entered(const struct tick__wheel *wheel, uint64_t cur) {
    const uint64_t differs = cur ^ wheel->cur;
    const unsigned top = differs ? (63u - (unsigned)__builtin_clzll(differs)) / DIGIT : 0;
    return top < LEVELS ? top : LEVELS - 1;
}

static struct tick__slot *slot_at(struct tick__wheel *wheel, unsigned level, uint64_t cur) {
    return &wheel->slots[level * SLOTS + (cur >> DIGIT * level) % SLOTS];
}

// Room for what enter moves. False: no memory.
static bool prepare(struct tick__wheel *wheel, uint64_t cur) {
    const unsigned top = top_entered(wheel, cur);
    bool moves = false;
    for (unsigned level = top; level > 0; level--)
        moves |= slot_at(wheel, level, cur)->first != NULL;
    return !moves || reserve(wheel, (size_t)top * (SLOTS + 1)); // each slot below; full vectors come free as they are moved
}

// A slot's timers, in order, to where they belong now.
static void lower(struct tick__timers *timers, struct tick__slot *slot, unsigned level) {
    struct tick__wheel *wheel = timers->wheel;
    const struct tick__slot from = *slot;
    set_empty(wheel, slot);
    for (struct tick__vector *vector = from.first, *next; vector; vector = next) {
        struct tick__far far[ROOM];
        const unsigned end = used(&from, vector);
        next = vector->next;
        if (next)
            __builtin_prefetch(next);
        memcpy(far, vector->far, end * sizeof *far);
        give(wheel, vector);
        for (unsigned i = 0; i < end && level > TOLD; i++)
            __builtin_prefetch(tick__store_at(timers->store, far[i].number));
        for (unsigned i = 0; i < end; i++) {
            if (!far[i].number)
                continue;
            int64_t when = deadline(wheel->cur, &far[i]);
            if (level > TOLD) {
                const struct tick_handle *handle = tick__entry_handle(timers->store, far[i].number);
                if (!handle) {
                    timers->entries--;
                    continue;
                }
                when = handle->of.when;
            }
            *tick__wheel_place(timers, when) = far[i]; // the room was reserved
        }
    }
}

// cur enters new slots: what stands in them goes down.
static void enter(struct tick__timers *timers, uint64_t cur) {
    struct tick__wheel *wheel = timers->wheel;
    const unsigned top = top_entered(wheel, cur);
    wheel->cur = cur;
    for (unsigned level = top; level > 0; level--) {
        struct tick__slot *slot = slot_at(wheel, level, cur);
        if (!slot->first)
            continue;
        forget_least(wheel);
        lower(timers, slot, level);
    }
}

// A slot of level 0 becomes the run.
static void open(struct tick__timers *timers, struct tick__slot *slot, uint64_t begins) {
    struct tick__wheel *wheel = timers->wheel;
    uint32_t n = 0;
    for (const struct tick__vector *vector = slot->first; vector; vector = vector->next)
        for (unsigned i = 0, end = used(slot, vector); i < end; i++)
            if (vector->far[i].number)
                timers->run[n++] = vector->far[i];
    give_all(wheel, slot);
    tick__run_sort(timers->run, timers->run + timers->run_room, n);
    for (uint32_t i = 0; i < AHEAD && i < n; i++)
        __builtin_prefetch(tick__store_at(timers->store, timers->run[i].number), 1);
    timers->run_at = 0;
    timers->run_end = n;
    timers->run_base = (int64_t)(begins << TICK_BITS & ~(uint64_t)UINT32_MAX);
    timers->run_made = timers->sequence;
    forget_least(wheel);
}

// One slot at a time. Without memory for a step nothing of it is done: whatever stands here is never before the horizon, and whatever has
// become a run always is.
int tick__wheel_advance(struct tick__timers *timers, int64_t until) {
    struct tick__wheel *wheel = timers->wheel;
    const uint64_t end = ((uint64_t)until >> TICK_BITS) + 1;
    int error = 0;
    bool opened = false;
    while (wheel->cur < end && !opened) {
        unsigned level;
        uint64_t start;
        struct tick__slot *slot = first_slot(wheel, &level, &start);
        if (!slot || start > end)
            start = end;
        opened = start < end && level == 0;
        const uint64_t next = opened ? start + 1 : start;
        error = prepare(wheel, next) ? 0 : -ENOMEM;
        if (error == 0 && opened)
            error = tick__run_reserve(timers, slot->vectors * ROOM);
        if (error < 0)
            break;
        if (opened)
            open(timers, slot, start);
        enter(timers, next);
    }
    timers->horizon = begin_of(wheel->cur);
    return error;
}

// --- the end ---

static void tell(struct tick__timers *timers, uint32_t number, void (*each)(struct tick_handle *handle)) {
    struct tick_handle *handle = number ? tick__entry_handle(timers->store, number) : NULL;
    if (!handle)
        return;
    handle->place = 0;
    handle->of.fired.number = number;
    each(handle);
}

void tick__wheel_free(struct tick__timers *timers, void (*each)(struct tick_handle *handle)) {
    struct tick__wheel *wheel = timers->wheel;
    for (; timers->run_at < timers->run_end; timers->run_at++)
        tell(timers, timers->run[timers->run_at].number, each);
    for (struct tick__slot *slot = wheel->slots; slot < wheel->slots + (ptrdiff_t)LEVELS * SLOTS; slot++)
        for (const struct tick__vector *vector = slot->first; vector; vector = vector->next)
            for (unsigned i = 0, end = used(slot, vector); i < end; i++)
                tell(timers, vector->far[i].number, each);
    for (struct arena *arena = wheel->arenas, *next; arena; arena = next) {
        next = arena->next;
        tick__free(arena);
    }
    tick__free(timers->run);
    timers->run = NULL;
    timers->run_at = timers->run_end = timers->run_room = 0;
    timers->entries = 0;
    tick__free(wheel);
    timers->wheel = NULL;
    timers->horizon = INT64_MAX;
}
