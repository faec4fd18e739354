// A listener that is queued already cannot be taken out of the ready queue: it holds the crowd until it has run, and finds nobody.
#include "src/loop/crowd.h"

struct member {
    struct tick_handle handle; // its arg is the crowd; NULL: named before
    struct tick_future *future;
};

struct tick__crowd {
    tick__crowd_fn *each;
    void *owner; // NULL: has left
    size_t refs, count;
    struct member members[];
};

static void unref(struct tick__crowd *crowd) {
    if (--crowd->refs > 0)
        return;
    for (size_t i = 0; i < crowd->count; i++)
        tick_future_unref(crowd->members[i].future);
    tick__block_free(crowd);
}

static void one_done(struct tick_future *future, void *arg) {
    struct tick__crowd *crowd = arg;
    if (crowd->owner)
        crowd->each(crowd->owner, future);
    unref(crowd);
}

struct tick__crowd *tick__crowd_new(
    struct tick_loop *loop, struct tick_future *const *futures, size_t count, tick__crowd_fn *each, void *owner, size_t *distinct) {
    if (count > SIZE_MAX / 2 / sizeof(struct member))
        return NULL;
    struct tick__crowd *crowd = tick__block_alloc(loop, sizeof *crowd + count * sizeof crowd->members[0]);
    if (!crowd)
        return NULL;
    *crowd = (struct tick__crowd){.each = each, .owner = owner, .refs = 1, .count = count};
    for (size_t i = 0; i < count; i++) {
        struct member *member = &crowd->members[i];
        *member = (struct member){
            .handle = {.loop = loop, .refs = 1, .kind = TICK__DONE, .embedded = 1, .hidden = 1},
            .future = tick_future_ref(futures[i]),
        };
        member->handle.fn.done = one_done;
        if (futures[i]->marked)
            continue;
        futures[i]->marked = 1;
        member->handle.arg = crowd;
        if (loop->observed)
            member->handle.id = tick_maker_next(loop->maker, TICK_OBJECT_HANDLE, NULL);
        crowd->refs++;
        tick__future_attach(futures[i], &member->handle);
    }
    for (size_t i = 0; i < count; i++)
        futures[i]->marked = 0;
    *distinct = crowd->refs - 1;
    return crowd;
}

void tick__crowd_leave(struct tick__crowd *crowd) {
    if (!crowd)
        return;
    crowd->owner = NULL;
    for (size_t i = 0; i < crowd->count; i++) {
        struct member *member = &crowd->members[i];
        if (member->handle.arg && member->future->state == TICK__PENDING) {
            tick__future_detach(member->future, &member->handle);
            crowd->refs--;
        }
    }
    unref(crowd);
}
