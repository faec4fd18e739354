// What only stackless tasks need beside step.c: a sleep that can be awaited as a future.
#include "src/loop/loop_int.h"

struct sleep {
    struct tick_future future; // first
    struct tick_handle *timer; // NULL once it has fired or was cancelled
};

static void disarm(struct sleep *sleep) {
    if (!sleep->timer)
        return;
    tick_handle_cancel(sleep->timer);
    tick_handle_unref(sleep->timer);
    sleep->timer = NULL;
}

static bool sleep_cancel(struct tick_future *future, const char *message) {
    disarm((struct sleep *)future);
    tick__future_cancelled(future, message, 0);
    return true;
}

static void sleep_drop(struct tick_future *future) {
    disarm((struct sleep *)future);
    tick__block_free(future);
}

static const struct tick_future_ops sleep_ops = {.type = TICK_OBJECT_FUTURE, .cancel = sleep_cancel, .drop = sleep_drop};

static void wakes(void *arg) {
    struct sleep *sleep = arg;
    tick_handle_unref(sleep->timer);
    sleep->timer = NULL;
    tick__future_finish(&sleep->future, 0, 0, 0);
}

struct tick_future *tick_sleep_future_at(int64_t ns, const struct tick_loc *loc) {
    struct tick_loop *loop = tick__loop_running;
    struct sleep *sleep = loop ? tick__block_alloc(loop, sizeof *sleep) : NULL;
    if (!sleep)
        return NULL;
    sleep->timer = tick__timer_new(loop, tick__after(loop->sys->ops->now(loop->sys), ns), wakes, sleep, "sleep", loc, true);
    if (!sleep->timer) {
        tick__block_free(sleep);
        return NULL;
    }
    tick__future_init(&sleep->future, loop, &sleep_ops, loc);
    return &sleep->future;
}
