// The malloc family of the retick program: the running host's heap, and libc's own everywhere else.
//
// Linked into programs by reference from the harness. libc's allocator is reached by the names that these do not hide.
#include "sim/native/malloc_family.h"
#include "sim/native/heap.h"
#include "sim/native/heap_list.h"
#include "src/base/keep.h"
#include "src/base/sanitized.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GLIBC__) && !TICK__SANITIZED

#include <dlfcn.h>
#include <link.h>
#include <malloc.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static int is_valgrind(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    return info->dlpi_name && strstr(info->dlpi_name, "/vgpreload_");
}

// Valgrind puts a family of its own before this one.
bool tick_malloc_family_linked(void) {
    return !dl_iterate_phdr(is_valgrind, NULL);
}

static void *or_error(void *memory) {
    if (!memory)
        errno = ENOMEM;
    return memory;
}

size_t malloc_usable_size(void *memory) {
    TICK_KEEP static size_t (*libcs)(void *) = NULL;
    if (tick_heap_owns(memory))
        return tick_heap_size(memory);
    if (!libcs)
        *(void **)&libcs = dlsym(RTLD_NEXT, "malloc_usable_size");
    return memory && libcs ? libcs(memory) : 0;
}

void *malloc(size_t size) {
    struct tick_heap *heap = tick_heap_used();
    return heap ? or_error(tick_heap_alloc(heap, size)) : __libc_malloc(size);
}

void free(void *memory) {
    if (tick_heap_owns(memory))
        tick_heap_release(memory);
    else
        __libc_free(memory);
}

void *calloc(size_t count, size_t size) {
    struct tick_heap *heap = tick_heap_used();
    size_t bytes;
    if (!heap)
        return __libc_calloc(count, size);
    if (__builtin_mul_overflow(count, size, &bytes))
        return or_error(NULL);
    void *memory = tick_heap_alloc(heap, bytes);
    return memory ? memset(memory, 0, bytes) : or_error(NULL);
}

void *realloc(void *memory, size_t size) {
    struct tick_heap *heap = tick_heap_used();
    if (!memory)
        return malloc(size);
    if (!tick_heap_owns(memory)) {
        if (!heap)
            return __libc_realloc(memory, size);
    } else if (size == 0) {
        free(memory);
        return NULL;
    }
    // A block that changes its owner, or grows, moves.
    size_t held = malloc_usable_size(memory);
    if (tick_heap_owns(memory) && size <= held && size >= held / 2)
        return memory;
    void *moved = malloc(size);
    if (moved) {
        memcpy(moved, memory, held < size ? held : size);
        free(memory);
    }
    return moved;
}

void *memalign(size_t alignment, size_t size) {
    struct tick_heap *heap = tick_heap_used();
    return heap ? or_error(tick_heap_aligned(heap, alignment, size)) : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) || !alignment || (alignment & (alignment - 1)))
        return EINVAL;
    void *memory = memalign(alignment, size);
    if (!memory)
        return ENOMEM;
    *out = memory;
    return 0;
}

#else

bool tick_malloc_family_linked(void) {
    return false;
}

#endif
