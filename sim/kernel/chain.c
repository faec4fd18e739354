// The bytes of one direction: chunks in a row, filled at the tail by send and emptied at the head by recv. Delivery moves no byte.
#include "sim/kernel/kernel_int.h"

struct chunk {
    tick__ref next;
    uint32_t size; // of bytes
    uint8_t bytes[];
};
#define SMALL (256 - sizeof(struct chunk))
#define LARGE (4096 - sizeof(struct chunk))

static struct chunk *chunk_at(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, chunk, ref);
}

static void give(struct tick_kernel *k, tick__ref ref) {
    tick__arena_give(k, ref, sizeof(struct chunk) + chunk_at(k, ref)->size);
}

size_t tick__chain_append(struct tick_kernel *k, struct tick__chain *chain, const void *bytes, size_t count) {
    const uint8_t *from = bytes;
    size_t done = 0;
    while (done < count) {
        struct chunk *tail = chain->tail ? chunk_at(k, chain->tail) : NULL;
        if (!tail || chain->tail_at == tail->size) {
            uint32_t size = count - done > SMALL ? LARGE : SMALL;
            tick__ref ref = tick__arena_take(k, sizeof(struct chunk) + size);
            if (!ref)
                break;
            if (tail)
                tail->next = ref;
            else
                chain->head = ref, chain->head_at = 0;
            chain->tail = ref;
            chain->tail_at = 0;
            tail = chunk_at(k, ref);
            tail->next = 0;
            tail->size = size;
        }
        size_t part = tail->size - chain->tail_at;
        if (part > count - done)
            part = count - done;
        memcpy(tail->bytes + chain->tail_at, from + done, part);
        chain->tail_at += (uint32_t)part;
        done += part;
    }
    return done;
}

void tick__chain_copy(const struct tick_kernel *k, const struct tick__chain *chain, void *bytes, size_t count) {
    uint8_t *to = bytes;
    tick__ref ref = chain->head;
    uint32_t at = chain->head_at;
    while (count) {
        const struct chunk *chunk = chunk_at(k, ref);
        size_t part = chunk->size - at;
        if (part > count)
            part = count;
        memcpy(to, chunk->bytes + at, part);
        to += part;
        count -= part;
        ref = chunk->next;
        at = 0;
    }
}

void tick__chain_consume(struct tick_kernel *k, struct tick__chain *chain, size_t count) {
    while (count) {
        const struct chunk *head = chunk_at(k, chain->head);
        size_t part = head->size - chain->head_at;
        if (part > count) {
            chain->head_at += (uint32_t)count;
            break;
        }
        count -= part;
        tick__ref next = head->next;
        give(k, chain->head);
        chain->head = next;
        chain->head_at = 0;
        if (!next)
            chain->tail = 0;
    }
    if (chain->head && chain->head == chain->tail && chain->head_at == chain->tail_at)
        chain->head_at = chain->tail_at = 0; // empty: fill it anew
}

// Takes back the `cut` bytes that were appended last, behind `keep` others.
void tick__chain_cut(struct tick_kernel *k, struct tick__chain *chain, size_t keep, size_t cut) {
    if (!cut)
        return;
    if (!keep) {
        tick__chain_clear(k, chain);
        return;
    }
    tick__ref ref = chain->head;
    size_t end = chain->head_at + keep;
    while (end > chunk_at(k, ref)->size) {
        end -= chunk_at(k, ref)->size;
        ref = chunk_at(k, ref)->next;
    }
    for (tick__ref gone = chunk_at(k, ref)->next; gone;) {
        tick__ref next = chunk_at(k, gone)->next;
        give(k, gone);
        gone = next;
    }
    chunk_at(k, ref)->next = 0;
    chain->tail = ref;
    chain->tail_at = (uint32_t)end;
}

void tick__chain_clear(struct tick_kernel *k, struct tick__chain *chain) {
    for (tick__ref ref = chain->head; ref;) {
        tick__ref next = chunk_at(k, ref)->next;
        give(k, ref);
        ref = next;
    }
    *chain = (struct tick__chain){0};
}
