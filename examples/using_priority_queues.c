// asyncio.PriorityQueue and LifoQueue: the same three tasks, by urgency and by age.
#include <retick.h>
#include <stdio.h>

struct chore {
    int urgency;
    const char *name;
};

static int by_urgency(const void *a, const void *b) {
    return ((const struct chore *)b)->urgency - ((const struct chore *)a)->urgency;
}

static int drain(struct tick_queue *queue) {
    void *chore;
    int result;
    tick_queue_shutdown(queue); // what is in it can still be had
    while ((result = tick_queue_get(queue, &chore)) == 0)
        printf("%s ", ((const struct chore *)chore)->name);
    return result == TICK_ECLOSED ? 0 : result;
}

static int run(void *unused) {
    (void)unused;
    static struct chore chores[] = {{1, "dust"}, {9, "fire"}, {5, "dishes"}};
    struct tick_queue *urgent = tick_queue_priority_new(0, by_urgency), *newest = tick_queue_lifo_new(0);
    for (int i = 0; i < 3; i++) {
        TICK_TRY(tick_queue_put(urgent, &chores[i]));
        TICK_TRY(tick_queue_put(newest, &chores[i]));
    }
    TICK_TRY(drain(urgent));
    TICK_TRY(drain(newest));
    tick_queue_free(urgent);
    tick_queue_free(newest);
    return 0;
}

int main(void) {
    const int result = tick_run(run, NULL);
    printf("done\n");
    return result < 0;
}
// prints: fire dishes dust dishes fire dust done
