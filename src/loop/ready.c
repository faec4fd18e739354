// The ready queue: handles linked in the order in which they shall run. Linked and not an array, so that waking cannot run out of memory.
#include "src/loop/loop_int.h"

void tick__ready_append(struct tick_loop *loop, struct tick_handle *handle) {
    handle->next = NULL;
    *loop->ready_end = handle;
    loop->ready_end = &handle->next;
    loop->ready_count++;
}

void tick__ready_push(struct tick_loop *loop, struct tick_handle *handle) {
    // What another thread queued before stands before.
    if (atomic_load_explicit(&loop->inbox, memory_order_acquire))
        tick__inbox_drain(loop);
    if (loop->closed) {
        tick__handle_drop(handle);
        return;
    }
    tick__ready_append(loop, handle);
}

struct tick_handle *tick__ready_pop(struct tick_loop *loop) {
    struct tick_handle *handle = loop->ready;
    loop->ready = handle->next;
    if (!loop->ready)
        loop->ready_end = &loop->ready;
    loop->ready_count--;
    return handle;
}

// Puts a popped handle back behind `after` others.
void tick__ready_hold(struct tick_loop *loop, struct tick_handle *handle, size_t after) {
    struct tick_handle **at = &loop->ready;
    for (; after > 0 && *at; after--)
        at = &(*at)->next;
    handle->next = *at;
    *at = handle;
    if (!handle->next)
        loop->ready_end = &handle->next;
    loop->ready_count++;
}

void tick__ready_clear(struct tick_loop *loop) {
    while (loop->ready_count > 0)
        tick__handle_drop(tick__ready_pop(loop));
}
