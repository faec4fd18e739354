// Torture: a body runs again and again, each time with another of its allocations failing: the first, the second, ..., each alone and then
// with all that follow it. It must end with 0 or -ENOMEM and leave nothing behind.
//
// Counted are the library's own memory (tick__set_allocator), the simulator's and the trace's (tick__outside_*) and stacks (tick_coro_new).
// The latter are had by the linker; a test that includes this begins with
//     // wraps: tick__outside_alloc tick__outside_realloc tick__outside_free tick_coro_new
#ifndef RETICK_TORTURE_H
#define RETICK_TORTURE_H

#include "src/base/alloc.h"
#include "src/base/keep.h"
#include "src/base/outside.h"
#include "src/base/sanitized.h"
#include "src/coro/coro.h"
#include <errno.h>
#include <retick/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct torture {
    struct tick_allocator allocator; // first
    long left;                       // allocations that succeed before one fails; negative: none does
    bool for_good;                   // so do all after it
    long asked, refused;
    long live, live_outside;
};

// The tests' own statics stay as they are when the harness restores those of a scenario.
TICK_KEEP static struct torture torture = {0};

// A body that starts processes points this at memory that they share: whether one of them was refused anything.
TICK_KEEP static long *torture_shared = NULL;

static inline bool torture_refuses(void) {
    torture.asked++;
    if (torture.left == 0 || (torture.for_good && torture.refused)) {
        torture.refused++;
        if (torture_shared)
            *torture_shared = 1;
        torture.left = -1;
        return true;
    }
    if (torture.left > 0)
        torture.left--;
    return false;
}

static inline void *torture_alloc(struct tick_allocator *allocator, size_t size) {
    (void)allocator;
    void *memory = torture_refuses() ? NULL : malloc(size);
    torture.live += memory != NULL;
    return memory;
}

static inline void torture_free(struct tick_allocator *allocator, void *memory) {
    (void)allocator;
    torture.live--;
    free(memory);
}

void *__real_tick__outside_alloc(size_t size);
void *__real_tick__outside_realloc(void *memory, size_t size);
void __real_tick__outside_free(void *memory);
struct tick_coro *__real_tick_coro_new(struct tick_stacks *stacks, void (*fn)(void *arg), void *arg);
void *__wrap_tick__outside_alloc(size_t size);
void *__wrap_tick__outside_realloc(void *memory, size_t size);
void __wrap_tick__outside_free(void *memory);
struct tick_coro *__wrap_tick_coro_new(struct tick_stacks *stacks, void (*fn)(void *arg), void *arg);

void *__wrap_tick__outside_alloc(size_t size) {
    void *memory = torture_refuses() ? NULL : __real_tick__outside_alloc(size);
    torture.live_outside += memory != NULL;
    return memory;
}

void *__wrap_tick__outside_realloc(void *memory, size_t size) {
    void *moved = torture_refuses() ? NULL : __real_tick__outside_realloc(memory, size);
    torture.live_outside += moved && !memory;
    return moved;
}

void __wrap_tick__outside_free(void *memory) {
    torture.live_outside -= memory != NULL;
    __real_tick__outside_free(memory);
}

struct tick_coro *__wrap_tick_coro_new(struct tick_stacks *stacks, void (*fn)(void *arg), void *arg) {
    return torture_refuses() ? NULL : __real_tick_coro_new(stacks, fn, arg);
}

// 0, or what failed: -ENOMEM, or what the body makes of that.
typedef int torture_body(void *arg);

static inline void torture_begin(long left, bool for_good) {
    torture = (struct torture){.allocator = {torture_alloc, torture_free}, .left = left, .for_good = for_good};
    if (torture_shared)
        *torture_shared = 0;
    tick__set_allocator(&torture.allocator);
}

static inline bool torture_refused(void) {
    return torture.refused > 0 || (torture_shared && *torture_shared);
}

static inline void torture_end(void) {
    tick__set_allocator(NULL);
    torture.left = -1;
    torture.for_good = false;
}

// Fewer of them where everything is slow: as RETICK_TORTURE_STRIDE says (1: all), else a third under sanitizers.
static inline void torture_thin_out(long *dense, long *stride) {
    const char *coarser = getenv("RETICK_TORTURE_STRIDE");
    const long factor = coarser ? atol(coarser) : TICK__SANITIZED ? 3 : 1;
    const long most = factor > 3 ? 10 : 30;
    if (factor > 1) {
        *dense = *dense < most ? *dense : most;
        *stride *= factor;
    }
}

// Returns how many allocations the body makes when none fails. Of those after the first `dense`, every `stride`-th only.
static inline long torture_some(const char *name, torture_body *body, void *arg, long dense, long stride) {
    long asked = 0;
    torture_thin_out(&dense, &stride);
    for (int for_good = 0; for_good < 2; for_good++)
        for (long n = -1, refused = 1; refused > 0; n += n < dense ? 1 : stride) {
            torture_begin(n, for_good);
            const int result = body(arg);
            torture_end();
            if (n < 0)
                asked = torture.asked;
            refused = n < 0 || torture_refused();
            if (result != 0 && (result != -ENOMEM || !torture_refused()))
                fail_msg("%s: allocation %ld%s fails: %s", name, n, for_good ? " and all later ones" : "", tick_error_name(result));
            if (torture.live || torture.live_outside)
                fail_msg("%s: allocation %ld%s fails: %ld blocks of the library's are left, %ld outside (%s)", name, n,
                    for_good ? " and all later ones" : "", torture.live, torture.live_outside, tick_error_name(result));
        }
    return asked;
}

static inline long torture_each(const char *name, torture_body *body, void *arg) {
    return torture_some(name, body, arg, INT32_MAX, 1);
}

#endif
