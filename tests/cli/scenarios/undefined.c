// What the sanitizers that it is compiled with say of it, for some answers of the schedule.
#include <limits.h>
#include <retick.h>
#include <stdlib.h>

static int counts(void *arg) {
    int count = INT_MAX - 1;
    (void)arg;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    count += (int)tick_random("more", 8); // overflows
    return tick_check(count != 5, "never");
}

TICK_SCENARIO(overflow, "of a sum") {
    tick_host_add(world, "alice", counts, NULL);
}

static int writes(void *arg) {
    volatile char *memory = malloc(8);
    (void)arg;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    memory[tick_random("at", 2) ? 8 : 0] = 1; // beyond
    free((void *)memory);
    return tick_check(true, "never");
}

TICK_SCENARIO(beyond, "of a block") {
    tick_host_add(world, "alice", writes, NULL);
}
