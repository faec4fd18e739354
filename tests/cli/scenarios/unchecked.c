// Checks nothing.
#include <retick.h>

static int nap(void *unused) {
    (void)unused;
    return tick_sleep(TICK_MS(1));
}

TICK_SCENARIO(unchecked, "a host that checks nothing") {
    tick_host_add(world, "alice", nap, NULL);
}
