// gather: one future that is done when all its children are, or when the first of them fails.
//
// Each child's callback holds a reference to the gather, and the gather one to each child; both end when the callbacks have run.
#include "src/loop/loop_int.h"
#include <stdint.h>

struct gather {
    struct tick_future future; // first
    struct tick__cancel_frame frame;
    size_t count;    // children named
    size_t distinct; // of them
    size_t finished;
    size_t asked; // by the cancellation that is under way
    bool return_errors, cancel_requested;
    struct tick_future *children[]; // then a handle for each
};

// Gathers of gathers are freed one after the other, not one within the other: they may be 100,000 deep.
static void gather_drop(struct tick_future *future) {
    struct tick_loop *loop = future->loop;
    ((struct gather *)future)->frame.up = loop->dropped;
    loop->dropped = future;
    if (loop->dropping)
        return;
    loop->dropping = true;
    while (loop->dropped) {
        struct gather *gather = (struct gather *)loop->dropped;
        loop->dropped = gather->frame.up;
        for (size_t i = 0; i < gather->count; i++)
            tick_future_unref(gather->children[i]);
        tick__block_free(gather);
    }
    loop->dropping = false;
}

const struct tick_future_ops tick__gather_ops = {
    .type = TICK_OBJECT_FUTURE,
    .drop = gather_drop,
    .unread = "_GatheringFuture exception was never retrieved",
};

struct tick_future *tick__gather_ask(struct tick_future *future, bool first) {
    struct gather *gather = (struct gather *)future;
    if (first)
        gather->asked = 0;
    return gather->asked < gather->count ? gather->children[gather->asked++] : NULL;
}

struct tick__cancel_frame *tick__gather_frame(struct tick_future *future) {
    return &((struct gather *)future)->frame;
}

void tick__gather_cancelled(struct tick_future *future) {
    ((struct gather *)future)->cancel_requested = true;
}

static void count_child(struct gather *gather, struct tick_future *child) {
    gather->finished++;
    struct tick_future *outer = &gather->future;
    child->unread = 0; // its error is in the gather's hands, whatever that does with it
    if (outer->state != TICK__PENDING)
        return;
    if (!gather->return_errors) {
        if (child->state == TICK__CANCELLED) { // asyncio: an error CancelledError; the outer one is not cancelled
            tick__future_failed(outer, NULL, TICK_ECANCELED, 0);
            return;
        }
        if (child->state == TICK__FAILED) {
            tick__future_fail_as(outer, child);
            return;
        }
    }
    if (gather->finished < gather->distinct)
        return;
    if (gather->cancel_requested)
        tick__future_failed(outer, NULL, TICK_ECANCELED, 0);
    else
        tick__future_succeeded(outer, 0, 0);
}

static void child_done(struct tick_future *child, void *arg) {
    struct gather *gather = arg;
    count_child(gather, child);
    tick_future_unref(&gather->future);
}

struct tick_future *tick__gather_on(
    struct tick_loop *loop, struct tick_future *const *children, size_t count, bool return_errors, const struct tick_loc *loc) {
    if (count > SIZE_MAX / 128)
        return NULL;
    const size_t head = sizeof(struct gather) + count * sizeof(struct tick_future *);
    struct gather *gather = tick__block_alloc(loop, head + count * sizeof(struct tick_handle));
    if (!gather)
        return NULL;
    *gather = (struct gather){.count = count, .return_errors = return_errors};
    tick__future_init(&gather->future, loop, &tick__gather_ops, loc);
    struct tick_handle *handles = (struct tick_handle *)((char *)gather + head);
    for (size_t i = 0; i < count; i++) {
        struct tick_future *child = gather->children[i] = tick_future_ref(children[i]);
        if (child->marked)
            continue;
        child->marked = 1;
        gather->distinct++;
        if (child->state != TICK__PENDING)
            continue;
        handles[i] = (struct tick_handle){.loop = loop, .refs = 1, .kind = TICK__DONE, .embedded = 1, .hidden = 1};
        handles[i].fn.done = child_done;
        handles[i].arg = gather;
        if (loop->observed)
            handles[i].id = tick_maker_next(loop->maker, TICK_OBJECT_HANDLE, NULL);
        tick_future_ref(&gather->future);
        tick__future_attach(child, &handles[i]);
    }
    if (count == 0)
        tick__future_succeeded(&gather->future, 0, 0);
    // Children that were done before count now, in their order; a second mention of one does not.
    for (size_t i = 0; i < count; i++)
        if (gather->children[i]->marked) {
            gather->children[i]->marked = 0;
            if (gather->children[i]->state != TICK__PENDING)
                count_child(gather, gather->children[i]);
        }
    return &gather->future;
}

struct tick_future *tick_gather_at(struct tick_future *const *children, size_t count, bool return_errors, const struct tick_loc *loc) {
    struct tick_loop *loop = tick__loop_running;
    struct tick_future *gather = loop ? tick__gather_on(loop, children, count, return_errors, loc) : NULL;
    // One await a child, so that who waits for whom can be read from the trace.
    if (gather && loop->probe)
        for (size_t i = 0; i < count; i++)
            tick_emit(loop->probe, TICK_EV_FUTURE_AWAIT, children[i]->object, tick__here(loop), 0, loc);
    return gather;
}
