// asyncio.wait: go on with the first answer, and cancel who is too late.
#include <retick.h>
#include <stdio.h>

static int ask(void *server) {
    const int number = (int)(intptr_t)server;
    TICK_TRY(tick_sleep(number == 1 ? TICK_MS(5) : TICK_SEC(30)));
    return number;
}

static int run(void *unused) {
    (void)unused;
    struct tick_task *tasks[3];
    struct tick_future *futures[3];
    for (intptr_t i = 0; i < 3; i++) {
        tasks[i] = tick_spawn(ask, (void *)(3 - i));
        futures[i] = tick_task_future(tasks[i]);
    }
    TICK_TRY(tick_wait(futures, 3, TICK_SEC(60), TICK_FIRST_COMPLETED));
    for (int i = 0; i < 3; i++)
        if (!tick_task_cancel(tasks[i], NULL))
            printf("server %d answered\n", tick_join(tasks[i]));
    for (int i = 0; i < 3; i++)
        tick_task_unref(tasks[i]);
    return 0;
}

int main(void) {
    return tick_run(run, NULL) < 0;
}
// prints: server 1 answered
