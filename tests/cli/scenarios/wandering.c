// Depends on what lies in fresh memory: its runs do not repeat.
#include <retick.h>
#include <stdlib.h>

static int wander(void *unused) {
    (void)unused;
    unsigned char *volatile fresh = malloc(64);
    if (!fresh)
        return TICK_EFAILED;
    for (unsigned i = 0; i < (fresh[40] & 3u); i++)
        TICK_TRY(tick_sleep(TICK_MS(1)));
    free(fresh);
    return tick_check(true, "fine");
}

TICK_SCENARIO(wandering, "reads memory that nobody wrote") {
    tick_host_add(world, "alice", wander, NULL);
}
