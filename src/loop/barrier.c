// Barrier: asyncio.Barrier. It fills until all parties wait, then drains; who comes while it drains or is reset waits until it is empty.
#include "src/base/alloc.h"
#include "src/loop/sync_int.h"

enum state { FILLING, DRAINING, RESETTING, BROKEN };

struct tick_barrier {
    struct tick_lock lock;
    struct tick_condition condition;
    size_t parties, count;
    enum state state;
};

struct tick_barrier *tick_barrier_new(size_t parties) {
    struct tick_barrier *barrier = tick__alloc(sizeof *barrier);
    if (!barrier)
        return NULL;
    *barrier = (struct tick_barrier){.parties = parties > 0 ? parties : 1};
    tick__lock_init(&barrier->lock, NULL);
    tick__condition_init(&barrier->condition, &barrier->lock);
    return barrier;
}

void tick_barrier_free(struct tick_barrier *barrier) {
    tick__free(barrier);
}

size_t tick_barrier_parties(const struct tick_barrier *barrier) {
    return barrier->parties;
}

size_t tick_barrier_waiting(const struct tick_barrier *barrier) {
    return barrier->state == FILLING ? barrier->count : 0;
}

bool tick_barrier_is_broken(const struct tick_barrier *barrier) {
    return barrier->state == BROKEN;
}

static bool takes_new_ones(void *arg) {
    const struct tick_barrier *barrier = arg;
    return barrier->state != DRAINING && barrier->state != RESETTING;
}

static bool is_full(void *arg) {
    const struct tick_barrier *barrier = arg;
    return barrier->state != FILLING;
}

static int pass(struct tick_barrier *barrier, const struct tick_loc *loc) {
    TICK_TRY(tick_condition_wait_for_at(&barrier->condition, takes_new_ones, barrier, loc));
    if (barrier->state == BROKEN)
        return TICK_EBROKEN;
    const size_t index = barrier->count++;
    int result = 0;
    if (index + 1 == barrier->parties) {
        barrier->state = DRAINING;
        (void)tick_condition_notify_all(&barrier->condition);
    } else {
        result = tick_condition_wait_for_at(&barrier->condition, is_full, barrier, loc);
        if (result == 0 && (barrier->state == BROKEN || barrier->state == RESETTING))
            result = TICK_EBROKEN;
    }
    if (--barrier->count == 0) {
        if (barrier->state == RESETTING || barrier->state == DRAINING)
            barrier->state = FILLING;
        (void)tick_condition_notify_all(&barrier->condition);
    }
    return result < 0 ? result : (int)index;
}

int tick_barrier_wait_at(struct tick_barrier *barrier, const struct tick_loc *loc) {
    TICK_TRY(tick_lock_acquire_at(&barrier->lock, loc));
    const int result = pass(barrier, loc);
    (void)tick_lock_release(&barrier->lock);
    return result;
}

static int turn(struct tick_barrier *barrier, enum state state) {
    TICK_TRY(tick_lock_acquire_at(&barrier->lock, NULL));
    barrier->state = state == RESETTING && barrier->count == 0 ? FILLING : state;
    (void)tick_condition_notify_all(&barrier->condition);
    return tick_lock_release(&barrier->lock);
}

int tick_barrier_reset(struct tick_barrier *barrier) {
    return turn(barrier, RESETTING);
}

int tick_barrier_abort(struct tick_barrier *barrier) {
    return turn(barrier, BROKEN);
}
