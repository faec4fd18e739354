// Identities of what a loop makes (docs/IDENTITY.md), and telling the probe of it. Called only while somebody observes.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include <errno.h>

uint32_t tick__tell(struct tick_loop *loop, uint32_t parent, enum tick_object_type type, tick_id id, const char *key, uint32_t kth,
    const struct tick_loc *loc) {
    if (!loop->probe)
        return 0;
    const struct tick_object object = {
        .type = type,
        .id = id,
        .parent = parent,
        .host = loop->root.maker.object,
        .key = key,
        .kth = kth,
        .loc = loc,
    };
    return loop->probe->ops->object(loop->probe, &object);
}

uint32_t tick__emit(
    struct tick_loop *loop, enum tick_event_kind kind, uint32_t subject, uint32_t cause, int64_t arg, const struct tick_loc *loc) {
    return tick_emit(loop->probe, kind, subject, cause, arg, loc);
}

tick_id tick__identify(struct tick_loop *loop, enum tick_object_type type, const char *key, const struct tick_loc *loc, uint32_t *object) {
    uint32_t kth;
    tick_id id = tick_maker_next(&loop->maker->maker, type, &kth);
    *object = tick__tell(loop, loop->maker->maker.object, type, id, key, kth, loc);
    return id;
}

int tick__parent_count(struct tick__parent *parent, uint64_t hash, uint32_t *kth) {
    struct tick__key *key = &parent->first;
    if (key->hash == 0)
        key->hash = hash;
    while (key && key->hash != hash)
        key = key->next;
    if (!key) {
        key = tick__alloc(sizeof *key);
        if (!key)
            return -ENOMEM;
        *key = (struct tick__key){.next = parent->first.next, .hash = hash};
        parent->first.next = key;
    }
    *kth = ++key->count;
    return 0;
}

void tick__parent_fini(struct tick__parent *parent) {
    for (struct tick__key *key = parent->first.next, *next; key; key = next) {
        next = key->next;
        tick__free(key);
    }
    parent->first.next = NULL;
}
