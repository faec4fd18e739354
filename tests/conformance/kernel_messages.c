// Pipes, pairs, unix sockets, UDP, IPv6, timers and poll, call by call, on Linux and on the simulated kernel.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void pipes(void **state) {
    (void)state;
    static char block[70000];
    int fds[2];
    assert_int_equal(sys->ops->pipe(sys, fds), 0);
    assert_int_equal(mask(fds[0]), 0);
    assert_int_equal(mask(fds[1]), EPOLLOUT);
    assert_int_equal(sys->ops->read(sys, fds[0], block, 1), -EAGAIN);
    assert_int_equal(sys->ops->write(sys, fds[0], block, 1), -EBADF);
    assert_int_equal(sys->ops->read(sys, fds[1], block, 1), -EBADF);
    assert_int_equal(sys->ops->write(sys, fds[1], block, 65000), 65000);  // 16 pages, the last not full
    assert_int_equal(sys->ops->write(sys, fds[1], block, 4096), -EAGAIN); // whole, or not at all
    assert_int_equal(sys->ops->write(sys, fds[1], block, 5000), -EAGAIN);
    assert_int_equal(sys->ops->write(sys, fds[1], block, 100), 100); // it fits behind the others
    assert_int_equal(mask(fds[1]), 0);
    assert_int_equal(sys->ops->read(sys, fds[0], block, 5000), 5000);
    assert_int_equal(mask(fds[1]), EPOLLOUT);
    assert_int_equal(sys->ops->write(sys, fds[1], block, 5000), 4096); // more than PIPE_BUF may be short
    closed(fds[1]);
    assert_int_equal(mask(fds[0]), EPOLLIN | EPOLLHUP);
    assert_int_equal(sys->ops->read(sys, fds[0], block, sizeof block), 64196);
    assert_int_equal(sys->ops->read(sys, fds[0], block, 1), 0);
    assert_int_equal(mask(fds[0]), EPOLLHUP);
    closed(fds[0]);
    assert_int_equal(sys->ops->pipe(sys, fds), 0);
    closed(fds[0]);
    assert_int_equal(mask(fds[1]), EPOLLOUT | EPOLLERR);
    assert_int_equal(sys->ops->write(sys, fds[1], block, 1), -EPIPE);
    closed(fds[1]);
}

static void unix_streams(void **state) {
    (void)state;
    struct sockaddr_un un = {.sun_family = AF_UNIX}, got;
    snprintf(un.sun_path, sizeof un.sun_path, "/tmp/retick-unix-%d", (int)getpid());
    const struct sockaddr *a = (struct sockaddr *)&un;
    int l = sys->ops->socket(sys, AF_UNIX, SOCK_STREAM, 0), c = sys->ops->socket(sys, AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(sys->ops->listen(sys, l, 4), -EINVAL);
    assert_int_equal(sys->ops->connect(sys, c, a, sizeof un), -ENOENT);
    assert_int_equal(sys->ops->bind(sys, l, a, sizeof un), 0);
    assert_int_equal(sys->ops->bind(sys, c, a, sizeof un), -EADDRINUSE);
    assert_int_equal(sys->ops->connect(sys, c, a, sizeof un), -ECONNREFUSED);
    assert_int_equal(sys->ops->listen(sys, l, 4), 0);
    assert_int_equal(sys->ops->accept(sys, l, NULL, NULL), -EAGAIN);
    assert_int_equal(sys->ops->connect(sys, c, a, sizeof un), 0);
    assert_int_equal(sys->ops->connect(sys, c, a, sizeof un), -EISCONN);
    assert_int_equal(put(c, "early"), 5); // before it is accepted
    socklen_t size = sizeof got;
    int s = sys->ops->accept(sys, l, (struct sockaddr *)&got, &size);
    assert_true(s >= 0);
    assert_int_equal(size, sizeof(sa_family_t)); // the other has no name
    size = sizeof got;
    assert_int_equal(sys->ops->getpeername(sys, c, (struct sockaddr *)&got, &size), 0);
    assert_string_equal(got.sun_path, un.sun_path);
    assert_int_equal(get(s, 9), 5);
    assert_int_equal(sys->ops->shutdown(sys, c, SHUT_WR), 0);
    assert_int_equal(mask(s), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    assert_int_equal(get(s, 9), 0);
    assert_int_equal(put(s, "unread"), 6);
    closed(c);
    assert_int_equal(put(s, "x"), -EPIPE);
    closed(s);
    struct sockaddr_un wrong = un;
    int d = sys->ops->socket(sys, AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(sys->ops->connect(sys, d, (struct sockaddr *)&wrong, sizeof wrong), -EPROTOTYPE);
    closed(d);
    closed(l);
    assert_int_equal(sys->ops->unlink(sys, un.sun_path), 0);
}

static void unix_datagrams(void **state) {
    (void)state;
    int fds[2];
    char bytes[8];
    assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, SOCK_DGRAM, 0, fds), 0);
    assert_int_equal(put(fds[0], "long one"), 8);
    assert_int_equal(sys->ops->send(sys, fds[0], bytes, 0, 0), 0);
    struct iovec part = {bytes, 4};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    assert_int_equal(sys->ops->recvmsg(sys, fds[1], &message, 0), 4);
    assert_true(message.msg_flags & MSG_TRUNC);
    assert_int_equal(sys->ops->recv(sys, fds[1], bytes, 8, 0), 0); // an empty one is one
    assert_int_equal(sys->ops->recv(sys, fds[1], bytes, 8, 0), -EAGAIN);
    int sent = 0;
    while (put(fds[0], "x") == 1) // net.unix.max_dgram_qlen, or the buffer
        sent++;
    assert_int_equal(put(fds[0], "x"), -EAGAIN);
    for (int i = 0; i < sent; i++)
        assert_int_equal(get(fds[1], 1), 1);
    assert_int_equal(put(fds[0], "x"), 1);
    closed(fds[1]);
    assert_int_equal(put(fds[0], "x"), -ECONNREFUSED);
    closed(fds[0]);
}

static void udp(int domain) {
    struct sockaddr_storage to, from;
    socklen_t size = sizeof to, from_size = sizeof from;
    memset(&to, 0, sizeof to);
    to.ss_family = (sa_family_t)domain;
    if (domain == AF_INET)
        ((struct sockaddr_in *)&to)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)&to)->sin6_addr = in6addr_loopback;
    size = domain == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    char bytes[8];
    int a = sys->ops->socket(sys, domain, SOCK_DGRAM, 0), b = sys->ops->socket(sys, domain, SOCK_DGRAM, 0);
    assert_int_equal(mask(a), EPOLLOUT);
    assert_int_equal(put(a, "x"), -EDESTADDRREQ);
    assert_int_equal(sys->ops->listen(sys, a, 1), -EOPNOTSUPP);
    assert_int_equal(sys->ops->bind(sys, b, (struct sockaddr *)&to, size), 0);
    assert_int_equal(sys->ops->getsockname(sys, b, (struct sockaddr *)&to, &size), 0);
    assert_int_equal(sys->ops->sendto(sys, a, "hello", 5, 0, (struct sockaddr *)&to, size), 5);
    becomes(b, EPOLLIN | EPOLLOUT);
    assert_int_equal(sys->ops->recv(sys, b, bytes, 8, MSG_PEEK), 5);
    assert_int_equal(sys->ops->recvfrom(sys, b, bytes, 2, MSG_TRUNC, (struct sockaddr *)&from, &from_size), 5);
    assert_int_equal(from_size, size);
    assert_int_equal(sys->ops->recv(sys, b, bytes, 8, 0), -EAGAIN);
    assert_int_equal(sys->ops->sendto(sys, b, "", 0, 0, (struct sockaddr *)&from, from_size), 0);
    becomes(a, EPOLLIN | EPOLLOUT);
    assert_int_equal(sys->ops->recv(sys, a, bytes, 8, 0), 0);
    assert_int_equal(sys->ops->connect(sys, a, (struct sockaddr *)&to, size), 0);
    closed(b);
    assert_int_equal(put(a, "x"), 1); // nobody is there: ICMP tells
    becomes(a, EPOLLOUT | EPOLLERR);
    assert_int_equal(sys->ops->recv(sys, a, bytes, 8, 0), -ECONNREFUSED);
    assert_int_equal(sys->ops->recv(sys, a, bytes, 8, 0), -EAGAIN);
    static char large[70000];
    assert_int_equal(sys->ops->send(sys, a, large, 65508 + 100, 0), -EMSGSIZE);
    closed(a);
}

static void udp_over_ipv4(void **state) {
    (void)state;
    udp(AF_INET);
}

static void udp_over_ipv6(void **state) {
    (void)state;
    udp(AF_INET6);
}

// A listener of both families takes IPv4 connections, under mapped addresses; with IPV6_V6ONLY it does not.
static void tcp_of_both_families(void **state) {
    (void)state;
    struct sockaddr_in6 any = {.sin6_family = AF_INET6}, name;
    socklen_t size = sizeof any;
    int l = sys->ops->socket(sys, AF_INET6, SOCK_STREAM, 0);
    assert_int_equal(option(l, SOL_SOCKET, SO_DOMAIN), AF_INET6);
    assert_int_equal(sys->ops->bind(sys, l, (struct sockaddr *)&any, 16), -EINVAL);
    assert_int_equal(sys->ops->bind(sys, l, (struct sockaddr *)&any, size), 0);
    assert_int_equal(set(l, IPPROTO_IPV6, IPV6_V6ONLY, 1), -EINVAL); // too late
    assert_int_equal(sys->ops->listen(sys, l, 4), 0);
    assert_int_equal(sys->ops->getsockname(sys, l, (struct sockaddr *)&any, &size), 0);
    uint16_t port = ntohs(any.sin6_port);
    int four = make(), taken = make();
    assert_int_equal(bind_to(taken, port), -EADDRINUSE);
    assert_int_equal(connect_to(four, port), -EINPROGRESS);
    becomes(l, EPOLLIN);
    size = sizeof name;
    int s = sys->ops->accept(sys, l, (struct sockaddr *)&name, &size);
    assert_int_equal(size, sizeof name);
    assert_true(IN6_IS_ADDR_V4MAPPED(&name.sin6_addr));
    closed(s);
    closed(four);
    int six = sys->ops->socket(sys, AF_INET6, SOCK_STREAM, 0);
    any.sin6_addr = in6addr_loopback;
    assert_int_equal(sys->ops->connect(sys, six, (struct sockaddr *)&any, sizeof any), -EINPROGRESS);
    becomes(l, EPOLLIN);
    size = sizeof name;
    s = sys->ops->accept(sys, l, (struct sockaddr *)&name, &size);
    assert_memory_equal(&name.sin6_addr, &in6addr_loopback, sizeof in6addr_loopback);
    assert_int_equal(put(six, "abc"), 3);
    becomes(s, EPOLLIN | EPOLLOUT);
    assert_int_equal(get(s, 9), 3);
    closed(s);
    closed(six);
    closed(l);
    closed(taken);
    l = sys->ops->socket(sys, AF_INET6, SOCK_STREAM, 0);
    any = (struct sockaddr_in6){.sin6_family = AF_INET6};
    assert_int_equal(set(l, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
    assert_int_equal(sys->ops->bind(sys, l, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(sys->ops->listen(sys, l, 4), 0);
    size = sizeof any;
    assert_int_equal(sys->ops->getsockname(sys, l, (struct sockaddr *)&any, &size), 0);
    four = make();
    assert_int_equal(connect_to(four, ntohs(any.sin6_port)), -EINPROGRESS);
    becomes(four, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(option(four, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
    closed(four);
    closed(l);
}

static void a_socket_meets_itself(void **state) {
    (void)state;
    int fd = make();
    assert_int_equal(bind_to(fd, 0), 0);
    assert_int_equal(connect_to(fd, port_of(fd)), -EINPROGRESS);
    becomes(fd, EPOLLOUT);
    assert_int_equal(option(fd, SOL_SOCKET, SO_ERROR), 0);
    assert_int_equal(put(fd, "echo"), 4);
    becomes(fd, EPOLLIN | EPOLLOUT);
    assert_int_equal(get(fd, 9), 4);
    assert_int_equal(sys->ops->shutdown(sys, fd, SHUT_WR), 0);
    becomes(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
    assert_int_equal(get(fd, 9), 0);
    closed(fd);
    // also where somebody listens at its address
    int listener = make();
    fd = make();
    assert_int_equal(set(fd, SOL_SOCKET, SO_REUSEADDR, 1), 0);
    assert_int_equal(set(listener, SOL_SOCKET, SO_REUSEADDR, 1), 0);
    assert_int_equal(bind_to(fd, 0), 0);
    assert_int_equal(bind_to(listener, port_of(fd)), 0);
    assert_int_equal(sys->ops->listen(sys, listener, 4), 0);
    assert_int_equal(connect_to(fd, port_of(fd)), -EINPROGRESS);
    becomes(fd, EPOLLOUT);
    assert_int_equal(put(fd, "echo"), 4);
    becomes(fd, EPOLLIN | EPOLLOUT);
    assert_int_equal(accept_one(listener), -EAGAIN);
    closed(fd);
    closed(listener);
}

static void timers(void **state) {
    (void)state;
    int fd = sys->ops->timerfd(sys, CLOCK_MONOTONIC);
    uint64_t ticks = 0;
    int64_t value, interval;
    assert_int_equal(sys->ops->timerfd(sys, 77), -EINVAL);
    assert_int_equal(sys->ops->read(sys, fd, &ticks, 4), -EINVAL);
    assert_int_equal(sys->ops->read(sys, fd, &ticks, 8), -EAGAIN);
    assert_int_equal(sys->ops->write(sys, fd, &ticks, 8), -EINVAL);
    assert_int_equal(sys->ops->timerfd_settime(sys, fd, 0, TICK_MS(2), 0, NULL, NULL), 0);
    int64_t begin = sys->ops->now(sys);
    becomes(fd, EPOLLIN);
    assert_true(sys->ops->now(sys) - begin >= TICK_MS(1));
    assert_int_equal(sys->ops->read(sys, fd, &ticks, 8), 8);
    assert_int_equal(ticks, 1);
    assert_int_equal(sys->ops->timerfd_gettime(sys, fd, &value, &interval), 0);
    assert_int_equal(value, 0);
    int64_t now = sys->ops->now(sys); // since 10.5 periods: 11 ticks at once
    assert_int_equal(sys->ops->timerfd_settime(sys, fd, TFD_TIMER_ABSTIME, now - TICK_MS(105), TICK_MS(10), NULL, NULL), 0);
    becomes(fd, EPOLLIN);
    assert_int_equal(sys->ops->read(sys, fd, &ticks, 8), 8);
    assert_in_range(ticks, 11, 12);
    assert_int_equal(sys->ops->timerfd_settime(sys, fd, 0, 0, 0, &value, &interval), 0);
    assert_in_range(value, 1, TICK_MS(10));
    assert_int_equal(interval, TICK_MS(10));
    assert_int_equal(sys->ops->timerfd_settime(sys, fd, 0, -1, 0, NULL, NULL), -EINVAL);
    closed(fd);
}

static void polling(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(sys->ops->pipe(sys, fds), 0);
    struct pollfd all[] = {{.fd = fds[0], .events = POLLIN}, {.fd = -1, .events = POLLIN}, {.fd = 999, .events = POLLIN}};
    assert_int_equal(sys->ops->poll(sys, all, 3, -1), 1);
    assert_int_equal(all[2].revents, POLLNVAL);
    int64_t begin = sys->ops->now(sys);
    assert_int_equal(sys->ops->poll(sys, all, 2, TICK_MS(3)), 0);
    assert_true(sys->ops->now(sys) - begin >= TICK_MS(3));
    int timer = sys->ops->timerfd(sys, CLOCK_MONOTONIC);
    assert_int_equal(sys->ops->timerfd_settime(sys, timer, 0, TICK_MS(2), 0, NULL, NULL), 0);
    all[1].fd = timer;
    assert_int_equal(sys->ops->poll(sys, all, 2, -1), 1);
    assert_int_equal(all[1].revents, POLLIN);
    fd_set reads, writes;
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_SET(fds[0], &reads);
    FD_SET(fds[1], &writes);
    int count = (fds[0] > fds[1] ? fds[0] : fds[1]) + 1;
    assert_int_equal(sys->ops->select(sys, count, &reads, &writes, NULL, -1), 1);
    assert_false(FD_ISSET(fds[0], &reads));
    assert_true(FD_ISSET(fds[1], &writes));
    closed(timer);
    FD_SET(timer, &reads);
    assert_int_equal(sys->ops->select(sys, timer + 1, &reads, NULL, NULL, 0), -EBADF);
    closed(fds[0]);
    closed(fds[1]);
}

static void clocks_and_names(void **state) {
    (void)state;
    int64_t a, b;
    assert_int_equal(sys->ops->clock(sys, CLOCK_MONOTONIC, &a), 0);
    assert_int_equal(sys->ops->sleep(sys, TICK_MS(2)), 0);
    assert_int_equal(sys->ops->clock(sys, CLOCK_MONOTONIC, &b), 0);
    assert_true(b - a >= TICK_MS(2));
    assert_int_equal(sys->ops->clock(sys, CLOCK_REALTIME, &a), 0);
    assert_true(a > TICK_SEC(1500000000));
    assert_int_equal(sys->ops->clock(sys, 777, &a), -EINVAL);
    struct sockaddr_storage found[2];
    assert_int_equal(sys->ops->resolve_all(sys, "127.0.0.1", 80, found, 2), 1);
    assert_int_equal(((struct sockaddr_in *)found)->sin_port, htons(80));
    assert_int_equal(sys->ops->resolve_all(sys, "::1", 80, found, 2), 1);
    assert_int_equal(found[0].ss_family, AF_INET6);
}

static void odd_numbers(void **state) {
    (void)state;
    static const char *const loopbacks[] = {"127.1", "0x7f000001", "2130706433", "0177.1"};
    static const struct {
        const char *name;
        uint32_t scope;
    } scopes[] = {{"fe80::1%1", 1}, {"fe80::1%lo", 1}, {"::1%3", 3}, {"fe80::1%99", 99}, {"ff02::1%lo", 1}, {"fe80::1%4294967295", UINT32_MAX}};
    static const char *const none[] = {"fe80::1%nope", "::1%lo", "fe80::1%", "fe80::1%1x"};
    static const char *const names[] = {"127.0.0.1 ", "127.0.0.1x", "%1", "127.1%1"}; // Linux would ask a server
    struct sockaddr_storage found[2];
    for (size_t i = 0; i < sizeof loopbacks / sizeof *loopbacks; i++) {
        assert_int_equal(sys->ops->resolve_all(sys, loopbacks[i], 80, found, 2), 1);
        const struct sockaddr_in *in = (const struct sockaddr_in *)found;
        assert_int_equal(in->sin_family, AF_INET);
        assert_int_equal(in->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
        assert_int_equal(in->sin_port, htons(80));
    }
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        assert_int_equal(sys->ops->resolve_all(sys, scopes[i].name, 80, found, 2), 1);
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)found;
        assert_int_equal(in->sin6_family, AF_INET6);
        assert_int_equal(in->sin6_addr.s6_addr[15], 1);
        assert_int_equal(in->sin6_scope_id, scopes[i].scope);
        assert_int_equal(in->sin6_port, htons(80));
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(sys->ops->resolve_all(sys, none[i], 80, found, 2), -ENOENT);
    for (size_t i = 0; i < sizeof names / sizeof *names && sys != &linux_calls.sys; i++)
        assert_int_equal(sys->ops->resolve_all(sys, names[i], 80, found, 2), -ENOENT);
}

static void parts(void **state) {
    (void)state;
    int fds[2];
    char a[4] = {0}, b[8] = {0};
    assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, SOCK_STREAM, 0, fds), 0);
    const struct iovec out[] = {{"ab", 2}, {NULL, 0}, {"cdef", 4}}, in[] = {{a, 3}, {b, 8}};
    assert_int_equal(sys->ops->writev(sys, fds[0], out, 3), 6);
    assert_int_equal(sys->ops->readv(sys, fds[1], in, 2), 6);
    assert_memory_equal(a, "abc", 3);
    assert_memory_equal(b, "def", 3);
    assert_int_equal(sys->ops->writev(sys, fds[0], out, -1), -EINVAL);
    assert_int_equal(sys->ops->writev(sys, fds[0], out, 1025), -EINVAL);
    assert_int_equal(sys->ops->writev(sys, 999, out, 1), -EBADF);
    closed(fds[0]);
    closed(fds[1]);
}

// Of parts that are larger than any memory as much is moved as there is room for, or bytes.
static void enormous_parts(void **state) {
    (void)state;
    const size_t large = (size_t)600 << 20;
    char *bytes = mmap(NULL, large, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(bytes != MAP_FAILED);
    struct iovec parts[] = {{bytes, large}, {bytes, large}, {bytes, large}, {bytes, large}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 4};
    struct pair p = pair();
    int fds[2];
    assert_true(sys->ops->writev(sys, p.near, parts, 4) > 0);
    assert_int_equal(put(p.far, "x"), 1);
    int epfd = sys->ops->epoll_create(sys);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, p.near, EPOLLIN), 0);
    assert_int_equal(report(epfd, TICK_SEC(2)), EPOLLIN);
    closed(epfd);
    assert_int_equal(sys->ops->recvmsg(sys, p.near, &message, 0), 1);
    pair_end(p);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(i ? sys->ops->socketpair(sys, AF_UNIX, i == 1 ? SOCK_STREAM : SOCK_DGRAM, 0, fds) : sys->ops->pipe(sys, fds), 0);
        const ssize_t sent = sys->ops->writev(sys, fds[1], parts, 4);
        assert_true(i == 2 ? sent == -EMSGSIZE : sent > 0);
        if (i == 2)
            assert_int_equal(sys->ops->write(sys, fds[1], "ab", 2), 2);
        assert_int_equal(sys->ops->readv(sys, fds[0], parts, 4), i == 2 ? 2 : sent);
        closed(fds[0]);
        closed(fds[1]);
    }
    munmap(bytes, large);
}

// net.unix.max_dgram_qlen: how many datagrams wait for a socket before others have to.
static void queues_have_a_length(void **state) {
    (void)state;
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                                       (size_t)snprintf(un.sun_path + 1, 32, "retick-%d-queue", (int)getpid()));
    const struct sockaddr *name = (const struct sockaddr *)&un;
    const int room = datagrams_that_wait() + 1;
    int receiver = sys->ops->socket(sys, AF_UNIX, SOCK_DGRAM, 0), senders[3], fds[2], sent = 0;
    char byte;
    ssize_t n = 0;
    assert_int_equal(sys->ops->bind(sys, receiver, name, size), 0);
    for (int i = 0; i < 3; i++)
        senders[i] = sys->ops->socket(sys, AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(sys->ops->connect(sys, senders[0], name, size), 0);
    for (; sent <= room; sent++) { // of all senders together, and empty ones count
        n = sys->ops->sendto(sys, senders[sent % 3], "x", sent % 2, 0, sent % 3 ? name : NULL, sent % 3 ? size : 0);
        if (n < 0)
            break;
    }
    assert_int_equal(n, -EAGAIN);
    assert_int_equal(sent, room);
    assert_int_equal(put(senders[0], "x"), -EAGAIN);
    assert_int_equal(mask(senders[0]), 0);
    assert_int_equal(mask(senders[1]), EPOLLOUT); // nobody knows whom it will write to
    assert_int_equal(sys->ops->recv(sys, receiver, &byte, 1, MSG_PEEK), 0); // makes no room
    assert_int_equal(put(senders[0], "x"), -EAGAIN);
    assert_int_equal(sys->ops->sendto(sys, receiver, "x", 1, 0, name, size), 1); // to itself it may write
    assert_int_equal(get(receiver, 1), 0);
    assert_int_equal(put(senders[0], "x"), -EAGAIN);
    assert_int_equal(get(receiver, 1), 1);
    assert_int_equal(mask(senders[0]), EPOLLOUT);
    assert_int_equal(put(senders[0], "x"), 1);
    assert_int_equal(put(senders[0], "x"), -EAGAIN);
    closed(receiver);
    assert_int_equal(mask(senders[0]), EPOLLOUT);
    assert_int_equal(put(senders[0], "x"), -ECONNREFUSED);
    assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, SOCK_DGRAM, 0, fds), 0);
    for (int i = 0; i < 50; i++) // those who are each other's peers have no such bound
        assert_int_equal(put(fds[0], "x"), 1);
    closed(fds[0]);
    closed(fds[1]);
    for (int i = 0; i < 3; i++)
        closed(senders[i]);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        BOTH(pipes),
        BOTH(unix_streams),
        BOTH(unix_datagrams),
        BOTH(queues_have_a_length),
        BOTH(udp_over_ipv4),
        BOTH(udp_over_ipv6),
        BOTH(tcp_of_both_families),
        BOTH(a_socket_meets_itself),
        BOTH(timers),
        BOTH(polling),
        BOTH(clocks_and_names),
        BOTH(odd_numbers),
        BOTH(parts),
        BOTH(enormous_parts),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
