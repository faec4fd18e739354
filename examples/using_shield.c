// asyncio.shield: a deadline ends the waiting, and not the work.
#include <retick.h>
#include <stdio.h>

static int save(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(20)));
    printf("saved\n");
    return 0;
}

static int run(void *unused) {
    (void)unused;
    struct tick_task *saving = tick_spawn(save, NULL);
    struct tick_future *shield = tick_shield(tick_task_future(saving));
    if (tick_wait_for(shield, TICK_MS(1)) == TICK_ETIMEDOUT)
        printf("waits no longer; ");
    tick_future_unref(shield);
    const int result = tick_join(saving);
    tick_task_unref(saving);
    return result;
}

int main(void) {
    return tick_run(run, NULL) < 0;
}
// prints: waits no longer; saved
