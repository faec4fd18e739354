// asyncio.timeout: a deadline over whatever the body does, in short and in full.
#include <retick.h>
#include <stdio.h>

static int run(void *unused) {
    (void)unused;
    if (tick_within(TICK_MS(1), tick_sleep(TICK_SEC(60))) == TICK_ETIMEDOUT)
        printf("late; ");

    struct tick_timeout scope;
    TICK_TRY(tick_timeout_enter(&scope, tick_time() + TICK_MS(1)));
    TICK_TRY(tick_timeout_reschedule(&scope, tick_time() + TICK_SEC(60))); // more time was granted
    const int result = tick_timeout_exit(&scope, tick_sleep(TICK_MS(2)));
    printf("%s\n", tick_timeout_expired(&scope) ? "late" : "in time");
    return result;
}

int main(void) {
    return tick_run(run, NULL) < 0;
}
// prints: late; in time
