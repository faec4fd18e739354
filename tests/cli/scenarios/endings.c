// Programs whose end is a verdict: locks taken in two orders, an invariant, a future that is left over, a loop that is kept busy.
#include <retick.h>

static struct tick_lock *accounts, *journal;

static int transfers(void *unused) {
    (void)unused;
    TICK_TRY(tick_lock_acquire(accounts));
    TICK_TRY(tick_sleep(TICK_MS(1)));
    TICK_TRY(tick_lock_acquire(journal)); // transfers waits here
    (void)tick_lock_release(journal);
    return tick_lock_release(accounts);
}

static int reports(void *unused) {
    (void)unused;
    TICK_TRY(tick_lock_acquire(journal));
    TICK_TRY(tick_sleep(TICK_MS(1)));
    TICK_TRY(tick_lock_acquire(accounts)); // reports waits here
    (void)tick_lock_release(accounts);
    return tick_lock_release(journal);
}

static int keeps_books(void *unused) {
    (void)unused;
    accounts = tick_lock_new();
    journal = tick_lock_new();
    struct tick_task *one = tick_spawn(transfers, NULL), *other = tick_spawn(reports, NULL);
    TICK_TRY(tick_join(one));
    return tick_join(other);
}

TICK_SCENARIO(two_orders, "two locks, taken in two orders") {
    tick_host_add(world, "bank", keeps_books, NULL);
}

static int balance = 2;

static bool is_covered(void *unused) {
    (void)unused;
    return balance >= 0;
}

static int spends(void *unused) {
    (void)unused;
    for (; balance > -5; balance--)
        TICK_TRY(tick_sleep(TICK_MS(10)));
    return 0;
}

TICK_SCENARIO(overdrawn, "an invariant that does not hold for long") {
    tick_host_add(world, "bank", spends, NULL);
    tick_invariant(world, is_covered, NULL, "the account is overdrawn");
}

static bool never_holds(void *unused) {
    (void)unused;
    return false;
}

TICK_SCENARIO(never, "an invariant that does not hold from the start") {
    tick_host_add(world, "bank", spends, NULL);
    tick_invariant(world, never_holds, NULL, "there is money");
}

static int promises(void *unused) {
    (void)unused;
    return tick_future_new() ? tick_sleep(TICK_MS(1)) : TICK_EFAILED; // made here
}

static int naps(void *unused) {
    (void)unused;
    return tick_sleep(TICK_MS(1));
}

static int off_by_one(void *unused) {
    (void)unused;
    return tick_check(false, "one is missing");
}

TICK_SCENARIO(counted, "a check of the whole, when all is over") {
    tick_host_add(world, "bank", naps, NULL);
    tick_at_end(world, off_by_one, NULL);
}

TICK_SCENARIO(promised, "a future that nobody completes") {
    tick_host_add(world, "bank", promises, NULL);
}

static int counts(void *unused) {
    (void)unused;
    for (int i = 0; i < 5; i++) {
        tick_busy(TICK_MS(40));
        TICK_TRY(tick_sleep(0));
    }
    return 0;
}

static int counts_beside_a_customer(void *unused) {
    (void)unused;
    struct tick_task *counting = tick_spawn(counts, NULL);
    TICK_TRY(tick_sleep(TICK_MS(1)));
    return tick_join(counting);
}

TICK_SCENARIO(busy, "a loop that has no time for others") {
    tick_host_add(world, "bank", counts_beside_a_customer, NULL);
    tick_busy_limit(world, TICK_MS(50));
}
