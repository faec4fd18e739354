// tick__cross: see cross_int.h
#if defined(__x86_64__)
    .text
    .globl tick__cross
    .hidden tick__cross
    .type tick__cross, @function
tick__cross:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    sub $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    add $8, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
    .size tick__cross, . - tick__cross
#endif
    .section .note.GNU-stack, "", @progbits
