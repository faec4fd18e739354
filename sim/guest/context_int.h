// Contexts and who lends them: what a thread of the world stands on (sleepers.c).
#ifndef RETICK_CONTEXT_INT_H
#define RETICK_CONTEXT_INT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Where a thread stopped. The offsets are known to context_x86.S.
struct tick__guest_context {
    void *sp;
    uintptr_t fs;  // where its thread-local memory is; never changes
    uint32_t mode; // the control bits of MXCSR
    uint16_t x87;  // and those of the x87
};

// A pthread whose kernel thread sleeps, and whose stack and thread-local memory a thread of the world has.
struct tick__guest_sleeper {
    pthread_t pthread;
    uintptr_t fs;
    char *top;                        // of its stack, below what its own kernel thread has there
    size_t room;                      // below that, about
    int32_t tid;                      // of its kernel thread, as libc keeps it in locks
    void *robust;                     // its list of robust mutexes, as libc keeps it; NULL: unknown
    bool begun;                       // a thread has run on it before: libc's and the program's thread-local memory is used
    struct tick__guest_sleeper *next; // of those that are free
};

// The running thread stops in `from`, and `to` goes on; returns when somebody comes back.
void tick__guest_context_switch(struct tick__guest_context *from, const struct tick__guest_context *to);
// Makes `context` begin with entry() on the stack that ends at `top`, as the thread whose thread-local memory is at fs.
void tick__guest_context_make(struct tick__guest_context *context, char *top, uintptr_t fs, void (*entry)(void));
uintptr_t tick__guest_fs(void);       // the running thread's
extern bool tick__guest_fsgsbase;     // user code may set fs; else the kernel is asked. Known from the first sleeper on
void tick__guest_context_begin(void); // looks for that

// A sleeper: one that is free, or a new one. 0, or the error of pthread_create.
int tick__guest_sleeper_take(struct tick__guest_sleeper **out);
void tick__guest_sleeper_give(struct tick__guest_sleeper *sleeper);
bool tick__guest_sleeper_has(int32_t tid); // whether a kernel thread is one of these
#define TICK__GUEST_POOL 8u
// Whoever takes a snapshot makes as many sleepers beforehand as a run may need, so that none is made in a run; and before the memory goes
// back to the snapshot, ends the kernel threads of those that were made since. fill: 0, or the error of pthread_create.
int tick__guest_sleepers_fill(uint32_t count);
void tick__guest_sleepers_back(void);
uint32_t tick__guest_sleepers_made(void); // in this process so far, those that have ended left out

#endif
