// The switch itself, inline: it leaves one stack and goes on with another, by three loads and a jump. Everything else that a callee must
// preserve is a clobber here, so that the compiler keeps what is alive, and only that.
//
// Inline, and not a function, for what follows a switch: the processor predicts returns from a stack of its own, which knows nothing of
// ours. A call that never returns to its caller leaves one entry too many there, and all the returns that follow are mispredicted, each
// 5 ns and more. So the two sides of a switch balance, as long as both suspended at the same depth below the same function.
//
// The floating-point control words are the coroutine's own: MXCSR's and the x87's control bits (MXCSR's status flags are not the callee's),
// and FPCR on aarch64, which its standard leaves to the program. Storing them costs little, loading them serialises: so they are compared,
// and loaded only where they differ.
#ifndef RETICK_SWITCH_INT_H
#define RETICK_SWITCH_INT_H

#include "src/coro/coro_annotate.h"
#include "src/coro/stacks.h"
#include <stddef.h>

#if defined(TICK_CORO_UCONTEXT)

#elif defined(__x86_64__)

#ifdef __AVX512F__
#define TICK__CLOBBERS_WIDE \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", \
        "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define TICK__CLOBBERS_WIDE
#endif

// A new coroutine begins at tick__switch_entry with itself in %rdi.
__attribute__((always_inline)) static inline void tick__switch(struct tick_coro *from, struct tick_coro *to) {
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rsp, %c[sp](%[from])\n\t"
                     "movq %%rbp, %c[fp](%[from])\n\t"
                     "movq %%rax, %c[ip](%[from])\n\t"
                     "stmxcsr %c[mode](%[from])\n\t"
                     "fnstcw %c[mode]+4(%[from])\n\t"
                     "movl %c[mode](%[from]), %%eax\n\t"
                     "xorl %c[mode](%[to]), %%eax\n\t"
                     "testl $0xffc0, %%eax\n\t"
                     "jne 3f\n\t"
                     "movzwl %c[mode]+4(%[from]), %%eax\n\t"
                     "cmpw %%ax, %c[mode]+4(%[to])\n\t"
                     "jne 3f\n"
                     "2:\n\t"
                     "movq %c[sp](%[to]), %%rsp\n\t"
                     "movq %c[fp](%[to]), %%rbp\n\t"
                     "jmpq *%c[ip](%[to])\n"
                     "3:\n\t"
                     "ldmxcsr %c[mode](%[to])\n\t"
                     "fldcw %c[mode]+4(%[to])\n\t"
                     "jmp 2b\n"
                     "1:"
                     : [from] "+S"(from), [to] "+D"(to)
                     : [sp] "i"(offsetof(struct tick_coro, sp)), [fp] "i"(offsetof(struct tick_coro, fp)),
                     [ip] "i"(offsetof(struct tick_coro, ip)), [mode] "i"(offsetof(struct tick_coro, mode))
                     : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3",
                     "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "st", "st(1)",
                     "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "cc", "memory" TICK__CLOBBERS_WIDE);
}

#elif defined(__aarch64__)

// A new coroutine begins at tick__switch_entry with itself in x1.
__attribute__((always_inline)) static inline void tick__switch(struct tick_coro *from, struct tick_coro *to) {
    register struct tick_coro *x0 __asm__("x0") = from;
    register struct tick_coro *x1 __asm__("x1") = to;
    __asm__ volatile("adr x9, 1f\n\t"
                     "mov x10, sp\n\t"
                     "mrs x11, fpcr\n\t"
                     "str x10, [x0, %[sp]]\n\t"
                     "str x29, [x0, %[fp]]\n\t"
                     "str x9, [x0, %[ip]]\n\t"
                     "str x11, [x0, %[mode]]\n\t"
                     "ldr x12, [x1, %[mode]]\n\t"
                     "cmp x11, x12\n\t"
                     "b.eq 2f\n\t"
                     "msr fpcr, x12\n"
                     "2:\n\t"
                     "ldr x10, [x1, %[sp]]\n\t"
                     "ldr x29, [x1, %[fp]]\n\t"
                     "ldr x9, [x1, %[ip]]\n\t"
                     "mov sp, x10\n\t"
                     "br x9\n"
                     "1:"
                     : "+r"(x0), "+r"(x1)
                     : [sp] "i"(offsetof(struct tick_coro, sp)), [fp] "i"(offsetof(struct tick_coro, fp)),
                     [ip] "i"(offsetof(struct tick_coro, ip)), [mode] "i"(offsetof(struct tick_coro, mode))
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19",
                     "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7",
                     "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
                     "v25", "v26", "v27", "v28", "v29", "v30", "v31", "cc", "memory");
}

#endif

// The canary is seen when the coroutine stops running: until then it has only its own damage to work with.
static inline void tick__coro_check(const struct tick_coro *coro) {
    if (__builtin_expect(coro->canary != NULL, 0))
        tick__canary_check(coro);
}

// Brings near what a switch to it will touch.
static inline void tick__coro_prefetch(const struct tick_coro *coro) {
    const char *sp = coro->sp;
    __builtin_prefetch(sp, 1);
    __builtin_prefetch(sp + 64, 1);
    __builtin_prefetch(sp + 128, 1);
}

static inline void tick__coro_leave(struct tick_coro *from, struct tick_coro *to) {
    if (__builtin_expect(from->careful, 0))
        tick__coro_leave_slowly(from, to);
}

// tick_coro_switch, inline.
__attribute__((always_inline)) static inline void tick__coro_switch(struct tick_coro *from, struct tick_coro *to) {
    tick__coro_leave(from, to);
    tick__annotate_leave(from, to, false);
    tick__switch(from, to);
    tick__annotate_arrive(from);
}

#endif
