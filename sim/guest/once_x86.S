// Calls a function, with a personality for the frame: whatever unwinds through it asks once.c.
#if defined(__x86_64__)
    .hidden tick__guest_once_personality
    .text
    .globl tick__guest_once_call
    .hidden tick__guest_once_call
    .type tick__guest_once_call, @function
    .p2align 4
tick__guest_once_call: // (void (*run)(void))
    .cfi_startproc
    .cfi_personality 0x1b, tick__guest_once_personality // relative to here, 4 bytes
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    call *%rdi
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc
    .size tick__guest_once_call, . - tick__guest_once_call
#endif
    .section .note.GNU-stack, "", %progbits
