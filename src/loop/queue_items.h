// What a queue holds, in one of three orders.
#ifndef RETICK_QUEUE_ITEMS_H
#define RETICK_QUEUE_ITEMS_H

#include <retick/error.h>
#include <retick/queue.h>
#include <stdint.h>

struct tick__item {
    void *item;
    uint64_t sequence; // ties of a priority queue; of one that is marked: TICK__TOLD and the put's event
};
#define TICK__TOLD ((uint64_t)1 << 63)

struct tick__items {
    enum tick__items_order { TICK__FIFO, TICK__FIFO_MARKED, TICK__LIFO, TICK__PRIORITY } order; // marked: with a sequence each
    tick_queue_compare_fn *compare;
    struct tick__item *all; // a ring (FIFO), a stack (LIFO) or a binary heap (PRIORITY)
    size_t head, count, room;
    uint64_t sequence;
};

void tick__items_fini(struct tick__items *items);

// Room for one more: 0 or -ENOMEM.
int tick__items_reserve(struct tick__items *items);
// In any order: there is room for it, there is one. Sequences grow.
void tick__items_put_marked(struct tick__items *items, void *item, uint64_t sequence);
struct tick__item tick__items_take_marked(struct tick__items *items);

// First in, first out, not marked: 0 or -ENOMEM.
static inline int tick__items_put(struct tick__items *items, void *item) {
    if (items->count == items->room)
        TICK_TRY(tick__items_reserve(items));
    items->all[(items->head + items->count++) & (items->room - 1)].item = item;
    return 0;
}

// There is one.
static inline void *tick__items_take(struct tick__items *items) {
    void *item = items->all[items->head].item;
    items->head = (items->head + 1) & (items->room - 1);
    items->count--;
    return item;
}

#endif
