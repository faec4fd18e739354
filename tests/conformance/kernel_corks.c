// Stream sockets whose bytes are held back (TCP_CORK, MSG_MORE), and that are opened from both sides, on Linux and on the simulated kernel.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"
#include <sys/ioctl.h>

#define SOON TICK_MS(100) // a step that took as long says nothing about what is held for 200 ms

static int there(int fd) {
    int count = -1;
    assert_int_equal(sys->ops->ioctl(sys, fd, FIONREAD, &count), 0);
    return count;
}

static bool arrive(int fd, int count, int64_t within) {
    const int64_t began = sys->ops->now(sys);
    int epfd = sys->ops->epoll_create(sys);
    while (there(fd) < count && sys->ops->now(sys) - began < within)
        report(epfd, TICK_MS(1));
    closed(epfd);
    return there(fd) == count;
}

static void hold_back(int fd, bool by_option) {
    if (by_option)
        assert_int_equal(set(fd, IPPROTO_TCP, TCP_CORK, 1), 0);
    assert_int_equal(sys->ops->send(sys, fd, "abc", 3, by_option ? 0 : MSG_MORE), 3);
}

static void they_wait_for_200_ms(void **state) {
    (void)state;
    for (int by_option = 0; by_option < 2; by_option++) {
        struct pair p = pair();
        const int64_t began = sys->ops->now(sys);
        hold_back(p.near, by_option);
        assert_true(there(p.far) == 0 || sys->ops->now(sys) - began > SOON);
        assert_true(arrive(p.far, 3, TICK_SEC(2)));
        const int64_t took = sys->ops->now(sys) - began;
        assert_true(took > TICK_MS(150));
        assert_true(sys == &linux_calls.sys || took < TICK_MS(202));
        assert_int_equal(option(p.near, IPPROTO_TCP, TCP_CORK), by_option);
        pair_end(p);
    }
}

static void uncork(int fd) {
    assert_int_equal(set(fd, IPPROTO_TCP, TCP_CORK, 0), 0);
}

static void no_delay(int fd) {
    assert_int_equal(set(fd, IPPROTO_TCP, TCP_NODELAY, 1), 0);
}

static void shut(int fd) {
    assert_int_equal(sys->ops->shutdown(sys, fd, SHUT_WR), 0);
}

static void leave(int fd) {
    closed(fd);
}

static void send_nothing_more(int fd) {
    assert_int_equal(sys->ops->send(sys, fd, "d", 1, 0), 1);
}

static void what_lets_them_go(void **state) {
    (void)state;
    static const struct {
        void (*call)(int fd);
        int corked, more; // how many are there behind it
    } all[] = {{uncork, 3, 3}, {no_delay, 3, 3}, {shut, 3, 3}, {leave, 3, 3}, {send_nothing_more, 0, 4}};
    for (size_t i = 0; i < sizeof all / sizeof *all * 2; i++) {
        const bool by_option = i % 2;
        const int count = by_option ? all[i / 2].corked : all[i / 2].more;
        bool slow = true;
        for (int tries = 0; slow && tries < 20; tries++) {
            struct pair p = pair();
            const int64_t began = sys->ops->now(sys);
            hold_back(p.near, by_option);
            const int before = there(p.far);
            all[i / 2].call(p.near);
            const bool all_there = count ? arrive(p.far, count, SOON) : there(p.far) == 0;
            slow = sys == &linux_calls.sys && sys->ops->now(sys) - began > SOON;
            assert_true(slow || (before == 0 && all_there));
            if (all[i / 2].call != leave)
                closed(p.near);
            closed(p.far);
            closed(p.listener);
        }
    }
}

static void whole_segments_go(void **state) {
    (void)state;
    static char block[50000];
    struct pair p = pair();
    assert_int_equal(set(p.near, IPPROTO_TCP, TCP_CORK, 7), 0);
    assert_int_equal(option(p.near, IPPROTO_TCP, TCP_CORK), 1);
    const ssize_t sent = sys->ops->send(sys, p.near, block, sizeof block, 0);
    assert_int_equal(sent, sizeof block);
    const int64_t began = sys->ops->now(sys);
    assert_true(there(p.far) > 0 || arrive(p.far, 1, SOON) || there(p.far) > 0);
    assert_true(there(p.far) < sent || sys->ops->now(sys) - began > SOON);
    pair_end(p);
}

// Behind a window that is closed: with TCP_NODELAY all goes that was written before, as the window opens, or before an uncorking.
static void a_full_buffer(void **state) {
    (void)state;
    static char block[65000];
    enum { NOTHING, NO_DELAY, UNCORKED_AND_CORKED, WAYS };
    for (int way = NOTHING; way < WAYS; way++) {
        bool slow = true;
        for (int tries = 0; slow && tries < 20; tries++) {
            struct pair p = pair();
            ssize_t n, sent = 0, got = 0;
            assert_int_equal(set(p.near, IPPROTO_TCP, TCP_CORK, 1), 0);
            if (way == UNCORKED_AND_CORKED)
                no_delay(p.near); // before all of them
            while ((n = sys->ops->send(sys, p.near, block, sizeof block, 0)) > 0)
                sent += n;
            assert_int_equal(n, -EAGAIN);
            if (way == NO_DELAY)
                no_delay(p.near);
            if (way == UNCORKED_AND_CORKED) {
                uncork(p.near);
                assert_int_equal(set(p.near, IPPROTO_TCP, TCP_CORK, 1), 0);
            }
            const int64_t began = sys->ops->now(sys);
            while (got < sent && sys->ops->now(sys) - began < TICK_SEC(2)) {
                n = sys->ops->recv(sys, p.far, block, sizeof block, 0);
                got += n > 0 ? n : 0;
                if (n < 0)
                    (void)!sys->ops->sleep(sys, TICK_MS(1));
            }
            assert_int_equal(got, sent);
            const int64_t took = sys->ops->now(sys) - began;
            assert_true(way != NOTHING || took > TICK_MS(150));
            slow = way != NOTHING && took > SOON;
            pair_end(p);
        }
        assert_false(slow);
    }
}

static void a_listener_passes_it_on(void **state) {
    (void)state;
    uint16_t port;
    int l = listener(&port), near = make();
    assert_int_equal(set(l, IPPROTO_TCP, TCP_CORK, 1), 0);
    assert_int_equal(connect_to(near, port), -EINPROGRESS);
    becomes(l, EPOLLIN);
    int far = accept_one(l);
    assert_int_equal(option(far, IPPROTO_TCP, TCP_CORK), 1);
    closed(near);
    closed(far);
    closed(l);
}

// The SYN of one is lost at a full listener, which goes; the other's finds it.
static void opened_from_both_sides(void **state) {
    (void)state;
    int l = make(), queued = make(), a = make(), b = make();
    set(l, SOL_SOCKET, SO_REUSEADDR, 1);
    set(b, SOL_SOCKET, SO_REUSEADDR, 1);
    assert_int_equal(bind_to(l, 0), 0);
    const uint16_t port = port_of(l);
    assert_int_equal(sys->ops->listen(sys, l, 0), 0);
    assert_int_equal(connect_to(queued, port), -EINPROGRESS);
    becomes(l, EPOLLIN);
    assert_int_equal(bind_to(a, 0), 0);
    assert_int_equal(connect_to(a, port), -EINPROGRESS);
    assert_int_equal(mask(a), 0);
    closed(l);
    assert_int_equal(bind_to(b, port), 0);
    assert_int_equal(connect_to(b, port_of(a)), -EINPROGRESS);
    becomes(a, EPOLLOUT);
    becomes(b, EPOLLOUT);
    assert_int_equal(option(a, SOL_SOCKET, SO_ERROR) + option(b, SOL_SOCKET, SO_ERROR), 0);
    assert_int_equal(connect_to(a, port), 0);
    assert_int_equal(connect_to(a, port), -EISCONN);
    assert_int_equal(put(a, "from a"), 6);
    assert_int_equal(put(b, "b's"), 3);
    becomes(a, EPOLLIN | EPOLLOUT);
    becomes(b, EPOLLIN | EPOLLOUT);
    assert_int_equal(get(a, 9), 3);
    assert_int_equal(get(b, 9), 6);
    closed(a);
    becomes(b, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    assert_int_equal(get(b, 9), 0);
    closed(b);
    closed(queued);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(they_wait_for_200_ms),
        BOTH(what_lets_them_go),
        BOTH(whole_segments_go),
        BOTH(a_full_buffer),
        BOTH(a_listener_passes_it_on),
        BOTH(opened_from_both_sides),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
