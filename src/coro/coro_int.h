// Inside src/coro: what a coroutine and a pool are made of, and what each way of switching provides.
//
// A stack's addresses, upwards: guard | frames, growing down | struct tick_coro | colour. The struct and the first frames share the
// topmost page, so that an idle coroutine touches one page.
#ifndef RETICK_CORO_INT_H
#define RETICK_CORO_INT_H

#include "src/base/sanitized.h"
#include "src/coro/coro.h"
#include "src/coro/exceptions.h"
#include <stdbool.h>

// Instrumented frames are larger.
#if TICK__ASAN || TICK__TSAN
#define TICK__STACK_FACTOR 2
#else
#define TICK__STACK_FACTOR 1
#endif

struct tick_coro {
    // While it does not run: what tick__switch resumes (of ucontext's, sp alone). The assembler counts on these places.
    void *sp, *fp, *ip;
    uint64_t mode;              // floating-point control words
    const uint64_t *canary;     // TICK__CANARY_WORDS words that stay 0; NULL where a guard does the work
    struct tick_stacks *stacks; // NULL: stands for a foreign stack
    char *low;                  // the lowest address frames may use
    uint32_t index;             // which stack of the pool
    bool careful;               // leaving it takes more than the switch: there is a canary, or the program has C++'s exceptions
    void (*fn)(void *arg);
    void *arg;
    struct tick_coro *next;             // in the pool's free list; of a live one the owner's, NULL at first
    struct tick__exceptions exceptions; // while it does not run
    unsigned valgrind;                  // valgrind's name for the stack
#if TICK__ASAN
    struct tick_coro *previous; // who switched here
    void *fake;                 // ASan's fake stack, while it does not run
    const void *bounds;         // the stack to resume on, which for a foreign one is known from the first switch away from it
    size_t bounds_size;
#endif
#if TICK__TSAN
    void *fiber; // the fiber to resume
    void *own;   // the fiber to destroy
#endif
};

// How a stack's overflow is found out.
enum tick__guard {
    TICK__GUARD_MADVISE,  // lightweight guard pages, Linux 6.13
    TICK__GUARD_MPROTECT, // costs two mappings a stack, of which a process may have 65,530
    TICK__GUARD_CANARY    // words below the stack that must stay 0, looked at when the coroutine stops running
};
#define TICK__GUARD_SIZE ((size_t)16 << 10) // so that a frame with a buffer of 8 KiB cannot step over it
#define TICK__GUARDS_MOST 16000u            // by mprotect
#define TICK__CANARY_WORDS 16u

// tick_stacks_new with the first kind of guard to try and the bound on mprotect's, so that tests reach each.
int tick__stacks_new(const struct tick_stacks_options *options, enum tick__guard first, uint32_t guards_most, struct tick_stacks **out);
enum tick__guard tick__coro_guard(const struct tick_coro *coro);

void tick__coro_leave_slowly(struct tick_coro *from, struct tick_coro *to); // coro.c

// The way of switching: inline (switch_int.h) for x86-64 and aarch64, else switch_ucontext.c.
#if !defined(TICK_CORO_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define TICK_CORO_UCONTEXT 1
#endif
#ifdef TICK_CORO_UCONTEXT
void tick__switch(struct tick_coro *from, struct tick_coro *to);
#define tick__switch_out tick__switch
#else
void tick__switch_out(struct tick_coro *from, struct tick_coro *to); // out of line: for where one ends with it, and little follows
#endif
// The first switch to it will call tick__coro_main(coro), on the stack below it.
void tick__switch_prepare(struct tick_coro *coro);
_Noreturn void tick__coro_main(struct tick_coro *coro);

#endif
