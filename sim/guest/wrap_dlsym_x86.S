// libc's names: dlsym and dlvsym. Where stray.c has no answer, libc's own goes on in their place, with the return address that it looks at.
#if defined(__x86_64__)
    .hidden tick__guest_libc_dlsym
    .hidden tick__guest_libc_dlvsym
    .hidden tick__guest_asked_for

    .macro asks name
    .text
    .globl \name
    .type \name, @function
    .p2align 4
\name: // (void *handle, const char *name[, const char *version])
    .cfi_startproc
    pushq %rdi
    .cfi_adjust_cfa_offset 8
    pushq %rsi
    .cfi_adjust_cfa_offset 8
    pushq %rdx
    .cfi_adjust_cfa_offset 8
    movq 24(%rsp), %rdx // who called
    call tick__guest_asked_for
    popq %rdx
    .cfi_adjust_cfa_offset -8
    popq %rsi
    .cfi_adjust_cfa_offset -8
    popq %rdi
    .cfi_adjust_cfa_offset -8
    testq %rax, %rax
    jz 1f
    ret
1:  jmp *tick__guest_libc_\name(%rip)
    .cfi_endproc
    .size \name, . - \name
    .endm

    asks dlsym
    asks dlvsym
#endif
    .section .note.GNU-stack, "", %progbits
