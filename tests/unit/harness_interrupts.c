// Signals cut waits short at any moment, up to their end: in each way of waiting, for each length and each moment that can be drawn; what
// is left of the time is right. Never on a host without handlers, with something to report, or where nobody would wait.
#include "tests/support/harness_fixture.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>

enum way { POLL, SELECT, EPOLL, SLEEP, WAYS };

TICK_KEEP static struct {
    enum way way;
    int64_t length, ready; // how long to wait; when there is something to report, 0: never
    uint32_t value;        // every other wait's answer, from the first on
    uint32_t asked, n;     // of the first question: the answers,
    int64_t most;          // and the longest
    tick_id subject;
    int result, again; // of the wait, and of one for what was left of the time
    int64_t took, both;
} p = {0};

static uint32_t choose(struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)self;
    if (kind != TICK_CHOICE_INTERRUPT || (p.subject && p.subject != subject))
        return 0;
    if (p.asked++ == 0) { // the wait itself, not what is left of it
        p.n = n;
        p.most = most;
    }
    return ordinal % 2 && p.value < n ? p.value : 0;
}
static const struct tick_chooser_ops ops = {"interrupts", choose};
static struct tick_chooser chooser = {&ops, 0};

static int wait_once(struct tick_sys *sys, int epfd, int fd, int64_t length) {
    struct pollfd one = {.fd = fd, .events = POLLIN};
    struct tick_sys_event event;
    fd_set reads;
    FD_ZERO(&reads);
    if (fd >= 0)
        FD_SET(fd, &reads);
    switch (p.way) {
    case POLL:
        return sys->ops->poll(sys, &one, 1, length);
    case SELECT: {
        const int result = sys->ops->select(sys, fd + 1, &reads, NULL, NULL, length);
        if (result == -EINTR && fd >= 0)
            TICK_TRY(tick_check(FD_ISSET(fd, &reads), "an interrupted select leaves its sets alone"));
        return result;
    }
    case EPOLL:
        return sys->ops->epoll_wait(sys, epfd, &event, 1, length, 0);
    default:
        return sys->ops->sleep(sys, length);
    }
}

static int waits(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    struct tick_sys_event event = {.events = EPOLLIN};
    (void)arg;
    const int epfd = sys->ops->epoll_create(sys), fd = sys->ops->timerfd(sys, CLOCK_MONOTONIC);
    TICK_TRY(epfd);
    TICK_TRY(fd);
    TICK_TRY(sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_ADD, fd, &event));
    if (p.ready)
        TICK_TRY(sys->ops->timerfd_settime(sys, fd, 0, p.ready, 0, NULL, NULL));
    const int64_t began = tick_time();
    p.result = wait_once(sys, epfd, fd, p.length);
    p.took = tick_time() - began;
    if (p.result == -EINTR && p.length >= 0)
        p.again = wait_once(sys, epfd, fd, p.length - p.took);
    p.both = tick_time() - began;
    TICK_TRY(sys->ops->close(sys, epfd));
    return sys->ops->close(sys, fd);
}

TICK_SCENARIO(interrupted, "") {
    tick_host_add(world, "a", waits, NULL, .handlers = true);
}
TICK_SCENARIO(uninterrupted, "") {
    tick_host_add(world, "a", waits, NULL);
}

// The waits of the program's own; the loop's, of which it has none before these, are left alone.
static void run(const char *name, enum way way, int64_t length, int64_t ready, uint32_t value) {
    memset(&p, 0, sizeof p);
    p.way = way;
    p.length = length;
    p.ready = ready;
    p.value = value;
    p.subject = tick_id_named(tick_id_task(tick_id_host("a"), "main", 1), TICK_OBJECT_WAIT, tick_id_text(""), 1);
    const struct tick_outcome outcome = run_poisoned(name, &chooser, NULL, 0);
    if (outcome.verdict != TICK_PASS)
        fail_msg("%s, %d: %s", name, (int)way, outcome.text);
}

static void at_any_moment(void **state) {
    (void)state;
    static const int64_t lengths[] = {1, TICK_US(1), TICK_MS(1), TICK_MS(500), TICK_SEC(100), -1};
    for (int way = 0; way < WAYS; way++) {
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            if (way == SLEEP && lengths[i] < 0)
                continue; // is no wait
            uint32_t n = 2;
            for (uint32_t value = 1; value < n; value++) {
                run("interrupted", (enum way)way, lengths[i], 0, value);
                n = p.n;
                assert_int_equal(p.most, lengths[i] < 0 ? TICK_SEC(30) : lengths[i]);
                assert_int_equal(p.result, -EINTR);
                assert_int_equal(p.took, tick_scale_capped(value, p.most));
                assert_int_equal(p.again, 0);
                if (lengths[i] >= 0)
                    assert_int_equal(p.both, lengths[i]);
            }
            assert_int_equal(n, tick_scale_count(p.most));
            assert_int_equal(p.took, p.most); // the last moment is the end
        }
    }
}

static void only_before_there_is_something_to_report(void **state) {
    (void)state;
    for (int way = 0; way < SLEEP; way++) {
        uint32_t n = 2;
        for (uint32_t value = 1; value < n; value++) {
            run("interrupted", (enum way)way, TICK_MS(500), TICK_MS(2), value);
            n = p.n;
            const int64_t at = tick_scale_capped(value, p.most);
            assert_int_equal(p.result, at < TICK_MS(2) ? -EINTR : 1);
            assert_int_equal(p.took, at < TICK_MS(2) ? at : TICK_MS(2));
            assert_int_equal(p.both, TICK_MS(2));
        }
    }
}

static void never_without_handlers_or_a_wait(void **state) {
    (void)state;
    for (int way = 0; way < WAYS; way++) {
        run("uninterrupted", (enum way)way, TICK_MS(500), 0, 1);
        assert_int_equal(p.result, 0);
        assert_int_equal(p.took, TICK_MS(500));
        assert_int_equal(p.asked, 0);
        run("interrupted", (enum way)way, 0, 0, 1);
        assert_int_equal(p.result, 0);
        assert_int_equal(p.asked, 0);
    }
    run("interrupted", POLL, TICK_MS(500), 1, 0);
    assert_int_equal(p.asked, 1);
}

// --- the loop ---

static int sleeps(void *arg) {
    (void)arg;
    for (int i = 0; i < 5; i++) {
        const int64_t began = tick_loop_time(NULL);
        TICK_TRY(tick_sleep(TICK_MS(10)));
        TICK_TRY(tick_check(tick_loop_time(NULL) - began == TICK_MS(10), "10 ms, however often it is interrupted"));
    }
    return 0;
}
TICK_SCENARIO(interrupted_loop, "") {
    tick_host_add(world, "a", sleeps, NULL, .handlers = true);
}

static void the_loop_waits_on(void **state) {
    (void)state;
    uint32_t n = 2;
    for (uint32_t value = 1; value < n; value++) {
        memset(&p, 0, sizeof p);
        p.value = value;
        const struct tick_outcome outcome = run_with("interrupted_loop", &chooser);
        assert_string_equal(outcome.text, "");
        assert_int_equal(outcome.ended_at, TICK_MS(50));
        assert_in_range(p.asked, 10, 40); // run twice
        n = p.n > n ? p.n : n;
    }
    assert_int_equal(n, tick_scale_count(TICK_MS(10)));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_any_moment),
        cmocka_unit_test(only_before_there_is_something_to_report),
        cmocka_unit_test(never_without_handlers_or_a_wait),
        cmocka_unit_test(the_loop_waits_on),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
