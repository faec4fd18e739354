// The guest's probe: each call is a record in the ring. Numbers are given here, as a recorder gives them, so that the program's process
// needs nothing back; they are rewound with its memory, and a run's begin where its snapshot's ended. The ring's head is not: it lies in
// the ring.
#include "sim/guest/tell_int.h"
#include <string.h>

struct tick_probe *tick__guest_probe;

static struct tick_guest_told *told;
static void (*on_full)(struct tick_guest_told *told, bool full);
static uint32_t objects, events;
static uint64_t filled; // the head, with the record that is being written
static bool half_told;  // the keeper was told that the ring is half full

static uint64_t mask(void) {
    return told->size - 1;
}

static void wait_for_room(uint64_t upto) {
    const uint64_t half = told->size / 2;
    if (upto - atomic_load_explicit(&told->tail, memory_order_acquire) <= half) {
        half_told = false;
        return;
    }
    if (!half_told) {
        half_told = true;
        on_full(told, false);
    }
    while (upto - atomic_load_explicit(&told->tail, memory_order_acquire) > told->size)
        on_full(told, true);
}

void *tick__guest_tell_room(size_t size, enum tick_told_what what) {
    uint64_t head = atomic_load_explicit(&told->head, memory_order_relaxed);
    size = (size + 7) & ~(size_t)7;
    const uint64_t rest = told->size - (head & mask());
    const bool wraps = rest < size;
    wait_for_room(head + size + (wraps ? rest : 0));
    if (wraps) {
        struct tick_told *pad = (struct tick_told *)(told->bytes + (head & mask()));
        *pad = (struct tick_told){.size = (uint32_t)rest, .what = TICK_TOLD_PAD};
        head += rest;
    }
    struct tick_told *record = (struct tick_told *)(told->bytes + (head & mask()));
    *record = (struct tick_told){.size = (uint32_t)size, .what = (uint8_t)what};
    filled = head + size;
    return record;
}

void tick__guest_tell_publish(void) {
    atomic_store_explicit(&told->head, filled, memory_order_release);
}

static uint32_t event(const struct tick_event *e, uint16_t place) {
    struct tick_told_event *record = tick__guest_tell_room(sizeof *record, TICK_TOLD_EVENT);
    record->head.detail = e->kind;
    record->head.place = place;
    record->ts = e->ts;
    record->arg = e->arg;
    record->host = e->host;
    record->task = e->task;
    record->subject = e->subject;
    record->cause = e->cause;
    tick__guest_tell_publish();
    return ++events;
}

// A place that is static storage of somebody's has no address that a keeper could use: the library's own say nothing about the program.
static uint32_t tell_event(struct tick_probe *self, const struct tick_event *e) {
    (void)self;
    return event(e, 0);
}

uint32_t tick__guest_tell_at(enum tick_event_kind kind, uint32_t subject, uint32_t cause, int64_t arg, uint16_t place) {
    const struct tick_probe *probe = tick__guest_probe;
    const struct tick_event e = {
        .ts = probe->now, .arg = arg, .host = probe->host, .task = probe->task, .subject = subject, .cause = cause, .kind = (uint8_t)kind};
    return event(&e, place);
}

uint32_t tick__guest_tell_object_at(const struct tick_object *object, uint16_t place) {
    const size_t key = object->key ? strnlen(object->key, TICK_TOLD_KEY) : 0;
    struct tick_told_object *record = tick__guest_tell_room(sizeof *record + key, TICK_TOLD_OBJECT);
    record->head.detail = (uint8_t)object->type;
    record->head.place = place;
    record->id = object->id;
    record->ordinal = object->ordinal;
    record->parent = object->parent;
    record->host = object->host;
    record->kth = object->kth;
    record->key = object->key ? (uint32_t)key : UINT32_MAX;
    memcpy(record + 1, object->key ? object->key : "", key);
    tick__guest_tell_publish();
    return ++objects;
}

static uint32_t tell_object(struct tick_probe *self, const struct tick_object *object) {
    (void)self;
    return tick__guest_tell_object_at(object, 0);
}

#define PIECE (TICK_TOLD_MOST - sizeof(struct tick_told_bytes))

static void bytes_of(enum tick_told_what what, uint32_t subject, uint64_t offset, const void *bytes, size_t count) {
    const char *from = bytes;
    for (size_t rest = count;; rest -= PIECE, from += PIECE) {
        const bool last = rest <= PIECE;
        const size_t here = last ? rest : PIECE;
        struct tick_told_bytes *record = tick__guest_tell_room(sizeof *record + here, last ? what : TICK_TOLD_PIECE);
        record->offset = offset;
        record->all = count;
        record->subject = subject;
        record->count = (uint32_t)here;
        if (here)
            memcpy(record + 1, from, here);
        tick__guest_tell_publish();
        if (last)
            return;
    }
}

static void tell_payload(struct tick_probe *self, uint32_t message, const void *bytes, size_t count) {
    (void)self;
    bytes_of(TICK_TOLD_PAYLOAD, message, 0, bytes, count);
}

static void tell_written(struct tick_probe *self, uint32_t object, uint64_t offset, const void *bytes, size_t count) {
    (void)self;
    bytes_of(TICK_TOLD_WRITTEN, object, offset, bytes, count);
}

static uint32_t tell_choice(struct tick_probe *self, const struct tick_deviation *deviation) {
    struct tick_told_choice *record = tick__guest_tell_room(sizeof *record, TICK_TOLD_CHOICE);
    record->now = self->now;
    record->host = self->host;
    record->task = self->task;
    record->here = self->here;
    record->value = deviation->value;
    record->n = deviation->n;
    record->kind = deviation->kind;
    memset(record->unused, 0, sizeof record->unused);
    record->subject = deviation->subject;
    record->ordinal = deviation->ordinal;
    record->most = deviation->most;
    tick__guest_tell_publish();
    return ++events;
}

uint32_t tick__guest_tell_text(const void *bytes, size_t count) {
    bytes_of(TICK_TOLD_TEXT, tick__guest_probe->host, 0, bytes, count);
    return ++objects;
}

static uint32_t tell_text(struct tick_probe *self, const char *text) {
    (void)self;
    return tick__guest_tell_text(text, strlen(text));
}

static const struct tick_probe_ops ops = {
    .object = tell_object,
    .event = tell_event,
    .payload = tell_payload,
    .written = tell_written,
    .choice = tell_choice,
    .text = tell_text,
};

void tick__guest_tell_to(struct tick_guest_told *to, void (*room)(struct tick_guest_told *told, bool full)) {
    static struct tick_probe probe;
    probe = (struct tick_probe){.ops = &ops};
    told = to;
    on_full = room;
    objects = events = 0;
    half_told = false;
    tick__guest_probe = &probe;
    tick__guest_places_begin();
}

void tick__guest_tell_counts(uint32_t objects_told, uint32_t events_told) {
    objects = objects_told;
    events = events_told;
}

void tick__guest_told_counts(uint32_t *objects_told, uint32_t *events_told) {
    *objects_told = objects;
    *events_told = events;
}

void tick__guest_tell_stop(void) {
    tick__guest_probe = NULL;
}
