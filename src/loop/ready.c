// The ready queue, apart from what is inline: handles linked in the order in which they shall run. Linked and not an array, so that waking
// cannot run out of memory.
#include "src/loop/loop_int.h"

void tick__ready_slowly(struct tick_loop *loop, struct tick_handle *handle) {
    // What another thread queued before stands before.
    tick__inbox_drain(loop);
    if (loop->closed)
        tick__handle_drop(handle);
    else
        tick__ready_append(loop, handle);
}

// --- schedulers ---

void tick__ready_scheduled(struct tick_loop *loop, struct tick_handle *handle) {
    loop->scheduler->ops->push(loop->scheduler, (struct tick_ready *)handle);
}

size_t tick__ready_seal(struct tick_loop *loop) {
    return loop->scheduler->ops->seal(loop->scheduler);
}

_Static_assert(offsetof(struct tick_handle, next) == offsetof(struct tick_ready, next), "a handle begins as a tick_ready");

static struct tick_handle *pop(struct tick_loop *loop) {
    if (!loop->scheduler)
        return tick__ready_pop(loop);
    loop->ready_count--;
    return (struct tick_handle *)loop->scheduler->ops->pop(loop->scheduler);
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
    loop->ready_count++;
    loop->left++;
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
        loop->ready_count--;
    }
    return found;
}

static bool displaced(struct tick_loop *loop, struct tick_handle *handle) {
    struct tick_task *task = handle->kind == TICK__STEP ? tick__task_of_step(handle) : NULL;
    const tick_id id = task ? task->parent.maker.id : handle->id;
    const uint64_t kth = task ? ++task->pops : 1;
    if (loop->left == 0 || handle->cancelled)
        return false;
    const uint32_t after = loop->sys->ops->choose(loop->sys, TICK_CHOICE_DISPLACE, id, kth, 4, 0);
    if (after == 0)
        return false;
    hold(loop, handle, after < loop->left ? after : loop->left);
    return true;
}

struct tick_handle *tick__next_slowly(struct tick_loop *loop) {
    for (;;) {
        loop->left--;
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
        loop->ready_count--;
        tick__handle_drop(handle);
    }
    while (loop->ready_count > 0) {
        if (loop->left == 0)
            tick__snapshot(loop);
        loop->left--;
        tick__handle_drop(pop(loop));
    }
}
