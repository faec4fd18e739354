// More deviations than cross from one process to another.
#include <retick.h>

#define COINS 600000

static int client(void *arg) {
    (void)arg;
    unsigned up = 0, last = 0;
    for (int i = 0; i < COINS; i++)
        up += last = tick_random("coin", 2);
    return tick_check(up < 280000 || !last, "%u coins came up, the last one too", up);
}

TICK_SCENARIO(coins, "600,000 coins") {
    tick_host_add(world, "a", client, NULL);
}
