// Timers: a 4-ary heap by (when, sequence), so that equal deadlines fire in the order in which they were armed.
//
// A cancelled timer leaves the heap at once (asyncio marks it and sweeps later): nothing accumulates, and the head is never a cancelled
// one.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include <string.h>

static bool before(const struct tick__timer *a, const struct tick__timer *b) {
    return a->when != b->when ? a->when < b->when : a->sequence < b->sequence;
}

static void put(struct tick_loop *loop, uint32_t at, const struct tick__timer *timer) {
    loop->timers[at] = *timer;
    timer->handle->place = at + 1;
}

static void sift_up(struct tick_loop *loop, uint32_t at, struct tick__timer timer) {
    while (at > 0) {
        uint32_t parent = (at - 1) / 4;
        if (!before(&timer, &loop->timers[parent]))
            break;
        put(loop, at, &loop->timers[parent]);
        at = parent;
    }
    put(loop, at, &timer);
}

static void sift_down(struct tick_loop *loop, uint32_t at, struct tick__timer timer) {
    for (;;) {
        uint64_t child = (uint64_t)at * 4 + 1;
        if (child >= loop->timer_count)
            break;
        uint64_t end = child + 4 < loop->timer_count ? child + 4 : loop->timer_count;
        uint32_t least = (uint32_t)child;
        for (uint32_t i = least + 1; i < end; i++)
            if (before(&loop->timers[i], &loop->timers[least]))
                least = i;
        if (!before(&loop->timers[least], &timer))
            break;
        put(loop, at, &loop->timers[least]);
        at = least;
    }
    put(loop, at, &timer);
}

// Takes the timer at a place out of the heap.
static struct tick_handle *take(struct tick_loop *loop, uint32_t at) {
    struct tick_handle *handle = loop->timers[at].handle;
    struct tick__timer last = loop->timers[--loop->timer_count];
    if (at < loop->timer_count) {
        if (at > 0 && before(&last, &loop->timers[(at - 1) / 4]))
            sift_up(loop, at, last);
        else
            sift_down(loop, at, last);
    }
    handle->place = 0;
    return handle;
}

static int grow(struct tick_loop *loop) {
    uint32_t room = loop->timer_room ? loop->timer_room * 2 : 8;
    struct tick__timer *timers = room > loop->timer_room ? tick__alloc(room * sizeof *timers) : NULL;
    if (!timers)
        return -1;
    if (loop->timer_count)
        memcpy(timers, loop->timers, loop->timer_count * sizeof *timers);
    tick__free(loop->timers);
    loop->timers = timers;
    loop->timer_room = room;
    return 0;
}

struct tick_handle *tick__timer_new(
    struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg, const char *key, const struct tick_loc *loc, bool hidden) {
    if (loop->closed || (loop->timer_count == loop->timer_room && grow(loop) < 0))
        return NULL;
    struct tick_handle *handle = tick__handle_new(loop, TICK__TIMER, hidden);
    if (!handle)
        return NULL;
    handle->fn.call = fn;
    handle->arg = arg;
    handle->of.when = when;
    handle->refs = 2;
    if (loop->observed) {
        handle->id = tick__identify(loop, TICK_OBJECT_TIMER, key, loc, &handle->object);
        handle->cause = tick_emit(loop->probe, TICK_EV_TIMER_ARM, handle->object, tick__here(loop), when, loc);
    }
    const struct tick__timer timer = {.when = when, .sequence = loop->timer_sequence++, .handle = handle};
    sift_up(loop, loop->timer_count++, timer);
    return handle;
}

void tick__timer_remove(struct tick_handle *handle) {
    tick_handle_unref(take(handle->loop, handle->place - 1));
}

void tick__timers_due(struct tick_loop *loop) {
    while (loop->timer_count > 0 && loop->timers[0].when <= loop->now) {
        struct tick_handle *handle = take(loop, 0);
        if (loop->probe)
            handle->cause = tick_emit(loop->probe, TICK_EV_TIMER_FIRE, handle->object, handle->cause, handle->of.when, NULL);
        tick__ready_push(loop, handle);
    }
}

void tick__timers_clear(struct tick_loop *loop) {
    for (uint32_t i = 0; i < loop->timer_count; i++) {
        loop->timers[i].handle->place = 0;
        tick_handle_unref(loop->timers[i].handle);
    }
    loop->timer_count = 0;
    loop->timer_room = 0;
    tick__free(loop->timers);
    loop->timers = NULL;
}

struct tick_handle *tick_call_at(struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg) {
    return tick__timer_new(loop, when, fn, arg, "timer", NULL, false);
}

struct tick_handle *tick_call_later(struct tick_loop *loop, int64_t delay, tick_callback_fn *fn, void *arg) {
    if (loop->closed)
        return NULL;
    return tick_call_at(loop, tick__after(loop->sys->ops->now(loop->sys), delay), fn, arg);
}
