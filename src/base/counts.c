// Counts by key: the first in place, as most makers use one name only, the others in a hash table that grows.
#include "src/base/alloc.h"
#include <errno.h>
#include <retick/id.h>
#include <string.h>

#define ROOM_FIRST 8u

static struct tick_count *place(struct tick_count *table, uint32_t room, uint64_t key) {
    uint32_t at = (uint32_t)key & (room - 1);
    while (table[at].key && table[at].key != key)
        at = (at + 1) & (room - 1);
    return &table[at];
}

static int grow(struct tick_counts *counts) {
    const uint32_t room = counts->room ? counts->room * 2 : ROOM_FIRST;
    struct tick_count *table = tick__alloc(room * sizeof *table);
    if (!table)
        return -ENOMEM;
    memset(table, 0, room * sizeof *table);
    for (uint32_t i = 0; i < counts->room; i++)
        if (counts->others[i].key)
            *place(table, room, counts->others[i].key) = counts->others[i];
    tick__free(counts->others);
    counts->others = table;
    counts->room = room;
    return 0;
}

int tick_counts_next(struct tick_counts *counts, uint64_t key, uint32_t *kth) {
    struct tick_count *count = &counts->first;
    if (!count->key)
        count->key = key;
    if (count->key != key) {
        if (2 * counts->used >= counts->room && grow(counts) < 0)
            return -ENOMEM;
        count = place(counts->others, counts->room, key);
        counts->used += !count->key;
        count->key = key;
    }
    *kth = ++count->count;
    return 0;
}

void tick_counts_fini(struct tick_counts *counts) {
    tick__free(counts->others);
    counts->others = NULL;
    counts->used = counts->room = 0;
}
