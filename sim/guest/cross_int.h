// From one stack to another, with the registers that a call keeps; the thread's fs register stays as it is.
#ifndef RETICK_CROSS_INT_H
#define RETICK_CROSS_INT_H

#include <stdint.h>

// Leaves this stack, whose pointer goes to *save, for one that was left, or begun.
void tick__cross(void **save, void *to);
// A stack that calls fn, which never returns; top: its end.
static inline void *tick__cross_begin(char *top, void (*fn)(void)) {
    uintptr_t *sp = (uintptr_t *)((uintptr_t)top & ~63ul) - 8;
    *--sp = 0; // where fn would return to
    *--sp = (uintptr_t)fn;
    sp -= 7;                               // six registers, and
    *sp = UINT64_C(0x37f) << 32 | 0x1f80u; // the control words of floating point, as a process begins
    return sp;
}

#endif
