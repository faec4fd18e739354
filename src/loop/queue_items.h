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

int tick__items_put(struct tick__items *items, void *item); // 0 or -ENOMEM
void *tick__items_take(struct tick__items *items);          // there is one
void tick__items_fini(struct tick__items *items);

#endif
