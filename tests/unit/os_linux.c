// The seam over the real kernel: time-outs are never early, names map, errors are negated errno.
#include "src/os/linux.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cmocka.h>

static struct tick_linux os;
static struct tick_sys *sys;

static int setup(void **state) {
    (void)state;
    assert_int_equal(tick_linux_init(&os), 0);
    sys = tick_linux_sys(&os);
    return 0;
}

static void timeouts_are_never_early(void **state) {
    (void)state;
    int epfd = sys->ops->epoll_create(sys);
    struct tick_sys_event e;
    static const int64_t timeouts[] = {0, 1, 999, 50000, 1000001, 2500000};
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        int64_t begin = sys->ops->now(sys);
        assert_int_equal(sys->ops->epoll_wait(sys, epfd, &e, 1, timeouts[i], 0), 0);
        assert_true(sys->ops->now(sys) - begin >= timeouts[i]);
    }
    assert_int_equal(sys->ops->epoll_wait(sys, epfd, &e, 0, 0, 0), -EINVAL);
    assert_int_equal(sys->ops->epoll_wait(sys, -1, &e, 1, 0, 0), -EBADF);
    assert_int_equal(sys->ops->close(sys, epfd), 0);
    assert_int_equal(sys->ops->close(sys, epfd), -EBADF);
}

static void more_events_than_one_call_takes(void **state) {
    (void)state;
    int epfd = sys->ops->epoll_create(sys), fds[100];
    for (int i = 0; i < 100; i++) {
        fds[i] = sys->ops->eventfd(sys, 1, 0);
        const struct tick_sys_event e = {EPOLLIN | EPOLLET, (uint64_t)i};
        assert_int_equal(sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_ADD, fds[i], &e), 0);
    }
    struct tick_sys_event out[100];
    bool seen[100] = {0};
    int total = 0, n;
    while ((n = sys->ops->epoll_wait(sys, epfd, out, 100, 0, 0)) > 0)
        for (int i = 0; i < n; i++, total++)
            seen[out[i].data] = true;
    assert_int_equal(total, 100);
    for (int i = 0; i < 100; i++) {
        assert_true(seen[i]);
        sys->ops->close(sys, fds[i]);
    }
    sys->ops->close(sys, epfd);
}

static void eventfds_do_not_block(void **state) {
    (void)state;
    uint64_t value = 3;
    int fd = sys->ops->eventfd(sys, 0, EFD_SEMAPHORE);
    assert_int_equal(sys->ops->read(sys, fd, &value, sizeof value), -EAGAIN);
    assert_int_equal(sys->ops->write(sys, fd, &value, sizeof value), sizeof value);
    assert_int_equal(sys->ops->read(sys, fd, &value, sizeof value), sizeof value);
    assert_int_equal(value, 1);
    sys->ops->close(sys, fd);
}

static void names(void **state) {
    (void)state;
    struct sockaddr_storage address;
    struct sockaddr_in in;
    socklen_t size;
    assert_int_equal(tick_linux_map(&os, "server", "127.0.0.1:6379"), 0);
    assert_int_equal(sys->ops->resolve(sys, "server", 7000, &address, &size), 0);
    memcpy(&in, &address, sizeof in);
    assert_int_equal(ntohs(in.sin_port), 6379);
    assert_int_equal(in.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    assert_int_equal(size, sizeof in);
    assert_int_equal(tick_linux_map(&os, "server", "127.0.0.2"), 0);
    assert_int_equal(sys->ops->resolve(sys, "server", 7000, &address, &size), 0);
    memcpy(&in, &address, sizeof in);
    assert_int_equal(ntohs(in.sin_port), 7000);
    assert_int_equal(os.name_count, 1);
    assert_int_equal(tick_linux_map(&os, "server", "localhost:6380"), 0); // of several addresses, each
    struct sockaddr_storage all[4];
    int count = sys->ops->resolve_all(sys, "server", 7000, all, 4);
    assert_in_range(count, 1, 4);
    for (int i = 0; i < count; i++) // the port of both families stands at one place
        assert_int_equal(((const struct sockaddr_in *)&all[i])->sin_port, htons(6380));
    static const char *const six[] = {"[::1]:6381", "[::1]", "::1"};
    for (size_t i = 0; i < sizeof six / sizeof *six; i++) {
        struct sockaddr_in6 in6;
        assert_int_equal(tick_linux_map(&os, "server", six[i]), 0);
        assert_int_equal(sys->ops->resolve(sys, "server", 7000, &address, &size), 0);
        assert_int_equal(size, sizeof in6);
        memcpy(&in6, &address, sizeof in6);
        assert_memory_equal(&in6.sin6_addr, &in6addr_loopback, sizeof in6addr_loopback);
        assert_int_equal(in6.sin6_port, htons(i == 0 ? 6381 : 7000));
    }
    static const char *const bad[] = {"", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:7x", "127.0.0.1:-1", ":7", "[::1",
        "[]:7", "[::1]7", "[::1]:", "localhost:99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(tick_linux_map(&os, "x", bad[i]), -EINVAL);
    assert_int_equal(tick_linux_map(&os, "", "127.0.0.1"), -EINVAL);
    for (int i = 1; i < TICK_LINUX_NAMES; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(tick_linux_map(&os, name, "127.0.0.1"), 0);
    }
    assert_int_equal(tick_linux_map(&os, "one more", "127.0.0.1"), -ENOSPC);
    assert_int_equal(sys->ops->resolve(sys, "127.0.0.3", 80, &address, &size), 0);
    memcpy(&in, &address, sizeof in);
    assert_int_equal(in.sin_addr.s_addr, inet_addr("127.0.0.3"));
    assert_int_equal(in.sin_port, htons(80));
}

static void clocks_and_entropy(void **state) {
    (void)state;
    int64_t a = sys->ops->now(sys), b = sys->ops->now(sys);
    assert_true(b >= a && a > 0);
    assert_true(sys->ops->wall(sys) > 1600000000LL * 1000000000);
    unsigned char bytes[300] = {0}, zero[300] = {0};
    assert_int_equal(sys->ops->random(sys, bytes, sizeof bytes), 0);
    assert_memory_not_equal(bytes, zero, sizeof bytes);
    assert_null(sys->ops->choose);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(timeouts_are_never_early, setup),
        cmocka_unit_test_setup(more_events_than_one_call_takes, setup),
        cmocka_unit_test_setup(eventfds_do_not_block, setup),
        cmocka_unit_test_setup(names, setup),
        cmocka_unit_test_setup(clocks_and_entropy, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
