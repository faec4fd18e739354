// What stories have to say of some things that programs do, so that a stranger knows who did them, and how often.
#include <errno.h>
#include <retick.h>
#include <stdlib.h>
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

// --- a send that is cut short, and goes on; a timer that is late ---

static int hears(tick_stream *client, void *unused) {
    char got[64];
    (void)unused;
    while (tick_stream_read_line(client, got, sizeof got) > 0)
        continue;
    return 0;
}

static int hearing(void *unused) {
    return tick_serve(":9", hears, unused);
}

static int sends_all(struct tick_sys *sys, int fd, const char *text, bool *cut) {
    for (size_t sent = 0, size = strlen(text); sent < size;) {
        const ssize_t count = sys->ops->send(sys, fd, text + sent, size - sent, 0);
        TICK_TRY((int)count);
        sent += (size_t)count;
        *cut |= sent < size;
        TICK_TRY(tick_sleep(TICK_MS(1)));
    }
    return 0;
}

static int says(void *unused) {
    struct tick_sys *sys = tick_sys_running();
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    fd_set writable;
    bool cut = false;
    int fd;
    (void)unused;
    TICK_TRY(sys->ops->resolve(sys, "hearer", 9, &address, &size));
    TICK_TRY(fd = sys->ops->socket(sys, address.ss_family, SOCK_STREAM, 0));
    FD_ZERO(&writable);
    FD_SET(fd, &writable);
    if (sys->ops->connect(sys, fd, (struct sockaddr *)&address, size) == -EINPROGRESS)
        TICK_TRY(sys->ops->select(sys, fd + 1, NULL, &writable, NULL, -1));
    for (int i = 0; i < 9; i++)
        TICK_TRY(sends_all(sys, fd, i % 2 ? "a second line\n" : "the first line\n", &cut));
    TICK_TRY(tick_check(!cut, "a send was cut short"));
    return sys->ops->close(sys, fd);
}

TICK_SCENARIO(cut_short, "what a send leaves goes out after it") {
    tick_daemon(world, "hearer", hearing, NULL);
    tick_host_add(world, "sayer", says, NULL);
    tick_link_all(world, .latency = TICK_MS(10));
}

static int sleeper(void *unused) {
    const int64_t began = tick_time();
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(40)));
    return tick_check(tick_time() == began + TICK_MS(40), "it slept for too long");
}

TICK_SCENARIO(late, "a timer that is late") {
    tick_host_add(world, "sleeper", sleeper, NULL);
}

// --- who is woken for his turn, and has run out of time by then: does he hand it on? ---

struct turn {
    struct tick_future *mine, *next; // next NULL: it hands nothing on
    bool checks;
};

static int in_turn(const struct turn *turn) {
    const int result = tick_await(turn->mine); // whose turn it is
    if (result < 0 && turn->next)
        tick_future_set_result(turn->next, 0);
    return result;
}

static int hasty(void *turn) {
    const struct turn *mine = turn;
    return tick_within(TICK_MS(10), in_turn(mine)) >= 0 ? -EINVAL : mine->checks ? tick_check(false, "too late") : 0;
}

static int patient(void *turn) {
    return in_turn(turn);
}

static void give(void *future) {
    tick_future_set_result(future, 0);
}

static void leave(void *unused) {
    (void)unused;
    exit(3);
}

enum then { DROPS, HANDS_ON, LEAVES, CHECKS };

static int turns(enum then then) {
    struct tick_future *futures[2];
    for (int i = 0; i < 2; i++)
        futures[i] = tick_future_new();
    struct turn first = {futures[0], then == HANDS_ON ? futures[1] : NULL, then == CHECKS}, second = {futures[1], NULL, false};
    if (!tick_call_later(NULL, TICK_MS(10), give, futures[0]) || !tick_spawn(hasty, &first) || !tick_spawn(patient, &second))
        return -ENOMEM;
    TICK_TRY(tick_sleep(0)); // their timers are behind that
    if (then == LEAVES && !tick_call_later(NULL, TICK_MS(10), leave, NULL))
        return -ENOMEM;
    TICK_TRY(tick_sleep(TICK_MS(20)));
    return tick_check(false, "the end");
}

static int drops(void *unused) {
    (void)unused;
    return turns(DROPS);
}

static int hands_on(void *unused) {
    (void)unused;
    return turns(HANDS_ON);
}

static int leaves(void *unused) {
    (void)unused;
    return turns(LEAVES);
}

static int checks(void *unused) {
    (void)unused;
    return turns(CHECKS);
}

TICK_SCENARIO(turn_lost, "a turn that is lost") {
    tick_host_add(world, "app", drops, NULL);
}

TICK_SCENARIO(turn_handed_on, "a turn that is handed on") {
    tick_host_add(world, "app", hands_on, NULL);
}

TICK_SCENARIO(turn_unknown, "a run that ends before who was woken has run") {
    tick_host_add(world, "app", leaves, NULL);
}

TICK_SCENARIO(turn_open, "a run that ends in the midst of his step") {
    tick_host_add(world, "app", checks, NULL);
}

// --- the same of an event, which is set when he has run out of time already ---

struct seat {
    struct tick_event_flag *bell;
    struct seat *next; // NULL: it hands nothing on
};

static int takes_seat(const struct seat *seat) {
    const int result = tick_event_wait(seat->bell); // for a seat
    if (result < 0 && seat->next)
        tick_event_set(seat->next->bell);
    return result;
}

static int hungry(void *seat) {
    if (tick_within(TICK_MS(10), takes_seat(seat)) < 0)
        tick_mark("went away");
    return 0;
}

static int guest(void *seat) {
    return takes_seat(seat);
}

static void rings(void *bell) {
    tick_event_set(bell);
}

static int seats(bool on) {
    struct seat second = {tick_event_new(), NULL}, first = {tick_event_new(), on ? &second : NULL};
    if (!tick_spawn(hungry, &first) || !tick_spawn(guest, &second))
        return -ENOMEM;
    TICK_TRY(tick_sleep(0)); // they wait by then
    if (!tick_call_later(NULL, TICK_MS(10), rings, first.bell))
        return -ENOMEM;
    TICK_TRY(tick_sleep(TICK_MS(20)));
    return tick_check(false, "closed");
}

static int nobody_sits(void *unused) {
    (void)unused;
    return seats(false);
}

static int somebody_sits(void *unused) {
    (void)unused;
    return seats(true);
}

TICK_SCENARIO(seat_lost, "a bell that is rung for who is just gone") {
    tick_host_add(world, "inn", nobody_sits, NULL);
}

TICK_SCENARIO(seat_handed_on, "a bell that is rung for who is just gone, and rings another") {
    tick_host_add(world, "inn", somebody_sits, NULL);
}

// --- and of a queue: who is to be served has gone, and nobody else comes ---

static int orders(void *kitchen) {
    void *plate;
    return tick_within(TICK_MS(10), tick_queue_get(kitchen, &plate)) < 0 ? 0 : -EINVAL;
}

static void serves(void *kitchen) {
    if (tick_queue_try_put(kitchen, kitchen) < 0)
        tick_mark("no room");
}

static int plate(void *unused) {
    struct tick_queue *kitchen = tick_queue_new(0);
    (void)unused;
    if (!kitchen || !tick_spawn_named("hungry", orders, kitchen))
        return -ENOMEM;
    TICK_TRY(tick_sleep(0)); // it waits by then
    if (!tick_call_later(NULL, TICK_MS(10), serves, kitchen))
        return -ENOMEM;
    TICK_TRY(tick_sleep(TICK_MS(20)));
    return tick_check(false, "closed");
}

TICK_SCENARIO(plate_cold, "a plate for who is just gone") {
    tick_host_add(world, "inn", plate, NULL);
}
