// Runs long enough to be killed on the way, and writes many events.
#include <retick.h>

static int turn(void *unused) {
    (void)unused;
    for (int i = 0; i < 200000; i++)
        TICK_TRY(tick_sleep(TICK_US(10)));
    return tick_check(true, "done");
}

TICK_SCENARIO(lengthy, "two hosts with many naps") {
    tick_host_add(world, "alice", turn, NULL);
    tick_host_add(world, "bob", turn, NULL);
    tick_limit(world, TICK_SEC(3600), 10000000);
}
