// A probe that folds everything it is told into one number, for tests that compare runs without the trace.
#ifndef RETICK_HASH_PROBE_H
#define RETICK_HASH_PROBE_H

#include <retick/probe.h>

struct hash_probe {
    struct tick_probe probe; // first
    uint64_t hash;
    uint32_t objects, events;
    uint32_t of_kind[TICK_EVENT_KINDS];
};

static inline void hash_fold(struct hash_probe *p, uint64_t word) {
    p->hash = tick_id_mix(p->hash, word);
}

static inline uint32_t hash_object(struct tick_probe *self, const struct tick_object *object) {
    struct hash_probe *p = (struct hash_probe *)self;
    hash_fold(p, object->id);
    hash_fold(p, (uint64_t)object->type << 32 | object->parent);
    hash_fold(p, object->key ? tick_id_text(object->key) : 0);
    return ++p->objects;
}

static inline uint32_t hash_event(struct tick_probe *self, const struct tick_event *event) {
    struct hash_probe *p = (struct hash_probe *)self;
    hash_fold(p, (uint64_t)event->ts);
    hash_fold(p, (uint64_t)event->arg);
    hash_fold(p, (uint64_t)event->host << 32 | event->task);
    hash_fold(p, (uint64_t)event->subject << 32 | event->cause);
    hash_fold(p, event->kind);
    p->of_kind[event->kind]++;
    return ++p->events;
}

static inline uint32_t hash_text(struct tick_probe *self, const char *text) {
    struct hash_probe *p = (struct hash_probe *)self;
    hash_fold(p, tick_id_text(text));
    return ++p->objects;
}

static inline struct tick_probe *hash_probe_init(struct hash_probe *p) {
    static const struct tick_probe_ops ops = {.object = hash_object, .event = hash_event, .text = hash_text};
    *p = (struct hash_probe){.probe.ops = &ops};
    return &p->probe;
}

#endif
