// Prints on stdout in every run, and fails in some.
#include <retick.h>
#include <stdio.h>

static int talk(void *unused) {
    (void)unused;
    printf("said %d\n", 1);
    return tick_check(tick_random("topic", 3) != 2, "a bad topic");
}

TICK_SCENARIO(talkative, "one that prints") {
    tick_host_add(world, "alice", talk, NULL);
}
