// asyncio.as_completed: results as they come, not as they were asked for.
#include <retick.h>
#include <stdio.h>

static int ask(void *server) {
    const int number = (int)(intptr_t)server;
    TICK_TRY(tick_sleep(TICK_MS(50 * number)));
    return number;
}

static int run(void *unused) {
    (void)unused;
    struct tick_task *tasks[3];
    struct tick_future *futures[3], *next;
    for (intptr_t i = 0; i < 3; i++) {
        tasks[i] = tick_spawn(ask, (void *)(3 - i));
        futures[i] = tick_task_future(tasks[i]);
    }
    struct tick_as_completed *each = tick_as_completed_new(futures, 3, TICK_SEC(60));
    intptr_t answer;
    int result;
    while ((result = tick_as_completed_next(each, &next)) == 0 && tick_future_result(next, &answer) == 0)
        printf("%d ", (int)answer);
    tick_as_completed_free(each);
    for (int i = 0; i < 3; i++)
        tick_task_unref(tasks[i]);
    return result == TICK_EEMPTY ? 0 : result;
}

int main(void) {
    const int result = tick_run(run, NULL);
    printf("all\n");
    return result < 0;
}
// prints: 1 2 3 all
