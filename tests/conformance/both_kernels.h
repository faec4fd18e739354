// One suite of calls, stamped on the real kernel (127.0.0.1) and on the simulated one: what its files share.
// A test takes `sys` and does not ask which it is.
#ifndef RETICK_TEST_BOTH_KERNELS_H
#define RETICK_TEST_BOTH_KERNELS_H

#include "src/os/linux.h"
#include "tests/conformance/sim_calls.h"
#include "tests/support/emulated.h"
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#define ALL (EPOLLIN | EPOLLOUT | EPOLLRDHUP)
#define BROKEN (EPOLLERR | EPOLLHUP)

static struct tick_linux linux_calls;
static struct sim_calls sim_calls;
static struct tick_sys *sys;

static inline int on_linux(void **state) {
    (void)state;
    sys = tick_linux_sys(&linux_calls);
    return tick_linux_init(&linux_calls);
}

static inline int on_sim(void **state) {
    (void)state;
    sys = &sim_calls.sys;
    return sim_calls_reset(&sim_calls);
}

// For what an emulated kernel does not answer as Linux does.
static inline bool on_imitation(void) {
    return emulated() && sys == &linux_calls.sys;
}

// net.unix.max_dgram_qlen: 10 by Linux's own choice, more where systemd sets it.
static inline int datagrams_that_wait(void) {
    int most = 10;
    FILE *file = sys == &linux_calls.sys ? fopen("/proc/sys/net/unix/max_dgram_qlen", "r") : NULL;
    if (file && fscanf(file, "%d", &most) != 1)
        most = 10;
    if (file)
        fclose(file);
    return most;
}

// --- short names ---

static inline struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline int make(void) {
    int fd = sys->ops->socket(sys, AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    return fd;
}

static inline int bind_to(int fd, uint16_t port) {
    struct sockaddr_in in = loopback(port);
    return sys->ops->bind(sys, fd, (struct sockaddr *)&in, sizeof in);
}

static inline int connect_to(int fd, uint16_t port) {
    struct sockaddr_in in = loopback(port);
    return sys->ops->connect(sys, fd, (struct sockaddr *)&in, sizeof in);
}

static inline uint16_t port_of(int fd) {
    struct sockaddr_in in;
    socklen_t size = sizeof in;
    assert_int_equal(sys->ops->getsockname(sys, fd, (struct sockaddr *)&in, &size), 0);
    assert_int_equal(size, sizeof in);
    return ntohs(in.sin_port);
}

static inline int listener(uint16_t *port) {
    int fd = make();
    assert_int_equal(bind_to(fd, 0), 0);
    assert_int_equal(sys->ops->listen(sys, fd, 16), 0);
    *port = port_of(fd);
    return fd;
}

static inline int accept_one(int fd) {
    return sys->ops->accept(sys, fd, NULL, NULL);
}

static inline int option(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    assert_int_equal(sys->ops->getsockopt(sys, fd, level, name, &value, &size), 0);
    assert_int_equal(size, sizeof value);
    return value;
}

static inline int set(int fd, int level, int name, int value) {
    return sys->ops->setsockopt(sys, fd, level, name, &value, sizeof value);
}

static inline ssize_t put(int fd, const char *text) {
    return sys->ops->send(sys, fd, text, strlen(text), 0);
}

static inline ssize_t get(int fd, size_t most) {
    char bytes[256];
    return sys->ops->recv(sys, fd, bytes, most, 0);
}

static inline void closed(int fd) {
    assert_int_equal(sys->ops->close(sys, fd), 0);
}

static inline int peername(int fd) {
    struct sockaddr_in in;
    socklen_t size = sizeof in;
    return sys->ops->getpeername(sys, fd, (struct sockaddr *)&in, &size);
}

static inline int control(int epfd, int op, int fd, uint32_t events) {
    const struct tick_sys_event e = {events, (uint64_t)fd};
    return sys->ops->epoll_ctl(sys, epfd, op, fd, &e);
}

static inline uint32_t report(int epfd, int64_t timeout) {
    struct tick_sys_event e;
    int n = sys->ops->epoll_wait(sys, epfd, &e, 1, timeout, 0);
    assert_true(n >= 0);
    return n ? e.events : 0;
}

static inline uint32_t mask(int fd) {
    int epfd = sys->ops->epoll_create(sys);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, fd, ALL), 0);
    uint32_t events = report(epfd, 0);
    closed(epfd);
    return events;
}

// Waits until the mask is as wanted: the real loopback may take its time.
static inline void becomes(int fd, uint32_t wanted) {
    int epfd = sys->ops->epoll_create(sys);
    uint32_t events = 0;
    for (int i = 0; i < 2000; i++) {
        events = mask(fd);
        if (events == wanted)
            break;
        report(epfd, 1000000);
    }
    closed(epfd);
    assert_int_equal(events, wanted);
}

struct pair {
    int listener, near, far;
};

static inline struct pair pair(void) {
    struct pair p;
    uint16_t port;
    p.listener = listener(&port);
    p.near = make();
    assert_int_equal(connect_to(p.near, port), -EINPROGRESS);
    becomes(p.near, EPOLLOUT);
    becomes(p.listener, EPOLLIN);
    p.far = accept_one(p.listener);
    assert_true(p.far >= 0);
    return p;
}

static inline void pair_end(struct pair p) {
    closed(p.near);
    closed(p.far);
    closed(p.listener);
}

#define BOTH(test) \
    {"linux: " #test, test, on_linux, NULL, NULL}, { \
        "sim: " #test, test, on_sim, NULL, NULL \
    }

#endif
