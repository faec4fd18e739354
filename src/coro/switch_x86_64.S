// The switch for x86-64 (System V ABI): pushes what a callee must preserve, exchanges the stack pointers, pops.
//
// Returns by `pop; jmp` and not by `ret`: the processor predicts a ret from its own return stack, which is wrong after every switch: from
// a loop to a task and back, a switch takes 14 ns by ret, 3.1 by jmp (on a Xeon, bench/coro_switch.c).
// MXCSR's and the x87's control bits are callee-saved too. Storing them costs little, loading them serialises; so they are compared, and
// loaded only where they differ: 3.1 ns, against 4.8 loaded always and 2.3 not saved. MXCSR's status flags are not the callee's.
// CET: this object carries no .note.gnu.property, so a program linked with it is not marked for shadow stacks, which a plain stack switch
// breaks.
#if defined(__x86_64__) && !defined(TICK_CORO_UCONTEXT)

    .text
    .globl tick__switch
    .hidden tick__switch
    .type tick__switch, @function
    .p2align 5
tick__switch: // (void **save, void *to)
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    pushq %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r13, 0
    pushq %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r14, 0
    pushq %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r15, 0
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movl (%rsp), %eax
    movzwl 4(%rsp), %edx
    movq %rsp, (%rdi)
    // From here on the other stack, laid out alike: the rules above keep holding.
    movq %rsi, %rsp
    xorl (%rsp), %eax
    testl $0xffc0, %eax
    jne 3f
1:  cmpw %dx, 4(%rsp)
    jne 4f
2:  addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    popq %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r15
    popq %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r14
    popq %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r13
    popq %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    popq %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp
    popq %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rcx
    jmp *%rcx
    .cfi_endproc
    .size tick__switch, . - tick__switch

    // The rare part, out of the way of the straight path; its frame is that of label 1.
    .type tick__switch_fp, @function
tick__switch_fp:
    .cfi_startproc
    .cfi_def_cfa %rsp, 64
    .cfi_offset %rbp, -16
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    .cfi_offset %r13, -40
    .cfi_offset %r14, -48
    .cfi_offset %r15, -56
3:  ldmxcsr (%rsp)
    jmp 1b
4:  fldcw 4(%rsp)
    jmp 2b
    .cfi_endproc
    .size tick__switch_fp, . - tick__switch_fp

    // Where a coroutine begins: %rbx is the coroutine, the stack is aligned to 16. Nobody called: backtraces end here.
    .globl tick__switch_entry
    .hidden tick__switch_entry
    .type tick__switch_entry, @function
    .p2align 4
tick__switch_entry:
    .cfi_startproc
    .cfi_undefined %rip
    endbr64
    movq %rbx, %rdi
    call tick__coro_main
    ud2
    .cfi_endproc
    .size tick__switch_entry, . - tick__switch_entry

#endif
    .section .note.GNU-stack, "", %progbits // on every architecture: an object without it makes the stack executable
