// Resources: what locks, semaphores and conditions have in common. Waiters leave their list only when they run again, as asyncio's do, so
// that those who come in between see that somebody is before them.
#include "src/loop/sync_int.h"

static void tell(struct tick__resource *resource, enum tick_event_kind kind) {
    struct tick_loop *loop = tick__loop_running;
    if (!loop || !loop->probe)
        return;
    if (!resource->object) // made before any loop ran
        tick__identify(loop, resource->type, NULL, NULL, &resource->object);
    const uint32_t seq =
        tick_emit(loop->probe, kind, resource->object, kind == TICK_EV_HOLD ? resource->released : tick__here(loop), 0, NULL);
    if (kind == TICK_EV_RELEASE)
        resource->released = seq;
}

void tick__resource_hold(struct tick__resource *resource) {
    tell(resource, TICK_EV_HOLD);
}

void tick__resource_release(struct tick__resource *resource) {
    tell(resource, TICK_EV_RELEASE);
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

bool tick__resource_wake(struct tick__waiter *list) {
    for (struct tick__waiter *waiter = list->next; waiter != list; waiter = waiter->next)
        if (waiter->future.state == TICK__PENDING) {
            tick__future_finish(&waiter->future, 0, 0, 0);
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
