// Identities of what a loop makes (docs/IDENTITY.md), and telling the probe of it. Called only while somebody observes.
#include "src/loop/loop_int.h"

uint32_t tick__tell(struct tick_loop *loop, uint32_t parent, enum tick_object_type type, tick_id id, const char *key, uint32_t kth,
    const struct tick_loc *loc) {
    if (!loop->probe)
        return 0;
    const struct tick_object object = {
        .type = type,
        .id = id,
        .parent = parent,
        .host = loop->root.object,
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
    const uint32_t sort = type == TICK_OBJECT_TIMER ? tick_id_sort(type, key) : (uint32_t)type;
    tick_id id = tick_maker_next(loop->maker, sort, &kth);
    *object = tick__tell(loop, loop->maker->object, type, id, key, kth, loc);
    return id;
}
