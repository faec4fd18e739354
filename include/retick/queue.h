// asyncio.Queue of pointers, with its PriorityQueue and LifoQueue. Errors and storage: as in <retick/sync.h>.
//
// A newcomer may overtake a putter that was woken and has not run yet (gh-83055), as in asyncio.
#ifndef RETICK_QUEUE_H
#define RETICK_QUEUE_H

#include <retick/error.h>
#include <retick/id.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tick_queue tick_queue;
// Less than 0 if a comes before b, as for qsort.
typedef int tick_queue_compare_fn(const void *a, const void *b);

struct tick_queue *tick_queue_new(size_t most);      // first in, first out. most 0: no bound
struct tick_queue *tick_queue_lifo_new(size_t most); // last in, first out
// The least first; equal ones in the order in which they were put (asyncio leaves that open).
struct tick_queue *tick_queue_priority_new(size_t most, tick_queue_compare_fn *compare);
void tick_queue_free(struct tick_queue *queue); // items are the caller's
size_t tick_queue_size(const struct tick_queue *queue);

// put waits while the queue is full; TICK_ECLOSED after shutdown. get waits while it is empty; TICK_ECLOSED once it is empty after
// shutdown. loc: where it waits, if it does.
#define tick_queue_put(queue, item) tick_queue_put_at((queue), (item), TICK_HERE("a queue"))
#define tick_queue_get(queue, item) tick_queue_get_at((queue), (item), TICK_HERE("a queue"))
int tick_queue_put_at(struct tick_queue *queue, void *item, const struct tick_loc *loc);
int tick_queue_get_at(struct tick_queue *queue, void **item, const struct tick_loc *loc);
int tick_queue_try_put(struct tick_queue *queue, void *item);  // put_nowait: TICK_EFULL, TICK_ECLOSED, -ENOMEM
int tick_queue_try_get(struct tick_queue *queue, void **item); // get_nowait: TICK_EEMPTY, TICK_ECLOSED

// Each item that was put is to be told done once; join waits until all are.
int tick_queue_task_done(struct tick_queue *queue); // TICK_EINVALSTATE when called more often than put
#define tick_queue_join(queue) tick_queue_join_at((queue), TICK_HERE("a queue"))
int tick_queue_join_at(struct tick_queue *queue, const struct tick_loc *loc);

// Queue.shutdown (asyncio: QueueShutDown where it says TICK_ECLOSED here): nothing more can be put, who waits to put gets TICK_ECLOSED;
// getters get what is left, then TICK_ECLOSED.
void tick_queue_shutdown(struct tick_queue *queue);
// Queue.shutdown(immediate=True): what is left is dropped, too, and counts as done. drop (NULL: nothing) is called for each item.
void tick_queue_shutdown_now(struct tick_queue *queue, void (*drop)(void *item, void *arg), void *arg);

#ifdef __cplusplus
}
#endif

#endif
