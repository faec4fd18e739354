// asyncio.Event: many wait for one thing to have happened.
#include <retick.h>
#include <stdio.h>

static struct tick_event_flag *ready;

static int client(void *name) {
    TICK_TRY(tick_event_wait(ready));
    printf("%s ", (const char *)name);
    return 0;
}

static int run(void *unused) {
    (void)unused;
    struct tick_group group;
    ready = tick_event_new();
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, client, "first"));
    TICK_TRY(tick_group_go(&group, client, "second"));
    TICK_TRY(tick_sleep(TICK_MS(1)));
    printf("set ");
    tick_event_set(ready);
    const int result = tick_group_exit(&group, 0);
    tick_event_free(ready);
    return result;
}

int main(void) {
    const int result = tick_run(run, NULL);
    printf("done\n");
    return result < 0;
}
// prints: set first second done
