// Fails when the schedule answers 3 twice; a third draw is noise for the shrinker to take away.
#include <retick.h>

static int draw(void *unused) {
    (void)unused;
    uint32_t first = tick_random("first", 4);
    TICK_TRY(tick_sleep(TICK_MS(1)));
    uint32_t second = tick_random("second", 4);
    (void)tick_random("noise", 100);
    tick_mark("drawn");
    return tick_check(first + second < 6, "both were three");
}

TICK_SCENARIO(rare, "two draws that must not both be three") {
    tick_host_add(world, "alice", draw, NULL);
}
