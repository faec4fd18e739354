// The library's own allocations (loop, I/O): through here, so that a test can fail each in turn.
#ifndef RETICK_ALLOC_H
#define RETICK_ALLOC_H

#include <stddef.h>

// Plug-in: how the library gets memory. Default: malloc and free, which are the running host's in a simulated world.
struct tick_allocator {
    void *(*alloc)(struct tick_allocator *self, size_t size); // uninitialised; NULL when out of memory
    void (*free)(struct tick_allocator *self, void *memory);
};
void tick__set_allocator(struct tick_allocator *allocator); // borrowed; NULL: the default. Not while any loop lives

void *tick__alloc(size_t size);
void *tick__alloc_zero(size_t size);
void tick__free(void *memory);
char *tick__strdup(const char *text); // NULL stays NULL

#endif
