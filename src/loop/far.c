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

enum { TICK_BITS = TICK__TICK_BITS, DIGIT = TICK__DIGIT, SLOTS = TICK__SLOTS, LEVELS = TICK__LEVELS, WORDS = SLOTS / 64 };
enum { VECTOR = TICK__VECTOR, ROOM = TICK__VECTOR_ROOM };
enum { AHEAD = 16 };
enum { TOLD = 2 }; // the highest level whose slots tell the high half of a deadline

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

static struct tick__vector *vector_of(const struct tick__far *end) {
    return (struct tick__vector *)((uintptr_t)(end - 1) & ~(uintptr_t)(VECTOR - 1));
}

// Of a vector of a slot that ends there.
static unsigned used(const struct tick__vector *vector, const struct tick__far *end) {
    return vector == vector_of(end) ? (unsigned)(end - vector->far) : ROOM;
}

static void set_empty(struct tick__wheel *wheel, unsigned slot) {
    wheel->full[slot / 64] &= ~((uint64_t)1 << slot % 64);
    wheel->slots[slot] = (struct tick__slot){0};
    wheel->end[slot] = NULL;
}

bool tick__wheel_extend(struct tick__wheel *wheel, unsigned slot) {
    if (!wheel->free && !reserve(wheel, 1))
        return false;
    struct tick__vector *vector = wheel->free;
    wheel->free = vector->next;
    wheel->free_count--;
    vector->next = NULL;
    *(wheel->slots[slot].first ? &vector_of(wheel->end[slot])->next : &wheel->slots[slot].first) = vector;
    wheel->slots[slot].vectors++;
    wheel->end[slot] = vector->far;
    wheel->full[slot / 64] |= (uint64_t)1 << slot % 64;
    return true;
}

// --- sweeping ---

static void forget_least(struct tick__wheel *wheel) {
    wheel->least = NULL;
    wheel->least_when = INT64_MIN;
}

// The handle's line is asked for: somebody will look at this entry soon.
static void expect(const struct tick__timers *timers, const struct tick__far *far) {
    if (far->number)
        __builtin_prefetch(tick__store_at(timers->store, far->number));
}

static void sweep_slot(struct tick__timers *timers, unsigned slot) {
    struct tick__wheel *wheel = timers->wheel;
    const struct tick__far *end = wheel->end[slot];
    struct tick__vector *out = wheel->slots[slot].first;
    unsigned n = 0;
    size_t vectors = 1;
    for (struct tick__vector *vector = out; vector; vector = vector->next) {
        const unsigned count = used(vector, end), more = vector->next ? used(vector->next, end) : 0;
        for (unsigned i = 0; i < count; i++) {
            if (i + AHEAD < count)
                expect(timers, &vector->far[i + AHEAD]);
            else if (i + AHEAD - count < more)
                expect(timers, &vector->next->far[i + AHEAD - count]);
            if (!vector->far[i].number || !tick__entry_handle(timers, vector->far[i].number))
                continue;
            if (n == ROOM) {
                out = out->next;
                vectors++;
                n = 0;
            }
            out->far[n++] = vector->far[i];
        }
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
    wheel->end[slot] = &out->far[n];
    wheel->slots[slot].vectors = vectors;
}

void tick__wheel_sweep(struct tick__timers *timers) {
    struct tick__wheel *wheel = timers->wheel;
    uint32_t end = timers->run_at;
    for (uint32_t i = timers->run_at; i < timers->run_end; i++)
        if (tick__entry_handle(timers, timers->run[i].number))
            timers->run[end++] = timers->run[i];
    timers->run_end = end;
    for (unsigned slot = 0; slot < LEVELS * SLOTS; slot++)
        if (wheel->end[slot])
            sweep_slot(timers, slot);
    forget_least(wheel);
}

// --- the earliest ---

// The earliest slot that is not empty; false: there is none. Slots of lower levels come first: they share more digits with cur.
static bool first_slot(const struct tick__wheel *wheel, unsigned *slot, uint64_t *begins) {
    for (unsigned word = 0; word < LEVELS * WORDS; word++)
        if (wheel->full[word]) {
            *slot = word * 64 + (unsigned)__builtin_ctzll(wheel->full[word]);
            const unsigned level = *slot / SLOTS, above = DIGIT * (level + 1);
            *begins = (wheel->cur >> above << above) | (uint64_t)(*slot % SLOTS) << DIGIT * level;
            return true;
        }
    return false;
}

int64_t tick__wheel_first(const struct tick__wheel *wheel) {
    unsigned slot;
    uint64_t begins;
    return first_slot(wheel, &slot, &begins) ? begin_of(begins) : INT64_MAX;
}

// An entry's deadline, as a slot tells it that begins there.
static int64_t deadline(uint64_t begins, const struct tick__far *far) {
    return (int64_t)((begins << TICK_BITS & ~(uint64_t)UINT32_MAX) | far->low);
}

// Leaves holes where cancelled ones stood.
static void find_least(struct tick__timers *timers, unsigned slot, uint64_t begins) {
    struct tick__wheel *wheel = timers->wheel;
    for (struct tick__vector *vector = wheel->slots[slot].first; vector; vector = vector->next)
        for (unsigned i = 0, count = used(vector, wheel->end[slot]); i < count; i++) {
            struct tick__far *far = &vector->far[i];
            if (!far->number || (wheel->least && slot / SLOTS <= TOLD && deadline(begins, far) >= wheel->least_when))
                continue;
            const struct tick_handle *handle = tick__entry_handle(timers, far->number);
            if (!handle) {
                far->number = 0;
            } else if (!wheel->least || handle->of.when < wheel->least_when) {
                wheel->least = far;
                wheel->least_when = handle->of.when;
            }
        }
}

static void give_all(struct tick__wheel *wheel, unsigned slot) {
    for (struct tick__vector *vector = wheel->slots[slot].first, *next; vector; vector = next) {
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
        struct tick_handle *handle = wheel->least ? tick__entry_handle(timers, wheel->least->number) : NULL;
        if (handle) {
            *when = wheel->least_when;
            return handle;
        }
        if (wheel->least)
            wheel->least->number = 0;
        forget_least(wheel);
        unsigned slot;
        uint64_t begins;
        if (!first_slot(wheel, &slot, &begins))
            break;
        find_least(timers, slot, begins);
        if (!wheel->least)
            give_all(wheel, slot);
    }
    *when = INT64_MAX;
    return NULL;
}

// --- the latest ---

int64_t tick__wheel_last(const struct tick__timers *timers) {
    const struct tick__wheel *wheel = timers->wheel;
    int64_t last = 0;
    for (unsigned slot = LEVELS * SLOTS; slot-- > 0 && !last;)
        for (const struct tick__vector *vector = wheel->slots[slot].first; vector; vector = vector->next)
            for (unsigned i = 0, count = used(vector, wheel->end[slot]); i < count; i++) {
                const struct tick_handle *handle = vector->far[i].number ? tick__store_at(timers->store, vector->far[i].number) : NULL;
                if (handle && !(handle->bits & TICK__IS_CANCELLED) && handle->of.when > last && handle->of.when < TICK_NEVER)
                    last = handle->of.when;
            }
    return last;
}

// --- going on ---

// The highest level at which cur enters a new slot; 0: none.
static unsigned top_entered(const struct tick__wheel *wheel, uint64_t cur) {
    const uint64_t differs = cur ^ wheel->cur;
    const unsigned top = differs ? (63u - (unsigned)__builtin_clzll(differs)) / DIGIT : 0;
    return top < LEVELS ? top : LEVELS - 1;
}

static unsigned slot_at(unsigned level, uint64_t cur) {
    return level * SLOTS + (cur >> DIGIT * level) % SLOTS;
}

// Room for what enter moves. False: no memory.
static bool prepare(struct tick__wheel *wheel, uint64_t cur) {
    const unsigned top = top_entered(wheel, cur);
    bool moves = false;
    for (unsigned level = top; level > 0; level--)
        moves |= wheel->end[slot_at(level, cur)] != NULL;
    return !moves || reserve(wheel, (size_t)top * (SLOTS + 1)); // each slot below, and the vector that comes free next
}

// A slot's timers, in order, to where they belong now.
static void lower(struct tick__timers *timers, unsigned slot) {
    struct tick__wheel *wheel = timers->wheel;
    struct tick__vector *vector = wheel->slots[slot].first, *next;
    const struct tick__far *end = wheel->end[slot];
    const bool told = slot / SLOTS <= TOLD;
    set_empty(wheel, slot);
    for (; vector; vector = next) {
        const struct tick__far *far = vector->far;
        const unsigned count = used(vector, end);
        next = vector->next;
        if (next)
            __builtin_prefetch(next);
        for (unsigned i = 0; i < count && !told; i++)
            expect(timers, &far[i]);
        for (unsigned i = 0; i < count; i++) {
            if (!far[i].number)
                continue;
            int64_t when = deadline(wheel->cur, &far[i]);
            if (!told) {
                const struct tick_handle *handle = tick__entry_handle(timers, far[i].number);
                if (!handle)
                    continue;
                when = handle->of.when;
            }
            const unsigned to = tick__wheel_slot(wheel, when);
            if (!tick__wheel_has_room(wheel, to))
                (void)tick__wheel_extend(wheel, to); // of what was reserved
            *wheel->end[to]++ = far[i];
        }
        give(wheel, vector);
    }
}

// cur enters new slots: what stands in them goes down.
static void enter(struct tick__timers *timers, uint64_t cur) {
    struct tick__wheel *wheel = timers->wheel;
    const unsigned top = top_entered(wheel, cur);
    wheel->cur = cur;
    for (unsigned level = top; level > 0; level--) {
        const unsigned slot = slot_at(level, cur);
        if (!wheel->end[slot])
            continue;
        forget_least(wheel);
        lower(timers, slot);
    }
}

// A slot of level 0 becomes the run.
static void open(struct tick__timers *timers, unsigned slot, uint64_t begins) {
    struct tick__wheel *wheel = timers->wheel;
    uint32_t n = 0;
    for (const struct tick__vector *vector = wheel->slots[slot].first; vector; vector = vector->next)
        for (unsigned i = 0, count = used(vector, wheel->end[slot]); i < count; i++)
            if (vector->far[i].number)
                timers->run[n++] = vector->far[i];
    give_all(wheel, slot);
    tick__run_sort(timers->run, timers->run + timers->run_room, n);
    for (uint32_t i = 0; i < AHEAD && i < n; i++)
        tick__store_prefetch(timers->store, timers->run[i].number);
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
        unsigned slot;
        uint64_t start;
        if (!first_slot(wheel, &slot, &start) || start > end)
            start = end;
        opened = start < end && slot < SLOTS;
        const uint64_t next = opened ? start + 1 : start;
        error = prepare(wheel, next) ? 0 : -ENOMEM;
        if (error == 0 && opened)
            error = tick__run_reserve(timers, wheel->slots[slot].vectors * ROOM);
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
    struct tick_handle *handle = number ? tick__entry_handle(timers, number) : NULL;
    if (!handle)
        return;
    handle->place = 0;
    handle->of.fired.number = number;
    timers->entries--;
    each(handle);
}

void tick__wheel_free(struct tick__timers *timers, void (*each)(struct tick_handle *handle)) {
    struct tick__wheel *wheel = timers->wheel;
    for (; timers->run_at < timers->run_end; timers->run_at++)
        tell(timers, timers->run[timers->run_at].number, each);
    for (unsigned slot = 0; slot < LEVELS * SLOTS; slot++)
        for (const struct tick__vector *vector = wheel->slots[slot].first; vector; vector = vector->next)
            for (unsigned i = 0, count = used(vector, wheel->end[slot]); i < count; i++)
                tell(timers, vector->far[i].number, each);
    for (struct arena *arena = wheel->arenas, *next; arena; arena = next) {
        next = arena->next;
        tick__free(arena);
    }
    tick__free(timers->run);
    timers->run = NULL;
    timers->run_at = timers->run_end = timers->run_room = 0;
    tick__free(wheel);
    timers->wheel = timers->quick = NULL;
    timers->horizon = INT64_MAX;
}
