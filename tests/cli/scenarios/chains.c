// Chains of causes, for why and effects: over messages, timers, deadlines, locks, queues, events and futures.
#include <retick.h>
#include <stdio.h>
#include <string.h>

// --- a client that asks again after its deadline, and reads the answer to its first question ---

static int serve(tick_stream *client, void *unused) {
    char line[32];
    (void)unused;
    while (tick_stream_read_line(client, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(client, "answer to %s\n", line));
    return 0;
}

static int server(void *unused) {
    return tick_serve(":7", serve, unused);
}

static int asks(void *unused) {
    tick_stream *stream;
    char line[32];
    (void)unused;
    TICK_TRY(tick_connect("server:7", &stream));
    TICK_TRY((int)tick_stream_printf(stream, "one\n"));
    if (tick_within(TICK_MS(50), (int)tick_stream_read_line(stream, line, sizeof line)) > 0)
        return 0;
    TICK_TRY(tick_sleep(TICK_MS(60)));
    TICK_TRY((int)tick_stream_printf(stream, "two\n"));
    TICK_TRY((int)tick_stream_read_line(stream, line, sizeof line));
    return tick_check(!strcmp(line, "answer to two"), "it was told: %s", line);
}

TICK_SCENARIO(stale, "") {
    tick_daemon(world, "server", server, NULL);
    tick_host_add(world, "client", asks, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(200));
}

// --- tasks of one host that hand on to each other ---

static struct tick_event_flag *event;
static struct tick_queue *queue;
static struct tick_lock *lock;
static struct tick_future *future;

static int first(void *unused) {
    (void)unused;
    TICK_TRY(tick_lock_acquire(lock));
    TICK_TRY(tick_event_wait(event));
    return tick_lock_release(lock);
}

static int second(void *unused) {
    void *item;
    (void)unused;
    TICK_TRY(tick_lock_acquire(lock));
    TICK_TRY(tick_queue_get(queue, &item));
    return tick_future_set_result(future, 0);
}

static int hands(void *unused) {
    (void)unused;
    event = tick_event_new();
    queue = tick_queue_new(0);
    lock = tick_lock_new();
    future = tick_future_new();
    tick_spawn_named("first", first, NULL);
    tick_spawn_named("second", second, NULL);
    TICK_TRY(tick_sleep(TICK_MS(5)));
    tick_event_set(event);
    TICK_TRY(tick_sleep(TICK_MS(5)));
    TICK_TRY(tick_queue_put(queue, queue));
    TICK_TRY(tick_await(future));
    return tick_check(0, "all had their turn");
}

TICK_SCENARIO(hands_on, "") {
    tick_host_add(world, "app", hands, NULL);
}

// --- a deadline over a plain future ---

static int in_vain(void *unused) {
    (void)unused;
    struct tick_future *never = tick_future_new(); // never done
    return tick_within(TICK_MS(5), tick_await(never));
}

TICK_SCENARIO(in_time, "") {
    tick_host_add(world, "app", in_vain, NULL);
}

// --- longer than a page ---

static int sleeps(void *unused) {
    (void)unused;
    for (int i = 0; i < 100; i++)
        TICK_TRY(tick_sleep(TICK_MS(1)));
    return 0;
}

static int spawns(void *unused) {
    TICK_TRY(tick_join(tick_spawn_named("worker", sleeps, unused)));
    TICK_TRY(tick_join(tick_spawn_named("worker", sleeps, unused)));
    return tick_check(0, "it took long");
}

TICK_SCENARIO(lengthy_chain, "") {
    tick_host_add(world, "app", spawns, NULL);
    tick_host_add(world, "other", sleeps, NULL);
}

// --- two who wait for each other ---

static struct tick_lock *locks[2];

static int takes(void *way) {
    const int from = way != NULL;
    TICK_TRY(tick_lock_acquire(locks[from]));
    TICK_TRY(tick_sleep(TICK_MS(1)));
    return tick_lock_acquire(locks[!from]);
}

static int crosses(void *unused) {
    (void)unused;
    for (int i = 0; i < 2; i++)
        locks[i] = tick_lock_new();
    tick_spawn_named("left", takes, NULL);
    return tick_join(tick_spawn_named("right", takes, locks));
}

TICK_SCENARIO(crossed, "") {
    tick_host_add(world, "app", crosses, NULL);
}
