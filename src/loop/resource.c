// Resources: what locks, semaphores and conditions have in common. Waiters leave their list only when they run again, as asyncio's do, so
// that those who come in between see that somebody is before them.
#include "src/loop/sync_int.h"

void tick__resource_tell(struct tick__resource *resource, enum tick_event_kind kind) {
    struct tick_loop *loop = tick__loop_running;
    const bool comes_of_it = kind == TICK_EV_HOLD || kind == TICK_EV_WAIT_END;
    if (!loop || !loop->probe)
        return;
    if (!resource->object) // made before any loop ran
        tick__identify(loop, resource->type, NULL, NULL, &resource->object);
    const uint32_t seq = tick_emit(loop->probe, kind, resource->object, comes_of_it ? resource->released : tick__here(loop),
        kind == TICK_EV_WAIT_END, NULL);
    if (!comes_of_it)
        resource->released = seq;
}

int tick__resource_queue(struct tick__resource *resource, struct tick__waiter *list, const struct tick_loc *loc, bool *woken) {
    struct tick__waiter waiter;
    *woken = false;
    const int result = tick__resource_wait(resource, list, &waiter, loc);
    if (waiter.next) {
        *woken = waiter.future.state == TICK__RESULT;
        tick__waiter_unlink(&waiter);
        tick__future_fini(&waiter.future);
    }
    return result;
}

bool tick__resource_wake(struct tick__waiter *list, uint32_t cause) {
    for (struct tick__waiter *waiter = list->next; waiter != list; waiter = waiter->next)
        if (waiter->future.state == TICK__PENDING) {
            tick__future_finish(&waiter->future, 0, 0, cause);
            return true;
        }
    return false;
}

bool tick__resource_idle(const struct tick__waiter *list) {
    for (const struct tick__waiter *waiter = list->next; waiter != list; waiter = waiter->next)
        if (waiter->future.state != TICK__CANCELLED)
            return false;
    return true;
}
