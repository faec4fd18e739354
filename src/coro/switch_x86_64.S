// The switch out of line, and where a coroutine begins, on x86-64 (System V ABI). What is saved, and why it ends in a jump: switch_int.h.
//
// CET: this object carries no .note.gnu.property, so that no program linked with it is marked for shadow stacks, which a plain switch of
// stacks breaks, or for landing pads, which a return by a jump (landing_int.h) does not find. tests/tidy/notes.py looks at it.
#if defined(__x86_64__) && !defined(TICK_CORO_UCONTEXT)

    .text
    .globl tick__switch_out
    .hidden tick__switch_out
    .type tick__switch_out, @function
    .p2align 5
tick__switch_out: // (struct tick_coro *from, struct tick_coro *to)
    .cfi_startproc
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
    xchgq %rdi, %rsi // as a new coroutine expects it
    leaq 1f(%rip), %rax
    movq %rsp, (%rsi)
    movq %rbp, 8(%rsi)
    movq %rax, 16(%rsi)
    stmxcsr 24(%rsi)
    fnstcw 28(%rsi)
    movl 24(%rsi), %eax
    xorl 24(%rdi), %eax
    testl $0xffc0, %eax
    jne 3f
    movzwl 28(%rsi), %eax
    cmpw %ax, 28(%rdi)
    jne 3f
2:  movq (%rdi), %rsp
    movq 8(%rdi), %rbp
    jmpq *16(%rdi)
3:  ldmxcsr 24(%rdi)
    fldcw 28(%rdi)
    jmp 2b
1:  popq %r15
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
    popq %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rcx
    jmp *%rcx
    .cfi_endproc
    .size tick__switch_out, . - tick__switch_out

    // %rdi is the coroutine, the stack is aligned to 16. Nobody called: backtraces end here.
    .globl tick__switch_entry
    .hidden tick__switch_entry
    .type tick__switch_entry, @function
    .p2align 4
tick__switch_entry:
    .cfi_startproc
    .cfi_undefined %rip
    call tick__coro_main
    ud2
    .cfi_endproc
    .size tick__switch_entry, . - tick__switch_entry

#endif
    .section .note.GNU-stack, "", %progbits // on every architecture: an object without it makes the stack executable
