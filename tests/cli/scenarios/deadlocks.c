// Waits for a future that nobody will ever set.
#include <retick.h>

static int wait_for_ever(void *unused) {
    (void)unused;
    struct tick_future *future = tick_future_new();
    int result = tick_await(future);
    tick_future_unref(future);
    return result;
}

TICK_SCENARIO(deadlocks, "waiting for nobody") {
    tick_host_add(world, "alice", wait_for_ever, NULL);
}
