// The switch between threads of the world, on x86-64 (System V ABI): stack, callee-saved registers, floating-point control and fs, by which
// all thread-local memory is found.
//
// fs is set by wrfsbase, or, where the kernel does not allow that (before Linux 5.9, or on processors before Ivy Bridge), by arch_prctl.
// MXCSR's control bits and the x87's are the thread's own: storing them costs little, loading them serialises, so they are compared first.
//
// CET: this object carries no .note.gnu.property, so that a program with this library in it is not marked for shadow stacks (which a switch
// of stacks breaks) or for landing pads: libc turns them off at the start, unless it was told to insist, and then it does not load the
// library.
#if defined(__x86_64__)

    .hidden tick__guest_fsgsbase
    .text
    .globl tick__guest_context_switch
    .hidden tick__guest_context_switch
    .type tick__guest_context_switch, @function
    .p2align 5
tick__guest_context_switch: // (struct tick__guest_context *from, const struct tick__guest_context *to)
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
    movq %rsp, (%rdi)
    stmxcsr 16(%rdi)
    fnstcw 20(%rdi)
    movl 16(%rdi), %eax
    xorl 16(%rsi), %eax
    testl $0xffc0, %eax // the other bits are status
    jne 3f
    movzwl 20(%rdi), %eax
    cmpw %ax, 20(%rsi)
    jne 3f
1:  movq (%rsi), %rsp
    movq 8(%rsi), %rdx
    cmpb $0, tick__guest_fsgsbase(%rip)
    je 4f
    wrfsbase %rdx
2:  popq %r15
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
    ret
    .cfi_adjust_cfa_offset 48
    .cfi_rel_offset %r15, 0
    .cfi_rel_offset %r14, 8
    .cfi_rel_offset %r13, 16
    .cfi_rel_offset %r12, 24
    .cfi_rel_offset %rbx, 32
    .cfi_rel_offset %rbp, 40
3:  ldmxcsr 16(%rsi)
    fldcw 20(%rsi)
    jmp 1b
4:  movl $158, %eax    // arch_prctl
    movl $0x1002, %edi // ARCH_SET_FS
    movq %rdx, %rsi
    syscall
    jmp 2b
    .cfi_endproc
    .size tick__guest_context_switch, . - tick__guest_context_switch

    // Where a context begins: its entry in %rbx, the stack aligned to 16. Nobody called: backtraces and unwinding end here.
    .globl tick__guest_context_entry
    .hidden tick__guest_context_entry
    .type tick__guest_context_entry, @function
    .p2align 4
tick__guest_context_entry:
    .cfi_startproc
    .cfi_undefined %rip
    call *%rbx
    ud2
    .cfi_endproc
    .size tick__guest_context_entry, . - tick__guest_context_entry

    // Sleeps as long as *keep is greater than number, and then the kernel thread ends. Its stack and its thread-local memory belong to
    // others meanwhile: nothing here touches them, whoever wakes it and why.
    .globl tick__guest_sleeper_sleep
    .hidden tick__guest_sleeper_sleep
    .type tick__guest_sleeper_sleep, @function
    .p2align 4
tick__guest_sleeper_sleep: // (uint32_t *keep, uint32_t number, uint32_t *left)
    .cfi_startproc
    .cfi_undefined %rip
    movq %rdi, %rbx
    movl %esi, %ebp
    movq %rdx, %r12
5:  movl (%rbx), %edx
    cmpl %ebp, %edx
    jbe 6f
    movl $202, %eax // futex(keep, FUTEX_WAIT, what it was, NULL)
    movq %rbx, %rdi
    xorl %esi, %esi
    xorl %r10d, %r10d
    syscall
    jmp 5b
6:  movl $218, %eax // set_tid_address(NULL): the memory there is somebody else's soon
    xorl %edi, %edi
    syscall
    movl $273, %eax // set_robust_list(NULL, 24), likewise
    xorl %edi, %edi
    movl $24, %esi
    syscall
    lock incl (%r12)
    movl $60, %eax // exit
    xorl %edi, %edi
    syscall
    ud2
    .cfi_endproc
    .size tick__guest_sleeper_sleep, . - tick__guest_sleeper_sleep

#endif
    .section .note.GNU-stack, "", %progbits
