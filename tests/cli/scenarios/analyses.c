// For each analysis a run that it must flag, and one beside it that it must not.
#include <errno.h>
#include <retick.h>

static struct tick_lock *lock;
static struct tick_queue *queue;
static int balance;

static void join_both(struct tick_task *a, struct tick_task *b) {
    (void)tick_join(a);
    (void)tick_join(b);
    tick_task_unref(a);
    tick_task_unref(b);
}

#define HOST(name, summary) \
    TICK_SCENARIO(name, summary) { \
        tick_host_add(world, "app", name##_main, NULL); \
    }
#define BOTH(name, first, second, summary) \
    static int name##_main(void *unused) { \
        lock = tick_lock_new(); \
        queue = tick_queue_new(0); \
        balance = 0; \
        struct tick_task *a = tick_spawn_named("first", first, unused), *b = tick_spawn_named("second", second, unused); \
        join_both(a, b); \
        tick_queue_free(queue); \
        tick_lock_free(lock); \
        return 0; \
    } \
    HOST(name, summary)

// --- slow: who runs, and who has to wait until he has run ---

static int works(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    tick_busy(TICK_MS(7));
    return 0;
}

static int sleeps(void *unused) {
    (void)unused;
    return tick_sleep(TICK_MS(1));
}
BOTH(slow, works, sleeps, "one is busy while the other could go on")
BOTH(slow_not, sleeps, sleeps, "nobody is busy")

// --- starved: a lock that another takes again and again; and one that goes round ---

static int hogs(void *unused) {
    (void)unused;
    for (int i = 0; i < 5; i++) {
        TICK_TRY(tick_lock_acquire(lock));
        TICK_TRY(tick_sleep(TICK_MS(2)));
        TICK_TRY(tick_lock_release(lock));
        TICK_TRY(tick_lock_acquire(lock));
        TICK_TRY(tick_lock_release(lock));
    }
    return 0;
}

static int polls_queue(void *unused) {
    void *item = NULL;
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    return tick_queue_get(queue, &item);
}

static int feeds_itself(void *unused) { // it takes back what it puts, before the other has its turn
    void *item = NULL;
    (void)unused;
    for (int i = 0; i < 4; i++) {
        TICK_TRY(tick_sleep(TICK_MS(2)));
        TICK_TRY(tick_queue_put(queue, queue));
        TICK_TRY(tick_queue_try_get(queue, &item));
    }
    return tick_queue_put(queue, queue);
}
BOTH(starved, feeds_itself, polls_queue, "what is put is taken back before the other has its turn")
BOTH(starved_not, hogs, hogs, "a lock that goes round")

// --- useless: woken for nothing (as above); and for something ---

static int feeds(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(2)));
    return tick_queue_put(queue, queue);
}
BOTH(useless, feeds_itself, polls_queue, "woken at an empty queue")
BOTH(useless_not, feeds, polls_queue, "woken for an item")

// --- leaks: a lock that its holder takes along ---

static int keeps(void *unused) {
    (void)unused;
    return tick_lock_acquire(lock);
}

static int gives_back(void *unused) {
    (void)unused;
    TICK_TRY(tick_lock_acquire(lock));
    return tick_lock_release(lock);
}
BOTH(leaks, keeps, sleeps, "a lock is never given back")
BOTH(leaks_not, gives_back, sleeps, "it is")

// --- never-awaited ---

static int fails(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    return -EIO;
}

static int never_awaited_main(void *unused) {
    tick_task_unref(tick_spawn_named("lost", fails, unused));
    return tick_sleep(TICK_MS(5));
}
HOST(never_awaited, "a task fails, and nobody asks")

static int never_awaited_not_main(void *unused) {
    struct tick_task *task = tick_spawn_named("asked", fails, unused);
    (void)tick_join(task);
    tick_task_unref(task);
    return tick_sleep(TICK_MS(5));
}
HOST(never_awaited_not, "somebody asks")

// --- atomicity ---

static int adds(void *unused) {
    (void)unused;
    tick_shared_read("balance");
    const int before = balance;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    balance = before + 1;
    tick_shared_write("balance");
    return 0;
}

static int adds_at_once(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    tick_shared_read("balance");
    balance++;
    tick_shared_write("balance");
    return 0;
}
BOTH(atomicity, adds, adds, "two read, and both write")
BOTH(atomicity_not, adds_at_once, adds_at_once, "each reads and writes without a wait between")

// --- waits-for, deadlocks ---

static struct tick_lock *other;

static int left(void *unused) {
    (void)unused;
    TICK_TRY(tick_lock_acquire(lock));
    TICK_TRY(tick_sleep(TICK_MS(1)));
    TICK_TRY(tick_lock_acquire(other));
    TICK_TRY(tick_lock_release(other));
    return tick_lock_release(lock);
}

static int right(void *unused) {
    (void)unused;
    TICK_TRY(tick_lock_acquire(other));
    TICK_TRY(tick_sleep(TICK_MS(1)));
    TICK_TRY(tick_lock_acquire(lock));
    TICK_TRY(tick_lock_release(lock));
    return tick_lock_release(other);
}

static int deadlocks_main(void *unused) {
    lock = tick_lock_new();
    other = tick_lock_new();
    struct tick_task *a = tick_spawn_named("left", left, unused), *b = tick_spawn_named("right", right, unused);
    join_both(a, b);
    return 0;
}
HOST(deadlocks, "two locks, taken in both orders")

static int deadlocks_not_main(void *unused) {
    lock = tick_lock_new();
    other = tick_lock_new();
    struct tick_task *a = tick_spawn_named("left", left, unused), *b = tick_spawn_named("right", left, unused);
    join_both(a, b);
    tick_lock_free(other);
    tick_lock_free(lock);
    return 0;
}
HOST(deadlocks_not, "in one order")

// --- preceded: which of two marks comes first, by an answer of the schedule's ---

static int preceded_main(void *unused) {
    (void)unused;
    const bool early = tick_random("early", 2) != 0;
    if (early)
        tick_mark("the lease ends");
    tick_mark("the write begins");
    if (!early)
        tick_mark("the lease ends");
    return tick_check(!early, "a write after its lease");
}
HOST(preceded, "a mark before another")
