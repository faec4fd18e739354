// asyncio's Event and Queue. Both live in storage of the caller's, or on the heap.
#ifndef RETICK_SYNC_H
#define RETICK_SYNC_H

#include <retick/error.h>
#include <retick/id.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tick_event_flag; // asyncio.Event (struct tick_event is the probe's)
struct tick_event_flag *tick_event_new(void);      // NULL when out of memory
void tick_event_free(struct tick_event_flag *event); // nobody may wait on it
bool tick_event_is_set(const struct tick_event_flag *event);
void tick_event_set(struct tick_event_flag *event);   // wakes all present waiters, even if cleared at once
void tick_event_clear(struct tick_event_flag *event);
int tick_event_wait(struct tick_event_flag *event); // 0, TICK_ECANCELED, TICK_ETIMEDOUT

struct tick_queue; // asyncio.Queue of pointers
struct tick_queue *tick_queue_new(size_t most); // most 0: no bound. NULL when out of memory
void tick_queue_free(struct tick_queue *queue); // items are the caller's; nobody may wait on it
size_t tick_queue_size(const struct tick_queue *queue);
int tick_queue_put(struct tick_queue *queue, void *item);     // waits while full
int tick_queue_get(struct tick_queue *queue, void **item);    // waits while empty
int tick_queue_try_put(struct tick_queue *queue, void *item); // TICK_EFULL
int tick_queue_try_get(struct tick_queue *queue, void **item); // TICK_EEMPTY
int tick_queue_task_done(struct tick_queue *queue); // TICK_EINVALSTATE when called more often than put
int tick_queue_join(struct tick_queue *queue);

#endif
