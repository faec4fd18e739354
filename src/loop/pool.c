// Memory of one loop: pools of small objects, blocks that go with it at the latest, and lists of what ends with a task or a loop.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"

struct chunk {
    struct chunk *next;
    size_t size;
};

// A loop of a simulated host lives for microseconds and makes ten tasks: chunks start small.
#define CHUNK ((size_t)2048)
#define CHUNK_MOST ((size_t)64 << 10)

void *tick__pool_fresh(struct tick__pool *pool, size_t size) {
    if ((size_t)(pool->end - pool->at) < size) {
        struct chunk *newest = pool->chunks;
        size_t room = newest ? newest->size * 2 : CHUNK;
        if (room > CHUNK_MOST)
            room = CHUNK_MOST;
        if (room < sizeof(struct chunk) + 2 * size)
            room = sizeof(struct chunk) + 2 * size;
        struct chunk *chunk = tick__alloc(room);
        if (!chunk)
            return NULL;
        chunk->next = newest;
        chunk->size = room;
        pool->chunks = chunk;
        pool->at = (char *)(chunk + 1);
        pool->end = (char *)chunk + room;
    }
    void *element = pool->at;
    pool->at += size;
    return element;
}

void tick__pool_fini(struct tick__pool *pool) {
    for (struct chunk *chunk = pool->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        TICK__UNPOISON(chunk, chunk->size);
        tick__free(chunk);
    }
    *pool = (struct tick__pool){0};
}

void tick__pool_each(const struct tick__pool *pool, size_t size, void (*fn)(const void *element, void *arg), void *arg) {
    for (const struct chunk *chunk = pool->chunks; chunk; chunk = chunk->next) {
        const char *end = chunk == pool->chunks ? pool->at : (const char *)chunk + chunk->size;
        for (const char *at = (const char *)(chunk + 1); (size_t)(end - at) >= size; at += size)
            if (!TICK__IS_POISONED(at))
                fn(at, arg);
    }
}

void *tick__block_alloc(struct tick_loop *loop, size_t size) {
    struct tick__block *block = tick__alloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->next = loop->blocks;
    block->back = &loop->blocks;
    if (block->next)
        block->next->back = &block->next;
    loop->blocks = block;
    return block + 1;
}

void tick__block_free(void *memory) {
    if (!memory)
        return;
    struct tick__block *block = (struct tick__block *)memory - 1;
    *block->back = block->next;
    if (block->next)
        block->next->back = block->back;
    tick__free(block);
}

static void owned_add(struct tick__task_owned **list, struct tick__task_owned *owned) {
    owned->next = *list;
    owned->back = list;
    if (owned->next)
        owned->next->back = &owned->next;
    *list = owned;
}

void tick__owned_remove(struct tick__task_owned *owned) {
    if (!owned->back)
        return;
    *owned->back = owned->next;
    if (owned->next)
        owned->next->back = owned->back;
    owned->next = NULL;
    owned->back = NULL;
}

void tick__owned_run(struct tick__task_owned **list) {
    while (*list) {
        struct tick__task_owned *owned = *list;
        tick__owned_remove(owned);
        owned->fn(owned);
    }
}

void tick__task_at_end(struct tick_task *task, struct tick__task_owned *owned) {
    owned_add(&task->owned, owned);
}

void tick__loop_at_close(struct tick_loop *loop, struct tick__task_owned *owned) {
    owned_add(&loop->at_close, owned);
}
