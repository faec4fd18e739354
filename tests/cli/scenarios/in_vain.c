// Those who wait in vain, in each way in which one can: across hosts, in a daemon, by the dozen, for themselves, for what another brings
// only in a good run.
#include <retick.h>
#include <string.h>

// --- two ends that write much before they read ---

static int fills(tick_stream *stream) {
    static char bytes[1 << 20];
    TICK_TRY((int)tick_stream_write(stream, bytes, sizeof bytes)); // both write
    return (int)tick_stream_read_exactly(stream, bytes, sizeof bytes);
}

static int takes(tick_stream *client, void *unused) {
    (void)unused;
    return fills(client);
}

static int fullserver(void *unused) {
    (void)unused;
    return tick_serve(":7", takes, NULL);
}

static int fullclient(void *unused) {
    tick_stream *stream;
    (void)unused;
    TICK_TRY(tick_connect("server:7", &stream));
    return fills(stream);
}

TICK_SCENARIO(both_write, "a circle across hosts") {
    tick_daemon(world, "server", fullserver, NULL);
    tick_host_add(world, "client", fullclient, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
}

// --- a daemon's two locks, taken in two orders; a third connection is idle ---

struct locks {
    struct tick_lock *a, *b;
};

static int takes_both(struct tick_lock *one, struct tick_lock *other) {
    TICK_TRY(tick_lock_acquire(one));
    TICK_TRY(tick_sleep(TICK_MS(5)));
    TICK_TRY(tick_lock_acquire(other)); // the second lock
    TICK_TRY(tick_lock_release(other));
    return tick_lock_release(one);
}

static int does(tick_stream *client, void *arg) {
    struct locks *locks = arg;
    char line[16];
    while (tick_stream_read_line(client, line, sizeof line) > 0) {
        TICK_TRY(!strcmp(line, "ab") ? takes_both(locks->a, locks->b) : takes_both(locks->b, locks->a));
        TICK_TRY((int)tick_stream_printf(client, "done\n"));
    }
    return 0;
}

static int two_locks(void *unused) {
    (void)unused;
    struct locks locks = {tick_lock_new(), tick_lock_new()};
    return tick_serve(":1", does, &locks);
}

static int asks(void *text) {
    tick_stream *stream, *idle;
    char line[16];
    TICK_TRY(tick_connect("server:1", &stream));
    TICK_TRY(tick_connect("server:1", &idle));
    TICK_TRY((int)tick_stream_printf(stream, "%s\n", (const char *)text));
    return tick_check(tick_stream_read_line(stream, line, sizeof line) > 0, "no answer"); // reads the answer
}

TICK_SCENARIO(crossed, "a circle among a daemon's tasks, and those who wait for them") {
    tick_daemon(world, "server", two_locks, NULL);
    tick_host_add(world, "x", asks, "ab");
    tick_host_add(world, "y", asks, "ba");
    tick_link_all(world, .latency = TICK_MS(1));
}

// --- many of one sort, in a group, and one who holds what it wants ---

static int consumer(void *queue) {
    void *item;
    return tick_queue_get(queue, &item);
}

static int twice(void *lock) {
    TICK_TRY(tick_lock_acquire(lock));
    return tick_lock_acquire(lock); // again
}

static int crowd_main(void *unused) {
    struct tick_queue *queue = tick_queue_new(0);
    struct tick_group group;
    (void)unused;
    TICK_TRY(tick_group_enter(&group));
    for (int i = 0; i < 30; i++)
        TICK_TRY(tick_group_go(&group, consumer, queue));
    TICK_TRY(tick_group_go(&group, twice, tick_lock_new()));
    return tick_group_exit(&group, 0);
}

TICK_SCENARIO(crowd, "thirty who wait for a queue, and one for itself") {
    tick_host_add(world, "app", crowd_main, NULL);
}

// --- what comes only in a good run; gather, join, semaphore, sleep ---

struct shop {
    struct tick_future *opened;
    struct tick_semaphore *seats;
    struct tick_event_flag *closed;
};

static int opener(void *arg) {
    struct shop *shop = arg;
    TICK_TRY(tick_sleep(TICK_MS(3)));
    if (tick_random("strike", 2) == 0)
        tick_future_set_result(shop->opened, 0);
    return tick_event_wait(shop->closed); // until the evening
}

static int guest(void *arg) {
    struct shop *shop = arg;
    TICK_TRY(tick_semaphore_acquire(shop->seats)); // a seat
    TICK_TRY(tick_await(shop->opened));            // not yet open
    tick_event_set(shop->closed);
    return tick_semaphore_release(shop->seats);
}

static int shop_main(void *unused) {
    (void)unused;
    struct shop shop = {tick_future_new(), tick_semaphore_new(1), tick_event_new()};
    struct tick_task *tasks[] = {
        tick_spawn(opener, &shop), tick_spawn_named("first", guest, &shop), tick_spawn_named("second", guest, &shop)};
    struct tick_future *all[3];
    for (int i = 0; i < 3; i++)
        all[i] = tick_task_future(tasks[i]);
    struct tick_future *gather = tick_gather(all, 3, false);
    const int result = tick_await(gather); // all three
    tick_future_unref(gather);
    for (int i = 0; i < 3; i++)
        tick_task_unref(tasks[i]);
    tick_future_unref(shop.opened);
    tick_semaphore_free(shop.seats);
    tick_event_free(shop.closed);
    return result;
}

static int clock_main(void *unused) {
    (void)unused;
    return tick_sleep(TICK_SEC(1));
}

TICK_SCENARIO(shop, "a future that is set in a good run") {
    tick_host_add(world, "shop", shop_main, NULL);
    tick_daemon(world, "clock", clock_main, NULL);
}

// --- a pool of two, whose users want a second one each; a queue that is full; a wake-up that came too soon ---

static int user(void *pool) {
    void *one, *other;
    TICK_TRY(tick_queue_get(pool, &one));
    TICK_TRY(tick_sleep(TICK_MS(1)));
    TICK_TRY(tick_queue_get(pool, &other)); // a second one
    TICK_TRY(tick_queue_put(pool, other));
    return tick_queue_put(pool, one);
}

static int pool_main(void *unused) {
    struct tick_queue *pool = tick_queue_new(0);
    (void)unused;
    for (intptr_t i = 1; i <= 2; i++)
        TICK_TRY(tick_queue_put(pool, (void *)i));
    struct tick_task *one = tick_spawn(user, pool);
    TICK_TRY(tick_random("at once", 2) ? 0 : tick_sleep(TICK_MS(5)));
    struct tick_task *other = tick_spawn(user, pool);
    int result = tick_join(one);
    result = result < 0 ? result : tick_join(other);
    tick_task_unref(one);
    tick_task_unref(other);
    tick_queue_free(pool);
    return result;
}

TICK_SCENARIO(pool, "two users, who have one of two, and want the other") {
    tick_host_add(world, "app", pool_main, NULL);
}

struct belt {
    struct tick_queue *items;
    struct tick_event_flag *bell;
};

static int taker(void *arg) {
    struct belt *belt = arg;
    void *item;
    TICK_TRY(tick_queue_get(belt->items, &item));
    tick_event_clear(belt->bell);
    return tick_event_wait(belt->bell); // the bell has rung
}

static int belt_main(void *unused) {
    (void)unused;
    struct belt belt = {tick_queue_new(1), tick_event_new()};
    TICK_TRY(tick_go(taker, &belt));
    TICK_TRY(tick_queue_put(belt.items, &belt));
    tick_event_set(belt.bell);
    TICK_TRY(tick_sleep(TICK_MS(1)));
    TICK_TRY(tick_queue_put(belt.items, &belt));
    return tick_queue_put(belt.items, &belt); // no room
}

TICK_SCENARIO(belt, "a full queue, and a bell that rang too soon") {
    tick_host_add(world, "mill", belt_main, NULL);
}

// --- nobody gets on, and a daemon's clock goes on ticking ---

static int mute(tick_stream *client, void *unused) {
    char line[16];
    (void)unused;
    while (tick_stream_read_line(client, line, sizeof line) > 0)
        ;
    return 0;
}

static int ticks_for_ever(void *unused) {
    (void)unused;
    for (;;)
        TICK_TRY(tick_sleep(TICK_SEC(10)));
}

static int mute_server(void *unused) {
    (void)unused;
    TICK_TRY(tick_go(ticks_for_ever, NULL));
    return tick_serve(":7", mute, NULL);
}

static int mute_client(void *unused) {
    tick_stream *stream;
    char line[16];
    (void)unused;
    TICK_TRY(tick_connect("server:7", &stream));
    return (int)tick_stream_read_line(stream, line, sizeof line); // in vain
}

TICK_SCENARIO(ticking, "an answer that does not come, from a daemon that has a timer") {
    tick_daemon(world, "server", mute_server, NULL);
    tick_host_add(world, "client", mute_client, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
}

static int twice_main(void *unused) {
    struct tick_lock *lock = tick_lock_new();
    (void)unused;
    TICK_TRY(tick_lock_acquire(lock));
    return tick_lock_acquire(lock); // its own
}

TICK_SCENARIO(ticking_in_vain, "nobody reaches one of two, whatever ticks") {
    tick_daemon(world, "server", mute_server, NULL);
    tick_host_add(world, "client", mute_client, NULL);
    tick_host_add(world, "twice", twice_main, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
}

TICK_SCENARIO(ticking_for_long, "... and with more patience than there is time") {
    tick_daemon(world, "server", mute_server, NULL);
    tick_host_add(world, "client", mute_client, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
    tick_still_limit(world, TICK_SEC(7200));
}

static int sleeper(void *unused) {
    (void)unused;
    return tick_sleep(TICK_SEC(7200));
}

TICK_SCENARIO(sleepy, "somebody who has a timer of its own may go on") {
    tick_host_add(world, "client", sleeper, NULL);
}
