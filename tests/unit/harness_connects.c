// A connection that nobody waits for any more is given up at once: its fd is free, and the server never sees it.
#include "tests/support/harness_fixture.h"
#include <sys/socket.h>

TICK_KEEP static int served = 0;
TICK_KEEP static int64_t latest = 0; // when the way of giving up has ended

static int serve(tick_stream *client, void *arg) {
    (void)client, (void)arg;
    served++;
    return 0;
}

static int server(void *arg) {
    return tick_serve(":7", serve, arg);
}

// The lowest fd that is free.
static int next_fd(void) {
    struct tick_sys *sys = tick_sys_running();
    const int fd = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0);
    return fd < 0 ? fd : sys->ops->close(sys, fd) < 0 ? -1 : fd;
}

static int connects(void *arg) {
    tick_stream *stream;
    (void)arg;
    TICK_TRY(tick_connect("server:7", &stream));
    tick_stream_close(stream);
    return 0;
}

static int within(void) {
    return tick_within(TICK_MS(15), connects(NULL));
}

static int cancelled(void) {
    struct tick_task *task = tick_spawn(connects, NULL);
    TICK_TRY(tick_sleep(TICK_MS(15)));
    tick_task_cancel(task, NULL);
    const int result = tick_join(task);
    tick_task_unref(task);
    return result;
}

static int gives_up(void *arg) {
    const int fd = next_fd(), result = *(const char *)arg == 'w' ? within() : cancelled();
    TICK_TRY(tick_check(result == (*(const char *)arg == 'w' ? TICK_ETIMEDOUT : TICK_ECANCELED), "%s", tick_error_name(result)));
    latest = tick_time();
    TICK_TRY(tick_check(next_fd() == fd, "its fd is still there"));
    TICK_TRY(tick_sleep(TICK_SEC(1)));
    TICK_TRY(tick_check(served == 0, "the server was connected to"));
    TICK_TRY(tick_connect("server:7", &(tick_stream *){NULL})); // as ever
    TICK_TRY(tick_sleep(TICK_MS(100)));
    return tick_check(served == 1, "and serves others");
}

#define GIVES_UP(name, way) \
    TICK_SCENARIO(name, "") { \
        tick_daemon(world, "server", server, NULL); \
        tick_host_add(world, "a", gives_up, way); \
        tick_link_all(world, .latency = TICK_MS(10)); \
    }
GIVES_UP(given_up_in_time, "within")
GIVES_UP(given_up_by_cancel, "cancelled")

static void who_gives_up_leaves_nothing_behind(void **state) {
    (void)state;
    static const char *const all[] = {"given_up_in_time", "given_up_by_cancel"};
    for (size_t i = 0; i < 2; i++) {
        served = 0;
        const struct tick_outcome outcome = run_poisoned(all[i], &tick_calm, NULL, 0);
        if (outcome.verdict != TICK_PASS)
            fail_msg("%s: %s: %s", all[i], tick_verdict_word(outcome.verdict), outcome.text);
        assert_int_equal(latest, TICK_MS(15));
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_gives_up_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
