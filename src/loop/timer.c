// Timers: a 4-ary heap by (when, sequence), so that equal deadlines fire in the order in which they were armed. A loop with many has only
// those in it that come before a horizon; the others stand among the far ones (far.c), and come when the horizon moves on. When a poll
// finds few left, all go back into the heap.
//
// A cancelled timer leaves at once (asyncio marks it and sweeps later): nothing accumulates, and the next deadline is always exact.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <string.h>

enum { NEAR_MOST = 64, NEAR_FEW = NEAR_MOST / 4, AHEAD = 8 };

// --- the heap ---

static inline bool before(const struct tick__timer *a, const struct tick__timer *b) {
    return a->when != b->when ? a->when < b->when : a->sequence < b->sequence;
}

static inline void put(struct tick__timer *heap, uint32_t at, const struct tick__timer *timer) {
    heap[at] = *timer;
    timer->handle->place = at + 1;
}

static inline void sift_up(struct tick__timer *heap, uint32_t at, struct tick__timer timer) {
    while (at > 0) {
        uint32_t parent = (at - 1) / 4;
        if (!before(&timer, &heap[parent]))
            break;
        put(heap, at, &heap[parent]);
        at = parent;
    }
    put(heap, at, &timer);
}

static void sift_down(struct tick__timer *heap, uint32_t count, uint32_t at, struct tick__timer timer) {
    for (;;) {
        uint64_t child = (uint64_t)at * 4 + 1;
        if (child >= count)
            break;
        uint64_t end = child + 4 < count ? child + 4 : count;
        uint32_t least = (uint32_t)child;
        for (uint32_t i = least + 1; i < end; i++)
            if (before(&heap[i], &heap[least]))
                least = i;
        if (!before(&heap[least], &timer))
            break;
        put(heap, at, &heap[least]);
        at = least;
    }
    put(heap, at, &timer);
}

static struct tick_handle *take(struct tick__timers *timers, uint32_t at) {
    struct tick__timer *heap = timers->heap;
    struct tick_handle *handle = heap[at].handle;
    struct tick__timer last = heap[--timers->count];
    if (at < timers->count) {
        if (at > 0 && before(&last, &heap[(at - 1) / 4]))
            sift_up(heap, at, last);
        else
            sift_down(heap, timers->count, at, last);
    }
    handle->place = 0;
    if (at == 0)
        timers->due = timers->count ? heap[0].when : INT64_MAX;
    return handle;
}

int tick__timers_reserve(struct tick__timers *timers, uint32_t more) {
    uint32_t room = timers->room ? timers->room : 8;
    while (room - timers->count < more && room < UINT32_MAX / 4)
        room *= 2;
    if (room - timers->count < more)
        return -ENOMEM;
    if (room == timers->room)
        return 0;
    struct tick__timer *heap = tick__alloc(room * sizeof *heap);
    if (!heap)
        return -ENOMEM;
    if (timers->count)
        memcpy(heap, timers->heap, timers->count * sizeof *heap);
    tick__free(timers->heap);
    timers->heap = heap;
    timers->room = room;
    return 0;
}

void tick__timers_push(struct tick__timers *timers, int64_t when, struct tick_handle *handle) {
    const struct tick__timer timer = {.when = when, .sequence = timers->sequence++, .handle = handle};
    sift_up(timers->heap, timers->count++, timer);
    timers->due = timers->heap[0].when;
}

// --- arming and removing ---

static void stays(struct tick_handle *handle) {
    (void)handle;
}

// The heap has grown large: from now on it holds only what comes before the horizon.
static int spread(struct tick_loop *loop) {
    struct tick__timers *timers = &loop->timers;
    struct tick__timer all[NEAR_MOST];                               // in the order of their deadlines
    timers->wheel = tick__wheel_new(loop->sys->ops->now(loop->sys)); // the loop's own is of the last poll, or 0
    if (!timers->wheel)
        return -ENOMEM;
    for (unsigned i = 0; i < NEAR_MOST; i++) {
        all[i].when = timers->due;
        all[i].handle = take(timers, 0);
    }
    timers->horizon = tick__wheel_horizon(timers->wheel);
    int error = 0;
    for (unsigned i = 0; i < NEAR_MOST && error == 0; i++)
        if (all[i].when < timers->horizon)
            tick__timers_push(timers, all[i].when, all[i].handle);
        else
            error = tick__wheel_add(timers->wheel, all[i].when, all[i].handle);
    if (error < 0) { // all of them back into the heap, where there is room
        tick__wheel_free(timers->wheel, stays);
        timers->wheel = NULL;
        timers->horizon = INT64_MAX;
        timers->count = 0;
        for (unsigned i = 0; i < NEAR_MOST; i++)
            tick__timers_push(timers, all[i].when, all[i].handle);
    }
    return error;
}

static int arm(struct tick_loop *loop, int64_t when, struct tick_handle *handle) {
    struct tick__timers *timers = &loop->timers;
    if (timers->wheel && when >= timers->horizon)
        return tick__wheel_add(timers->wheel, when, handle);
    if (timers->count == NEAR_MOST && !timers->wheel)
        return spread(loop) < 0 ? -ENOMEM : arm(loop, when, handle);
    if (timers->count == timers->room && tick__timers_reserve(timers, 1) < 0)
        return -ENOMEM;
    tick__timers_push(timers, when, handle);
    return 0;
}

struct tick_handle *tick__timer_new(
    struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg, const char *key, const struct tick_loc *loc, bool hidden) {
    struct tick_handle *handle = loop->closed ? NULL : tick__handle_new(loop, TICK__TIMER, hidden);
    if (!handle)
        return NULL;
    handle->fn.call = fn;
    handle->arg = arg;
    handle->of.when = when;
    handle->refs = 2;
    if (arm(loop, when, handle) < 0) {
        handle->refs = 1;
        tick_handle_unref(handle);
        return NULL;
    }
    if (loop->observed) {
        handle->id = tick__identify(loop, TICK_OBJECT_TIMER, key, loc, &handle->object);
        handle->cause = tick__emit(loop, TICK_EV_TIMER_ARM, handle->object, tick__here(loop), when, loc);
    }
    return handle;
}

void tick__timer_remove(struct tick_handle *handle) {
    struct tick__timers *timers = &handle->loop->timers;
    if (handle->place == TICK__FAR)
        tick__wheel_remove(timers->wheel, handle);
    else
        (void)take(timers, handle->place - 1);
    tick__handle_unref(handle);
}

// --- firing ---

// Each fired timer points at one that fires a little later: whoever runs the former prefetches the latter (handle.c).
struct firing {
    struct tick_handle *recent[AHEAD];
    unsigned count;
};

static inline void fire(struct tick_loop *loop, struct firing *firing, struct tick_handle *handle) {
    if (loop->probe)
        handle->cause = tick__emit(loop, TICK_EV_TIMER_FIRE, handle->object, handle->cause, handle->of.when, NULL);
    struct tick_handle **recent = &firing->recent[firing->count++ % AHEAD];
    if (*recent)
        (*recent)->of.ahead = handle;
    *recent = handle;
    handle->of.ahead = NULL;
    tick__ready_push(loop, handle);
}

// No memory to bring far timers near, and all that was near has fired: looks for each.
static void fire_slowly(struct tick_loop *loop, struct firing *firing) {
    struct tick__wheel *wheel = loop->timers.wheel;
    struct tick_handle *handle;
    int64_t when;
    while ((handle = tick__wheel_least(wheel, &when)) != NULL && when <= loop->now) {
        tick__wheel_remove(wheel, handle);
        fire(loop, firing, handle);
    }
}

// Few are left of many: they are a heap again, and the memory goes back.
static void gather(struct tick__timers *timers) {
    struct tick_handle *handle;
    int64_t when;
    if (tick__timers_reserve(timers, NEAR_MOST) < 0)
        return;
    while ((handle = tick__wheel_least(timers->wheel, &when)) != NULL) {
        tick__wheel_remove(timers->wheel, handle);
        tick__timers_push(timers, when, handle);
    }
    tick__wheel_free(timers->wheel, stays);
    timers->wheel = NULL;
    timers->horizon = INT64_MAX;
}

static void fire_due(struct tick_loop *loop) {
    struct tick__timers *timers = &loop->timers;
    struct firing firing = {.count = 0};
    for (;;) {
        while (timers->due <= loop->now && timers->count > 0)
            fire(loop, &firing, take(timers, 0));
        if (timers->horizon > loop->now || timers->horizon == INT64_MAX)
            return;
        const int error = tick__wheel_advance(timers->wheel, loop->now, timers);
        timers->horizon = tick__wheel_horizon(timers->wheel);
        if (error < 0) {
            fire_slowly(loop, &firing);
            return;
        }
    }
}

void tick__timers_due(struct tick_loop *loop) {
    struct tick__timers *timers = &loop->timers;
    fire_due(loop);
    if (timers->wheel && timers->count + tick__wheel_count(timers->wheel) <= NEAR_FEW)
        gather(timers);
}

int64_t tick__timers_next(struct tick_loop *loop, tick_id *id) {
    struct tick__timers *timers = &loop->timers;
    int64_t when = INT64_MAX;
    struct tick_handle *handle = NULL;
    if (timers->count > 0) {
        handle = timers->heap[0].handle;
        when = timers->due;
    } else if (timers->wheel) {
        handle = tick__wheel_least(timers->wheel, &when);
    }
    *id = handle && loop->observed ? handle->id : 0;
    return when;
}

void tick__timers_clear(struct tick_loop *loop) {
    struct tick__timers *timers = &loop->timers;
    for (uint32_t i = 0; i < timers->count; i++) {
        timers->heap[i].handle->place = 0;
        tick_handle_unref(timers->heap[i].handle);
    }
    tick__free(timers->heap);
    tick__wheel_free(timers->wheel, tick_handle_unref);
    *timers = (struct tick__timers){.due = INT64_MAX, .horizon = INT64_MAX};
}

struct tick_handle *tick_call_at(struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg) {
    if (TICK__RARE(loop->careful) && tick__loop_refuses(loop, &fn, &arg) < 0)
        return NULL;
    return tick__timer_new(loop, when, fn, arg, "timer", NULL, false);
}

struct tick_handle *tick_call_later(struct tick_loop *loop, int64_t delay, tick_callback_fn *fn, void *arg) {
    if (loop->closed)
        return NULL;
    return tick_call_at(loop, tick__after(loop->sys->ops->now(loop->sys), delay), fn, arg);
}
