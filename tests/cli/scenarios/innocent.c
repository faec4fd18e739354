// What stories must not say of programs that do nothing of it: each fails for a reason of its own, behind what looks like a fault.
#include <errno.h>
#include <retick.h>
#include <string.h>

// --- who has run into his deadline, and waits again, is given something: it is not lost ---

static int patient(void *bell) {
    while (tick_within(TICK_MS(10), tick_event_wait(bell)) == TICK_ETIMEDOUT)
        tick_mark("not yet");
    return 0;
}

static int host(void *unused) {
    struct tick_event_flag *bell = tick_event_new();
    struct tick_task *guest = tick_spawn(patient, bell);
    (void)unused;
    if (!bell || !guest)
        return -ENOMEM;
    TICK_TRY(tick_sleep(TICK_MS(25)));
    tick_event_set(bell);
    TICK_TRY(tick_join(guest));
    return tick_check(false, "the guest has gone");
}

TICK_SCENARIO(given, "somebody who waits again gets what he waits for") {
    tick_host_add(world, "inn", host, NULL);
}

// --- what is put into a queue for who is gone lies there until somebody takes it ---

static int orders(void *kitchen) {
    void *plate;
    return tick_within(TICK_MS(10), tick_queue_get(kitchen, &plate)) < 0 ? 0 : -EINVAL;
}

static void serves(void *kitchen) {
    if (tick_queue_try_put(kitchen, kitchen) < 0)
        tick_mark("no room");
}

static int kitchen(void *unused) {
    struct tick_queue *plates = tick_queue_new(0);
    void *plate;
    (void)unused;
    if (!plates || !tick_spawn(orders, plates))
        return -ENOMEM;
    TICK_TRY(tick_sleep(0)); // it waits by then
    if (!tick_call_later(NULL, TICK_MS(10), serves, plates))
        return -ENOMEM;
    TICK_TRY(tick_sleep(TICK_MS(20)));
    TICK_TRY(tick_queue_get(plates, &plate));
    return tick_check(false, "eaten by the cook");
}

TICK_SCENARIO(served, "what nobody took is taken by another") {
    tick_host_add(world, "inn", kitchen, NULL);
}

// --- who has stopped waiting for an answer reads it before he asks again ---

static int slow(tick_stream *client, void *unused) {
    char line[16];
    (void)unused;
    while (tick_stream_read_line(client, line, sizeof line) > 0) {
        TICK_TRY(tick_sleep(TICK_MS(5)));
        TICK_TRY((int)tick_stream_printf(client, "%s it is\n", line));
    }
    return 0;
}

static int server(void *unused) {
    return tick_serve(":7", slow, unused);
}

static int client(void *unused) {
    tick_stream *stream;
    char line[32];
    (void)unused;
    TICK_TRY(tick_connect("server:7", &stream));
    TICK_TRY((int)tick_stream_printf(stream, "one\n"));
    if (tick_within(TICK_MS(2), (int)tick_stream_read_line(stream, line, sizeof line)) == TICK_ETIMEDOUT)
        TICK_TRY((int)tick_stream_read_line(stream, line, sizeof line));
    TICK_TRY((int)tick_stream_printf(stream, "two\n"));
    TICK_TRY((int)tick_stream_read_line(stream, line, sizeof line));
    return tick_check(strcmp(line, "three it is") == 0, "no three");
}

TICK_SCENARIO(drained, "an answer is read late, and before the next question") {
    tick_daemon(world, "server", server, NULL);
    tick_host_add(world, "client", client, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
}
