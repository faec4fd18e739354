// A host's heap: at an address of its own, the same in every run and process, dropped whole at the end of a run.
//
// So pointer values repeat (as long as the program's own calls do), and a crash or a failed check leaves nothing behind. The malloc
// family of the retick program (malloc_family.c) serves the running host from here. Under sanitizers the program keeps the sanitizer's
// malloc, and a host's blocks are only listed, to be freed at the end.
#ifndef RETICK_HEAP_H
#define RETICK_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tick_heap;

// Heaps are numbered; each has its slot of address space. Returns NULL with no address space or memory left. The heap lives on outside.
struct tick_heap *tick_heap_new(uint32_t number);
void tick_heap_many(void); // hundreds of heaps are in turn: their dense area is to lie in huge pages
void tick_heap_free(struct tick_heap *heap);
void tick_heap_reset(struct tick_heap *heap); // drops everything; fresh memory is filled with poison if that is not 0
void tick_heap_set_poison(struct tick_heap *heap, uint8_t poison);
void tick_heap_set_limit(struct tick_heap *heap, size_t bytes);         // that may be in use, until the reset; what goes beyond is refused
size_t tick_heap_live(const struct tick_heap *heap, size_t *bytes);     // blocks in use; *bytes (may be NULL): their bytes
bool tick_heap_is_full(const struct tick_heap *heap);                   // it had no room for an allocation since the reset
bool tick_heap_holds(const struct tick_heap *heap, const void *memory); // it is a block of this heap
size_t tick_heap_limit(void);                                           // bytes that one heap can hold

// Heaps that are made from now on look at what is done to them (heap_check.h): it takes longer, and finds what else goes unseen. False: the
// malloc family is another's, which has its own ways.
bool tick_heap_checks(bool on);
// Of such heaps, into text: whether nobody has written beside a block; what touching the address means, false if it is nothing of theirs.
bool tick_heap_is_whole(const struct tick_heap *heap, char *text, size_t size);
bool tick_heap_explains(const void *address, char *text, size_t size);

// The heap that the malloc family uses: NULL is libc's. Returns what it was.
struct tick_heap *tick_heap_use(struct tick_heap *heap);
struct tick_heap *tick_heap_used(void);

// The family itself. Memory is aligned to 16 bytes. tick_heap_owns: by address.
bool tick_heap_owns(const void *memory);
void *tick_heap_alloc(struct tick_heap *heap, size_t size);
void *tick_heap_aligned(struct tick_heap *heap, size_t alignment, size_t size);
void tick_heap_release(void *memory); // of any heap; what is no block in use is a finding (tick__harness_misused)
size_t tick_heap_size(const void *memory);

#endif
