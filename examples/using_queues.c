// asyncio.Queue: a producer and two workers; a bounded queue holds the producer back, a shutdown ends the workers.
#include <retick.h>
#include <stdio.h>

static struct tick_queue *jobs;
static long sum;

static int work(void *unused) {
    (void)unused;
    void *job;
    int result;
    while ((result = tick_queue_get(jobs, &job)) == 0) {
        TICK_TRY(tick_sleep(0));
        sum += (long)(intptr_t)job;
        tick_queue_task_done(jobs);
    }
    return result == TICK_ECLOSED ? 0 : result;
}

static int produce(void) {
    for (intptr_t job = 1; job <= 100; job++)
        TICK_TRY(tick_queue_put(jobs, (void *)job)); // waits while eight are queued
    TICK_TRY(tick_queue_join(jobs));                 // until all are done
    tick_queue_shutdown(jobs);
    return 0;
}

static int run(void *unused) {
    (void)unused;
    struct tick_group group;
    jobs = tick_queue_new(8);
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, work, NULL));
    TICK_TRY(tick_group_go(&group, work, NULL));
    const int result = tick_group_exit(&group, produce());
    tick_queue_free(jobs);
    return result;
}

int main(void) {
    const int result = tick_run(run, NULL);
    printf("sum %ld\n", sum);
    return result < 0;
}
// prints: sum 5050
