// Stream sockets, call by call, on Linux and on the simulated kernel.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"

static void bad_calls(void **state) {
    (void)state;
    if (on_imitation())
        skip();
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
    assert_int_equal(put(p.near, "x"), 1);
    becomes(p.far, EPOLLIN | EPOLLOUT);
    assert_int_equal(sys->ops->recv(sys, p.far, bytes, 16, MSG_ERRQUEUE), -EAGAIN); // another queue
    assert_int_equal(sys->ops->recv(sys, p.far, bytes, 16, MSG_WAITALL | MSG_DONTWAIT), 1);
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

// Who has listened connects, and who has connected listens, unless this machine's kernel is so new that each has one role for good.
static void from_one_role_to_the_other(void **state) {
    (void)state;
    const bool one = sockets_have_one_role();
    const struct sockaddr unspec = {.sa_family = AF_UNSPEC};
    struct pair p = pair();
    const int listened = make(), connected = make();
    assert_int_equal(sys->ops->listen(sys, listened, 1), 0);
    assert_int_equal(sys->ops->shutdown(sys, listened, SHUT_RD), 0);
    assert_int_equal(connect_to(listened, port_of(p.listener)), one ? -EINVAL : -EINPROGRESS);
    assert_int_equal(connect_to(connected, 1), -EINPROGRESS); // nobody listens there
    becomes(connected, ALL | BROKEN);
    assert_int_equal(sys->ops->connect(sys, connected, &unspec, sizeof unspec), 0);
    assert_int_equal(sys->ops->listen(sys, connected, 1), one ? -EINVAL : 0);
    closed(listened);
    closed(connected);
    pair_end(p);
}

static void wait_a_while(void) {
    int epfd = sys->ops->epoll_create(sys);
    assert_int_equal(report(epfd, TICK_MS(20)), 0);
    closed(epfd);
}

static int bind_second(uint16_t port) { // 127.0.0.2, for a moment
    struct sockaddr_in in = loopback(port);
    int fd = make();
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    int result = sys->ops->bind(sys, fd, (struct sockaddr *)&in, sizeof in);
    closed(fd);
    return result;
}

// A port is in use at an address: by a listener, by what it accepted, and in TIME_WAIT.
static void an_address_does_not_answer_for_another(void **state) {
    (void)state;
    struct pair p = pair();
    const uint16_t port = port_of(p.listener);
    assert_int_equal(bind_second(port), 0);
    closed(p.listener);
    assert_int_equal(bind_second(port), 0);
    int fd = make();
    assert_int_equal(bind_to(fd, port), -EADDRINUSE);
    closed(p.far);
    becomes(p.near, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    closed(p.near);
    wait_a_while();
    assert_int_equal(bind_second(port), 0);
    assert_int_equal(bind_to(fd, port), -EADDRINUSE);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    assert_int_equal(sys->ops->bind(sys, fd, (struct sockaddr *)&any, sizeof any), -EADDRINUSE);
    closed(fd);
}

// select gives back whole words.
static void select_beyond_its_count(void **state) {
    (void)state;
    fd_set set;
    int fd = sys->ops->eventfd(sys, 1, 0), beyond = (fd / NFDBITS + 1) * NFDBITS;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    for (int other = fd + 1; other <= beyond; other++)
        FD_SET(other, &set);
    assert_int_equal(sys->ops->select(sys, fd + 1, &set, NULL, NULL, 0), 1);
    assert_true(FD_ISSET(fd, &set));
    for (int other = fd + 1; other < beyond; other++)
        assert_false(FD_ISSET(other, &set));
    assert_true(FD_ISSET(beyond, &set));
    closed(fd);
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
        BOTH(an_address_does_not_answer_for_another),
        BOTH(select_beyond_its_count),
        BOTH(back_pressure),
        BOTH(the_lowest_fd_comes_first),
        BOTH(disconnecting),
        BOTH(from_one_role_to_the_other),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
