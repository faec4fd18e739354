// Crashes where the schedule says so, or always with -DALWAYS.
#include <retick.h>

static int *volatile nowhere;

static int step(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(2)));
#ifdef ALWAYS
    *nowhere = 1;
#else
    if (tick_random("crash", 8) == 5)
        *nowhere = 1;
#endif
    return tick_check(true, "alive");
}

TICK_SCENARIO(segfault, "a null pointer now and then") {
    tick_host_add(world, "alice", step, NULL);
}
