// Queue: asyncio.Queue, PriorityQueue and LifoQueue. Getters and putters look again after each wake, so that a newcomer may come first;
// one that is cancelled after its wake hands it on (bpo-23812).
//
// A probe is told of each put and take, and by which put the item came that was taken. Whether one listens is known from when a loop runs:
// a queue whose items are marked looks, and is an ordinary one from then on if there is none.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include "src/loop/queue_items.h"

struct tick_queue {
    struct tick__resource resource;
    size_t most; // 0: no bound
    bool shut;
    struct tick__items items;
    struct tick__waiter getters, putters;
    size_t unfinished;
    struct tick_event_flag finished;
};

static struct tick_queue *make(size_t most, enum tick__items_order order, tick_queue_compare_fn *compare) {
    struct tick_queue *queue = tick__alloc_zero(sizeof *queue);
    if (!queue)
        return NULL;
    tick__resource_init(&queue->resource, TICK_OBJECT_QUEUE, NULL);
    queue->most = most;
    const struct tick_loop *loop = tick__loop_running;
    queue->items.order = order == TICK__FIFO && (!loop || loop->probe) ? TICK__FIFO_MARKED : order;
    queue->items.compare = compare;
    tick__waiters_init(&queue->getters);
    tick__waiters_init(&queue->putters);
    tick__event_init(&queue->finished);
    queue->finished.set = true;
    return queue;
}

struct tick_queue *tick_queue_new(size_t most) {
    return make(most, TICK__FIFO, NULL);
}

struct tick_queue *tick_queue_lifo_new(size_t most) {
    return make(most, TICK__LIFO, NULL);
}

struct tick_queue *tick_queue_priority_new(size_t most, tick_queue_compare_fn *compare) {
    return make(most, TICK__PRIORITY, compare);
}

void tick_queue_free(struct tick_queue *queue) {
    if (!queue)
        return;
    tick__items_fini(&queue->items);
    tick__free(queue);
}

size_t tick_queue_size(const struct tick_queue *queue) {
    return queue->items.count;
}

static bool full(const struct tick_queue *queue) {
    return queue->most > 0 && queue->items.count >= queue->most;
}

// cause: the event that it comes of, 0: none was told.
static inline void wake_next(struct tick__waiter *list, uint32_t cause) {
    while (list->next != list) {
        struct tick__waiter *waiter = list->next;
        tick__waiter_unlink(waiter);
        if (waiter->future.state == TICK__PENDING) {
            tick__future_succeeded(&waiter->future, 0, cause);
            return;
        }
    }
}

// Waits once at the end of the list. Cancelled: `can_go_on` (the queue is not empty, or not full) passes a wake that was received to the
// next.
static int wait_turn(
    struct tick_queue *queue, struct tick__waiter *list, bool (*can_go_on)(const struct tick_queue *), const struct tick_loc *loc) {
    struct tick__waiter waiter;
    const int result = tick__resource_wait(&queue->resource, list, &waiter, loc);
    if (TICK__RARE(result == TICK_EINVALSTATE)) // it could not wait
        return result;
    tick__waiter_unlink(&waiter);
    if (TICK__RARE(result < 0)) {
        tick__future_finish(&waiter.future, TICK_ECANCELED, 0, 0);
        if (!tick_future_cancelled(&waiter.future) && can_go_on(queue))
            wake_next(list, 0);
    }
    tick__future_fini(&waiter.future);
    return result;
}

static bool has_items(const struct tick_queue *queue) {
    return queue->items.count > 0;
}

static bool has_room(const struct tick_queue *queue) {
    return !full(queue);
}

// Whose probe listens; NULL: nobody's.
static struct tick_loop *listener(struct tick_queue *queue) {
    struct tick_loop *loop = tick__loop_running;
    if (!loop || !loop->probe) {
        if (loop && queue->items.order == TICK__FIFO_MARKED)
            queue->items.order = TICK__FIFO;
        return NULL;
    }
    if (!queue->resource.object) // made before any loop ran
        tick__identify(loop, TICK_OBJECT_QUEUE, NULL, NULL, &queue->resource.object);
    return loop;
}

static inline void was_put(struct tick_queue *queue, uint32_t seq) {
    queue->unfinished++;
    queue->finished.set = false;
    wake_next(&queue->getters, seq);
}

static __attribute__((noinline)) int put_marked(struct tick_queue *queue, void *item) {
    struct tick_loop *loop = listener(queue);
    struct tick__items *items = &queue->items;
    uint32_t seq = 0;
    TICK_TRY(tick__items_reserve(items));
    if (loop)
        seq = tick__emit(loop, TICK_EV_PUT, queue->resource.object, tick__here(loop), (int64_t)items->count + 1, NULL);
    tick__items_put_marked(items, item, seq ? TICK__TOLD | seq : items->sequence++);
    was_put(queue, seq);
    return 0;
}

static inline int put(struct tick_queue *queue, void *item) {
    if (queue->shut)
        return TICK_ECLOSED;
    if (full(queue))
        return TICK_EFULL;
    if (TICK__RARE(queue->items.order != TICK__FIFO))
        return put_marked(queue, item);
    TICK_TRY(tick__items_put(&queue->items, item));
    was_put(queue, 0);
    return 0;
}

int tick_queue_try_put(struct tick_queue *queue, void *item) {
    return put(queue, item);
}

TICK__LANDED int tick__queue_put(struct tick_queue *queue, void *item, const struct tick_loc *loc);
TICK__LANDED int tick__queue_get(struct tick_queue *queue, void **item, const struct tick_loc *loc);
TICK__LANDING(tick_queue_put_at, tick__queue_put)
TICK__LANDING(tick_queue_get_at, tick__queue_get)

static __attribute__((noinline)) int put_later(struct tick_queue *queue, void *item, const struct tick_loc *loc) {
    do
        TICK_TRY(wait_turn(queue, &queue->putters, has_room, loc));
    while (full(queue) && !queue->shut);
    return put(queue, item);
}

int tick__queue_put(struct tick_queue *queue, void *item, const struct tick_loc *loc) {
    return full(queue) && !queue->shut ? put_later(queue, item, loc) : put(queue, item);
}

// The next item, of a queue in any order. Returns the event that it was taken; 0: nobody was told.
static uint32_t take_marked(struct tick_queue *queue, void **out) {
    struct tick_loop *loop = listener(queue);
    const struct tick__item item = tick__items_take_marked(&queue->items);
    const uint32_t put = item.sequence & TICK__TOLD ? (uint32_t)item.sequence : 0;
    *out = item.item;
    return loop ? tick__emit(loop, TICK_EV_TAKE, queue->resource.object, put, (int64_t)queue->items.count, NULL) : 0;
}

static __attribute__((noinline)) void take_slowly(struct tick_queue *queue, void **item) {
    const uint32_t seq = take_marked(queue, item);
    wake_next(&queue->putters, seq);
}

static inline int take(struct tick_queue *queue, void **item) {
    if (queue->items.count == 0)
        return queue->shut ? TICK_ECLOSED : TICK_EEMPTY;
    if (TICK__RARE(queue->items.order != TICK__FIFO)) {
        take_slowly(queue, item);
        return 0;
    }
    *item = tick__items_take(&queue->items);
    wake_next(&queue->putters, 0);
    return 0;
}

int tick_queue_try_get(struct tick_queue *queue, void **item) {
    return take(queue, item);
}

static __attribute__((noinline)) int take_later(struct tick_queue *queue, void **item, const struct tick_loc *loc) {
    do
        TICK_TRY(wait_turn(queue, &queue->getters, has_items, loc));
    while (!has_items(queue) && !queue->shut);
    return take(queue, item);
}

int tick__queue_get(struct tick_queue *queue, void **item, const struct tick_loc *loc) {
    return !has_items(queue) && !queue->shut ? take_later(queue, item, loc) : take(queue, item);
}

int tick_queue_task_done(struct tick_queue *queue) {
    if (queue->unfinished == 0)
        return TICK_EINVALSTATE;
    if (--queue->unfinished == 0)
        tick_event_set(&queue->finished);
    return 0;
}

int tick_queue_join_at(struct tick_queue *queue, const struct tick_loc *loc) {
    return queue->unfinished > 0 ? tick_event_wait_at(&queue->finished, loc) : 0;
}

// All look again, and see that it is shut. Like a wake, it takes them out of their list.
static void wake_all(struct tick__waiter *list) {
    while (list->next != list)
        wake_next(list, 0);
}

void tick_queue_shutdown(struct tick_queue *queue) {
    queue->shut = true;
    wake_all(&queue->getters);
    wake_all(&queue->putters);
}

void tick_queue_shutdown_now(struct tick_queue *queue, void (*drop)(void *item, void *arg), void *arg) {
    queue->shut = true;
    while (queue->items.count > 0) {
        void *item;
        (void)take_marked(queue, &item);
        if (queue->unfinished > 0)
            queue->unfinished--;
        if (drop)
            drop(item, arg);
    }
    if (queue->unfinished == 0)
        tick_event_set(&queue->finished);
    tick_queue_shutdown(queue);
}
