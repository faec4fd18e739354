// Reads the host's clock and entropy, which a scenario must not.
#include <retick.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int late(void *unused) {
    (void)unused;
    if (time(NULL) % 2) // line 9
        usleep(10);
    return tick_check(rand() >= 0, "negative");
}

TICK_SCENARIO(clockwork, "one that looks outside") {
    tick_host_add(world, "alice", late, NULL);
}
