// One task that runs again and again, each time because it ran before: causes without end, and at the end a failure.
#include <retick.h>

#ifndef TURNS
#define TURNS 120000
#endif

static int turns(void *arg) {
    (void)arg;
    for (long i = 1; i <= TURNS; i++)
        TICK_TRY(tick_sleep(i % 50000 ? 0 : TICK_MS(1)));
    return tick_check(0, "the end of the chain");
}

TICK_SCENARIO(longchain, "a long chain of causes") {
    tick_limit(world, TICK_SEC(3600), 100000000);
    tick_host_add(world, "h", turns, NULL);
}
