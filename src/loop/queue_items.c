#include "src/loop/queue_items.h"
#include "src/base/alloc.h"
#include <errno.h>

int tick__items_reserve(struct tick__items *items) {
    if (items->count < items->room)
        return 0;
    const size_t room = items->room ? items->room * 2 : 8;
    struct tick__item *all = room < SIZE_MAX / sizeof *all ? tick__alloc(room * sizeof *all) : NULL;
    if (!all)
        return -ENOMEM;
    for (size_t i = 0; i < items->count; i++)
        all[i] = items->all[(items->head + i) % items->room];
    tick__free(items->all);
    items->all = all;
    items->room = room;
    items->head = 0;
    return 0;
}

static bool before(const struct tick__items *items, const struct tick__item *a, const struct tick__item *b) {
    const int order = items->compare(a->item, b->item);
    return order != 0 ? order < 0 : a->sequence < b->sequence;
}

static void sift_up(struct tick__items *items, size_t at) {
    const struct tick__item one = items->all[at];
    for (; at > 0 && before(items, &one, &items->all[(at - 1) / 2]); at = (at - 1) / 2)
        items->all[at] = items->all[(at - 1) / 2];
    items->all[at] = one;
}

static void sift_down(struct tick__items *items, struct tick__item one) {
    size_t at = 0, child;
    while ((child = at * 2 + 1) < items->count) {
        if (child + 1 < items->count && before(items, &items->all[child + 1], &items->all[child]))
            child++;
        if (!before(items, &items->all[child], &one))
            break;
        items->all[at] = items->all[child];
        at = child;
    }
    items->all[at] = one;
}

static bool is_ring(const struct tick__items *items) {
    return items->order == TICK__FIFO || items->order == TICK__FIFO_MARKED;
}

void tick__items_put_marked(struct tick__items *items, void *item, uint64_t sequence) {
    const size_t at = items->count++;
    items->all[is_ring(items) ? (items->head + at) & (items->room - 1) : at] = (struct tick__item){item, sequence};
    if (items->order == TICK__PRIORITY)
        sift_up(items, at);
}

struct tick__item tick__items_take_marked(struct tick__items *items) {
    const struct tick__item item = items->all[is_ring(items) ? items->head : items->order == TICK__LIFO ? items->count - 1 : 0];
    items->count--;
    if (is_ring(items))
        items->head = (items->head + 1) & (items->room - 1);
    if (items->order == TICK__PRIORITY && items->count > 0)
        sift_down(items, items->all[items->count]);
    return item;
}

void tick__items_fini(struct tick__items *items) {
    tick__free(items->all);
}
