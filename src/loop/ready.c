// The ready queue, apart from what is inline: handles linked in the order in which they shall run. Linked and not an array, so that waking
// cannot run out of memory.
#include "src/loop/loop_int.h"

void tick__ready_count_begun(struct tick_loop *loop) {
    loop->begun = loop->sealed;
    for (const struct tick_handle *handle = loop->ready; handle != &loop->mark; handle = handle->next)
        loop->begun--;
}

void tick__ready_slowly(struct tick_loop *loop, struct tick_handle *handle) {
    // What another thread queued before stands before.
    if (TICK__RARE(tick__inbox_any(loop)))
        tick__inbox_drain(loop);
    if (loop->closed)
        tick__handle_drop(handle);
    else
        tick__ready_append(loop, handle);
}

void tick__ready_append(struct tick_loop *loop, struct tick_handle *handle) {
    if (!loop->scheduler) {
        tick__ready_list(loop, handle);
        return;
    }
    loop->queued++;
    loop->scheduler->ops->push(loop->scheduler, (struct tick_ready *)handle);
}

// --- schedulers ---

void tick__snapshot(struct tick_loop *loop) {
    if (loop->scheduler)
        loop->sealed += loop->scheduler->ops->seal(loop->scheduler);
    else
        tick__ready_seal(loop);
}

_Static_assert(offsetof(struct tick_handle, next) == offsetof(struct tick_ready, next), "a handle begins as a tick_ready");

static struct tick_handle *pop(struct tick_loop *loop) {
    return loop->scheduler ? (struct tick_handle *)loop->scheduler->ops->pop(loop->scheduler) : tick__ready_take(loop);
}

// --- displacing: a relaxed choice, by which a handle goes behind some of those left in its snapshot ---

// Puts a popped handle back: `after` others go first.
static void hold(struct tick_loop *loop, struct tick_handle *handle, size_t after) {
    for (struct tick_handle *other = loop->held; other; other = other->next)
        other->place += other->place >= after;
    handle->held = 1;
    handle->place = (uint32_t)after;
    handle->next = loop->held;
    loop->held = handle;
    loop->begun--;
}

static struct tick_handle *held_now(struct tick_loop *loop) {
    struct tick_handle *found = NULL;
    for (struct tick_handle **at = &loop->held; *at;) {
        struct tick_handle *handle = *at;
        if (handle->place-- == 0) {
            found = handle;
            *at = handle->next;
        } else {
            at = &handle->next;
        }
    }
    if (found) {
        found->place = 0;
        found->held = 0;
    }
    return found;
}

static bool displaced(struct tick_loop *loop, struct tick_handle *handle) {
    struct tick_task *task = handle->kind == TICK__STEP ? tick__task_of_step(handle) : NULL;
    const tick_id id = task ? task->maker.id : handle->id;
    const uint64_t kth = task ? ++task->pops : 1;
    const size_t left = (size_t)(loop->sealed - loop->begun);
    if (left == 0 || handle->cancelled)
        return false;
    const uint32_t after = loop->sys->ops->choose(loop->sys, TICK_CHOICE_DISPLACE, id, kth, 4, 0);
    if (after == 0)
        return false;
    hold(loop, handle, after < left ? after : left);
    return true;
}

bool tick__iterate_slowly(struct tick_loop *loop) {
    if (!tick__needs_no_poll(loop))
        return false;
    loop->iteration++;
    tick__snapshot(loop);
    return true;
}

struct tick_handle *tick__next_slowly(struct tick_loop *loop) {
    if (loop->begun == loop->sealed && !tick__iterate_slowly(loop))
        return NULL;
    for (;;) {
        loop->begun++;
        struct tick_handle *handle = loop->held ? held_now(loop) : NULL;
        if (handle)
            return handle;
        handle = pop(loop);
        if (!loop->asks || !displaced(loop, handle))
            return handle;
    }
}

void tick__ready_clear(struct tick_loop *loop) {
    struct tick_handle *handle;
    if ((handle = loop->handed) != NULL) {
        loop->handed = NULL;
        tick__handle_drop(handle);
    }
    while ((handle = loop->held) != NULL) {
        loop->held = handle->next;
        loop->begun++;
        tick__handle_drop(handle);
    }
    while (tick__ready_count(loop) > 0) {
        if (loop->begun == loop->sealed)
            tick__snapshot(loop);
        loop->begun++;
        tick__handle_drop(pop(loop));
    }
}
