// A close that lingers (SO_LINGER) keeps its host from going on until the peer has what was sent, the time is over, a signal comes or the
// host is told to stop; wherever in the program it is called, while the other hosts go on. A crash ends it with the host.
#include "tests/support/harness_fixture.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>

#define BLOCK 65536
enum where { IN_A_TASK, IN_A_CALLBACK, BY_DUP2 };

TICK_KEEP static struct {
    enum where where;
    int64_t reads_after; // from the accept on; negative: never
    int linger;
    enum tick_choice_kind kind;
    uint32_t value; // the answer to questions of that kind, while it closes
    bool closing;   // it closes now,
    int64_t began, took, first; // first: that of the first life
    int result;
    uint32_t asked, n;
    int64_t most;
    size_t sent, got;
} p = {0};

static uint32_t choose(struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)self, (void)subject, (void)ordinal;
    if (!p.closing || kind != p.kind)
        return 0;
    p.asked++;
    p.n = n;
    p.most = most;
    return p.value < n ? p.value : 0;
}
static const struct tick_chooser_ops ops = {"lingers", choose};
static struct tick_chooser chooser = {&ops, 0};

static int await(struct tick_sys *sys, int fd, short events, int64_t timeout) {
    struct pollfd one = {.fd = fd, .events = events};
    return sys->ops->poll(sys, &one, 1, timeout);
}

static int reads(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(7)};
    static char bytes[BLOCK];
    (void)arg;
    const int l = sys->ops->socket(sys, AF_INET, SOCK_STREAM, 0);
    TICK_TRY(sys->ops->bind(sys, l, (const struct sockaddr *)&in, sizeof in));
    TICK_TRY(sys->ops->listen(sys, l, 8));
    for (;;) {
        TICK_TRY(await(sys, l, POLLIN, -1));
        const int fd = sys->ops->accept(sys, l, NULL, NULL), one = 1;
        TICK_TRY(sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one)); // whom it reads from may crash
        TICK_TRY(sys->ops->setsockopt(sys, fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof one));
        TICK_TRY(sys->ops->sleep(sys, p.reads_after < 0 ? TICK_SEC(50) : p.reads_after));
        ssize_t n = 1;
        while (n && n != -ECONNRESET) {
            n = sys->ops->recv(sys, fd, bytes, sizeof bytes, 0);
            p.got += n > 0 ? (size_t)n : 0;
            if (n == -EAGAIN)
                TICK_TRY(await(sys, fd, POLLIN, -1));
        }
        TICK_TRY(sys->ops->close(sys, fd));
    }
}

// Connects, and sends as much as nobody reads.
static int begun(void) {
    struct tick_sys *sys = tick_sys_running();
    struct sockaddr_storage to;
    socklen_t size;
    const struct linger linger = {1, p.linger};
    static const char bytes[BLOCK];
    TICK_TRY(sys->ops->resolve(sys, "reader", 7, &to, &size));
    const int fd = sys->ops->socket(sys, AF_INET, SOCK_STREAM, 0);
    TICK_TRY(tick_check(sys->ops->connect(sys, fd, (const struct sockaddr *)&to, size) == -EINPROGRESS, "connect"));
    TICK_TRY(await(sys, fd, POLLOUT, -1));
    TICK_TRY(sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    for (ssize_t n; await(sys, fd, POLLOUT, TICK_MS(50)) > 0;) {
        TICK_TRY((int)(n = sys->ops->send(sys, fd, bytes, sizeof bytes, 0)));
        p.sent += (size_t)n;
    }
    return fd;
}

static void closes(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    const int fd = *(int *)arg;
    p.began = tick_time();
    p.closing = true;
    p.result = p.where == BY_DUP2 ? sys->ops->dup2(sys, 0, fd) : sys->ops->close(sys, fd);
    p.closing = false;
    p.took = tick_time() - p.began;
    if (!tick_host_lives())
        p.first = p.took;
}

static int writes(void *arg) {
    (void)arg;
    struct tick_sys *sys = tick_sys_running();
    const int event = sys->ops->eventfd(sys, 0, 0); // for dup2
    int fd = begun();
    TICK_TRY(fd);
    if (p.where == IN_A_CALLBACK) {
        TICK_TRY(tick_call_soon(NULL, closes, &fd));
        TICK_TRY(tick_sleep(TICK_MS(1)));
    } else if (p.where == BY_DUP2) {
        p.began = tick_time();
        p.result = sys->ops->dup2(sys, event, fd);
        p.took = tick_time() - p.began;
        TICK_TRY(sys->ops->close(sys, fd));
    } else {
        closes(&fd);
    }
    return sys->ops->close(sys, event);
}

// Its peer shall have it all, with an end that is no reset.
static int has_all(void *arg) {
    (void)arg;
    return tick_check(p.got == p.sent, "%zu of %zu bytes", p.got, p.sent);
}

static struct tick_host *world_of(struct tick_world *world, bool handlers) {
    tick_daemon(world, "reader", reads, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
    return tick_host_add(world, "writer", writes, NULL, .handlers = handlers);
}
TICK_SCENARIO(lingers, "") {
    world_of(world, false);
}
TICK_SCENARIO(lingers_and_handles, "") {
    world_of(world, true);
}

static void run(const char *name, enum where where, int linger, int64_t reads_after, enum tick_choice_kind kind, uint32_t value) {
    memset(&p, 0, sizeof p);
    p.where = where;
    p.linger = linger;
    p.reads_after = reads_after;
    p.kind = kind;
    p.value = value;
    const struct tick_outcome outcome = run_poisoned(name, &chooser, NULL, 0);
    if (outcome.verdict != TICK_PASS)
        fail_msg("%s: %s", name, outcome.text);
}

static void until_it_is_read_or_the_time_is_over(void **state) {
    (void)state;
    for (enum where where = IN_A_TASK; where <= BY_DUP2; where++) {
        run("lingers", where, 1, -1, 0, 0);
        assert_true(where == BY_DUP2 ? p.result > 0 : p.result == 0);
        assert_int_equal(p.took, TICK_SEC(1));
        run("lingers", where, 5, TICK_MS(400), 0, 0);
        assert_true(where == BY_DUP2 ? p.result > 0 : p.result == 0);
        assert_in_range(p.took, TICK_MS(200), TICK_MS(400));
        run("lingers", where, -1, TICK_SEC(30), 0, 0); // without end
        assert_in_range(p.took, TICK_SEC(29), TICK_SEC(31));
        run("lingers", where, 0, -1, 0, 0); // is an abort
        assert_int_equal(p.took, 0);
    }
}

static void a_signal_ends_it_at_any_moment(void **state) {
    (void)state;
    uint32_t n = 2;
    for (uint32_t value = 1; value < n; value++) {
        run("lingers_and_handles", IN_A_TASK, 1, -1, TICK_CHOICE_INTERRUPT, value);
        n = p.n;
        assert_int_equal(p.asked, 1);
        assert_int_equal(p.most, TICK_SEC(1));
        assert_int_equal(p.result, 0); // not EINTR: the fd is closed
        assert_int_equal(p.took, tick_scale_capped(value, p.most));
    }
    assert_int_equal(n, tick_scale_count(TICK_SEC(1)));
    run("lingers", IN_A_TASK, 1, -1, TICK_CHOICE_INTERRUPT, 1);
    assert_int_equal(p.asked, 0);
    run("lingers_and_handles", IN_A_TASK, 0, -1, TICK_CHOICE_INTERRUPT, 1); // which does not wait
    assert_int_equal(p.asked, 0);
}

static void its_end_may_be_noticed_late(void **state) {
    (void)state;
    run("lingers", IN_A_TASK, 5, TICK_MS(400), 0, 0);
    const int64_t took = p.took;
    run("lingers", IN_A_TASK, 5, TICK_MS(400), TICK_CHOICE_HOST_LATE, 5);
    assert_true(p.asked > 0);
    assert_true(p.took > took);
    assert_true(p.took <= took + TICK_MS(100) * p.asked);
}

// --- what strikes the host meanwhile: it closes from 52 ms on at the latest ---

TICK_SCENARIO(lingers_and_stops, "") {
    tick_fault_at(world, TICK_MS(300), TICK_STOP, .side = {world_of(world, false)}, .lasts = TICK_MS(10));
    tick_at_end(world, has_all, NULL);
}
TICK_SCENARIO(lingers_and_crashes, "") {
    tick_fault_at(world, TICK_MS(300), TICK_CRASH, .side = {world_of(world, false)}, .lasts = TICK_MS(10));
}

static void a_stop_ends_it(void **state) {
    (void)state;
    memset(&p, 0, sizeof p);
    p.linger = 2;
    p.reads_after = TICK_MS(500);
    const struct tick_outcome outcome = calm("lingers_and_stops");
    if (outcome.verdict != TICK_PASS)
        fail_msg("%s", outcome.text);
    assert_int_equal(p.result, 0);
    assert_in_range(p.first, TICK_MS(200), TICK_MS(300)); // and then its main task is told
}

static void a_crash_ends_it(void **state) {
    (void)state;
    memset(&p, 0, sizeof p);
    p.linger = 100;
    p.reads_after = TICK_MS(500);
    const struct tick_outcome outcome = calm("lingers_and_crashes");
    if (outcome.verdict != TICK_PASS)
        fail_msg("%s", outcome.text);
    assert_true(p.began > TICK_MS(300)); // the second life's
    assert_int_equal(p.first, 0);
    assert_in_range(p.took, TICK_MS(200), TICK_SEC(4));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(until_it_is_read_or_the_time_is_over),
        cmocka_unit_test(a_signal_ends_it_at_any_moment),
        cmocka_unit_test(its_end_may_be_noticed_late),
        cmocka_unit_test(a_stop_ends_it),
        cmocka_unit_test(a_crash_ends_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
