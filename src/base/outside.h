// Memory that is nobody's host: what retick itself keeps while a simulated program runs.
//
// The retick program defines the malloc family, and gives a running host its own heap (sim/native/heap.c). Recorder, names, choosers and
// explorers are called while a host runs, so they allocate here, with mmap and libc's own allocator, and never with malloc.
#ifndef RETICK_OUTSIDE_H
#define RETICK_OUTSIDE_H

#include <stddef.h>

void *tick__outside_alloc(size_t size);                // as malloc
void *tick__outside_realloc(void *memory, size_t size); // as realloc; of outside memory only
void tick__outside_free(void *memory);                 // as free; of outside memory only

// Under sanitizers only, where malloc serves everybody and tells of each block: not 0 while it is called from here.
extern _Thread_local volatile int tick__outside_busy;

#endif
