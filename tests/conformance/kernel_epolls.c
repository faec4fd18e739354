// epoll and eventfd, call by call, on Linux and on the simulated kernel.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"

static void epoll_calls(void **state) {
    (void)state;
    struct tick_sys_event e = {EPOLLIN, 7}, out[4];
    int epfd = sys->ops->epoll_create(sys), fd = sys->ops->eventfd(sys, 0, 0);
    assert_int_equal(sys->ops->epoll_wait(sys, epfd, out, 0, 0, 0), -EINVAL);
    assert_int_equal(sys->ops->epoll_wait(sys, fd, out, 1, 0, 0), -EINVAL);
    assert_int_equal(sys->ops->epoll_wait(sys, 999, out, 1, 0, 0), -EBADF);
    assert_int_equal(sys->ops->epoll_wait(sys, fd, out, 0, 0, 0), -EINVAL);
    assert_int_equal(sys->ops->epoll_ctl(sys, 999, EPOLL_CTL_ADD, fd, &e), -EBADF);
    assert_int_equal(sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_ADD, 999, &e), -EBADF);
    assert_int_equal(sys->ops->epoll_ctl(sys, fd, EPOLL_CTL_ADD, epfd, &e), -EINVAL);
    assert_int_equal(sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_ADD, epfd, &e), -EINVAL);
    assert_int_equal(sys->ops->epoll_ctl(sys, epfd, 17, fd, &e), -EINVAL);
    assert_int_equal(sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_MOD, fd, &e), -ENOENT);
    assert_int_equal(sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_DEL, fd, NULL), -ENOENT);
    assert_int_equal(sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_ADD, fd, NULL), -EFAULT);
    assert_int_equal(sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_ADD, fd, &e), 0);
    assert_int_equal(sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_ADD, fd, &e), -EEXIST);
    assert_int_equal(sys->ops->read(sys, epfd, out, 8), -EINVAL);
    int64_t begin = sys->ops->now(sys);
    assert_int_equal(sys->ops->epoll_wait(sys, epfd, out, 4, 1500000, 0), 0);
    assert_true(sys->ops->now(sys) - begin >= 1500000);

    uint64_t one = 1;
    assert_int_equal(sys->ops->write(sys, fd, &one, 8), 8);
    for (int i = 0; i < 2; i++) { // level: as long as it holds
        assert_int_equal(sys->ops->epoll_wait(sys, epfd, out, 4, -1, 0), 1);
        assert_int_equal(out[0].events, EPOLLIN);
        assert_int_equal(out[0].data, 7);
    }
    assert_int_equal(control(epfd, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLET), 0);
    assert_int_equal(report(epfd, 0), EPOLLIN); // armed anew
    assert_int_equal(report(epfd, 0), 0);
    assert_int_equal(sys->ops->write(sys, fd, &one, 8), 8);
    assert_int_equal(report(epfd, 0), EPOLLIN); // edge: something came
    assert_int_equal(report(epfd, 0), 0);
    assert_int_equal(control(epfd, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT), 0);
    assert_int_equal(report(epfd, 0), EPOLLIN);
    assert_int_equal(sys->ops->write(sys, fd, &one, 8), 8);
    assert_int_equal(report(epfd, 0), 0); // one shot
    assert_int_equal(control(epfd, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT), 0);
    assert_int_equal(report(epfd, 0), EPOLLIN);
    assert_int_equal(sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_DEL, fd, NULL), 0);
    assert_int_equal(report(epfd, 0), 0);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
    closed(fd); // and out of the epoll
    assert_int_equal(report(epfd, 0), 0);
    closed(epfd);
}

// A unix socket's writer hears of each message that was read to its end, though it could write all the time.
static void edges_of_what_was_read(void **state) {
    (void)state;
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    for (int i = 0; i < 3; i++) {
        int fds[2], epfd = sys->ops->epoll_create(sys);
        char bytes[8];
        assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, types[i], 0, fds), 0);
        assert_int_equal(control(epfd, EPOLL_CTL_ADD, fds[0], EPOLLOUT | EPOLLET), 0);
        assert_int_equal(report(epfd, 0), EPOLLOUT);
        assert_int_equal(put(fds[0], "abc") + put(fds[0], "def"), 6);
        assert_int_equal(report(epfd, 0), 0);
        if (types[i] == SOCK_STREAM) {
            assert_int_equal(get(fds[1], 2), 2);
            assert_int_equal(report(epfd, 0), 0); // not yet
        }
        assert_int_equal(sys->ops->recv(sys, fds[1], bytes, sizeof bytes, MSG_PEEK) > 0, 1);
        assert_int_equal(report(epfd, 0), 0);
        assert_true(get(fds[1], types[i] == SOCK_STREAM ? 1 : 3) > 0);
        assert_int_equal(report(epfd, 0), EPOLLOUT);
        assert_int_equal(get(fds[1], 3), 3);
        assert_int_equal(report(epfd, 0), EPOLLOUT);
        assert_int_equal(report(epfd, 0), 0);
        closed(fds[1]);
        closed(fds[0]);
        closed(epfd);
    }
}

// Of an epoll that becomes ready, others are told by EPOLLIN alone.
static void what_an_epoll_tells_another(void **state) {
    (void)state;
    int inner = sys->ops->epoll_create(sys), fd = sys->ops->eventfd(sys, 0, 0);
    int in = sys->ops->epoll_create(sys), norm = sys->ops->epoll_create(sys);
    const uint64_t one = 1;
    assert_int_equal(control(inner, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
    assert_int_equal(control(in, EPOLL_CTL_ADD, inner, EPOLLIN), 0);
    assert_int_equal(control(norm, EPOLL_CTL_ADD, inner, EPOLLRDNORM), 0);
    assert_int_equal(sys->ops->write(sys, fd, &one, 8), 8);
    assert_int_equal(report(in, 0), EPOLLIN);
    assert_int_equal(report(norm, 0), 0);
    assert_int_equal(control(norm, EPOLL_CTL_MOD, inner, EPOLLRDNORM), 0); // looks for itself
    assert_int_equal(report(norm, 0), EPOLLRDNORM);
    const int fds[] = {inner, fd, in, norm};
    for (int i = 0; i < 4; i++)
        closed(fds[i]);
}

static void epoll_rotates(void **state) {
    (void)state;
    int epfd = sys->ops->epoll_create(sys), fds[3];
    struct tick_sys_event out[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = sys->ops->eventfd(sys, 1, 0);
        const struct tick_sys_event e = {EPOLLIN, (uint64_t)i};
        assert_int_equal(sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_ADD, fds[i], &e), 0);
    }
    for (uint64_t i = 0; i < 7; i++) { // with room for one, each has its turn
        assert_int_equal(sys->ops->epoll_wait(sys, epfd, out, 1, 0, 0), 1);
        assert_int_equal(out[0].data, i % 3);
    }
    assert_int_equal(sys->ops->epoll_wait(sys, epfd, out, 2, 0, 0), 2);
    assert_int_equal(out[0].data, 1);
    assert_int_equal(out[1].data, 2);
    assert_int_equal(sys->ops->epoll_wait(sys, epfd, out, 3, 0, 0), 3);
    assert_int_equal(out[0].data, 0);
    for (int i = 0; i < 3; i++)
        closed(fds[i]);
    closed(epfd);
}

static void epolls_in_epolls(void **state) {
    (void)state;
    int fd = sys->ops->eventfd(sys, 0, 0), a = sys->ops->epoll_create(sys), b = sys->ops->epoll_create(sys);
    uint64_t one = 1;
    assert_int_equal(control(a, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
    assert_int_equal(control(b, EPOLL_CTL_ADD, a, EPOLLIN), 0);
    assert_int_equal(control(a, EPOLL_CTL_ADD, b, EPOLLIN), -ELOOP);
    assert_int_equal(report(b, 0), 0);
    assert_int_equal(sys->ops->write(sys, fd, &one, 8), 8);
    assert_int_equal(report(b, 0), EPOLLIN);
    assert_int_equal(report(a, 0), EPOLLIN);
    assert_int_equal(sys->ops->read(sys, fd, &one, 8), 8);
    assert_int_equal(report(b, 0), 0);
    closed(a);
    closed(b);
    closed(fd);
}

static void edges_of_a_connection(void **state) {
    (void)state;
    struct pair p = pair();
    int epfd = sys->ops->epoll_create(sys);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, p.far, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET), 0);
    assert_int_equal(report(epfd, 0), EPOLLOUT);
    assert_int_equal(report(epfd, 0), 0);
    assert_int_equal(put(p.near, "abc"), 3);
    assert_int_equal(report(epfd, 100000000), EPOLLIN | EPOLLOUT);
    assert_int_equal(get(p.far, 1), 1); // the rest is no edge
    assert_int_equal(report(epfd, 0), 0);
    assert_int_equal(put(p.near, "d"), 1); // more is
    assert_int_equal(report(epfd, 100000000), EPOLLIN | EPOLLOUT);
    assert_int_equal(get(p.far, 9), 3);
    assert_int_equal(put(p.far, "abc"), 3);
    assert_int_equal(report(epfd, 0), 0);
    closed(p.near); // with unread bytes: a reset
    assert_int_equal(report(epfd, 100000000), EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(report(epfd, 0), 0);
    closed(p.far);
    closed(p.listener);
    closed(epfd);
}

static void eventfd_calls(void **state) {
    (void)state;
    uint64_t value = 0;
    assert_int_equal(sys->ops->eventfd(sys, 0, 0x10000000), -EINVAL);
    int fd = sys->ops->eventfd(sys, 3, EFD_NONBLOCK);
    assert_int_equal(mask(fd), EPOLLIN | EPOLLOUT);
    assert_int_equal(sys->ops->read(sys, fd, &value, 7), -EINVAL);
    assert_int_equal(sys->ops->read(sys, fd, &value, 8), 8);
    assert_int_equal(value, 3);
    assert_int_equal(sys->ops->read(sys, fd, &value, 8), -EAGAIN);
    assert_int_equal(mask(fd), EPOLLOUT);
    value = UINT64_MAX;
    assert_int_equal(sys->ops->write(sys, fd, &value, 8), -EINVAL);
    value = UINT64_MAX - 1;
    assert_int_equal(sys->ops->write(sys, fd, &value, 8), 8);
    assert_int_equal(mask(fd), EPOLLIN);
    value = 1;
    assert_int_equal(sys->ops->write(sys, fd, &value, 8), -EAGAIN);
    assert_int_equal(sys->ops->write(sys, fd, &value, 4), -EINVAL);
    closed(fd);
    fd = sys->ops->eventfd(sys, 2, EFD_NONBLOCK | EFD_SEMAPHORE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sys->ops->read(sys, fd, &value, 8), 8);
        assert_int_equal(value, 1);
    }
    assert_int_equal(sys->ops->read(sys, fd, &value, 8), -EAGAIN);
    closed(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(epoll_calls),
        BOTH(epoll_rotates),
        BOTH(epolls_in_epolls),
        BOTH(edges_of_a_connection),
        BOTH(edges_of_what_was_read),
        BOTH(what_an_epoll_tells_another),
        BOTH(eventfd_calls),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
