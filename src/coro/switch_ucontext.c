// The switch by ucontext: for architectures without one in assembly, and with -DTICK_CORO_UCONTEXT. Slow (each switch saves the signal
// mask by a system call), otherwise the same. A context is saved on the stack that it will resume.
#include "src/coro/coro_int.h"

#ifdef TICK_CORO_UCONTEXT
#include <string.h>
#include <ucontext.h>

void tick__switch(struct tick_coro *from, struct tick_coro *to) {
    ucontext_t here;
    memset(&here.uc_stack, 0, sizeof here.uc_stack); // libc leaves it unset, and ASan reads it
    from->sp = &here;
    swapcontext(&here, to->sp);
}

// makecontext passes ints.
static void entry(unsigned high, unsigned low) {
    tick__coro_main((struct tick_coro *)(((uintptr_t)high << 16 << 16) | low)); // twice: a pointer may have 32 bits
}

void tick__switch_prepare(struct tick_coro *coro) {
    ucontext_t *context = (ucontext_t *)(void *)coro - 1;
    context = (ucontext_t *)((uintptr_t)context & ~(uintptr_t)63);
    memset(context, 0, sizeof *context);
    getcontext(context);
    context->uc_stack.ss_sp = coro->low;
    context->uc_stack.ss_size = (size_t)((char *)context - coro->low);
    context->uc_link = NULL;
    makecontext(context, (void (*)(void))entry, 2, (unsigned)((uintptr_t)coro >> 16 >> 16), (unsigned)(uintptr_t)coro);
    coro->sp = context;
}

#endif
