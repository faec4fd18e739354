// Event: asyncio.Event, and how a task waits for any resource: with a waiter on its own stack, in the resource's list.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"

void tick__resource_init(struct tick__resource *resource, enum tick_object_type type) {
    *resource = (struct tick__resource){.type = type};
    struct tick_loop *loop = tick__loop_running;
    if (loop && loop->observed)
        tick__identify(loop, type, NULL, NULL, &resource->object);
}

int tick__resource_wait(
    struct tick__resource *resource, struct tick__waiter *list, struct tick__waiter *waiter, const struct tick_loc *loc) {
    struct tick_task *task = tick__task_running();
    waiter->next = NULL;
    if (!task)
        return TICK_EINVALSTATE;
    struct tick_loop *loop = task->future.loop;
    tick__future_init_hidden(&waiter->future, loop);
    waiter->future.ops = &tick__waiter_ops;
    waiter->resource = resource;
    waiter->next = list;
    waiter->prev = list->prev;
    list->prev->next = waiter;
    list->prev = waiter;
    if (loop->probe) {
        if (!resource->object) // made before any loop ran
            tick__identify(loop, resource->type, NULL, NULL, &resource->object);
        tick_emit(loop->probe, TICK_EV_WAIT_BEGIN, resource->object, tick__here(loop), 0, loc);
    }
    if (task->coro)
        task->waits_at = loc;
    const int result = tick__await(task, &waiter->future);
    if (loop->probe)
        tick_emit(loop->probe, TICK_EV_WAIT_END, resource->object, tick__here(loop), 0, NULL);
    return result;
}

void tick__event_init(struct tick_event_flag *event) {
    tick__resource_init(&event->resource, TICK_OBJECT_EVENT);
    tick__waiters_init(&event->waiters);
    event->set = false;
}

struct tick_event_flag *tick_event_new(void) {
    struct tick_event_flag *event = tick__alloc(sizeof *event);
    if (event)
        tick__event_init(event);
    return event;
}

void tick_event_free(struct tick_event_flag *event) {
    tick__free(event);
}

bool tick_event_is_set(const struct tick_event_flag *event) {
    return event->set;
}

// Waiters stay in the list until they have run, as asyncio's do: they are done, and so woken once.
void tick_event_set(struct tick_event_flag *event) {
    if (event->set)
        return;
    event->set = true;
    for (struct tick__waiter *waiter = event->waiters.next; waiter != &event->waiters; waiter = waiter->next)
        tick__future_finish(&waiter->future, 0, 0, 0);
}

void tick_event_clear(struct tick_event_flag *event) {
    event->set = false;
}

int tick_event_wait_at(struct tick_event_flag *event, const struct tick_loc *loc) {
    if (event->set)
        return 0;
    struct tick__waiter waiter;
    const int result = tick__resource_wait(&event->resource, &event->waiters, &waiter, loc);
    if (waiter.next) {
        tick__waiter_unlink(&waiter);
        tick__future_fini(&waiter.future);
    }
    return result;
}
