// Coroutines: a stack each, switched by hand. A switch is a call that returns when somebody switches back.
#ifndef RETICK_CORO_H
#define RETICK_CORO_H

#include <stddef.h>
#include <stdint.h>

// A coroutine; it lives at the top of its own stack. One that stands for a thread's own stack is the caller's storage.
// The definition is in coro_int.h.
struct tick_coro;

// A pool of stacks of one size. It allocates with mmap only, never from a heap, and belongs to one thread at a time.
struct tick_stacks;

struct tick_stacks_options {
    size_t size;    // usable bytes a stack, rounded up to pages; 0: TICK_STACK_SIZE
    void *base;     // where to reserve, so that stack addresses repeat; NULL: anywhere
    size_t most;    // stacks that may live at once; 0: TICK_STACKS_MOST, or fewer where address space is scarce or dear
    uint8_t poison; // not 0: fill the top 16 KiB of each stack handed out with this byte (to find uses of uninitialised memory)
};
#define TICK_STACK_SIZE ((size_t)64 << 10) // printf and getaddrinfo fit twice; doubled under ASan and TSan
#define TICK_STACKS_MOST ((size_t)1 << 20)

int tick_stacks_new(const struct tick_stacks_options *options, struct tick_stacks **out); // 0 or a negated errno
void tick_stacks_free(struct tick_stacks *stacks);  // frees every coroutine of it; none may be running
void tick_stacks_reset(struct tick_stacks *stacks); // frees every live coroutine, nothing is unwound; the stacks stay for reuse. The order
                                                    // in which stacks are handed out afterwards is that of a new pool
void tick_stacks_set_poison(struct tick_stacks *stacks, uint8_t poison);
size_t tick_stacks_live(const struct tick_stacks *stacks);

// Returns a coroutine that will call fn(arg) at the first switch to it; NULL when out of memory. fn must not return: it ends with
// tick_coro_exit. A guard below the stack turns an overflow into SIGSEGV (beyond the bound on guards: into an abort at the next switch).
struct tick_coro *tick_coro_new(struct tick_stacks *stacks, void (*fn)(void *arg), void *arg);
void tick_coro_free(struct tick_coro *coro); // not the running one; gives the stack back

// A coroutine object for the stack that calls this (a thread's own, or any foreign one): switch from it first. free with
// tick_coro_thread_free.
struct tick_coro *tick_coro_thread_new(void);
void tick_coro_thread_free(struct tick_coro *coro);

// Saves the caller into `from` (which must be the running one) and goes on with `to`.
void tick_coro_switch(struct tick_coro *from, struct tick_coro *to);
// The same for good: `from` may be freed by whoever runs next.
_Noreturn void tick_coro_exit(struct tick_coro *from, struct tick_coro *to);

// Whether the address lies in the guard below the coroutine's stack (for a SIGSEGV handler to say "stack overflow").
int tick_coro_in_guard(const struct tick_coro *coro, const void *address);

#endif
