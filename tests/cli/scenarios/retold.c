// What stories have to say of some things that programs do, so that a stranger knows who did them, and how often.
#include <errno.h>
#include <retick.h>
#include <string.h>

// --- the same deadline, of many and again ---

static int worker(void *never) {
    for (int i = 0; i < 2; i++)
        if (tick_within(TICK_MS(10), tick_event_wait(never)) == TICK_ETIMEDOUT) { // too short
            tick_mark("too late");
            tick_mark("and once more");
        }
    return 0;
}

static int impatient(void *unused) {
    struct tick_event_flag *never = tick_event_new();
    struct tick_group group;
    (void)unused;
    TICK_TRY(tick_group_enter(&group));
    for (int i = 0; i < 6; i++)
        TICK_TRY(tick_group_go(&group, worker, never));
    TICK_TRY(tick_group_exit(&group, 0));
    return tick_check(false, "nobody came");
}

TICK_SCENARIO(deadlines, "six who run into their deadlines, twice each") {
    tick_host_add(world, "app", impatient, NULL);
}

// --- one who keeps others from reading until he has written, and one who writes to him before she reads ---

static char bytes[1 << 20];

static int writes(tick_stream *client, void *unused) {
    (void)unused;
    TICK_TRY((int)tick_stream_write(client, bytes, 4));                // the first few
    TICK_TRY((int)tick_stream_write(client, bytes, sizeof bytes - 4)); // the answer
    return (int)tick_stream_read_exactly(client, bytes, sizeof bytes);
}

static int server(void *unused) {
    return tick_serve(":7", writes, unused);
}

struct connection {
    tick_stream *stream;
    struct tick_event_flag *flushed;
};

static int talker(void *arg) {
    struct connection *c = arg;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    tick_event_clear(c->flushed);
    TICK_TRY((int)tick_stream_write(c->stream, bytes, sizeof bytes)); // the question
    tick_event_set(c->flushed);
    return 0;
}

static int listener(void *arg) {
    struct connection *c = arg;
    char some[4];
    for (;;) {
        TICK_TRY(tick_stream_read_exactly(c->stream, some, sizeof some) > 0 ? 0 : TICK_ECLOSED);
        TICK_TRY(tick_sleep(TICK_MS(10)));
        TICK_TRY(tick_event_wait(c->flushed)); // not while somebody writes
    }
}

static int client(void *unused) {
    struct connection connection = {.flushed = tick_event_new()};
    struct tick_group group;
    (void)unused;
    tick_event_set(connection.flushed);
    TICK_TRY(tick_connect("server:7", &connection.stream));
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, listener, &connection));
    TICK_TRY(tick_group_go(&group, talker, &connection));
    return tick_group_exit(&group, 0);
}

TICK_SCENARIO(both_talk, "a circle of two who write, and a third who must not read") {
    tick_daemon(world, "server", server, NULL);
    tick_host_add(world, "client", client, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
}

// --- who clears what he has waited for keeps nobody waiting; a lock that is handed on; two permits ---

static int eater(void *bell) {
    TICK_TRY(tick_event_wait(bell));
    tick_event_clear(bell);
    return tick_event_wait(bell); // for supper
}

static int one_after_the_other(void *arg) {
    struct tick_lock *lock = arg;
    TICK_TRY(tick_lock_acquire(lock)); // in turn
    TICK_TRY(tick_sleep(TICK_MS(1)));
    return tick_lock_release(lock);
}

static int keeper(void *lock) {
    TICK_TRY(tick_lock_acquire(lock));
    return tick_await(tick_future_new()); // for good
}

static int sits(void *seats) {
    TICK_TRY(tick_semaphore_acquire(seats)); // a seat
    return tick_await(tick_future_new());    // and stays
}

static int inn(void *unused) {
    struct tick_event_flag *bell = tick_event_new();
    struct tick_lock *lock = tick_lock_new();
    struct tick_semaphore *seats = tick_semaphore_new(2);
    struct tick_group group;
    (void)unused;
    tick_event_set(bell);
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, eater, bell));
    TICK_TRY(tick_group_go(&group, eater, bell));
    TICK_TRY(tick_group_go(&group, one_after_the_other, lock));
    TICK_TRY(tick_group_go(&group, keeper, lock));
    TICK_TRY(tick_group_go(&group, one_after_the_other, lock));
    for (int i = 0; i < 3; i++)
        TICK_TRY(tick_group_go(&group, sits, seats));
    return tick_group_exit(&group, 0);
}

TICK_SCENARIO(inn, "those who wait for what others have") {
    tick_host_add(world, "inn", inn, NULL);
}
