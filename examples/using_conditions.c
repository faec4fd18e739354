// asyncio.Condition: wait until something holds, and look again after every notification.
#include <retick.h>
#include <stdio.h>

static struct tick_condition *changed;
static int level;

static bool is_full(void *unused) {
    (void)unused;
    return level >= 3;
}

static int watch(void *unused) {
    (void)unused;
    struct tick_lock *lock = tick_condition_lock(changed);
    TICK_TRY(tick_lock_acquire(lock));
    const int result = tick_condition_wait_for(changed, is_full, NULL);
    printf("full at %d\n", level);
    tick_lock_release(lock);
    return result;
}

static int run(void *unused) {
    (void)unused;
    changed = tick_condition_new(NULL);
    struct tick_lock *lock = tick_condition_lock(changed);
    struct tick_task *watcher = tick_spawn(watch, NULL);
    while (level < 3) {
        TICK_TRY(tick_sleep(TICK_MS(1)));
        TICK_TRY(tick_lock_acquire(lock));
        level++;
        tick_condition_notify_all(changed);
        tick_lock_release(lock);
    }
    const int result = tick_join(watcher);
    tick_task_unref(watcher);
    tick_condition_free(changed);
    return result;
}

int main(void) {
    return tick_run(run, NULL) < 0;
}
// prints: full at 3
