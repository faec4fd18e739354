// A context: the stack and the thread-local memory of a pthread, whose own kernel thread sleeps (context.c).
#ifndef RETICK_CONTEXT_INT_H
#define RETICK_CONTEXT_INT_H

#include <stdint.h>

struct tick__guest_thread;

struct tick__guest_context {
    void *sp;
    uintptr_t fs;  // of its thread-local memory
    uint32_t mode; // the control bits of MXCSR
    uint16_t x87;  // and of the x87
};

// Leaves the running thread, and goes on with another; returns when somebody switches back.
void tick__guest_switch(struct tick__guest_thread *from, struct tick__guest_thread *to);

#endif
