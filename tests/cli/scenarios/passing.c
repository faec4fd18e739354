// Sleeps and checks: passes under every schedule.
#include <retick.h>

static int nap(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(5)));
    return tick_check(tick_time() >= TICK_MS(5), "woke early");
}

TICK_SCENARIO(passing, "one host that sleeps") {
    tick_host_add(world, "alice", nap, NULL);
}
