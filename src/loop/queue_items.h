// What a queue holds, in one of three orders.
#ifndef RETICK_QUEUE_ITEMS_H
#define RETICK_QUEUE_ITEMS_H

#include <retick/queue.h>
#include <stdint.h>

struct tick__item {
    void *item;
    uint64_t sequence; // ties of a priority queue
};

struct tick__items {
    enum tick__items_order { TICK__FIFO, TICK__LIFO, TICK__PRIORITY } order;
    tick_queue_compare_fn *compare;
    struct tick__item *all; // a ring (FIFO), a stack (LIFO) or a binary heap (PRIORITY)
    size_t head, count, room;
    uint64_t sequence;
};

void tick__items_fini(struct tick__items *items);

// Those of a queue that is full, or in another order than first in, first out.
int tick__items_put_slowly(struct tick__items *items, void *item);
void *tick__items_take_slowly(struct tick__items *items);

// 0 or -ENOMEM.
static inline int tick__items_put(struct tick__items *items, void *item) {
    if (items->order != TICK__FIFO || items->count == items->room)
        return tick__items_put_slowly(items, item);
    items->all[(items->head + items->count++) & (items->room - 1)].item = item;
    return 0;
}

// There is one.
static inline void *tick__items_take(struct tick__items *items) {
    if (items->order != TICK__FIFO)
        return tick__items_take_slowly(items);
    void *item = items->all[items->head].item;
    items->head = (items->head + 1) & (items->room - 1);
    items->count--;
    return item;
}

#endif
