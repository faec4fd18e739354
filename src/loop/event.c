// Event: asyncio.Event.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"

void tick__resource_init(struct tick__resource *resource, enum tick_object_type type, const struct tick_loc *made) {
    *resource = (struct tick__resource){.type = type};
    struct tick_loop *loop = tick__loop_running;
    if (loop && loop->observed)
        tick__identify(loop, type, NULL, made, &resource->object);
}

void tick__event_init(struct tick_event_flag *event) {
    tick__resource_init(&event->resource, TICK_OBJECT_EVENT, NULL);
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
    tick__resource_tell(&event->resource, TICK_EV_SET);
    for (struct tick__waiter *waiter = event->waiters.next; waiter != &event->waiters; waiter = waiter->next)
        tick__future_finish(&waiter->future, 0, 0, event->resource.released);
}

void tick_event_clear(struct tick_event_flag *event) {
    if (event->set)
        tick__resource_tell(&event->resource, TICK_EV_CLEAR);
    event->set = false;
}

int tick_event_wait_at(struct tick_event_flag *event, const struct tick_loc *loc) {
    if (event->set) {
        if (TICK__RARE(event->resource.released)) // a probe knows who set it
            tick__resource_tell(&event->resource, TICK_EV_WAIT_END);
        return 0;
    }
    struct tick__waiter waiter;
    const int result = tick__resource_wait(&event->resource, &event->waiters, &waiter, loc);
    if (waiter.next) {
        tick__waiter_unlink(&waiter);
        tick__future_fini(&waiter.future);
    }
    return result;
}
