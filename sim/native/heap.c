#include "sim/native/heap.h"
#include "sim/native/harness_int.h"
#include "sim/native/heap_check.h"
#include "sim/native/heap_list.h"
#include "sim/native/malloc_family.h"
#include "src/base/keep.h"
#include "src/base/sanitized.h"
#include <execinfo.h>
#include <string.h>
#include <sys/mman.h>

#if TICK__TSAN // which leaves programs only the top of the address space; hosts use the list there anyway
#define HEAP_BASE ((uintptr_t)0x7ea000000000)
#define HEAP_SPAN ((size_t)1 << 26)
#else
#define HEAP_BASE ((uintptr_t)0x200000000000) // clear of where Linux puts programs, libraries and stacks
#define HEAP_SPAN ((size_t)1 << 30)
#endif
#define HEAPS_MOST ((uint32_t)16384)
// A heap begins in a slot of a dense area, so that what many hosts touch most lies in few pages and their page tables in few lines; what
// finds no room there goes to a span of its own. The odd number of lines keeps the same place in each slot out of the same set of a cache.
#define NEAR_SLOT ((size_t)257 * 64)
#define NEAR_SIZE ((size_t)HEAPS_MOST * NEAR_SLOT)
#define NEAR_BASE (HEAP_BASE - NEAR_SIZE)
#define HEAD ((size_t)16)
#define LINE ((size_t)64)
#define LINED ((size_t)128)            // what is as large begins with a line of the cache: its author knows what stands together
#define KEEP_TOUCHED ((size_t)8 << 20) // pages above this go back to the kernel at a reset

// Size classes: multiples of 16 up to 1 KiB, then four steps to each doubling.
#define FINE 64
#define CLASSES (FINE + 4 * 21)

enum { IN_USE = 0xa110, FREED = 0xf4ee }; // what nobody has given out says neither, most likely

struct block { // before each piece of memory
    uint16_t class;
    uint16_t tag;
    uint32_t offset; // from the block to the memory: HEAD, more for aligned ones
    size_t size;     // as asked for
};

struct free_block {
    struct block head;
    struct free_block *next;
};

// Stands at the front of its slot, so that the address of a block tells its heap.
struct tick_heap {
    char *near, *near_end; // what is left of the slot
    char *span, *top, *end;
    char *high;                  // the highest top since the last give-back: pages up to here are dirty
    size_t blocks, bytes, limit; // limit: the program's own, of bytes
    uint8_t poison;
    bool full;
    struct tick_heap_check *check;      // in place of all that, if it looks at what is done to it
    struct tick_heap_list list;         // or under sanitizers
    uint64_t used[(CLASSES + 63) / 64]; // classes with a free list: what a reset must clear
    struct free_block *free[CLASSES];
};

static _Thread_local struct tick_heap *current; // NULL between runs
TICK_KEEP static bool checking = false;         // heaps that are made from now on look at what is done to them
TICK_KEEP static bool near_there = false;       // the dense area is mapped, for as long as the process lives

struct tick_heap *tick_heap_use(struct tick_heap *heap) {
    struct tick_heap *was = current;
    current = heap;
    return was;
}

struct tick_heap *tick_heap_used(void) {
    return current;
}

size_t tick_heap_limit(void) {
    return HEAP_SPAN;
}

bool tick_heap_owns(const void *memory) {
    return (uintptr_t)memory - NEAR_BASE < NEAR_SIZE + (uintptr_t)HEAPS_MOST * HEAP_SPAN;
}

static struct tick_heap *heap_at(uint32_t number) {
    return (struct tick_heap *)(NEAR_BASE + number * NEAR_SLOT);
}

// Of memory that a heap owns.
static struct tick_heap *heap_of(const void *memory) {
    uintptr_t at = (uintptr_t)memory;
    return heap_at((uint32_t)(at < HEAP_BASE ? (at - NEAR_BASE) / NEAR_SLOT : (at - HEAP_BASE) / HEAP_SPAN));
}

static void *map(uintptr_t at, size_t size) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED_NOREPLACE : 0);
    void *got = mmap((void *)at, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (got != MAP_FAILED && at && got != (void *)at) { // a kernel before 4.17 takes the address as a hint
        munmap(got, size);
        return MAP_FAILED;
    }
    return got;
}

static bool in_place(const struct tick_heap *heap) {
    return (uintptr_t)heap - NEAR_BASE < NEAR_SIZE;
}

static void empty(struct tick_heap *heap) {
    char *first = (char *)heap + ((sizeof *heap + LINE - 1) & ~(LINE - 1));
    heap->near = in_place(heap) ? first : NULL;
    heap->near_end = in_place(heap) ? (char *)heap + NEAR_SLOT : NULL;
    heap->top = in_place(heap) ? heap->span : first;
}

bool tick_heap_checks(bool on) {
    checking = on && tick_malloc_family_linked();
    return checking == on;
}

struct tick_heap *tick_heap_new(uint32_t number) {
    if (number >= HEAPS_MOST)
        return NULL;
    struct tick_heap *heap = heap_at(number);
    char *span = map(HEAP_BASE + (uintptr_t)number * HEAP_SPAN, HEAP_SPAN);
    if (span != MAP_FAILED) {
        if (!near_there && map(NEAR_BASE, NEAR_SIZE) == MAP_FAILED) {
            munmap(span, HEAP_SPAN);
            return NULL;
        }
        near_there = true; // zero; and a heap that is freed leaves its head so
    } else {
        // Where memory comes from elsewhere (valgrind, whose address space ends below), the place does not matter.
        span = tick_malloc_family_linked() ? MAP_FAILED : map(0, HEAP_SPAN);
        if (span == MAP_FAILED)
            return NULL;
        heap = (struct tick_heap *)span;
    }
    heap->span = heap->high = span;
    heap->end = span + HEAP_SPAN;
    heap->limit = SIZE_MAX;
    empty(heap);
    if (checking && in_place(heap) && !(heap->check = tick_heap_check_new(span, HEAP_SPAN))) {
        tick_heap_free(heap);
        return NULL;
    }
    return heap;
}

void tick_heap_many(void) {
    if (near_there)
        madvise((void *)NEAR_BASE, NEAR_SIZE, MADV_HUGEPAGE); // fails without such pages: as good
}

void tick_heap_free(struct tick_heap *heap) {
    if (!heap)
        return;
    tick_heap_list_fini(&heap->list);
    tick_heap_check_free(heap->check);
    munmap(heap->span, HEAP_SPAN);
    if (in_place(heap))
        memset(heap, 0, sizeof *heap);
}

void tick_heap_reset(struct tick_heap *heap) {
    tick_heap_list_drop(&heap->list);
    if (heap->check)
        tick_heap_check_reset(heap->check);
    if (heap->top > heap->high)
        heap->high = heap->top;
    if ((size_t)(heap->high - heap->span) > KEEP_TOUCHED) {
        madvise(heap->span + KEEP_TOUCHED, (size_t)(heap->high - heap->span) - KEEP_TOUCHED, MADV_DONTNEED);
        heap->high = heap->span + KEEP_TOUCHED;
    }
    empty(heap);
    heap->blocks = heap->bytes = 0;
    heap->limit = SIZE_MAX;
    heap->full = false;
    for (size_t word = 0; word < sizeof heap->used / sizeof *heap->used; word++) {
        for (uint64_t left = heap->used[word]; left; left &= left - 1)
            heap->free[word * 64 + (size_t)__builtin_ctzll(left)] = NULL;
        heap->used[word] = 0;
    }
}

void tick_heap_set_limit(struct tick_heap *heap, size_t bytes) {
    heap->limit = bytes;
}

bool tick_heap_is_full(const struct tick_heap *heap) {
    return heap->full;
}

bool tick_heap_holds(const struct tick_heap *heap, const void *memory) {
    return (tick_heap_owns(memory) && heap_of(memory) == heap) || tick_heap_list_holds(&heap->list, memory);
}

void tick_heap_set_poison(struct tick_heap *heap, uint8_t poison) {
    heap->poison = poison;
}

size_t tick_heap_live(const struct tick_heap *heap, size_t *bytes) {
    if (bytes)
        *bytes = heap->bytes + heap->list.bytes;
    return heap->blocks + heap->list.count;
}

// The class that holds size bytes, and *room, how many it really holds.
static uint32_t class_of(size_t size, size_t *room) {
    if (size <= FINE * 16) {
        uint32_t class = size ? (uint32_t)((size - 1) / 16) : 0;
        *room = ((size_t) class + 1) * 16;
        return class;
    }
    unsigned bits = 63 - (unsigned)__builtin_clzll(size - 1); // 2^bits < size <= 2^(bits + 1), bits >= 10
    size_t step = (size_t)1 << (bits - 2);
    size_t part = (size - 1 - ((size_t)1 << bits)) / step; // 0 .. 3
    *room = ((size_t)1 << bits) + (part + 1) * step;
    return FINE + (bits - 10) * 4 + (uint32_t)part;
}

// Cuts a block of that much off what begins at *from; NULL: too little is left.
static struct block *cut(char **from, const char *end, size_t room) {
    uintptr_t at = (uintptr_t)*from;
    if (room >= LINED)
        at = ((at + HEAD + LINE - 1) & ~(LINE - 1)) - HEAD;
    if (at + HEAD + room > (uintptr_t)end)
        return NULL;
    *from = (char *)(at + HEAD + room);
    return (struct block *)at;
}

static void *alloc_checked(struct tick_heap *heap, size_t alignment, size_t size) {
    void *memory = tick_heap_check_alloc(heap->check, alignment, size, heap->poison);
    if (!memory) {
        heap->full = true;
        return NULL;
    }
    heap->blocks++;
    heap->bytes += size;
    return memory;
}

void *tick_heap_alloc(struct tick_heap *heap, size_t size) {
    if (size > HEAP_SPAN / 2) // as a real one would refuse more than there is
        return NULL;
    if (__builtin_expect(heap->bytes + size > heap->limit, 0)) // the program's own limit, with which it reckons: nothing is `full`
        return NULL;
    if (__builtin_expect(heap->check != NULL, 0))
        return alloc_checked(heap, 16, size);
    size_t room;
    uint32_t class = class_of(size, &room);
    struct block *block = (struct block *)heap->free[class];
    if (block)
        heap->free[class] = ((struct free_block *)block)->next;
    else if (!(block = cut(&heap->near, heap->near_end, room)) && !(block = cut(&heap->top, heap->end, room))) {
        heap->full = true;
        return NULL;
    }
    *block = (struct block){.class = (uint16_t) class, .tag = IN_USE, .offset = HEAD, .size = size};
    heap->blocks++;
    heap->bytes += size;
    if (heap->poison)
        memset((char *)block + HEAD, heap->poison, room);
    return (char *)block + HEAD;
}

// The head before the memory, which need not be its block's.
static struct block *near(const void *memory) {
    return (struct block *)((char *)memory - HEAD);
}

static struct block *block_of(const void *memory) {
    return (struct block *)((char *)memory - near(memory)->offset);
}

void *tick_heap_aligned(struct tick_heap *heap, size_t alignment, size_t size) {
    if (alignment <= 16)
        return tick_heap_alloc(heap, size);
    if (size > HEAP_SPAN / 2 || alignment > HEAP_SPAN / 4)
        return NULL;
    if (heap->check)
        return heap->bytes + size > heap->limit ? NULL : alloc_checked(heap, alignment, size);
    char *memory = tick_heap_alloc(heap, size + alignment);
    if (!memory)
        return NULL;
    struct block *block = block_of(memory);
    heap->bytes -= alignment;
    block->size = size;
    char *aligned = (char *)(((uintptr_t)memory + alignment - 1) & ~(uintptr_t)(alignment - 1));
    if (aligned != memory) { // a second head in front of the memory says how far back the block begins
        *near(aligned) = (struct block){.class = block->class, .tag = IN_USE, .offset = (uint32_t)(aligned - (char *)block), .size = size};
    }
    return aligned;
}

size_t tick_heap_size(const void *memory) {
    const struct tick_heap *heap = heap_of(memory);
    return heap->check ? tick_heap_check_size(heap->check, memory) : near(memory)->size;
}

// What a program may not do; does not return where a host runs, nor anywhere else.
static void misused(const struct tick__line *why) {
    void *frames[16];
    struct tick_heap *was = tick_heap_use(NULL); // the unwinder may have to be loaded
    const void *place = tick__programs_own(frames, (size_t)backtrace(frames, 16));
    tick_heap_use(was);
    struct tick__line text = *why;
    tick__line_put(&text, place ? " in " : "");
    if (place)
        (void)tick__line_place(&text, place);
    tick__harness_misused(text.text);
}

static __attribute__((noinline)) void misfreed(const void *memory) {
    char text[200];
    struct tick__line why = {text, sizeof text, 0};
    if (((uintptr_t)memory & 15) == 0 && near(memory)->tag == FREED) {
        tick__line_put(&why, "double free of ");
        tick__line_number(&why, near(memory)->size);
        tick__line_put(&why, " bytes (--heap-check tells whose)");
    } else {
        tick__line_put(&why, "free of what is no block of memory, or was written beyond (--heap-check tells)");
    }
    misused(&why);
}

static void release_checked(struct tick_heap *heap, void *memory) {
    char text[360];
    struct tick__line why = {text, sizeof text, 0};
    const size_t size = tick_heap_check_size(heap->check, memory);
    if (!tick_heap_check_release(heap->check, memory, &why))
        misused(&why);
    heap->blocks--;
    heap->bytes -= size;
}

bool tick_heap_is_whole(const struct tick_heap *heap, char *text, size_t size) {
    struct tick__line why = {text, size, 0};
    return !heap->check || tick_heap_check_holds(heap->check, &why);
}

bool tick_heap_explains(const void *address, char *text, size_t size) {
    struct tick__line why = {text, size, 0};
    const struct tick_heap *heap = near_there && tick_heap_owns(address) ? heap_of(address) : NULL;
    return heap && heap->check && tick_heap_check_explain(heap->check, address, &why);
}

void tick_heap_release(void *memory) {
    struct tick_heap *heap = heap_of(memory); // it need not be the running host's
    if (__builtin_expect(heap->check != NULL, 0)) {
        release_checked(heap, memory);
        return;
    }
    if (__builtin_expect(near(memory)->tag != IN_USE, 0))
        misfreed(memory);
    struct block *block = block_of(memory);
    near(memory)->tag = FREED;
    block->tag = FREED;
    heap->blocks--;
    heap->bytes -= block->size;
    struct free_block *freed = (struct free_block *)block;
    freed->next = heap->free[block->class];
    heap->free[block->class] = freed;
    heap->used[block->class / 64] |= (uint64_t)1 << (block->class % 64);
}

struct tick_heap_list *tick_heap_list_of(struct tick_heap *heap) {
    return &heap->list;
}
