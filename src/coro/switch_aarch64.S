// Where a coroutine begins on aarch64 (AAPCS64).
#if defined(__aarch64__) && !defined(TICK_CORO_UCONTEXT)

    .text
    // x1 is the coroutine. Nobody called: backtraces end here.
    .globl tick__switch_entry
    .hidden tick__switch_entry
    .type tick__switch_entry, %function
    .p2align 4
tick__switch_entry:
    .cfi_startproc
    .cfi_undefined x30
    hint 36 // BTI: jumped to
    mov x29, xzr
    mov x30, xzr
    mov x0, x1
    bl tick__coro_main
    brk #1
    .cfi_endproc
    .size tick__switch_entry, . - tick__switch_entry

#endif
    .section .note.GNU-stack, "", %progbits // on every architecture: an object without it makes the stack executable
