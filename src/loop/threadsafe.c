// call_soon_threadsafe: other threads push on a stack of handles; the loop's thread takes it whole and turns it round.
//
// The loop's thread looks there before it appends to its ready queue, so that one order holds for all who append. Closed: the stack's
// head is a mark that nobody may push on.
#include "src/loop/loop_int.h"
#include <errno.h>

static const struct tick_handle shut_mark;
#define SHUT ((struct tick_handle *)(uintptr_t)&shut_mark) // compared, never followed

// Newest first becomes oldest first. *count: how many they are.
static struct tick_handle *turn_round(struct tick_handle *handle, size_t *count) {
    struct tick_handle *oldest = NULL;
    *count = 0;
    while (handle) {
        struct tick_handle *next = handle->next;
        handle->next = oldest;
        oldest = handle;
        handle = next;
        ++*count;
    }
    return oldest;
}

static void append(struct tick_loop *loop, struct tick_handle *handle) {
    if (loop->observed) {
        handle->id = tick__identify(loop, TICK_OBJECT_HANDLE, NULL, NULL, &handle->object);
        handle->cause = tick_emit(loop->probe, TICK_EV_CALLBACK_READY, handle->object, tick__here(loop), 0, NULL);
    }
    tick__ready_append(loop, handle);
}

void tick__inbox_drain(struct tick_loop *loop) {
    if (loop->closed)
        return;
    size_t count;
    struct tick_handle *newest = atomic_exchange_explicit(&loop->inbox, NULL, memory_order_acquire);
    struct tick_handle *oldest = turn_round(newest, &count);
    if (oldest && !loop->scheduler && !loop->observed) { // it is a part of the ready queue already
        *loop->ready_end = oldest;
        loop->ready_end = &newest->next;
        loop->queued += count;
        return;
    }
    for (struct tick_handle *next; oldest; oldest = next) {
        next = oldest->next;
        append(loop, oldest);
    }
}

void tick__inbox_close(struct tick_loop *loop) {
    size_t count;
    struct tick_handle *oldest = turn_round(atomic_exchange_explicit(&loop->inbox, SHUT, memory_order_acquire), &count);
    for (struct tick_handle *next; oldest; oldest = next) {
        next = oldest->next;
        tick_handle_unref(oldest);
    }
}

static __attribute__((noinline)) int wake(struct tick_loop *loop) {
    const int error = loop->poller->ops->wake(loop->poller);
    atomic_store_explicit(&loop->unwoken, error < 0, memory_order_relaxed); // the next caller tries again
    return error;
}

int tick__inbox_push(struct tick_loop *loop, struct tick_handle *handle) {
    struct tick_handle *newest = atomic_load_explicit(&loop->inbox, memory_order_relaxed);
    do {
        if (newest == SHUT)
            return TICK_ECLOSED;
        handle->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&loop->inbox, &newest, handle, memory_order_seq_cst, memory_order_relaxed));
    // Whoever found the inbox empty wakes the loop, unless that is about to look. Its poll says so first, and looks then (loop.c).
    if (atomic_load_explicit(&loop->awake, memory_order_seq_cst))
        return 0;
    if (newest && !atomic_load_explicit(&loop->unwoken, memory_order_relaxed))
        return 0;
    return wake(loop);
}

int tick_call_soon_threadsafe(struct tick_loop *loop, tick_callback_fn *fn, void *arg) {
    loop = tick__loop_meant(loop);
    if (TICK__RARE(!loop))
        return TICK_EINVALSTATE;
    struct tick_handle *handle = tick__foreign_take(loop);
    if (!handle)
        return -ENOMEM;
    handle->loop = loop;
    handle->place = 0;
    handle->bits = TICK__FOREIGN_CALL;
    handle->fn.call = fn;
    handle->arg = arg;
    const int error = tick__inbox_push(loop, handle);
    if (error == TICK_ECLOSED) // what the waking fails with is another: then it is queued
        tick__foreign_return(handle);
    return error;
}
