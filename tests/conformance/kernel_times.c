// Every call of the kernel that takes a time, given the edges of what a time can be: Linux and the simulated kernel wait for ever, return
// at once or refuse it alike. A waiter that would wait for ever is woken by a timer.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"
#include <poll.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <time.h>

static const int64_t edges[] = {INT64_MIN, INT64_MIN + 1, -TICK_SEC(1), -1, 0, 1, TICK_NEVER - 1, TICK_NEVER};
enum { EDGES = sizeof edges / sizeof *edges };

// Readable in 2 ms.
static int soon(void) {
    int fd = sys->ops->timerfd(sys, CLOCK_MONOTONIC);
    assert_true(fd >= 0);
    assert_int_equal(sys->ops->timerfd_settime(sys, fd, 0, TICK_MS(2), 0, NULL, NULL), 0);
    return fd;
}

// A negative time waits for ever, as a very long one does.
static bool lasts(int64_t timeout) {
    return timeout < 0 || timeout > TICK_SEC(1);
}

static void waits(void **state) {
    (void)state;
    for (size_t i = 0; i < EDGES; i++) {
        const int64_t timeout = edges[i];
        int fd = soon(), epfd = sys->ops->epoll_create(sys);
        struct tick_sys_event event;
        assert_int_equal(control(epfd, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
        assert_int_equal(sys->ops->epoll_wait(sys, epfd, &event, 1, timeout, 0), lasts(timeout)); // "tick_sys_ops.epoll_wait.timeout"
        closed(epfd);
        closed(fd);

        fd = soon();
        struct pollfd polled = {.fd = fd, .events = POLLIN};
        assert_int_equal(sys->ops->poll(sys, &polled, 1, timeout), lasts(timeout)); // "tick_sys_ops.poll.timeout"
        closed(fd);

        fd = soon();
        fd_set reads;
        FD_ZERO(&reads);
        FD_SET(fd, &reads);
        assert_int_equal(sys->ops->select(sys, fd + 1, &reads, NULL, NULL, timeout), lasts(timeout)); // "tick_sys_ops.select.timeout"
        closed(fd);

        if (timeout <= TICK_SEC(1))
            assert_int_equal(sys->ops->sleep(sys, timeout), 0); // "tick_sys_ops.sleep.ns"
    }
}

static int64_t ticks(int fd) {
    uint64_t count = 0;
    const ssize_t got = sys->ops->read(sys, fd, &count, sizeof count);
    return got < 0 ? got : (int64_t)count;
}

// Until the timer is readable, or 5 ms have passed.
static bool fires(int fd) {
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    return sys->ops->poll(sys, &polled, 1, TICK_MS(5)) == 1;
}

// "tick_sys_ops.timerfd_settime.value" and "tick_sys_ops.timerfd_settime.interval"
static void timers(void **state) {
    (void)state;
    for (int absolute = 0; absolute < 2; absolute++)
        for (int wall = 0; wall < 2; wall++)
            for (size_t i = 0; i < EDGES; i++)
                for (size_t k = 0; k < EDGES; k++) {
                    const int64_t value = edges[i], interval = edges[k];
                    int64_t left = 7, every = 7;
                    const int fd = sys->ops->timerfd(sys, wall ? CLOCK_REALTIME : CLOCK_MONOTONIC);
                    const int set = sys->ops->timerfd_settime(sys, fd, absolute ? TFD_TIMER_ABSTIME : 0, value, interval, NULL, NULL);
                    assert_int_equal(set, value < 0 || interval < 0 ? -EINVAL : 0);
                    if (set < 0) {
                        closed(fd);
                        continue;
                    }
                    assert_int_equal(sys->ops->timerfd_gettime(sys, fd, &left, &every), 0);
                    assert_int_equal(every, interval < TICK_NEVER - 1 ? interval : TICK_NEVER);
                    assert_true(value > 1 ? left > TICK_SEC(1000) : value == 1 ? left >= 0 : left == 0);
                    assert_int_equal(fires(fd), value == 1);
                    const int64_t count = ticks(fd);
                    if (value != 1)
                        assert_int_equal(count, -EAGAIN);
                    else if (interval == 1)
                        assert_true(count >= 1);
                    else
                        assert_int_equal(count, 1);
                    if (value == 1 && interval > 1) { // the next one is further away than anybody waits
                        assert_int_equal(sys->ops->timerfd_gettime(sys, fd, &left, &every), 0);
                        assert_true(left > TICK_SEC(1000));
                        assert_false(fires(fd));
                    }
                    closed(fd);
                }
}

// What is counted in other units: seconds and microseconds of a timeval, milliseconds, seconds.
static void options(void **state) {
    (void)state;
    static const int numbers[] = {INT32_MIN, -1, 0, 1, 2, 32767, 32768, INT32_MAX};
    static const struct {
        int name, least, most;
    } waits_of_tcp[] = {{TCP_USER_TIMEOUT, 0, INT32_MAX}, {TCP_KEEPIDLE, 1, 32767}, {TCP_KEEPINTVL, 1, 32767}, {TCP_KEEPCNT, 1, 127}};
    struct pair p = pair();
    for (size_t i = 0; i < sizeof waits_of_tcp / sizeof *waits_of_tcp; i++)
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            const bool good = numbers[k] >= waits_of_tcp[i].least && numbers[k] <= waits_of_tcp[i].most;
            assert_int_equal(set(p.near, IPPROTO_TCP, waits_of_tcp[i].name, numbers[k]), good ? 0 : -EINVAL);
            if (good)
                assert_int_equal(option(p.near, IPPROTO_TCP, waits_of_tcp[i].name), numbers[k]);
        }
    static const int64_t seconds[] = {INT64_MIN, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
    static const int64_t micros[] = {INT64_MIN, -1, 0, 999999, 1000000, INT64_MAX};
    for (int name = 0; name < 2; name++)
        for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++)
            for (size_t k = 0; k < sizeof micros / sizeof *micros; k++) {
                const struct timeval time = {(time_t)seconds[i], (suseconds_t)micros[k]};
                const int got = sys->ops->setsockopt(sys, p.near, SOL_SOCKET, name ? SO_RCVTIMEO : SO_SNDTIMEO, &time, sizeof time);
                assert_int_equal(got, micros[k] < 0 || micros[k] > 999999 ? -EDOM : 0);
            }
    assert_int_equal(set(p.near, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
    assert_true(put(p.near, "still there") > 0);
    becomes(p.far, EPOLLIN | EPOLLOUT);
    pair_end(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {BOTH(waits), BOTH(timers), BOTH(options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
