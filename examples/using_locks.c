// asyncio.Lock: two tasks change one balance, each in two steps that belong together.
#include <retick.h>
#include <stdio.h>

static struct tick_lock *lock;
static int balance = 100;

static int withdraw(void *amount) {
    TICK_TRY(tick_lock_acquire(lock));
    const int before = balance;
    int result = tick_sleep(TICK_MS(1)); // a round trip to somewhere
    if (result == 0)
        balance = before - *(int *)amount;
    tick_lock_release(lock); // on every way out
    return result;
}

static int run(void *unused) {
    int thirty = 30, forty = 40;
    (void)unused;
    lock = tick_lock_new();
    struct tick_task *a = tick_spawn(withdraw, &thirty), *b = tick_spawn(withdraw, &forty);
    TICK_TRY(tick_join(a));
    TICK_TRY(tick_join(b));
    tick_task_unref(a);
    tick_task_unref(b);
    tick_lock_free(lock);
    return 0;
}

int main(void) {
    const int result = tick_run(run, NULL);
    printf("balance %d\n", balance);
    return result < 0;
}
// prints: balance 30
