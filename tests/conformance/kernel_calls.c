// One suite of calls, stamped on the real kernel (127.0.0.1) and on the simulated one: results, errors, readiness and bytes agree.
// links: tick_kernel tick_os
#include "src/os/linux.h"
#include "tests/conformance/sim_calls.h"
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

static int on_linux(void **state) {
    (void)state;
    sys = tick_linux_sys(&linux_calls);
    return tick_linux_init(&linux_calls);
}

static int on_sim(void **state) {
    (void)state;
    sys = &sim_calls.sys;
    return sim_calls_reset(&sim_calls);
}

// --- short names ---

static struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int make(void) {
    int fd = sys->ops->socket(sys, AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    return fd;
}

static int bind_to(int fd, uint16_t port) {
    struct sockaddr_in in = loopback(port);
    return sys->ops->bind(sys, fd, (struct sockaddr *)&in, sizeof in);
}

static int connect_to(int fd, uint16_t port) {
    struct sockaddr_in in = loopback(port);
    return sys->ops->connect(sys, fd, (struct sockaddr *)&in, sizeof in);
}

static uint16_t port_of(int fd) {
    struct sockaddr_in in;
    socklen_t size = sizeof in;
    assert_int_equal(sys->ops->getsockname(sys, fd, (struct sockaddr *)&in, &size), 0);
    assert_int_equal(size, sizeof in);
    return ntohs(in.sin_port);
}

static int listener(uint16_t *port) {
    int fd = make();
    assert_int_equal(bind_to(fd, 0), 0);
    assert_int_equal(sys->ops->listen(sys, fd, 16), 0);
    *port = port_of(fd);
    return fd;
}

static int accept_one(int fd) {
    return sys->ops->accept(sys, fd, NULL, NULL);
}

static int option(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    assert_int_equal(sys->ops->getsockopt(sys, fd, level, name, &value, &size), 0);
    assert_int_equal(size, sizeof value);
    return value;
}

static int set(int fd, int level, int name, int value) {
    return sys->ops->setsockopt(sys, fd, level, name, &value, sizeof value);
}

static ssize_t put(int fd, const char *text) {
    return sys->ops->send(sys, fd, text, strlen(text), 0);
}

static ssize_t get(int fd, size_t most) {
    char bytes[256];
    return sys->ops->recv(sys, fd, bytes, most, 0);
}

static void closed(int fd) {
    assert_int_equal(sys->ops->close(sys, fd), 0);
}

static int peername(int fd) {
    struct sockaddr_in in;
    socklen_t size = sizeof in;
    return sys->ops->getpeername(sys, fd, (struct sockaddr *)&in, &size);
}

static int control(int epfd, int op, int fd, uint32_t events) {
    const struct tick_sys_event e = {events, (uint64_t)fd};
    return sys->ops->epoll_ctl(sys, epfd, op, fd, &e);
}

static uint32_t report(int epfd, int64_t timeout) {
    struct tick_sys_event e;
    int n = sys->ops->epoll_wait(sys, epfd, &e, 1, timeout, 0);
    assert_true(n >= 0);
    return n ? e.events : 0;
}

static uint32_t mask(int fd) {
    int epfd = sys->ops->epoll_create(sys);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, fd, ALL), 0);
    uint32_t events = report(epfd, 0);
    closed(epfd);
    return events;
}

// Waits until the mask is as wanted: the real loopback may take its time.
static void becomes(int fd, uint32_t wanted) {
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

static struct pair pair(void) {
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

static void pair_end(struct pair p) {
    closed(p.near);
    closed(p.far);
    closed(p.listener);
}

// --- the suite ---

static void bad_calls(void **state) {
    (void)state;
    struct sockaddr_in in = loopback(0);
    const struct sockaddr *a = (struct sockaddr *)&in;
    char byte = 0;
    socklen_t size = 4;
    assert_int_equal(sys->ops->socket(sys, -1, SOCK_STREAM, 0), -EAFNOSUPPORT);
    assert_int_equal(sys->ops->socket(sys, AF_INET, SOCK_STREAM, IPPROTO_UDP), -EPROTONOSUPPORT);
    assert_int_equal(sys->ops->socket(sys, AF_INET, 15, 0), -EINVAL);
    assert_int_equal(sys->ops->bind(sys, 999, a, sizeof in), -EBADF);
    assert_int_equal(sys->ops->listen(sys, -1, 1), -EBADF);
    assert_int_equal(sys->ops->send(sys, 999, &byte, 1, 0), -EBADF);
    assert_int_equal(sys->ops->recv(sys, 999, &byte, 1, 0), -EBADF);
    assert_int_equal(sys->ops->close(sys, 999), -EBADF);
    assert_int_equal(sys->ops->read(sys, 999, &byte, 1), -EBADF);
    int event = sys->ops->eventfd(sys, 0, 0);
    assert_int_equal(sys->ops->listen(sys, event, 1), -ENOTSOCK);
    assert_int_equal(sys->ops->connect(sys, event, a, sizeof in), -ENOTSOCK);
    assert_int_equal(sys->ops->send(sys, event, &byte, 1, 0), -ENOTSOCK);
    assert_int_equal(sys->ops->getsockopt(sys, event, SOL_SOCKET, SO_ERROR, &byte, &size), -ENOTSOCK);
    int fd = make();
    assert_int_equal(sys->ops->bind(sys, fd, a, sizeof in - 1), -EINVAL);
    assert_int_equal(sys->ops->connect(sys, fd, a, 1), -EINVAL);
    assert_int_equal(sys->ops->connect(sys, fd, a, sizeof in - 1), -EINVAL);
    in.sin_family = AF_INET6;
    assert_int_equal(sys->ops->bind(sys, fd, a, sizeof in), -EAFNOSUPPORT);
    assert_int_equal(sys->ops->connect(sys, fd, a, sizeof in), -EAFNOSUPPORT);
    in = loopback(0);
    in.sin_addr.s_addr = htonl(0x08080808);
    assert_int_equal(sys->ops->bind(sys, fd, a, sizeof in), -EADDRNOTAVAIL);
    assert_int_equal(sys->ops->accept(sys, fd, NULL, NULL), -EINVAL);
    assert_int_equal(sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_REUSEADDR, &byte, 1), -EINVAL);
    assert_int_equal(set(fd, SOL_SOCKET, SO_ERROR, 1), -ENOPROTOOPT);
    assert_int_equal(sys->ops->getsockopt(sys, fd, SOL_SOCKET, 9999, &byte, &size), -ENOPROTOOPT);
    closed(fd);
    closed(event);
}

static void a_fresh_socket(void **state) {
    (void)state;
    int fd = make();
    char byte = 0;
    assert_int_equal(mask(fd), EPOLLOUT | EPOLLHUP);
    assert_int_equal(get(fd, 1), -ENOTCONN);
    assert_int_equal(put(fd, "x"), -EPIPE);
    assert_int_equal(sys->ops->send(sys, fd, &byte, 0, 0), -EPIPE);
    assert_int_equal(peername(fd), -ENOTCONN);
    assert_int_equal(sys->ops->shutdown(sys, fd, SHUT_WR), -ENOTCONN);
    assert_int_equal(sys->ops->shutdown(sys, fd, 7), -EINVAL);
    assert_int_equal(port_of(fd), 0);
    assert_int_equal(option(fd, SOL_SOCKET, SO_ERROR), 0);
    assert_int_equal(option(fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    assert_int_equal(option(fd, SOL_SOCKET, SO_DOMAIN), AF_INET);
    assert_int_equal(option(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
    assert_int_equal(option(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
    closed(fd);
}

static void options(void **state) {
    (void)state;
    int fd = make();
    assert_int_equal(option(fd, SOL_SOCKET, SO_REUSEADDR), 0);
    assert_int_equal(set(fd, SOL_SOCKET, SO_REUSEADDR, 5), 0);
    assert_int_equal(option(fd, SOL_SOCKET, SO_REUSEADDR), 1);
    assert_int_equal(set(fd, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(set(fd, IPPROTO_TCP, TCP_NODELAY, 1), 0);
    assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(set(fd, SOL_SOCKET, SO_SNDBUF, 10000), 0);
    assert_int_equal(option(fd, SOL_SOCKET, SO_SNDBUF), 20000);
    assert_int_equal(set(fd, SOL_SOCKET, SO_RCVBUF, 10000), 0);
    assert_int_equal(option(fd, SOL_SOCKET, SO_RCVBUF), 20000);
    assert_int_equal(set(fd, SOL_SOCKET, SO_RCVBUF, 1), 0);
    assert_int_equal(option(fd, SOL_SOCKET, SO_RCVBUF), 2304);
    struct linger linger = {1, 3}, got;
    socklen_t size = sizeof got;
    assert_int_equal(sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    assert_int_equal(sys->ops->getsockopt(sys, fd, SOL_SOCKET, SO_LINGER, &got, &size), 0);
    assert_memory_equal(&linger, &got, sizeof got);
    closed(fd);
}

static void binding(void **state) {
    (void)state;
    uint16_t port;
    int a = listener(&port), b = make();
    assert_true(port >= 32768 && port <= 60999);
    assert_int_equal(option(a, SOL_SOCKET, SO_ACCEPTCONN), 1);
    assert_int_equal(bind_to(b, port), -EADDRINUSE);
    assert_int_equal(set(b, SOL_SOCKET, SO_REUSEADDR, 1), 0);
    assert_int_equal(bind_to(b, port), -EADDRINUSE);
    assert_int_equal(bind_to(a, 0), -EINVAL);
    assert_int_equal(bind_to(b, 0), 0);
    assert_int_equal(bind_to(b, 0), -EINVAL);
    closed(a);
    int c = make();
    assert_int_equal(bind_to(c, port), 0);
    // Two with SO_REUSEADDR may share a port until one of them listens.
    int d = make(), e = make();
    set(d, SOL_SOCKET, SO_REUSEADDR, 1);
    set(e, SOL_SOCKET, SO_REUSEADDR, 1);
    closed(c);
    assert_int_equal(bind_to(d, port), 0);
    assert_int_equal(bind_to(e, port), 0);
    assert_int_equal(sys->ops->listen(sys, d, 1), 0);
    assert_int_equal(sys->ops->listen(sys, e, 1), -EADDRINUSE);
    closed(b);
    closed(d);
    closed(e);
    // listen without bind takes a port
    int f = make();
    assert_int_equal(sys->ops->listen(sys, f, 1), 0);
    assert_true(port_of(f) != 0);
    assert_int_equal(sys->ops->listen(sys, f, 5), 0);
    assert_int_equal(mask(f), 0);
    assert_int_equal(accept_one(f), -EAGAIN);
    assert_int_equal(get(f, 1), -ENOTCONN);
    assert_int_equal(put(f, "x"), -EPIPE);
    assert_int_equal(connect_to(f, port), -EISCONN);
    closed(f);
}

static void connecting(void **state) {
    (void)state;
    uint16_t port;
    int a = listener(&port), b = make();
    assert_int_equal(connect_to(b, port), -EINPROGRESS);
    becomes(b, EPOLLOUT);
    becomes(a, EPOLLIN);
    assert_int_equal(connect_to(b, port), 0);
    assert_int_equal(connect_to(b, port), -EISCONN);
    assert_int_equal(sys->ops->listen(sys, b, 1), -EINVAL);
    struct sockaddr_in in;
    socklen_t size = sizeof in;
    int c = sys->ops->accept(sys, a, (struct sockaddr *)&in, &size);
    assert_true(c >= 0);
    assert_int_equal(size, sizeof in);
    assert_int_equal(ntohs(in.sin_port), port_of(b));
    assert_int_equal(port_of(c), port);
    assert_int_equal(ntohl(in.sin_addr.s_addr), INADDR_LOOPBACK);
    size = 4; // a short name is cut, and told in full length
    memset(&in, 0xff, sizeof in);
    assert_int_equal(sys->ops->getpeername(sys, c, (struct sockaddr *)&in, &size), 0);
    assert_int_equal(size, sizeof in);
    assert_int_equal(ntohs(in.sin_port), port_of(b));
    assert_int_equal(in.sin_addr.s_addr, 0xffffffff);
    assert_int_equal(accept_one(a), -EAGAIN);
    assert_int_equal(get(c, 10), -EAGAIN);
    closed(a);
    assert_int_equal(put(b, "hello"), 5);
    becomes(c, EPOLLIN | EPOLLOUT);
    assert_int_equal(get(c, 10), 5);
    closed(b);
    closed(c);
}

static void refused(void **state) {
    (void)state;
    uint16_t port;
    int a = listener(&port), b = make(), c = make();
    closed(a);
    assert_int_equal(connect_to(b, port), -EINPROGRESS);
    becomes(b, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(option(b, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
    assert_int_equal(option(b, SOL_SOCKET, SO_ERROR), 0);
    assert_int_equal(mask(b), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
    assert_int_equal(get(b, 1), 0);
    assert_int_equal(put(b, "x"), -EPIPE);
    assert_int_equal(connect_to(b, port), -ECONNABORTED);
    assert_int_equal(mask(b), EPOLLOUT | EPOLLHUP);
    assert_int_equal(connect_to(c, port), -EINPROGRESS);
    becomes(c, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(connect_to(c, port), -ECONNREFUSED);
    assert_int_equal(get(c, 1), -ENOTCONN);
    closed(b);
    closed(c);
}

static void bytes_and_ends(void **state) {
    (void)state;
    struct pair p = pair();
    char bytes[16];
    assert_int_equal(put(p.near, "hello"), 5);
    assert_int_equal(put(p.near, " you"), 4);
    becomes(p.far, EPOLLIN | EPOLLOUT);
    assert_int_equal(sys->ops->recv(sys, p.far, bytes, 5, MSG_PEEK), 5);
    assert_int_equal(sys->ops->recv(sys, p.far, bytes, 0, 0), 0);
    assert_int_equal(sys->ops->recv(sys, p.far, bytes, 16, 0), 9);
    assert_memory_equal(bytes, "hello you", 9);
    assert_int_equal(sys->ops->recv(sys, p.far, bytes, 16, MSG_PEEK), -EAGAIN);
    assert_int_equal(sys->ops->shutdown(sys, p.near, SHUT_WR), 0);
    becomes(p.far, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    assert_int_equal(put(p.near, "x"), -EPIPE);
    assert_int_equal(mask(p.near), EPOLLOUT);
    assert_int_equal(get(p.far, 1), 0);
    assert_int_equal(get(p.far, 1), 0);
    assert_int_equal(put(p.far, "answer"), 6); // half open
    becomes(p.near, EPOLLIN | EPOLLOUT);
    assert_int_equal(get(p.near, 16), 6);
    assert_int_equal(sys->ops->write(sys, p.far, "w", 1), 1);
    becomes(p.near, EPOLLIN | EPOLLOUT);
    assert_int_equal(sys->ops->read(sys, p.near, bytes, 16), 1);
    closed(p.far);
    becomes(p.near, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
    assert_int_equal(get(p.near, 1), 0);
    assert_int_equal(put(p.near, "x"), -EPIPE);
    assert_int_equal(peername(p.near), -ENOTCONN); // both directions are closed: the connection is no more
    closed(p.near);
    closed(p.listener);
}

static void resets(void **state) {
    (void)state;
    struct pair p = pair(); // close with unread bytes
    assert_int_equal(put(p.near, "x"), 1);
    becomes(p.far, EPOLLIN | EPOLLOUT);
    closed(p.far);
    becomes(p.near, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(get(p.near, 1), -ECONNRESET);
    assert_int_equal(get(p.near, 1), 0);
    assert_int_equal(put(p.near, "x"), -EPIPE);
    assert_int_equal(peername(p.near), -ENOTCONN);
    closed(p.near);
    closed(p.listener);

    p = pair(); // linger 0, with bytes that were not read yet
    const struct linger now = {1, 0};
    assert_int_equal(sys->ops->setsockopt(sys, p.far, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    assert_int_equal(put(p.far, "abc"), 3);
    becomes(p.near, EPOLLIN | EPOLLOUT);
    closed(p.far);
    becomes(p.near, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(get(p.near, 2), 2);
    assert_int_equal(put(p.near, "x"), -ECONNRESET);
    assert_int_equal(put(p.near, "x"), -EPIPE);
    assert_int_equal(get(p.near, 2), 1);
    assert_int_equal(get(p.near, 2), 0);
    closed(p.near);
    closed(p.listener);

    p = pair(); // bytes to a closed end
    closed(p.far);
    becomes(p.near, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    assert_int_equal(put(p.near, "x"), 1);
    becomes(p.near, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(get(p.near, 1), 0);
    assert_int_equal(option(p.near, SOL_SOCKET, SO_ERROR), EPIPE);
    assert_int_equal(option(p.near, SOL_SOCKET, SO_ERROR), 0);
    closed(p.near);
    closed(p.listener);

    p = pair(); // bytes that arrive after both ways were shut
    assert_int_equal(sys->ops->shutdown(sys, p.far, SHUT_RDWR), 0);
    becomes(p.near, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    assert_int_equal(put(p.near, "x"), 1);
    becomes(p.near, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(option(p.near, SOL_SOCKET, SO_ERROR), EPIPE);
    becomes(p.far, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(get(p.far, 1), -ECONNRESET);
    closed(p.near);
    closed(p.far);
    closed(p.listener);
}

static void listeners_that_close(void **state) {
    (void)state;
    uint16_t port;
    int a = listener(&port), b = make();
    assert_int_equal(connect_to(b, port), -EINPROGRESS);
    becomes(a, EPOLLIN);
    closed(a); // with a connection that nobody accepted
    becomes(b, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(option(b, SOL_SOCKET, SO_ERROR), ECONNRESET);
    closed(b);
    // Reset while it waits in the queue: accept gives it all the same.
    a = listener(&port);
    b = make();
    const struct linger now = {1, 0};
    assert_int_equal(sys->ops->setsockopt(sys, b, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    assert_int_equal(connect_to(b, port), -EINPROGRESS);
    becomes(a, EPOLLIN);
    closed(b);
    int c = accept_one(a);
    assert_true(c >= 0);
    becomes(c, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(get(c, 1), -ECONNRESET);
    closed(c);
    assert_int_equal(sys->ops->shutdown(sys, a, SHUT_RD), 0);
    assert_int_equal(mask(a), EPOLLOUT | EPOLLHUP);
    assert_int_equal(accept_one(a), -EINVAL);
    assert_int_equal(sys->ops->listen(sys, a, 3), 0);
    assert_true(port_of(a) != port); // nobody asked for that one by number: it was given back
    closed(a);
}

static void a_port_in_time_wait(void **state) {
    (void)state;
    struct pair p = pair();
    uint16_t port = port_of(p.listener);
    closed(p.far); // the server closes first, and lingers
    becomes(p.near, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    closed(p.near);
    closed(p.listener);
    int fd = make();
    assert_int_equal(bind_to(fd, port), -EADDRINUSE);
    // With SO_REUSEADDR now but not when the connection was made: still in use.
    assert_int_equal(set(fd, SOL_SOCKET, SO_REUSEADDR, 1), 0);
    assert_int_equal(bind_to(fd, port), -EADDRINUSE);
    closed(fd);
}

static void back_pressure(void **state) {
    (void)state;
    struct pair p = pair();
    static char block[65536];
    uint64_t sent = 0, received = 0;
    ssize_t n = 0;
    int epfd = sys->ops->epoll_create(sys);
    for (int idle = 0; idle < 3;) {
        while ((n = sys->ops->send(sys, p.near, block, sizeof block, 0)) > 0)
            sent += (uint64_t)n, idle = 0;
        assert_int_equal(n, -EAGAIN);
        report(epfd, 5000000);
        idle++;
    }
    assert_int_equal(mask(p.near), 0);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, p.near, EPOLLOUT | EPOLLET), 0);
    assert_int_equal(report(epfd, 0), 0);
    for (int tries = 0; received < sent && tries < 10000;) {
        n = sys->ops->recv(sys, p.far, block, sizeof block, 0);
        if (n == -EAGAIN) {
            report(epfd, 1000000);
            tries++;
            continue;
        }
        assert_true(n > 0);
        received += (uint64_t)n;
    }
    assert_int_equal(received, sent);
    becomes(p.near, EPOLLOUT);
    assert_true(put(p.near, "more") == 4);
    closed(epfd);
    pair_end(p);
}

static void epoll_calls(void **state) {
    (void)state;
    struct tick_sys_event e = {EPOLLIN, 7}, out[4];
    int epfd = sys->ops->epoll_create(sys), fd = sys->ops->eventfd(sys, 0, 0);
    assert_int_equal(sys->ops->epoll_wait(sys, epfd, out, 0, 0, 0), -EINVAL);
    assert_int_equal(sys->ops->epoll_wait(sys, fd, out, 1, 0, 0), -EINVAL);
    assert_int_equal(sys->ops->epoll_wait(sys, 999, out, 1, 0, 0), -EBADF);
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

static void the_lowest_fd_comes_first(void **state) {
    (void)state;
    int a = make(), b = make(), c = make();
    assert_true(a < b && b < c);
    closed(b);
    closed(a);
    assert_int_equal(make(), a);
    assert_int_equal(make(), b);
    closed(a);
    closed(b);
    closed(c);
}

static void disconnecting(void **state) {
    (void)state;
    struct pair p = pair();
    const struct sockaddr unspec = {.sa_family = AF_UNSPEC};
    uint16_t port = port_of(p.listener);
    assert_int_equal(sys->ops->connect(sys, p.near, &unspec, sizeof unspec), 0);
    becomes(p.far, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(peername(p.near), -ENOTCONN);
    assert_int_equal(option(p.near, SOL_SOCKET, SO_ERROR), ECONNRESET);
    assert_int_equal(connect_to(p.near, port), -EINPROGRESS);
    becomes(p.listener, EPOLLIN);
    int far = accept_one(p.listener);
    assert_int_equal(put(far, "again"), 5);
    becomes(p.near, EPOLLIN | EPOLLOUT);
    assert_int_equal(get(p.near, 9), 5);
    closed(far);
    pair_end(p);
}

#define BOTH(test) \
    {"linux: " #test, test, on_linux, NULL, NULL}, { \
        "sim: " #test, test, on_sim, NULL, NULL \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(bad_calls),
        BOTH(a_fresh_socket),
        BOTH(options),
        BOTH(binding),
        BOTH(connecting),
        BOTH(refused),
        BOTH(bytes_and_ends),
        BOTH(resets),
        BOTH(listeners_that_close),
        BOTH(a_port_in_time_wait),
        BOTH(back_pressure),
        BOTH(epoll_calls),
        BOTH(epoll_rotates),
        BOTH(epolls_in_epolls),
        BOTH(edges_of_a_connection),
        BOTH(eventfd_calls),
        BOTH(the_lowest_fd_comes_first),
        BOTH(disconnecting),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
