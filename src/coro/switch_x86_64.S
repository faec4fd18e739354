// Where a coroutine begins on x86-64 (System V ABI).
//
// CET: this object carries no .note.gnu.property, so a program linked with it is not marked for shadow stacks, which a plain stack switch
// breaks.
#if defined(__x86_64__) && !defined(TICK_CORO_UCONTEXT)

    .text
    // %rdi is the coroutine, the stack is aligned to 16. Nobody called: backtraces end here.
    .globl tick__switch_entry
    .hidden tick__switch_entry
    .type tick__switch_entry, @function
    .p2align 4
tick__switch_entry:
    .cfi_startproc
    .cfi_undefined %rip
    endbr64
    call tick__coro_main
    ud2
    .cfi_endproc
    .size tick__switch_entry, . - tick__switch_entry

#endif
    .section .note.GNU-stack, "", %progbits // on every architecture: an object without it makes the stack executable
