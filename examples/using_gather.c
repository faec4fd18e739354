// asyncio.gather: all results, in the order of the arguments.
#include <retick.h>
#include <stdio.h>

static int square(void *number) {
    const int n = (int)(intptr_t)number;
    TICK_TRY(tick_sleep(TICK_MS(4 - n)));
    return n * n;
}

static int run(void *unused) {
    (void)unused;
    struct tick_task *tasks[3];
    struct tick_future *futures[3];
    for (intptr_t i = 0; i < 3; i++) {
        tasks[i] = tick_spawn(square, (void *)(i + 1));
        futures[i] = tick_task_future(tasks[i]);
    }
    struct tick_future *all = tick_gather(futures, 3, false);
    TICK_TRY(tick_await(all)); // the first failure, if there is one
    tick_future_unref(all);
    for (int i = 0; i < 3; i++) {
        printf("%d ", tick_join(tasks[i]));
        tick_task_unref(tasks[i]);
    }
    return 0;
}

int main(void) {
    const int result = tick_run(run, NULL);
    printf("squares\n");
    return result < 0;
}
// prints: 1 4 9 squares
