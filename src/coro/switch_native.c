// Where a coroutine begins, for the inline switches of switch_int.h.
#include "src/coro/coro_int.h"

#ifndef TICK_CORO_UCONTEXT

void tick__switch_entry(void); // assembly; never called, only switched to

// The floating-point control words begin as the creator has them, like a thread's. A frame pointer of 0 ends walks along frame pointers,
// and a return address of 0 those of unwinders that do not know "undefined" (valgrind's).
void tick__switch_prepare(struct tick_coro *coro) {
    uint64_t *top = (uint64_t *)(void *)coro - 2;
    top[0] = top[1] = 0;
    coro->sp = top;
    coro->fp = NULL;
    coro->ip = (void *)(uintptr_t)tick__switch_entry;
#if defined(__x86_64__)
    uint32_t mxcsr;
    uint16_t x87;
    __asm__("stmxcsr %0" : "=m"(mxcsr));
    __asm__("fnstcw %0" : "=m"(x87));
    coro->mode = (uint64_t)x87 << 32 | mxcsr;
#else
    __asm__("mrs %0, fpcr" : "=r"(coro->mode));
#endif
}

#endif
