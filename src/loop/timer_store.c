#include "src/base/alloc.h"
#include "src/loop/timer_int.h"
#include <string.h>

enum { CHUNK = TICK__STORE_CHUNK, WORDS = CHUNK / 64 };

// --- growing ---

static void *grown(const void *old, size_t count, size_t room, size_t size) {
    char *fresh = tick__alloc(room * size);
    if (!fresh)
        return NULL;
    if (count > 0)
        memcpy(fresh, old, count * size);
    memset(fresh + count * size, 0, (room - count) * size);
    return fresh;
}

static bool grow_tables(struct tick__store *store) {
    const uint32_t room = store->room ? store->room * 2 : CHUNK * 8, words = store->room / 64;
    if (room < store->room)
        return false;
    char **chunks = grown(store->chunks, store->room / CHUNK, room / CHUNK, sizeof *chunks);
    uint64_t *free = grown(store->free, words, room / 64, sizeof *free);
    uint64_t *some = grown(store->some, words / 64, room / 64 / 64, sizeof *some);
    const bool done = chunks && free && some;
    tick__free(done ? store->chunks : chunks);
    tick__free(done ? store->free : free);
    tick__free(done ? store->some : some);
    if (done) {
        store->chunks = chunks;
        store->free = free;
        store->some = some;
        store->room = room;
    }
    return done;
}

static bool grow(struct tick__store *store) {
    if (store->made == store->room && !grow_tables(store))
        return false;
    char *chunk = tick__alloc(CHUNK * store->size);
    if (!chunk)
        return false;
    const uint32_t word = store->made / 64;
    store->chunks[store->made / CHUNK] = chunk;
    memset(&store->free[word], 0xff, WORDS * sizeof *store->free);
    if (store->made == 0)
        store->free[0] &= ~(uint64_t)1; // no handle has number 0
    store->some[word / 64] |= (((uint64_t)1 << WORDS) - 1) << word % 64;
    store->hint = word / 64;
    store->made += CHUNK;
    return true;
}

struct tick__store *tick__store_new(size_t size) {
    struct tick__store *store = tick__alloc_zero(sizeof *store);
    if (!store)
        return NULL;
    store->size = (uint32_t)size;
    if (!grow(store)) {
        tick__store_free(store);
        return NULL;
    }
    return store;
}

void tick__store_free(struct tick__store *store) {
    if (!store)
        return;
    for (uint32_t i = 0; i < store->made / CHUNK; i++) {
        TICK__UNPOISON(store->chunks[i], CHUNK * store->size);
        tick__free(store->chunks[i]);
    }
    tick__free(store->chunks);
    tick__free(store->free);
    tick__free(store->some);
    tick__free(store);
}

// --- taking and giving ---

bool tick__store_refill(struct tick__store *store) {
    const uint32_t end = store->room / 64 / 64;
    while (store->hint < end && store->some[store->hint] == 0)
        store->hint++;
    if (store->hint == end && !grow(store))
        return false;
    const uint32_t word = store->hint * 64 + (uint32_t)__builtin_ctzll(store->some[store->hint]);
    store->some[store->hint] &= store->some[store->hint] - 1;
    store->begins = word * 64;
    store->base = (char *)tick__store_at(store, store->begins);
    store->word = store->free[word];
    store->free[word] = 0;
    store->out += (uint32_t)__builtin_popcountll(store->word);
    return true;
}

bool tick__store_is_unused(const struct tick__store *store) {
    return store->out == (uint32_t)__builtin_popcountll(store->word);
}

static void set_free(struct tick__store *store, uint32_t word, uint64_t bits) {
    store->free[word] |= bits;
    store->some[word / 64] |= (uint64_t)1 << word % 64;
    if (word / 64 < store->hint)
        store->hint = word / 64;
}

// Where timers come and go one by one, the last to go is the next to come, and its memory is hot.
void tick__store_release(struct tick__store *store, uint32_t number) {
    const uint64_t bit = (uint64_t)1 << number % 64;
    if (store->word == 0) {
        store->begins = number & ~63u;
        store->base = (char *)tick__store_at(store, store->begins);
    }
    if (store->begins == (number & ~63u)) {
        store->word |= bit;
    } else {
        store->out--;
        set_free(store, number / 64, bit);
    }
}

void tick__store_give(struct tick_handle *handle) {
    struct tick__store *store = handle->loop->timers.store;
    const uint32_t number = handle->of.fired.number;
    TICK__POISON(handle, store->size);
    tick__store_release(store, number);
}

void tick__entry_stale(struct tick__timers *timers, struct tick_handle *handle, uint32_t number) {
    timers->entries--;
    tick__stale_counts(timers, number, -1);
    handle->place = 0;
    handle->of.fired.number = number;
    if (!(handle->bits & TICK__REFS))
        tick__store_give(handle);
}
