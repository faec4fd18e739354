// Semaphore and BoundedSemaphore: asyncio's. A permit belongs to its waiter from the moment of the wake, so that nobody overtakes
// (gh-90155).
#include "src/base/alloc.h"
#include "src/loop/sync_int.h"

struct tick_semaphore {
    struct tick__resource resource;
    struct tick__waiter waiters;
    size_t value;
    size_t most; // SIZE_MAX: not bounded
};

static struct tick_semaphore *make(size_t value, size_t most) {
    struct tick_semaphore *semaphore = tick__alloc(sizeof *semaphore);
    if (!semaphore)
        return NULL;
    *semaphore = (struct tick_semaphore){.value = value, .most = most};
    tick__resource_init(&semaphore->resource, TICK_OBJECT_LOCK, NULL);
    tick__waiters_init(&semaphore->waiters);
    return semaphore;
}

struct tick_semaphore *tick_semaphore_new(size_t value) {
    return make(value, SIZE_MAX);
}

struct tick_semaphore *tick_semaphore_bounded_new(size_t value) {
    return make(value, value);
}

void tick_semaphore_free(struct tick_semaphore *semaphore) {
    tick__free(semaphore);
}

size_t tick_semaphore_value(const struct tick_semaphore *semaphore) {
    return semaphore->value;
}

bool tick_semaphore_is_locked(const struct tick_semaphore *semaphore) {
    return semaphore->value == 0 || !tick__resource_idle(&semaphore->waiters);
}

static bool hand_over(struct tick_semaphore *semaphore) {
    if (semaphore->value == 0 || !tick__resource_wake(&semaphore->waiters, semaphore->resource.released))
        return false;
    semaphore->value--;
    return true;
}

int tick_semaphore_acquire_at(struct tick_semaphore *semaphore, const struct tick_loc *loc) {
    int result = 0;
    if (tick_semaphore_is_locked(semaphore)) {
        bool woken;
        result = tick__resource_queue(&semaphore->resource, &semaphore->waiters, loc, &woken);
        if (result < 0 && woken)
            semaphore->value++;
        while (hand_over(semaphore)) // to those that came meanwhile, and had to wait for their turn
            ;
    } else {
        semaphore->value--;
    }
    if (result == 0)
        tick__resource_tell(&semaphore->resource, TICK_EV_HOLD);
    return result;
}

int tick_semaphore_release(struct tick_semaphore *semaphore) {
    if (semaphore->value >= semaphore->most)
        return TICK_EINVALSTATE;
    semaphore->value++;
    tick__resource_tell(&semaphore->resource, TICK_EV_RELEASE);
    hand_over(semaphore);
    return 0;
}
