// Task.cancel: the task gets TICK_ECANCELED where it waits, cleans up, and passes it on.
#include <retick.h>
#include <stdio.h>

static int serve(void *unused) {
    (void)unused;
    const int result = tick_sleep(TICK_SEC(3600));
    if (result == TICK_ECANCELED)
        printf("cleaned up; ");
    return result;
}

static int run(void *unused) {
    (void)unused;
    struct tick_task *task = tick_spawn(serve, NULL);
    TICK_TRY(tick_sleep(0)); // it runs up to its sleep
    tick_task_cancel(task, "shutting down");
    if (tick_join(task) == TICK_ECANCELED)
        printf("%s\n", tick_future_cancel_message(tick_task_future(task)));
    tick_task_unref(task);
    return 0;
}

int main(void) {
    return tick_run(run, NULL) < 0;
}
// prints: cleaned up; shutting down
