// Queue: asyncio.Queue. Getters and putters look again after each wake, so that a newcomer may come first; one that is cancelled after
// its wake hands it on (bpo-23812).
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <string.h>

struct tick_queue {
    struct tick__resource resource;
    size_t most;  // 0: no bound
    void **items; // a ring
    size_t head, count, room;
    struct tick__waiter getters, putters;
    size_t unfinished;
    struct tick_event_flag finished;
};

struct tick_queue *tick_queue_new(size_t most) {
    struct tick_queue *queue = tick__alloc_zero(sizeof *queue);
    if (!queue)
        return NULL;
    tick__resource_init(&queue->resource, TICK_OBJECT_QUEUE);
    queue->most = most;
    tick__waiters_init(&queue->getters);
    tick__waiters_init(&queue->putters);
    tick__event_init(&queue->finished);
    queue->finished.set = true;
    return queue;
}

void tick_queue_free(struct tick_queue *queue) {
    if (!queue)
        return;
    tick__free(queue->items);
    tick__free(queue);
}

size_t tick_queue_size(const struct tick_queue *queue) {
    return queue->count;
}

static bool full(const struct tick_queue *queue) {
    return queue->most > 0 && queue->count >= queue->most;
}

static void wake_next(struct tick__waiter *list) {
    while (list->next != list) {
        struct tick__waiter *waiter = list->next;
        tick__waiter_unlink(waiter);
        if (!tick_future_done(&waiter->future)) {
            tick__future_finish(&waiter->future, 0, 0, 0);
            return;
        }
    }
}

// Waits once at the end of the list. Cancelled: `can_go_on` (the queue is not empty, or not full) passes a wake that was received to the
// next.
static int wait_turn(struct tick_queue *queue, struct tick__waiter *list, bool (*can_go_on)(const struct tick_queue *)) {
    struct tick__waiter waiter;
    if (!tick_task_current())
        return TICK_EINVALSTATE;
    const int result = tick__resource_wait(&queue->resource, list, &waiter);
    tick__waiter_unlink(&waiter);
    if (result < 0) {
        tick__future_finish(&waiter.future, TICK_ECANCELED, 0, 0);
        if (!tick_future_cancelled(&waiter.future) && can_go_on(queue))
            wake_next(list);
    }
    tick__future_fini(&waiter.future);
    return result;
}

static bool has_items(const struct tick_queue *queue) {
    return queue->count > 0;
}

static bool has_room(const struct tick_queue *queue) {
    return !full(queue);
}

static int grow(struct tick_queue *queue) {
    const size_t room = queue->room ? queue->room * 2 : 8;
    void **items = room < SIZE_MAX / sizeof *items ? tick__alloc(room * sizeof *items) : NULL;
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < queue->count; i++)
        items[i] = queue->items[(queue->head + i) % queue->room];
    tick__free(queue->items);
    queue->items = items;
    queue->room = room;
    queue->head = 0;
    return 0;
}

int tick_queue_try_put(struct tick_queue *queue, void *item) {
    if (full(queue))
        return TICK_EFULL;
    if (queue->count == queue->room)
        TICK_TRY(grow(queue));
    queue->items[(queue->head + queue->count++) % queue->room] = item;
    queue->unfinished++;
    queue->finished.set = false;
    wake_next(&queue->getters);
    return 0;
}

int tick_queue_put(struct tick_queue *queue, void *item) {
    while (full(queue))
        TICK_TRY(wait_turn(queue, &queue->putters, has_room));
    return tick_queue_try_put(queue, item);
}

int tick_queue_try_get(struct tick_queue *queue, void **item) {
    if (queue->count == 0)
        return TICK_EEMPTY;
    *item = queue->items[queue->head];
    queue->head = (queue->head + 1) % queue->room;
    queue->count--;
    wake_next(&queue->putters);
    return 0;
}

int tick_queue_get(struct tick_queue *queue, void **item) {
    while (queue->count == 0)
        TICK_TRY(wait_turn(queue, &queue->getters, has_items));
    return tick_queue_try_get(queue, item);
}

int tick_queue_task_done(struct tick_queue *queue) {
    if (queue->unfinished == 0)
        return TICK_EINVALSTATE;
    if (--queue->unfinished == 0)
        tick_event_set(&queue->finished);
    return 0;
}

int tick_queue_join(struct tick_queue *queue) {
    return queue->unfinished > 0 ? tick_event_wait(&queue->finished) : 0;
}
