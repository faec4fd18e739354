// What stories have to say of some things that programs do, so that a stranger knows who did them, and how often.
#include <errno.h>
#include <retick.h>
#include <string.h>

// --- the same deadline, of many and again ---

static int worker(void *never) {
    for (int i = 0; i < 2; i++)
        if (tick_within(TICK_MS(10), tick_event_wait(never)) == TICK_ETIMEDOUT) { // too short
            tick_mark("too late");
            tick_mark("and once more");
        }
    return 0;
}

static int impatient(void *unused) {
    struct tick_event_flag *never = tick_event_new();
    struct tick_group group;
    (void)unused;
    TICK_TRY(tick_group_enter(&group));
    for (int i = 0; i < 6; i++)
        TICK_TRY(tick_group_go(&group, worker, never));
    TICK_TRY(tick_group_exit(&group, 0));
    return tick_check(false, "nobody came");
}

TICK_SCENARIO(deadlines, "six who run into their deadlines, twice each") {
    tick_host_add(world, "app", impatient, NULL);
}
