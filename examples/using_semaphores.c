// asyncio.Semaphore: of five downloads, no more than two at a time.
#include <retick.h>
#include <stdio.h>

static struct tick_semaphore *slots;
static int active, most;

static int download(void *unused) {
    (void)unused;
    TICK_TRY(tick_semaphore_acquire(slots));
    if (++active > most)
        most = active;
    const int result = tick_sleep(TICK_MS(1));
    active--;
    tick_semaphore_release(slots);
    return result;
}

static int run(void *unused) {
    (void)unused;
    struct tick_group group;
    slots = tick_semaphore_bounded_new(2);
    TICK_TRY(tick_group_enter(&group));
    for (int i = 0; i < 5; i++)
        TICK_TRY(tick_group_go(&group, download, NULL));
    const int result = tick_group_exit(&group, 0);
    tick_semaphore_free(slots);
    return result;
}

int main(void) {
    const int result = tick_run(run, NULL);
    printf("at most %d at a time\n", most);
    return result < 0;
}
// prints: at most 2 at a time
