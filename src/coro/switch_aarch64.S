// The switch out of line, and where a coroutine begins, on aarch64 (AAPCS64). What is saved, and why it ends in a jump: switch_int.h.
//
// BTI, GCS: this object carries no .note.gnu.property, so that no program linked with it is marked for landing pads, which a return by `br`
// (landing_int.h) does not find, or for shadow stacks. tests/tidy/notes.py looks at it.
#if defined(__aarch64__) && !defined(TICK_CORO_UCONTEXT)

    .text
    .globl tick__switch_out
    .hidden tick__switch_out
    .type tick__switch_out, %function
    .p2align 5
tick__switch_out: // (struct tick_coro *from, struct tick_coro *to)
    .cfi_startproc
    stp x29, x30, [sp, #-160]!
    .cfi_adjust_cfa_offset 160
    .cfi_rel_offset x29, 0
    .cfi_rel_offset x30, 8
    stp x19, x20, [sp, #16]
    .cfi_rel_offset x19, 16
    .cfi_rel_offset x20, 24
    stp x21, x22, [sp, #32]
    .cfi_rel_offset x21, 32
    .cfi_rel_offset x22, 40
    stp x23, x24, [sp, #48]
    .cfi_rel_offset x23, 48
    .cfi_rel_offset x24, 56
    stp x25, x26, [sp, #64]
    .cfi_rel_offset x25, 64
    .cfi_rel_offset x26, 72
    stp x27, x28, [sp, #80]
    .cfi_rel_offset x27, 80
    .cfi_rel_offset x28, 88
    stp d8, d9, [sp, #96]
    .cfi_rel_offset d8, 96
    .cfi_rel_offset d9, 104
    stp d10, d11, [sp, #112]
    .cfi_rel_offset d10, 112
    .cfi_rel_offset d11, 120
    stp d12, d13, [sp, #128]
    .cfi_rel_offset d12, 128
    .cfi_rel_offset d13, 136
    stp d14, d15, [sp, #144]
    .cfi_rel_offset d14, 144
    .cfi_rel_offset d15, 152
    adr x9, 1f
    mov x10, sp
    mrs x11, fpcr
    stp x10, x29, [x0]
    stp x9, x11, [x0, #16]
    ldp x10, x29, [x1]
    ldp x9, x12, [x1, #16]
    cmp x11, x12
    b.eq 2f
    msr fpcr, x12
2:  mov sp, x10
    br x9
1:  ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    ldp x29, x30, [sp], #160
    .cfi_def_cfa_offset 0
    .cfi_restore x29
    .cfi_restore x30
    br x30
    .cfi_endproc
    .size tick__switch_out, . - tick__switch_out

    // x1 is the coroutine. Nobody called: backtraces end here.
    .globl tick__switch_entry
    .hidden tick__switch_entry
    .type tick__switch_entry, %function
    .p2align 4
tick__switch_entry:
    .cfi_startproc
    .cfi_undefined x30
    mov x29, xzr
    mov x30, xzr
    mov x0, x1
    bl tick__coro_main
    brk #1
    .cfi_endproc
    .size tick__switch_entry, . - tick__switch_entry

#endif
    .section .note.GNU-stack, "", %progbits // on every architecture: an object without it makes the stack executable
