// asyncio.Future and call_soon, call_later: callbacks on one side, a task that waits on the other.
#include <retick.h>
#include <stdio.h>

static void answer(void *future) {
    tick_future_set_result(future, 42);
}

static void told(struct tick_future *future, void *unused) {
    (void)unused;
    intptr_t value = 0;
    if (tick_future_result(future, &value) == 0)
        printf("told %d; ", (int)value);
}

static int run(void *unused) {
    (void)unused;
    intptr_t value = 0;
    struct tick_future *future = tick_future_new();
    struct tick_handle *timer = tick_call_later(tick_loop_running(), TICK_MS(1), answer, future);
    TICK_TRY(tick_future_on_done(future, told, NULL));
    TICK_TRY(tick_await(future));
    TICK_TRY(tick_future_result(future, &value));
    printf("got %d\n", (int)value);
    tick_handle_unref(timer);
    tick_future_unref(future);
    return 0;
}

int main(void) {
    return tick_run(run, NULL) < 0;
}
// prints: told 42; got 42
