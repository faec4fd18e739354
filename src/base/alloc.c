#include "src/base/alloc.h"
#include "src/base/keep.h"
#include <stdlib.h>
#include <string.h>

static void *default_alloc(struct tick_allocator *self, size_t size) {
    (void)self;
    return malloc(size);
}

static void default_free(struct tick_allocator *self, void *memory) {
    (void)self;
    free(memory);
}

TICK_KEEP static struct tick_allocator default_allocator = {default_alloc, default_free};
TICK_KEEP static struct tick_allocator *allocator = &default_allocator;

void tick__set_allocator(struct tick_allocator *chosen) {
    allocator = chosen ? chosen : &default_allocator;
}

void *tick__alloc(size_t size) {
    return allocator->alloc(allocator, size);
}

void *tick__alloc_zero(size_t size) {
    void *memory = tick__alloc(size);
    return memory ? memset(memory, 0, size) : NULL;
}

void tick__free(void *memory) {
    if (memory)
        allocator->free(allocator, memory);
}

char *tick__strdup(const char *text) {
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = tick__alloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}
