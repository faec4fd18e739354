#include "sim/keeper/counted.h"
#include "src/base/keep.h"
#include <stddef.h>

struct counted {
    struct tick_probe *probe; // NULL: none
    const struct tick_probe_ops *inner;
    struct tick_probe_ops ops;
    uint32_t objects, events;
};
TICK_KEEP static struct counted counted;

// The probe's own slots see it as it is, and may put others in their place.
#define THROUGH(self, call) \
    __extension__({ \
        (self)->ops = counted.inner; \
        const uint32_t number_ = (call); \
        counted.inner = (self)->ops; \
        (self)->ops = &counted.ops; \
        number_; \
    })

static uint32_t object(struct tick_probe *self, const struct tick_object *what) {
    const uint32_t number = THROUGH(self, self->ops->object(self, what));
    counted.objects += number != 0;
    return number;
}

static uint32_t event(struct tick_probe *self, const struct tick_event *what) {
    const uint32_t number = THROUGH(self, self->ops->event(self, what));
    counted.events += number != 0;
    return number;
}

static uint32_t choice(struct tick_probe *self, const struct tick_deviation *deviation) {
    const uint32_t number = THROUGH(self, self->ops->choice(self, deviation));
    counted.events += number != 0;
    return number;
}

static uint32_t text(struct tick_probe *self, const char *words) {
    const uint32_t number = THROUGH(self, self->ops->text(self, words));
    counted.objects += number != 0;
    return number;
}

void tick__counted_begin(struct tick_probe *probe, uint32_t objects, uint32_t events) {
    counted = (struct counted){.probe = probe, .inner = probe->ops, .ops = *probe->ops, .objects = objects, .events = events};
    counted.ops.object = object;
    counted.ops.event = event;
    counted.ops.text = text;
    if (probe->ops->choice)
        counted.ops.choice = choice;
    probe->ops = &counted.ops;
}

void tick__counted(uint32_t *objects, uint32_t *events) {
    *objects = counted.objects;
    *events = counted.events;
}

void tick__counted_end(void) {
    if (counted.probe)
        counted.probe->ops = counted.inner;
    counted.probe = NULL;
}
