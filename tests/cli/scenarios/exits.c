// Calls exit.
#include <retick.h>
#include <stdlib.h>

static int leave(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    exit(7);
}

TICK_SCENARIO(exits, "a host that calls exit") {
    tick_host_add(world, "alice", leave, NULL);
}
