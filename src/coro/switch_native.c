// The first frame for the switches in assembly: what tick__switch pops when a coroutine runs for the first time.
#include "src/coro/coro_int.h"

#ifndef TICK_CORO_UCONTEXT
#include <string.h>

void tick__switch_entry(void); // assembly; never called, only switched to

#if defined(__x86_64__)
struct frame {
    uint32_t mxcsr;
    uint16_t x87_control, unused;
    uint64_t r15, r14, r13, r12, rbx, rbp, rip;
    uint64_t end[2]; // a return address of 0, for unwinders that do not know "undefined" (valgrind's)
};
_Static_assert(sizeof(struct frame) == 80, "tick__switch pops 64 bytes, and leaves the stack aligned");

// The floating-point control words begin as the creator has them, like a thread's.
void *tick__switch_prepare(void *low, void *top, struct tick_coro *coro) {
    (void)low;
    struct frame *frame = (struct frame *)top - 1;
    memset(frame, 0, sizeof *frame); // rbp 0 ends walks along frame pointers
    __asm__("stmxcsr %0" : "=m"(frame->mxcsr));
    __asm__("fnstcw %0" : "=m"(frame->x87_control));
    frame->rbx = (uint64_t)(uintptr_t)coro;
    frame->rip = (uint64_t)(uintptr_t)tick__switch_entry;
    return frame;
}

#elif defined(__aarch64__)
struct frame {
    uint64_t x19_x30[12];
    uint64_t d8_d15[8];
    uint64_t fpcr, unused;
};
_Static_assert(sizeof(struct frame) == 176, "as in switch_aarch64.S");

void *tick__switch_prepare(void *low, void *top, struct tick_coro *coro) {
    (void)low;
    struct frame *frame = (struct frame *)top - 1;
    memset(frame, 0, sizeof *frame);
    __asm__("mrs %0, fpcr" : "=r"(frame->fpcr));
    frame->x19_x30[0] = (uint64_t)(uintptr_t)coro;
    frame->x19_x30[11] = (uint64_t)(uintptr_t)tick__switch_entry;
    return frame;
}
#endif

#endif
