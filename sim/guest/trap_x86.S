// Makes the call that a trapped thread stands at, with its registers as they are, and goes on where the thread does: in both of the threads
// that there are then. A thread made by the trap's own handler would begin in the midst of that.
#if defined(__x86_64__)
    .hidden tick__trap_return
    .text
    .globl tick__trap_clone
    .hidden tick__trap_clone
    .type tick__trap_clone, @function
tick__trap_clone:
    syscall
    jmp *tick__trap_return(%rip)
    .size tick__trap_clone, . - tick__trap_clone
#endif
    .section .note.GNU-stack, "", @progbits
