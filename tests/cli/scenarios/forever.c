// Never comes back.
#include <retick.h>

static volatile int go_on = 1;

static int spin(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    while (go_on)
        ;
    return 0;
}

TICK_SCENARIO(forever, "an endless loop") {
    tick_host_add(world, "alice", spin, NULL);
}
