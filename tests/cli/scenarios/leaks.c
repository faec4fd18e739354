// Leaves a task behind that nobody awaits.
#include <retick.h>

static int sleeper(void *unused) {
    (void)unused;
    return tick_sleep(TICK_SEC(100));
}

static int spawn(void *unused) {
    (void)unused;
    if (tick_go(sleeper, NULL) < 0)
        return TICK_EFAILED;
    return tick_check(true, "spawned");
}

TICK_SCENARIO(leaks, "a task that is left over") {
    tick_host_add(world, "alice", spawn, NULL);
}
