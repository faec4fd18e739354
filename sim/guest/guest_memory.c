// The library's own memory, in place of src/base's outside.c and alloc.c: what the choosers and the counts of makers need. Never the
// program's malloc, whose state and addresses are its own affair; pages of our own, private, so that they go back with the program's.
//
// Blocks are powers of two, with their class before them; freed ones wait in lists. Little is ever asked for.
#include "sim/guest/raw_int.h"
#include "src/base/alloc.h"
#include "src/base/outside.h"
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK ((size_t)1 << 20)
#define LEAST 5u // a block's class: its size is 1 << class
#define HEAD 16u // keeps what follows aligned as malloc's

static void *free_blocks[48];
static char *chunk;
static size_t chunk_left;

static void *pages(size_t size) {
    const long at = tick__raw(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at < 0 && at > -4096 ? NULL : (void *)at;
}

static char *carve(size_t size) {
    if (size > chunk_left) {
        const size_t most = size > CHUNK ? size : CHUNK;
        chunk_left = 0;
        chunk = pages(most);
        if (!chunk)
            return NULL;
        chunk_left = most;
    }
    char *block = chunk;
    chunk += size;
    chunk_left -= size;
    return block;
}

void *tick__outside_alloc(size_t size) {
    if (size > PTRDIFF_MAX / 4)
        return NULL;
    unsigned class = LEAST;
    while (((size_t)1 << class) < size + HEAD)
        class ++;
    char *block = free_blocks[class];
    if (block)
        memcpy(&free_blocks[class], block + HEAD, sizeof(void *));
    else if (!(block = carve((size_t)1 << class)))
        return NULL;
    memcpy(block, &class, sizeof class);
    return block + HEAD;
}

void tick__outside_free(void *memory) {
    if (!memory)
        return;
    char *block = (char *)memory - HEAD;
    unsigned class;
    memcpy(&class, block, sizeof class);
    memcpy(memory, &free_blocks[class], sizeof(void *));
    free_blocks[class] = block;
}

void *tick__outside_realloc(void *memory, size_t size) {
    void *moved = tick__outside_alloc(size);
    if (!memory || !moved)
        return moved;
    unsigned class;
    memcpy(&class, (char *)memory - HEAD, sizeof class);
    const size_t had = ((size_t)1 << class) - HEAD;
    memcpy(moved, memory, had < size ? had : size);
    tick__outside_free(memory);
    return moved;
}

void *tick__alloc(size_t size) {
    return tick__outside_alloc(size);
}

void *tick__alloc_zero(size_t size) {
    void *memory = tick__outside_alloc(size);
    return memory ? memset(memory, 0, size) : NULL;
}

void tick__free(void *memory) {
    tick__outside_free(memory);
}
