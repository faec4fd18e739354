// Hangs when the fourth of twelve numbers is not 0, whatever the others are.
#include <retick.h>

static volatile int go_on = 1;

static int draw(void *unused) {
    (void)unused;
    for (int i = 1; i <= 12; i++)
        if (tick_random("number", 10) && i == 4)
            while (go_on)
                ;
    return 0;
}

TICK_SCENARIO(sticks, "an endless loop, now and then") {
    tick_host_add(world, "alice", draw, NULL);
}
