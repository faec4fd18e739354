// Handles that other threads make: taken by anybody without a lock, given back by the loop's thread.
//
// Free ones are a stack that is linked by numbers. Its head holds besides how often one was taken, so that a thread which looked at the top
// while others took it and gave it back does not mistake it for what it was. Memory stays until the loop is freed: whoever looks at a
// handle that another has just taken reads an outdated link, never memory that is gone.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"

enum { FIRST = 64, CHUNKS = 24, BATCH = 64 }; // chunk k is of FIRST << k handles
#define MOST ((uint32_t)FIRST * ((1u << CHUNKS) - 1))

struct tick__foreign {
    _Atomic uint64_t free;  // how often << 32 | number of the newest; numbers begin at 1, 0: there is none
    _Atomic uint32_t fresh; // so many were handed out for the first time
    _Atomic(char *) chunks[CHUNKS];
    size_t size;
    // The loop thread's own: given back, and not among the free ones yet.
    uint32_t spent, spent_last, spent_count;
};

static unsigned chunk_of(uint32_t number) {
    return 31u - (unsigned)__builtin_clz((number - 1) / FIRST + 1);
}

static struct tick_handle *in_chunk(const struct tick__foreign *foreign, char *chunk, uint32_t number) {
    const uint32_t before = (uint32_t)FIRST * ((1u << chunk_of(number)) - 1);
    return (struct tick_handle *)(void *)(chunk + (number - 1 - before) * foreign->size);
}

static struct tick_handle *at(struct tick__foreign *foreign, uint32_t number) {
    return in_chunk(foreign, atomic_load_explicit(&foreign->chunks[chunk_of(number)], memory_order_acquire), number);
}

// Of a call, of.fired is not used otherwise: `number` is the link, and is read by whoever looks; `ahead` is its own number.
static uint32_t *link_of(struct tick_handle *handle) {
    return &handle->of.fired.number;
}

// Several may come here at a time: one of them is first.
static struct tick__foreign *begin(struct tick_loop *loop) {
    struct tick__foreign *fresh = tick__alloc_zero(sizeof *fresh), *foreign = NULL;
    if (!fresh)
        return NULL;
    fresh->size = loop->handle_size;
    if (atomic_compare_exchange_strong_explicit(&loop->foreign, &foreign, fresh, memory_order_acq_rel, memory_order_acquire))
        return fresh;
    tick__free(fresh);
    return foreign;
}

static __attribute__((noinline)) struct tick_handle *take_fresh(struct tick_loop *loop) {
    struct tick__foreign *foreign = atomic_load_explicit(&loop->foreign, memory_order_acquire);
    if (!foreign && !(foreign = begin(loop)))
        return NULL;
    uint32_t number = atomic_load_explicit(&foreign->fresh, memory_order_relaxed);
    char *chunk;
    do {
        if (number == MOST)
            return NULL;
        const unsigned k = chunk_of(number + 1);
        chunk = atomic_load_explicit(&foreign->chunks[k], memory_order_acquire);
        if (chunk)
            continue;
        char *own = tick__alloc(((size_t)FIRST << k) * foreign->size);
        if (!own)
            return NULL;
        if (atomic_compare_exchange_strong_explicit(&foreign->chunks[k], &chunk, own, memory_order_acq_rel, memory_order_acquire))
            chunk = own;
        else
            tick__free(own);
    } while (!atomic_compare_exchange_weak_explicit(&foreign->fresh, &number, number + 1, memory_order_relaxed, memory_order_relaxed));
    struct tick_handle *handle = in_chunk(foreign, chunk, number + 1);
    handle->of.fired.ahead = number + 1;
    return handle;
}

struct tick_handle *tick__foreign_take(struct tick_loop *loop) {
    struct tick__foreign *foreign = atomic_load_explicit(&loop->foreign, memory_order_acquire);
    uint64_t head = foreign ? atomic_load_explicit(&foreign->free, memory_order_acquire) : 0;
    while ((uint32_t)head) {
        struct tick_handle *handle = at(foreign, (uint32_t)head);
        const uint64_t next = ((head >> 32) + 1) << 32 | __atomic_load_n(link_of(handle), __ATOMIC_RELAXED);
        if (atomic_compare_exchange_weak_explicit(&foreign->free, &head, next, memory_order_acquire, memory_order_acquire))
            return handle;
    }
    return take_fresh(loop);
}

static void give_back(struct tick__foreign *foreign, uint32_t first, uint32_t last) {
    uint32_t *link = link_of(at(foreign, last));
    uint64_t head = atomic_load_explicit(&foreign->free, memory_order_relaxed), next;
    do {
        __atomic_store_n(link, (uint32_t)head, __ATOMIC_RELAXED);
        next = head >> 32 << 32 | first;
    } while (!atomic_compare_exchange_weak_explicit(&foreign->free, &head, next, memory_order_release, memory_order_relaxed));
}

void tick__foreign_give(struct tick_handle *handle) {
    struct tick__foreign *foreign = atomic_load_explicit(&handle->loop->foreign, memory_order_relaxed);
    const uint32_t number = handle->of.fired.ahead;
    __atomic_store_n(link_of(handle), foreign->spent, __ATOMIC_RELAXED);
    if (!foreign->spent)
        foreign->spent_last = number;
    foreign->spent = number;
    if (++foreign->spent_count < BATCH)
        return;
    give_back(foreign, number, foreign->spent_last);
    foreign->spent = foreign->spent_count = 0;
}

void tick__foreign_return(struct tick_handle *handle) {
    struct tick__foreign *foreign = atomic_load_explicit(&handle->loop->foreign, memory_order_relaxed);
    give_back(foreign, handle->of.fired.ahead, handle->of.fired.ahead);
}

void tick__foreign_fini(struct tick_loop *loop) {
    struct tick__foreign *foreign = atomic_load_explicit(&loop->foreign, memory_order_acquire);
    for (int k = 0; foreign && k < CHUNKS; k++)
        tick__free(atomic_load_explicit(&foreign->chunks[k], memory_order_relaxed));
    tick__free(foreign);
}
