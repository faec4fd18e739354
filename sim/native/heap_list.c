#include "sim/native/heap_list.h"
#include "sim/native/heap.h"
#include "src/base/keep.h"
#include "src/base/outside.h"
#include "src/base/sanitized.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if TICK__SANITIZED
// As <sanitizer/allocator_interface.h> has them, which gcc does not install.
extern size_t __sanitizer_get_allocated_size(const volatile void *memory);
extern int __sanitizer_install_malloc_and_free_hooks(
    void (*allocated)(const volatile void *, size_t), void (*freed)(const volatile void *));

// AddressSanitizer asks for its options. What a program in C++ took by new and left behind goes by free, which is no mistake of its.
// Weak: the program may have options of its own.
extern const char *__asan_default_options(void);
__attribute__((weak)) const char *__asan_default_options(void) {
    return "alloc_dealloc_mismatch=0";
}

static size_t start_of(const void *memory, size_t room) {
    return (size_t)(((uintptr_t)memory >> 4) * 0x9e3779b97f4a7c15u >> 20) & (room - 1);
}

static void put(const void **slots, size_t room, const void *memory) {
    size_t at = start_of(memory, room);
    while (slots[at])
        at = (at + 1) & (room - 1);
    slots[at] = memory;
}

// The hooks run inside malloc: they may only map memory.
static void grow(struct tick_heap_list *list) {
    size_t room = list->room ? list->room * 2 : 1024;
    const void **slots = mmap(NULL, room * sizeof *slots, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slots == MAP_FAILED)
        abort();
    for (size_t i = 0; i < list->room; i++) {
        if (list->slots[i])
            put(slots, room, list->slots[i]);
    }
    if (list->slots)
        munmap(list->slots, list->room * sizeof *slots);
    list->slots = slots;
    list->room = room;
}

static void allocated(const volatile void *memory, size_t size) {
    struct tick_heap *heap = tick_heap_used();
    if (!heap || !memory || tick__outside_busy)
        return;
    struct tick_heap_list *list = tick_heap_list_of(heap);
    if (list->count * 2 >= list->room)
        grow(list);
    put(list->slots, list->room, (const void *)memory);
    list->count++;
    list->bytes += size;
}

static void freed(const volatile void *memory) {
    struct tick_heap *heap = tick_heap_used();
    struct tick_heap_list *list = heap && !tick__outside_busy ? tick_heap_list_of(heap) : NULL;
    if (!list || !list->count || !memory)
        return;
    size_t mask = list->room - 1;
    size_t at = start_of((const void *)memory, list->room);
    while (list->slots[at] && list->slots[at] != memory)
        at = (at + 1) & mask;
    if (!list->slots[at])
        return;
    list->count--;
    list->bytes -= __sanitizer_get_allocated_size((const void *)memory);
    list->slots[at] = NULL;
    for (size_t next = (at + 1) & mask; list->slots[next]; next = (next + 1) & mask) { // close the gap
        const void *moved = list->slots[next];
        list->slots[next] = NULL;
        put(list->slots, list->room, moved);
    }
}

bool tick_heap_list_holds(const struct tick_heap_list *list, const void *memory) {
    if (!list->count)
        return false;
    size_t at = start_of(memory, list->room);
    while (list->slots[at] && list->slots[at] != memory)
        at = (at + 1) & (list->room - 1);
    return list->slots[at] != NULL;
}

TICK_KEEP static int started = 0;

void tick_heap_list_start(void) {
    if (!started)
        started = __sanitizer_install_malloc_and_free_hooks(allocated, freed);
}

void tick_heap_list_drop(struct tick_heap_list *list) {
    for (size_t i = 0; list->count && i < list->room; i++) {
        if (list->slots[i])
            free((void *)(uintptr_t)list->slots[i]);
    }
    if (list->slots)
        memset(list->slots, 0, list->room * sizeof *list->slots);
    list->count = list->bytes = 0;
}

void tick_heap_list_fini(struct tick_heap_list *list) {
    if (list->slots)
        munmap(list->slots, list->room * sizeof *list->slots);
    *list = (struct tick_heap_list){0};
}

#else

bool tick_heap_list_holds(const struct tick_heap_list *list, const void *memory) {
    (void)list, (void)memory;
    return false;
}

void tick_heap_list_start(void) {}

void tick_heap_list_drop(struct tick_heap_list *list) {
    (void)list;
}

void tick_heap_list_fini(struct tick_heap_list *list) {
    (void)list;
}

#endif
