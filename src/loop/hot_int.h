// What every handle and step goes through, inline. Included by loop_int.h only.
#ifndef RETICK_HOT_INT_H
#define RETICK_HOT_INT_H

#include "src/base/sanitized.h"
#if TICK__ASAN
#include <sanitizer/asan_interface.h>
#define TICK__POISON(memory, size) ASAN_POISON_MEMORY_REGION((memory), (size))
#define TICK__UNPOISON(memory, size) ASAN_UNPOISON_MEMORY_REGION((memory), (size))
#define TICK__IS_POISONED(memory) __asan_address_is_poisoned(memory)
#else
#define TICK__POISON(memory, size) ((void)0)
#define TICK__UNPOISON(memory, size) ((void)0)
#define TICK__IS_POISONED(memory) false
#endif

#define TICK__LIKELY(condition) __builtin_expect(!!(condition), 1)
#define TICK__RARE(condition) __builtin_expect(!!(condition), 0)

// --- pools ---

// Of one that has a free element. Always the same size for one pool.
static inline void *tick__pool_reuse(struct tick__pool *pool, size_t size) {
    (void)size;
    void *element = pool->free;
    TICK__UNPOISON(element, size);
    pool->free = *(void **)element;
    return element;
}

// NULL when out of memory.
static inline void *tick__pool_take(struct tick__pool *pool, size_t size) {
    return TICK__LIKELY(pool->free != NULL) ? tick__pool_reuse(pool, size) : tick__pool_fresh(pool, size);
}

static inline void tick__pool_give(struct tick__pool *pool, void *element, size_t size) {
    (void)size;
    *(void **)element = pool->free;
    pool->free = element;
    TICK__POISON(element, size);
}

// --- handles ---

// Both architectures lay bit-fields from the least significant bit. What is written in parts cannot be read as a whole before it has
// reached the cache: whoever meets a handle whose line is not there writes `bits`.
#define TICK__ONE_CALL 1u // a plain call with one reference, the queue's
#define TICK__REFS (((uint32_t)1 << 24) - 1)
#define TICK__IS_CANCELLED ((uint32_t)1 << 26)
#define TICK__IS_EMBEDDED ((uint32_t)1 << 27)
#define TICK__IS_FOREIGN ((uint32_t)1 << 28)
#define TICK__IS_ONWARD ((uint32_t)1 << 31)
// Those of the step of a task that has a stack, and of a call of the loop's `calls`.
#define TICK__ONWARD (1u | (uint32_t)TICK__STEP << 24 | 1u << 27 | 1u << 30 | 1u << 31)
#define TICK__FOREIGN_CALL (1u | (uint32_t)TICK__CALL << 24 | 1u << 28)
#define TICK__QUICK_CALL (1u | (uint32_t)TICK__CALL << 24 | 1u << 27 | 1u << 31)

// One reference, no identity yet.
static inline struct tick_handle *tick__handle_new(struct tick_loop *loop, enum tick__handle_kind kind, bool hidden) {
    struct tick_handle *handle = tick__pool_take(&loop->handle_pool, loop->handle_size);
    if (TICK__RARE(!handle))
        return NULL;
    handle->loop = loop;
    handle->place = 0;
    handle->bits = TICK__ONE_CALL | (uint32_t)kind << 24 | (uint32_t)hidden << 30;
    if (TICK__RARE(loop->observed)) {
        handle->id = 0;
        handle->object = handle->cause = 0;
    }
    return handle;
}

static inline void tick__handle_unref(struct tick_handle *handle) {
    if (TICK__LIKELY(!(handle->embedded | handle->foreign))) {
        if (--handle->refs == 0)
            tick__pool_give(&handle->loop->handle_pool, handle, handle->loop->handle_size);
    } else {
        tick_handle_unref(handle);
    }
}

// --- the ready queue ---
//
// Without a scheduler it is a ring, from `ready` to the last one pushed, whose next is written by the next push. One of its members is
// the loop's mark, behind the last of the present snapshot: so there is always a first one, and what it is says all that a step's end
// has to know.

// Of a special loop.
static inline size_t tick__ready_count(const struct tick_loop *loop) {
    return (size_t)(loop->queued - loop->begun);
}

static inline void tick__ready_list(struct tick_loop *loop, struct tick_handle *handle) {
    loop->queued++;
    *loop->ready_end = handle;
    loop->ready_end = &handle->next;
}

// Whether other threads queued something: it comes first.
static inline bool tick__inbox_any(struct tick_loop *loop) {
    return atomic_load_explicit(&loop->inbox, memory_order_acquire) != NULL;
}

static inline bool tick__ready_quickly(struct tick_loop *loop) {
    return TICK__LIKELY(!tick__inbox_any(loop) && !loop->special);
}

// Takes a reference; dropped if the loop is closed.
static inline void tick__ready_push(struct tick_loop *loop, struct tick_handle *handle) {
    if (tick__ready_quickly(loop))
        tick__ready_list(loop, handle);
    else
        tick__ready_slowly(loop, handle);
}

// Of the ring, whose first one is not the mark.
static inline struct tick_handle *tick__ready_take(struct tick_loop *loop) {
    struct tick_handle *handle = loop->ready;
    loop->ready = handle->next;
    return handle;
}

// The ring's mark is its first one: what is ready now is this iteration's.
static inline void tick__ready_seal(struct tick_loop *loop) {
    *loop->ready_end = &loop->mark;
    loop->ready_end = &loop->mark.next;
    loop->ready = loop->mark.next;
    loop->sealed = loop->queued;
}

static inline bool tick__timers_any(const struct tick_loop *loop) {
    return loop->timers.count > 0 || loop->timers.wheel;
}

// Whether, at a snapshot's end, the next iteration needs no poll: work is ready, no timer is due at the clock of the last poll, and the
// budget is not used up.
static inline bool tick__needs_no_poll(const struct tick_loop *loop) {
    return loop->sealed < loop->poll_at && loop->queued > loop->sealed;
}

// Begins an iteration, if it needs no poll. Not of a special loop.
static inline bool tick__iterate(struct tick_loop *loop) {
    if (!tick__needs_no_poll(loop))
        return false;
    loop->iteration++;
    tick__ready_seal(loop);
    return true;
}

// The next handle of this iteration or of one that needs no poll; NULL: it is time to poll, which is for the loop's own stack.
static inline struct tick_handle *tick__next(struct tick_loop *loop) {
    if (TICK__RARE(loop->special))
        return tick__next_slowly(loop);
    if (loop->ready == &loop->mark && !tick__iterate(loop))
        return NULL;
    return tick__ready_take(loop);
}

// --- futures and tasks ---

static inline struct tick_future *tick__future_ref(struct tick_future *future) {
    future->refs++;
    return future;
}

static inline void tick__future_unref(struct tick_future *future) {
    if (future->refs > 1)
        future->refs--;
    else
        tick_future_unref(future);
}

// In the caller's storage, and nobody hears of it.
static inline void tick__future_init_hidden(struct tick_future *future, struct tick_loop *loop) {
    *future = (struct tick_future){.ops = &tick__hidden_ops, .loop = loop, .refs = 1, .hidden = 1};
}

// Most hold nothing when they end: a result that came, and nobody who listens.
static inline bool tick__future_light(const struct tick_future *future) {
    return TICK__LIKELY(future->state == TICK__RESULT);
}

static inline void tick__future_fini(struct tick_future *future) {
    if (!tick__future_light(future))
        tick__future_release(future);
}

// To a pending one: the handle is called when it is done, after those that came before.
static inline void tick__future_listen(struct tick_future *future, struct tick_handle *handle) {
    handle->next = NULL;
    *(future->last ? &future->last->next : &future->first) = handle;
    future->last = handle;
}

// What the step delivers to the body: the outcome of what it awaited, or a cancellation.
static inline int tick__task_delivery(struct tick_task *task) {
    struct tick_future *waiter = task->waiter;
    int result = 0;
    if (waiter) {
        task->waiter = NULL;
        task->waits_at = NULL;
        if (waiter->state != TICK__RESULT && waiter->state != TICK__PENDING) {
            result = tick__task_outcome(task, waiter);
            if (result == TICK_ECANCELED)
                tick__task_message(task, tick_future_cancel_message(waiter));
        }
        tick__future_unref(waiter);
    }
    if (TICK__RARE(task->asked)) {
        if (task->must_cancel)
            result = TICK_ECANCELED;
        task->asked = task->must_cancel = false;
        task->delivered = task->cancels; // or swallowed by what it awaited: none is left to come
    }
    return result;
}

// Its next step is one call_soon.
static inline void tick__task_ready(struct tick_task *task, uint32_t cause) {
    struct tick_loop *loop = task->future.loop;
    if (tick__ready_quickly(loop))
        tick__ready_list(loop, &task->step);
    else
        tick__task_ready_slowly(loop, task, cause);
}

#endif
