// What threads hold, and wake each other with: locks, semaphores, conditions and the like, by their addresses. An address means nothing
// outside of the process, so that one is told as an object of the thread that came to it first, made at that place.
#include "sim/guest/guest_int.h"
#include "sim/guest/tell_int.h"
#include "sim/guest/turn_int.h"
#include "src/base/outside.h"
#include <string.h>

struct resource {
    const void *address; // NULL: unused
    uint32_t object;     // 0: what was there is gone
    uint32_t released;   // seq of the latest release
    bool held;           // whoever takes it holds it, until he gives it back
};

static struct resource *resources; // a hash table
static uint32_t resource_count, resource_room;
static struct {
    const void *address;
    uint32_t seq;
} latest; // deed

const char *tick__guest_waits_called(uint8_t what) {
    static const char *const words[] = {[TICK__WAITS_NOTHING] = "something",
#define TICK__WAITS_WORDS(name, words) [name] = words,
        TICK__WAITS(TICK__WAITS_WORDS)
#undef TICK__WAITS_WORDS
    };
    return what < sizeof words / sizeof *words ? words[what] : words[0];
}

// A semaphore that is taken first, and not posted or waited for, is used as a lock; else it is a way to wake somebody.
static bool is_held(uint8_t what, bool taken) {
    return what == TICK__WAITS_LOCK || what == TICK__WAITS_READS || what == TICK__WAITS_WRITES || (what == TICK__WAITS_SEMAPHORE && taken);
}

// --- addresses ---

static struct resource *entry_of(struct resource *table, uint32_t room, const void *address) {
    uint32_t at = (uint32_t)(((uintptr_t)address * 0x9e3779b97f4a7c15u) >> 32) & (room - 1);
    while (table[at].address && table[at].address != address)
        at = (at + 1) & (room - 1);
    return &table[at];
}

static bool grow(void) {
    const uint32_t room = resource_room ? 2 * resource_room : 256;
    struct resource *table = tick__outside_alloc(room * sizeof *table);
    if (!table)
        return false;
    memset(table, 0, room * sizeof *table);
    for (uint32_t i = 0; i < resource_room; i++)
        if (resources[i].address)
            *entry_of(table, room, resources[i].address) = resources[i];
    tick__outside_free(resources);
    resources = table;
    resource_room = room;
    return true;
}

// NULL: there is no memory for it.
static struct resource *resource_of(const void *address, uint8_t what, bool taken, const void *place) {
    if (2 * resource_count >= resource_room && !grow())
        return NULL;
    struct resource *resource = entry_of(resources, resource_room, address);
    if (resource->object)
        return resource;
    struct tick_maker *maker = &tick__guest_self()->maker;
    const bool held = is_held(what, taken);
    struct tick_object object = {
        .type = held ? TICK_OBJECT_LOCK : TICK_OBJECT_EVENT, .parent = maker->object, .host = tick__guest_probe->host};
    object.id = tick_maker_next(maker, object.type, &object.kth);
    resource_count += !resource->address;
    *resource = (struct resource){.address = address,
        .held = held,
        .object = tick__guest_tell_object_at(&object, tick__guest_place_of(place, tick__guest_waits_called(what)))};
    return resource;
}

uint32_t tick__guest_tell_resource(const void *address, uint8_t what, const void *place) {
    const struct resource *resource = resource_of(address, what, false, place);
    return resource ? resource->object : 0;
}

void tick__guest_tell_gone(const void *address) {
    if (tick__guest_probe && resource_room)
        entry_of(resources, resource_room, address)->object = 0;
}

// --- deeds ---

void tick__guest_tell_did(const void *address, uint32_t seq) {
    latest.address = address;
    latest.seq = seq;
}

uint32_t tick__guest_tell_deed(const void *address) {
    return latest.address == address ? latest.seq : 0;
}

// What a step takes and gives back before it ends, with nobody waiting there, no other thread can see, and most of what libraries and
// interpreters lock is of that sort: it is not told. The rest is told as the step ends, or waits: no time has passed since. Wake-ups that
// found nobody are told once a step.
#define PENDING 32
static struct pending {
    const void *address, *place;
    uint8_t what, kind;
} pending[PENDING];
static uint32_t pending_count;

static bool has_waiters(const void *address) {
    return tick__guest_waiters_next(address, NULL) != NULL;
}

static void tell_pending(const struct pending *p) {
    struct resource *resource = resource_of(p->address, p->what, p->kind == TICK_EV_HOLD, p->place);
    if (!resource)
        return;
    const bool holds = p->kind == TICK_EV_HOLD;
    const uint16_t place = holds ? tick__guest_place_of(p->place, tick__guest_waits_called(p->what)) : 0;
    const uint32_t cause = holds ? resource->released : tick__guest_probe->here;
    const uint32_t seq = tick__guest_tell_at((enum tick_event_kind)p->kind, resource->object, cause, 0, place);
    if (!holds)
        tick__guest_tell_did(p->address, seq);
}

void tick__guest_tell_rest(void) {
    for (uint32_t i = 0; i < pending_count; i++)
        tell_pending(&pending[i]);
    pending_count = 0;
}

// The latest one pending of that kind at the address; NULL: there is none.
static struct pending *find_pending(const void *address, uint8_t kind) {
    for (uint32_t i = pending_count; i-- > 0;)
        if (pending[i].address == address && pending[i].kind == kind)
            return &pending[i];
    return NULL;
}

static void add_pending(const void *address, uint8_t what, const void *place, enum tick_event_kind kind) {
    if (pending_count == PENDING)
        tick__guest_tell_rest();
    pending[pending_count++] = (struct pending){address, place, what, (uint8_t)kind};
}

static void drop_pending(const struct pending *p) {
    const uint32_t at = (uint32_t)(p - pending);
    memmove(&pending[at], &pending[at + 1], (--pending_count - at) * sizeof *p);
}

void tick__guest_tell_hold(const void *address, uint8_t what, const void *place) {
    const struct resource *resource = tick__guest_probe ? resource_of(address, what, true, place) : NULL;
    if (resource && resource->held)
        add_pending(address, what, place, TICK_EV_HOLD);
}

void tick__guest_tell_release(const void *address, uint8_t what) {
    struct resource *resource = tick__guest_probe ? resource_of(address, what, false, NULL) : NULL;
    if (!resource)
        return;
    if (!resource->held) {
        tick__guest_tell_notify(address, what);
        return;
    }
    const struct pending *hold = find_pending(address, TICK_EV_HOLD);
    if (hold && !has_waiters(address)) {
        drop_pending(hold);
        return;
    }
    tick__guest_tell_rest();
    resource->released = tick__guest_tell_at(TICK_EV_RELEASE, resource->object, tick__guest_probe->here, 0, 0);
    tick__guest_tell_did(address, resource->released);
}

void tick__guest_tell_notify(const void *address, uint8_t what) {
    if (!tick__guest_probe)
        return;
    if (!find_pending(address, TICK_EV_NOTIFY))
        add_pending(address, what, NULL, TICK_EV_NOTIFY);
    if (has_waiters(address))
        tick__guest_tell_rest();
}

void tick__guest_resources_begin(void) {
    if (resources)
        memset(resources, 0, resource_room * sizeof *resources);
    resource_count = pending_count = 0;
    tick__guest_tell_did(NULL, 0);
}
