// Timers: a 4-ary heap by (when, sequence), so that equal deadlines fire in the order in which they were armed. From 64 on, those that are
// armed for a time after a horizon wait in a wheel (far.c), whose next slot becomes a sorted run as the horizon moves on; heap and run are
// merged. When a poll finds few left, all go back into the heap.
//
// A cancelled timer leaves the heap at once, the wheel when somebody comes by (timer_int.h): the next deadline is exact all the same.
#include "src/base/alloc.h"
#include "src/loop/timer_int.h"
#include <errno.h>
#include <string.h>

enum { NEAR_MOST = 64, NEAR_FEW = NEAR_MOST / 4, AHEAD = 8, SIGHT = 2 };
#define SOON ((int64_t)1 << 20) // ns

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
    return handle;
}

static int reserve(struct tick__timers *timers, uint32_t more) {
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

static void push(struct tick__timers *timers, int64_t when, struct tick_handle *handle) {
    const struct tick__timer timer = {.when = when, .sequence = timers->sequence++, .handle = handle};
    sift_up(timers->heap, timers->count++, timer);
    if (when < timers->due)
        timers->due = when;
}

// --- arming and removing ---

static int64_t due(const struct tick__timers *timers) {
    const int64_t heap = timers->count ? timers->heap[0].when : INT64_MAX, run = tick__run_when(timers);
    return heap < run ? heap : run;
}

// The heap has grown large: who is in it stays there, and those that come are armed in the wheel, if they come after the horizon.
static int spread(struct tick_loop *loop) {
    struct tick__timers *timers = &loop->timers;
    if (!timers->store)
        timers->store = tick__store_new(loop->handle_size);
    if (timers->store)
        timers->wheel = tick__wheel_new(loop->sys->ops->now(loop->sys)); // the loop's own is of the last poll, or 0
    if (!timers->wheel)
        return -ENOMEM;
    timers->quick = loop->observed ? NULL : timers->wheel;
    timers->horizon = tick__wheel_horizon(timers->wheel);
    return 0;
}

// Into the wheel, where there is room for the entry and a handle is free.
static inline struct tick_handle *arm_far(
    struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg, uint32_t place, uint32_t bits, unsigned slot, size_t size) {
    struct tick__timers *timers = &loop->timers;
    struct tick__store *store = timers->store;
    struct tick__wheel *wheel = timers->wheel;
    const uint64_t word = store->word;
    const unsigned bit = (unsigned)__builtin_ctzll(word);
    const uint32_t number = store->begins + bit;
    store->word = word & (word - 1);
    struct tick__far *far = wheel->end[slot];
    wheel->end[slot] = far + 1;
    *far = (struct tick__far){(uint32_t)when, number};
    timers->entries++;
    if (TICK__RARE(when < wheel->least_when)) {
        wheel->least = far;
        wheel->least_when = when;
    }
    struct tick_handle *handle = (struct tick_handle *)(void *)(store->base + bit * size);
    TICK__UNPOISON(handle, size);
    handle->number = number;
    handle->loop = loop;
    handle->place = place;
    handle->bits = bits;
    handle->fn.call = fn;
    handle->arg = arg;
    handle->of.when = when;
    return handle;
}

#define ARMED ((TICK__ONE_CALL + 1) | (uint32_t)TICK__TIMER << 24) // the bits of an armed timer, whose second reference is the timers'

static struct tick_handle *new_far(struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg, bool hidden) {
    struct tick__timers *timers = &loop->timers;
    if (timers->store->word == 0) {
        tick__wheel_tidy(timers);
        if (!tick__store_refill(timers->store))
            return NULL;
    }
    const unsigned slot = tick__wheel_slot(timers->wheel, when);
    if (!tick__wheel_has_room(timers->wheel, slot) && !tick__wheel_extend(timers->wheel, slot))
        return NULL;
    const uint32_t place = loop->probe || loop->contexts ? TICK__FAR_TOLD : TICK__FAR;
    return arm_far(loop, when, fn, arg, place, ARMED | TICK__IS_FOREIGN | (uint32_t)hidden << 30, slot, timers->store->size);
}

// Most of new_far's calls, in few instructions: the processor looks ahead by so many of them, and so waits for several handles of others
// at a time. NULL: it is one of the others.
static inline struct tick_handle *new_quickly(struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg, bool hidden) {
    struct tick__wheel *wheel = loop->timers.quick;
    if (TICK__RARE(loop->careful) || when < loop->timers.horizon || !wheel || TICK__RARE(loop->timers.store->word == 0))
        return NULL;
    const unsigned slot = tick__wheel_slot(wheel, when);
    if (TICK__RARE(!tick__wheel_has_room(wheel, slot)))
        return NULL;
    return arm_far(loop, when, fn, arg, TICK__FAR, ARMED | TICK__IS_FOREIGN | (uint32_t)hidden << 30, slot, TICK__HANDLE_PLAIN);
}

static struct tick_handle *new_near(struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg, bool hidden) {
    struct tick__timers *timers = &loop->timers;
    if (timers->count == timers->room && reserve(timers, 1) < 0)
        return NULL;
    struct tick_handle *handle = tick__handle_new(loop, TICK__TIMER, hidden);
    if (!handle)
        return NULL;
    handle->number = 0;
    handle->bits++; // the timers' reference
    handle->fn.call = fn;
    handle->arg = arg;
    handle->of.when = when;
    push(timers, when, handle);
    if (when <= loop->now)
        loop->poll_at = 0; // due: the next iteration polls
    return handle;
}

static __attribute__((noinline)) struct tick_handle *new_slowly(
    struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg, const char *key, const struct tick_loc *loc, bool hidden) {
    struct tick__timers *timers = &loop->timers;
    if (loop->closed || (timers->count >= NEAR_MOST && !timers->wheel && spread(loop) < 0))
        return NULL;
    const bool far = when >= timers->horizon && timers->wheel;
    struct tick_handle *handle = far ? new_far(loop, when, fn, arg, hidden) : new_near(loop, when, fn, arg, hidden);
    if (TICK__RARE(loop->observed) && handle) {
        handle->id = tick__identify(loop, TICK_OBJECT_TIMER, key, loc, &handle->object);
        handle->cause = tick__emit(loop, TICK_EV_TIMER_ARM, handle->object, tick__here(loop), when, loc);
    }
    return handle;
}

struct tick_handle *tick__timer_new(
    struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg, const char *key, const struct tick_loc *loc, bool hidden) {
    struct tick_handle *handle = new_quickly(loop, when, fn, arg, hidden);
    return handle ? handle : new_slowly(loop, when, fn, arg, key, loc, hidden);
}

void tick__timer_remove(struct tick_handle *handle) {
    struct tick__timers *timers = &handle->loop->timers;
    if (handle->place < TICK__FAR_TOLD) {
        (void)take(timers, handle->place - 1);
        timers->due = due(timers);
        handle->of.fired.number = handle->number;
    } else {
        tick__stale_counts(timers, handle->number, 1);
    }
    tick_handle_unref(handle);
}

// --- firing ---

// Each fired timer of the run names one that fires a little later: whoever runs the former prefetches the latter (handle.c).
struct firing {
    struct tick_handle *recent[AHEAD];
    unsigned count;
};

static inline void fire(struct tick_loop *loop, struct tick_handle *handle, uint32_t number) {
    if (loop->probe)
        handle->cause = tick__emit(loop, TICK_EV_TIMER_FIRE, handle->object, handle->cause, handle->of.when, NULL);
    handle->of.fired.ahead = 0;
    handle->of.fired.number = number;
    tick__ready_push(loop, handle);
}

static void fire_near(struct tick_loop *loop) {
    struct tick_handle *handle = take(&loop->timers, 0);
    fire(loop, handle, handle->number);
}

static inline void fire_far(struct tick_loop *loop, struct firing *firing, struct tick_handle *handle, uint32_t number) {
    handle->place = 0;
    fire(loop, handle, number);
    struct tick_handle **recent = &firing->recent[firing->count % AHEAD];
    if (firing->count++ >= AHEAD)
        (*recent)->of.fired.ahead = number;
    *recent = handle;
}

// Of the run, as many as come before the heap's first.
static void fire_run(struct tick_loop *loop, struct firing *firing, int64_t until) {
    struct tick__timers *timers = &loop->timers;
    const struct tick__timer *first = timers->count ? &timers->heap[0] : NULL;
    if (first && first->when < 0)
        return;
    if (first && first->when <= until)
        until = first->sequence < timers->run_made ? tick__moved(first->when, -1) : first->when;
    while (timers->run_at < timers->run_end && (timers->run_base | (int64_t)timers->run[timers->run_at].low) <= until) {
        const uint32_t number = timers->run[timers->run_at++].number;
        if (timers->run_at + AHEAD <= timers->run_end)
            tick__store_prefetch(timers->store, timers->run[timers->run_at + AHEAD - 1].number);
        struct tick_handle *handle = tick__entry_handle(timers, number);
        if (!handle)
            continue;
        timers->entries--;
        fire_far(loop, firing, handle, number);
    }
}

// Of the run and the heap, in order.
static void fire_until(struct tick_loop *loop, struct firing *firing, int64_t until) {
    struct tick__timers *timers = &loop->timers;
    for (;;) {
        if (tick__run_when(timers) <= until)
            fire_run(loop, firing, until);
        if (timers->count == 0 || timers->heap[0].when > until)
            break;
        fire_near(loop);
    }
}

// No memory to make a run of what is due: looks for each.
static void fire_slowly(struct tick_loop *loop, struct firing *firing) {
    struct tick__timers *timers = &loop->timers;
    struct tick_handle *handle;
    int64_t when;
    while ((handle = tick__wheel_least(timers, &when)) != NULL && when <= loop->now) {
        while (timers->count > 0 && timers->heap[0].when <= when) // armed before the wheel was there
            fire_near(loop);
        tick__wheel_drop_least(timers);
        fire_far(loop, firing, handle, handle->number);
    }
    while (timers->count > 0 && timers->heap[0].when <= loop->now)
        fire_near(loop);
}

static void stays(struct tick_handle *handle) {
    (void)handle;
}

// Few are left of many: they are a heap again, and the memory goes back.
static void gather(struct tick_loop *loop) {
    struct tick__timers *timers = &loop->timers;
    struct tick_handle *handle;
    int64_t when;
    if (timers->run_at < timers->run_end || reserve(timers, NEAR_MOST) < 0)
        return;
    while ((handle = tick__wheel_least(timers, &when)) != NULL) {
        tick__wheel_drop_least(timers);
        push(timers, when, handle);
    }
    tick__wheel_free(timers, stays);
    if (tick__store_is_unused(timers->store)) {
        tick__store_free(timers->store);
        timers->store = NULL;
    }
}

static bool are_few(const struct tick__timers *timers) {
    return timers->wheel && timers->count + timers->entries <= NEAR_FEW;
}

static __attribute__((noinline)) void fire_due(struct tick_loop *loop) {
    struct tick__timers *timers = &loop->timers;
    struct firing firing;
    firing.count = 0;
    for (;;) {
        // What still stands in the wheel comes before the heap's that were armed earlier, if that is due first.
        fire_until(loop, &firing, loop->now < timers->horizon ? loop->now : tick__moved(timers->horizon, -1));
        if (loop->now < timers->horizon || !timers->wheel || timers->horizon == INT64_MAX)
            break;
        if (tick__wheel_advance(timers, loop->now) < 0) {
            fire_slowly(loop, &firing);
            break;
        }
    }
    tick__wheel_tidy(timers);
    if (are_few(timers))
        gather(loop);
    timers->due = due(timers);
}

void tick__timers_due(struct tick_loop *loop) {
    const struct tick__timers *timers = &loop->timers;
    if (timers->due <= loop->now || timers->horizon <= loop->now || TICK__RARE(are_few(timers) || tick__stale_are_many(timers)))
        fire_due(loop);
}

// It fires soon, one poll at a time: what its callback will touch, which for a sleep is the stack around its argument.
static void foresee(const struct tick_handle *handle) {
    if (handle->bits & TICK__IS_CANCELLED)
        return;
    for (int line = -3; line <= 2; line++)
        __builtin_prefetch((void *)((uintptr_t)handle->arg + (uintptr_t)(line * 64)));
}

// The first of the wheel's: of a run, which is made if the slot begins soon. Then few that are armed meanwhile come before the horizon.
static struct tick_handle *next_far(struct tick_loop *loop, int64_t *when) {
    struct tick__timers *timers = &loop->timers;
    for (;;) {
        for (; timers->run_at < timers->run_end; timers->run_at++) {
            struct tick_handle *handle = tick__entry_handle(timers, timers->run[timers->run_at].number);
            if (handle) {
                if (timers->run_at + SIGHT < timers->run_end)
                    foresee(tick__store_at(timers->store, timers->run[timers->run_at + SIGHT].number));
                *when = handle->of.when;
                return handle;
            }
        }
        const int64_t begins = tick__wheel_first(timers->wheel);
        const bool soon = begins <= tick__after(loop->now, SOON) && timers->horizon < INT64_MAX;
        if (!soon || tick__wheel_advance(timers, begins) < 0)
            return tick__wheel_least(timers, when);
    }
}

int64_t tick__timers_next(struct tick_loop *loop, tick_id *id) {
    struct tick__timers *timers = &loop->timers;
    struct tick_handle *handle = NULL;
    int64_t when = INT64_MAX;
    if (timers->wheel)
        handle = next_far(loop, &when);
    const struct tick__timer *near = timers->count > 0 ? &timers->heap[0] : NULL;
    if (near && (!handle || near->when < when || (near->when == when && near->sequence < timers->run_made))) {
        handle = near->handle;
        when = near->when;
    }
    timers->due = when; // there may be a new run
    *id = handle && loop->observed ? handle->id : 0;
    return when;
}

int64_t tick__timers_last(const struct tick_loop *loop) {
    const struct tick__timers *timers = &loop->timers;
    int64_t last = timers->wheel ? tick__wheel_last(timers) : 0;
    for (uint32_t i = 0; i < timers->count; i++)
        if (timers->heap[i].when > last && timers->heap[i].when < TICK_NEVER)
            last = timers->heap[i].when;
    for (uint32_t i = timers->run_at; i < timers->run_end; i++) {
        const struct tick_handle *handle = tick__store_at(timers->store, timers->run[i].number);
        if (!(handle->bits & TICK__IS_CANCELLED) && handle->of.when > last && handle->of.when < TICK_NEVER)
            last = handle->of.when;
    }
    return last;
}

void tick__timers_clear(struct tick_loop *loop) {
    struct tick__timers *timers = &loop->timers;
    while (timers->count > 0) {
        struct tick_handle *handle = timers->heap[--timers->count].handle;
        handle->place = 0;
        handle->of.fired.number = handle->number;
        tick_handle_unref(handle);
    }
    tick__free(timers->heap);
    if (timers->wheel)
        tick__wheel_free(timers, tick_handle_unref);
    *timers = (struct tick__timers){.due = INT64_MAX, .horizon = INT64_MAX, .store = timers->store};
}

static __attribute__((noinline)) struct tick_handle *call_slowly(struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg) {
    if (TICK__RARE(loop->careful) && tick__loop_refuses(loop, &fn, &arg) < 0)
        return NULL;
    return new_slowly(loop, when, fn, arg, "timer", NULL, false);
}

struct tick_handle *tick_call_at(struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg) {
    loop = tick__loop_meant(loop);
    if (TICK__RARE(!loop))
        return NULL;
    struct tick_handle *handle = new_quickly(loop, when, fn, arg, false);
    return handle ? handle : call_slowly(loop, when, fn, arg);
}

struct tick_handle *tick_call_later(struct tick_loop *loop, int64_t delay, tick_callback_fn *fn, void *arg) {
    loop = tick__loop_meant(loop);
    if (TICK__RARE(!loop || loop->closed))
        return NULL;
    return tick_call_at(loop, tick__after(loop->sys->ops->now(loop->sys), delay), fn, arg);
}
