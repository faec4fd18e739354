// Tells sanitizers and valgrind about stacks and switches. In a plain build everything here is empty, but for one flag of the pool's when
// valgrind's header was there.
#ifndef RETICK_CORO_ANNOTATE_H
#define RETICK_CORO_ANNOTATE_H

#include "src/coro/coro_int.h"

// Always: TSan counts a function's entry to the fiber it was called on and its exit to the one that runs then, so nothing that switches
// may be a call.
#define TICK__ANNOTATE __attribute__((always_inline)) static inline

#if TICK__ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#if TICK__TSAN
#include <sanitizer/tsan_interface.h>
#endif
#if defined(__has_include) && !TICK__ASAN && !TICK__TSAN
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define TICK_CORO_VALGRIND 1
#endif
#endif

TICK__ANNOTATE bool tick__annotate_on_valgrind(void) {
#ifdef TICK_CORO_VALGRIND
    return RUNNING_ON_VALGRIND != 0;
#else
    return false;
#endif
}

// Whether a coroutine that is dropped needs tick__annotate_drop.
TICK__ANNOTATE bool tick__annotate_needed(bool on_valgrind) {
#if TICK__ASAN || TICK__TSAN
    (void)on_valgrind;
    return true;
#else
    return on_valgrind;
#endif
}

// Whether a tool reads all that /proc/self/maps calls readable, which a lightweight guard is: the leak finder would die of it.
TICK__ANNOTATE bool tick__annotate_reads_guards(void) {
#if TICK__ASAN
    return true;
#else
    return false;
#endif
}

// Stacks that may now be written: pointers on them keep heap blocks from being leaks.
TICK__ANNOTATE void tick__annotate_roots(void *start, size_t size, bool on) {
#if TICK__ASAN
    if (on)
        __lsan_register_root_region(start, size);
    else
        __lsan_unregister_root_region(start, size);
#else
    (void)start, (void)size, (void)on;
#endif
}

// Words below a stack, which memcheck takes for out of bounds once frames were there, are about to be looked at.
TICK__ANNOTATE void tick__annotate_look(const void *start, size_t size, bool on_valgrind) {
    (void)start, (void)size, (void)on_valgrind;
#ifdef TICK_CORO_VALGRIND
    if (on_valgrind)
        VALGRIND_MAKE_MEM_DEFINED(start, size);
#endif
}

// A stack is about to be given to a coroutine; nothing was written yet.
TICK__ANNOTATE void tick__annotate_stack(void *low, void *top, bool on_valgrind) {
    (void)low, (void)top, (void)on_valgrind;
#ifdef TICK_CORO_VALGRIND
    if (on_valgrind)
        VALGRIND_MAKE_MEM_UNDEFINED(low, (size_t)((char *)top - (char *)low));
#endif
}

TICK__ANNOTATE void tick__annotate_new(struct tick_coro *coro, bool on_valgrind) {
    (void)coro, (void)on_valgrind;
#if TICK__ASAN
    coro->bounds = coro->low;
    coro->bounds_size = (size_t)((char *)coro - coro->low);
#endif
#if TICK__TSAN
    coro->own = coro->fiber = __tsan_create_fiber(0);
#endif
#ifdef TICK_CORO_VALGRIND
    if (on_valgrind)
        coro->valgrind = VALGRIND_STACK_REGISTER(coro->low, coro);
#endif
}

// `to` is about to run in place of `from`, which ends for good if `last`. What is saved in `from` is the stack that really runs: a
// foreign one's object may be switched from on another stack than before.
TICK__ANNOTATE void tick__annotate_leave(struct tick_coro *from, struct tick_coro *to, bool last) {
    (void)from, (void)to, (void)last;
#if TICK__ASAN
    to->previous = from;
    __sanitizer_start_switch_fiber(last ? NULL : &from->fake, to->bounds, to->bounds_size); // NULL destroys the fake stack
#endif
#if TICK__TSAN
    from->fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
}

TICK__ANNOTATE void tick__annotate_arrive(struct tick_coro *self) {
    (void)self;
#if TICK__ASAN
    void *fake = self->fake;
    self->fake = NULL;
    __sanitizer_finish_switch_fiber(fake, &self->previous->bounds, &self->previous->bounds_size);
#endif
}

#if TICK__ASAN
// Destroys the fake stack of a coroutine that will never end by itself: as if it ran and left for good.
__attribute__((no_sanitize_address)) static inline void tick__annotate_bury(struct tick_coro *coro) {
    void *mine;
    const void *bounds;
    size_t size;
    __sanitizer_start_switch_fiber(&mine, coro->bounds, coro->bounds_size);
    __sanitizer_finish_switch_fiber(coro->fake, &bounds, &size);
    __sanitizer_start_switch_fiber(NULL, bounds, size);
    __sanitizer_finish_switch_fiber(mine, NULL, NULL);
}
#endif

// The coroutine is gone, its stack not unwound.
TICK__ANNOTATE void tick__annotate_drop(struct tick_coro *coro, bool on_valgrind) {
    (void)coro, (void)on_valgrind;
#if TICK__ASAN
    if (coro->fake)
        tick__annotate_bury(coro);
    coro->fake = NULL;
    ASAN_UNPOISON_MEMORY_REGION(coro->low, (size_t)((char *)coro - coro->low)); // redzones of frames that never returned
#endif
#if TICK__TSAN
    __tsan_destroy_fiber(coro->own);
#endif
#ifdef TICK_CORO_VALGRIND
    if (on_valgrind)
        VALGRIND_STACK_DEREGISTER(coro->valgrind);
#endif
}

#endif
