// How a function that waits returns to whoever called it from outside.
//
// The processor predicts where a return goes from its own stack of calls, on top of which stand, after a switch, those of the task that
// suspended. Within the library both went the same way, so that its returns are predicted. The last one, into the task's own code, is not,
// once two tasks of different code follow each other; and it is dear to guess wrong, 13 ns: two tasks that pass a future to and fro take
// 30 ns a wake, and 15 if that last return is a jump, which is predicted by where jumps went before. Where equal tasks wait in a helper of
// their own the jump costs as much as it gains elsewhere; so the waits have it that are called from everywhere.
//
//     TICK__LANDING(tick_sleep_at, tick__sleep_at)
//
// makes tick_sleep_at of the function tick__sleep_at, which is declared TICK__LANDED. Arguments and result are its, and fit in registers.
#ifndef RETICK_LANDING_INT_H
#define RETICK_LANDING_INT_H

#include "src/coro/coro_int.h"

// Only the assembler knows who calls it, which link-time optimisation has to be told.
#if defined(__clang__)
#define TICK__LANDED __attribute__((used))
#else
#define TICK__LANDED __attribute__((used, externally_visible))
#endif

#if defined(TICK_CORO_UCONTEXT) || TICK__ASAN || TICK__TSAN
// The function itself under both names: tools follow that better, and it goes for every architecture.
#define TICK__LANDING(name, inner) extern __typeof__(inner) name __attribute__((alias(#inner)));
#elif defined(__x86_64__)
#define TICK__LANDING(name, inner) \
    __asm__(TICK__LANDING_BEGIN(name) "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\n" \
                                      "mov %rsp, %rbp\n.cfi_def_cfa_register %rbp\n" \
                                      "call " #inner "\n" \
                                      "pop %rbp\n.cfi_def_cfa %rsp, 8\n.cfi_restore %rbp\n" \
                                      "pop %rcx\n.cfi_def_cfa_offset 0\n.cfi_register %rip, %rcx\n" \
                                      "jmp *%rcx\n" TICK__LANDING_END(name));
#else
#define TICK__LANDING(name, inner) \
    __asm__(TICK__LANDING_BEGIN(name) "stp x29, x30, [sp, #-16]!\n.cfi_def_cfa_offset 16\n.cfi_offset x29, -16\n.cfi_offset x30, -8\n" \
                                      "mov x29, sp\n" \
                                      "bl " #inner "\n" \
                                      "ldp x29, x30, [sp], #16\n.cfi_def_cfa_offset 0\n.cfi_restore x29\n.cfi_restore x30\n" \
                                      "br x30\n" TICK__LANDING_END(name));
#endif

#define TICK__LANDING_BEGIN(name) \
    ".pushsection .text\n.globl " #name "\n.type " #name ", %function\n.p2align 4\n" #name ":\n.cfi_startproc\n"
#define TICK__LANDING_END(name) ".cfi_endproc\n.size " #name ", . - " #name "\n.popsection\n"

#endif
