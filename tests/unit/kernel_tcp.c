// The simulated kernel's TCP over links: what arrives when, who is told, and how connections end.
#include "sim/kernel/kernel.h"
#include "tests/support/machines.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#define LATENCY TICK_MS(1)

static struct tick_kernel *k;
static uint32_t made;

// Answers asked for; the rest are calm.
static struct {
    enum tick_choice_kind kind;
    tick_id subject; // 0: any
    uint64_t ordinal;
    uint32_t value, met, n;
    int64_t most;
} wish;

static uint32_t choose(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx;
    assert_true(n > 1);
    if (kind != wish.kind || ordinal != wish.ordinal || (wish.subject && wish.subject != subject))
        return 0;
    wish.met++;
    wish.n = n;
    wish.most = most;
    return wish.value;
}

static void wish_for(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t value) {
    wish.kind = kind;
    wish.subject = subject;
    wish.ordinal = ordinal;
    wish.value = value;
    wish.met = 0;
}

static struct tick_kernel_name name(void) {
    made++;
    return (struct tick_kernel_name){tick_id_mix(77, made), 0, made, NULL};
}

static struct sockaddr_in at(const char *ip, uint16_t port) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, ip, &in.sin_addr);
    return in;
}

static int server, client; // hosts

static int setup(void **state) {
    (void)state;
    const struct tick_kernel_env env = {.choose = choose};
    const struct tick_link link = {.latency = LATENCY};
    if (!k)
        assert_int_equal(tick_kernel_new(64 << 20, &k), 0);
    tick_kernel_reset(k, &env);
    tick_kernel_link_all(k, &link);
    made = 0;
    memset(&wish, 0, sizeof wish);
    server = machine_add(k, "server", 1, 0);
    client = machine_add(k, "client", 2, 0);
    return 0;
}

static int64_t run(void) {
    struct tick_posted posted;
    while (tick_kernel_next(k, &posted))
        ;
    return tick_kernel_now(k);
}

static void run_to(int64_t time) {
    struct tick_posted posted;
    while (tick_kernel_next_at(k) <= time)
        tick_kernel_next(k, &posted);
    tick_kernel_clock_to(k, time);
}

static int make_socket(int host) {
    const struct tick_kernel_name n = name();
    int fd = tick_k_socket(k, host, AF_INET, SOCK_STREAM, 0, &n);
    assert_true(fd >= 3);
    return fd;
}

static int make_listener(int host, uint16_t port, int backlog) {
    struct sockaddr_in in = at("0.0.0.0", port);
    int fd = make_socket(host);
    assert_int_equal(tick_k_bind(k, host, fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(tick_k_listen(k, host, fd, backlog), 0);
    return fd;
}

static tick_id connection;

static int start(int host, int fd, const char *ip, uint16_t port) {
    struct sockaddr_in in = at(ip, port);
    const struct tick_kernel_name n = name();
    connection = n.id;
    return tick_k_connect(k, host, fd, (struct sockaddr *)&in, sizeof in, &n);
}

static int error_of(int host, int fd) {
    int error = -1;
    socklen_t size = sizeof error;
    assert_int_equal(tick_k_getsockopt(k, host, fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
    return error;
}

struct pair {
    int listener, near, far;
};

static struct pair connected(void) {
    struct pair p = {.listener = make_listener(server, 80, 8), .near = make_socket(client)};
    assert_int_equal(start(client, p.near, "10.0.0.1", 80), -EINPROGRESS);
    run();
    assert_int_equal(error_of(client, p.near), 0);
    p.far = tick_k_accept(k, server, p.listener, NULL, NULL);
    assert_true(p.far >= 3);
    return p;
}

static int make_epoll(int host) {
    const struct tick_kernel_name n = name();
    return tick_k_epoll_create(k, host, &n);
}

static void watch(int host, int epfd, int fd, uint32_t events) {
    const struct tick_sys_event e = {events, (uint64_t)fd};
    assert_int_equal(tick_k_epoll_ctl(k, host, epfd, EPOLL_CTL_ADD, fd, &e), 0);
}

static uint32_t ready(int host, int epfd, bool may_block) {
    struct tick_sys_event e;
    int n = tick_k_epoll_wait(k, host, epfd, &e, 1, may_block);
    assert_true(n >= 0);
    return n ? e.events : 0;
}

static uint32_t mask(int host, int fd) {
    int epfd = make_epoll(host);
    watch(host, epfd, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    uint32_t events = ready(host, epfd, true);
    tick_k_close(k, host, epfd);
    return events;
}

// --- tests ---

static void handshake_takes_a_latency_each_way(void **state) {
    (void)state;
    int listener = make_listener(server, 80, 8), fd = make_socket(client);
    assert_int_equal(start(client, fd, "10.0.0.1", 80), -EINPROGRESS);
    assert_int_equal(start(client, fd, "10.0.0.1", 80), -EALREADY);
    run_to(2 * LATENCY - 1);
    assert_int_equal(mask(client, fd), 0);
    run_to(2 * LATENCY);
    assert_int_equal(mask(client, fd), EPOLLOUT);
    assert_int_equal(tick_k_accept(k, server, listener, NULL, NULL), -EAGAIN);
    run_to(3 * LATENCY);
    struct sockaddr_in in;
    socklen_t size = sizeof in;
    int far = tick_k_accept(k, server, listener, (struct sockaddr *)&in, &size);
    assert_true(far > listener);
    assert_int_equal(in.sin_addr.s_addr, htonl(0x0a000002));
    assert_int_equal(in.sin_port, htons(32768));
    assert_int_equal(start(client, fd, "10.0.0.1", 80), 0);
    assert_int_equal(start(client, fd, "10.0.0.1", 80), -EISCONN);
}

static void nobody_listens(void **state) {
    (void)state;
    int fd = make_socket(client);
    assert_int_equal(start(client, fd, "10.0.0.1", 80), -EINPROGRESS);
    assert_int_equal(run(), 2 * LATENCY);
    assert_int_equal(mask(client, fd), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    assert_int_equal(error_of(client, fd), ECONNREFUSED);
    assert_int_equal(error_of(client, fd), 0);
    make_listener(server, 80, 8);
    assert_int_equal(start(client, fd, "10.0.0.1", 80), -ECONNABORTED);
    assert_int_equal(start(client, fd, "10.0.0.1", 80), -EINPROGRESS);
    run();
    assert_int_equal(start(client, fd, "10.0.0.1", 80), 0);
    int other = make_socket(client);
    assert_int_equal(start(client, other, "10.0.0.77", 80), -ENETUNREACH);
}

static void bytes_flow_in_order(void **state) {
    (void)state;
    struct pair p = connected();
    char bytes[16];
    int64_t begin = tick_kernel_now(k);
    assert_int_equal(tick_k_send(k, client, p.near, "hello", 5, 0), 5);
    assert_int_equal(tick_k_send(k, client, p.near, " world", 6, 0), 6);
    run_to(begin + LATENCY - 1);
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, sizeof bytes, 0), -EAGAIN);
    run_to(begin + LATENCY);
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, sizeof bytes, MSG_PEEK), 11);
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, sizeof bytes, 0), 11);
    assert_memory_equal(bytes, "hello world", 11);
    assert_int_equal(tick_k_close(k, client, p.near), 0);
    run();
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, sizeof bytes, 0), 0);
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, sizeof bytes, 0), 0);
    assert_int_equal(mask(server, p.far), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    assert_int_equal(tick_k_close(k, server, p.far), 0);
    run();
    assert_int_equal(tick_kernel_open_fds(k, client), 0);
    assert_int_equal(tick_kernel_open_fds(k, server), 1);
}

static void a_late_segment_holds_back_later_ones(void **state) {
    (void)state;
    const struct tick_link link = {.latency = LATENCY, .jitter = TICK_MS(49)};
    tick_kernel_link_set(k, client, server, &link);
    struct pair p = connected();
    int64_t begin = tick_kernel_now(k);
    char bytes[16];
    wish_for(TICK_CHOICE_DELIVERY, tick_id_part(connection, TICK_OUT), 1, tick_scale_count(link.jitter) - 1);
    assert_int_equal(tick_k_send(k, client, p.near, "ab", 2, 0), 2);
    assert_int_equal(wish.met, 1);
    assert_int_equal(wish.most, link.jitter);
    wish_for(TICK_CHOICE_DELIVERY, tick_id_part(connection, TICK_OUT), 3, 0);
    assert_int_equal(tick_k_send(k, client, p.near, "cd", 2, 0), 2);
    assert_int_equal(wish.met, 1);
    run_to(begin + TICK_MS(50) - 1);
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, sizeof bytes, 0), -EAGAIN);
    run_to(begin + TICK_MS(50));
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, sizeof bytes, 0), 4);
    assert_memory_equal(bytes, "abcd", 4);
    wish_for(TICK_CHOICE_DELIVERY, tick_id_part(connection, TICK_OUT), 5, 1); // FIN: one after the last byte
    tick_k_close(k, client, p.near);
    assert_int_equal(wish.met, 1);
}

static void back_pressure(void **state) {
    (void)state;
    struct pair p = connected();
    static char block[8192], got[8192];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)(i * 7 + i / 256);
    uint64_t sent = 0, received = 0;
    ssize_t n;
    while ((n = tick_k_send(k, client, p.near, block + sent % sizeof block, sizeof block - sent % sizeof block, 0)) > 0)
        sent += (uint64_t)n;
    assert_int_equal(n, -EAGAIN);
    assert_int_equal(sent, 65536);
    int epfd = make_epoll(client);
    watch(client, epfd, p.near, EPOLLOUT);
    assert_int_equal(ready(client, epfd, true), 0);
    run();
    assert_int_equal(ready(client, epfd, true), EPOLLOUT); // all arrived in the receive buffer
    while ((n = tick_k_send(k, client, p.near, block + sent % sizeof block, sizeof block - sent % sizeof block, 0)) > 0)
        sent += (uint64_t)n;
    assert_int_equal(sent, 131072);
    run();
    assert_int_equal(ready(client, epfd, true), 0); // nobody reads: the window is closed
    for (int round = 0; round < 1000 && received < 1000000; round++) {
        while ((n = tick_k_recv(k, server, p.far, got, 3001, 0)) > 0) {
            for (ssize_t i = 0; i < n; i++)
                assert_int_equal(got[i], block[(received + (uint64_t)i) % sizeof block]);
            received += (uint64_t)n;
        }
        run();
        while ((n = tick_k_send(k, client, p.near, block + sent % sizeof block, sizeof block - sent % sizeof block, 0)) > 0)
            sent += (uint64_t)n;
        run();
    }
    assert_true(received >= 1000000);
}

static void close_with_unread_bytes_resets(void **state) {
    (void)state;
    struct pair p = connected();
    char byte;
    assert_int_equal(tick_k_send(k, client, p.near, "x", 1, 0), 1);
    run();
    tick_k_close(k, server, p.far);
    run();
    assert_int_equal(mask(client, p.near), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    assert_int_equal(tick_k_recv(k, client, p.near, &byte, 1, 0), -ECONNRESET);
    assert_int_equal(tick_k_recv(k, client, p.near, &byte, 1, 0), 0);
    assert_int_equal(tick_k_send(k, client, p.near, "x", 1, 0), -EPIPE);
}

static void bytes_to_a_closed_end(void **state) {
    (void)state;
    struct pair p = connected();
    tick_k_close(k, server, p.far);
    run();
    assert_int_equal(tick_k_send(k, client, p.near, "x", 1, 0), 1);
    run();
    assert_int_equal(error_of(client, p.near), EPIPE);
    assert_int_equal(tick_k_send(k, client, p.near, "x", 1, 0), -EPIPE);
}

static void crash(void **state) {
    (void)state;
    struct pair p = connected();
    char byte;
    int waiting = make_socket(client);
    assert_int_equal(start(client, waiting, "10.0.0.1", 80), -EINPROGRESS);
    run(); // in the accept queue
    assert_int_equal(tick_kernel_open_fds(k, server), 2);
    machine_crash(k, server);
    assert_int_equal(tick_kernel_open_fds(k, server), 0);
    assert_int_equal(run(), tick_kernel_now(k));
    assert_int_equal(tick_k_recv(k, client, p.near, &byte, 1, 0), -EAGAIN); // nobody told it
    assert_int_equal(tick_k_send(k, client, p.near, "x", 1, 0), 1);
    assert_int_equal(tick_k_send(k, client, waiting, "x", 1, 0), 1);
    run();
    assert_int_equal(tick_k_recv(k, client, p.near, &byte, 1, 0), -ECONNRESET);
    assert_int_equal(tick_k_recv(k, client, waiting, &byte, 1, 0), -ECONNRESET);
    int again = make_socket(client);
    assert_int_equal(start(client, again, "10.0.0.1", 80), -EINPROGRESS);
    run();
    assert_int_equal(error_of(client, again), ECONNREFUSED);
    make_listener(server, 80, 8); // the host can be used again, its port too
}

static void choices(void **state) {
    (void)state;
    const struct tick_link link = {.latency = LATENCY, .refuse = true, .reset = true};
    tick_kernel_link_all(k, &link);
    struct pair p = connected();
    char bytes[32];

    wish_for(TICK_CHOICE_SHORT_SEND, 0, 1, 1);
    assert_int_equal(tick_k_send(k, client, p.near, "01", 2, 0), 2); // nothing is unacknowledged
    assert_int_equal(wish.met, 0);
    wish_for(TICK_CHOICE_SHORT_SEND, tick_id_part(connection, TICK_NEAR), 3, 1);
    assert_int_equal(tick_k_send(k, client, p.near, "23456789ab", 10, 0), 1);
    assert_int_equal(wish.n, 10);
    wish_for(TICK_CHOICE_SHORT_SEND, 0, 4, 0);
    assert_int_equal(tick_k_send(k, client, p.near, "3456789abcdefghijklm", 20, 0), 20);
    assert_int_equal(wish.n, 16);
    run();
    wish_for(TICK_CHOICE_SHORT_RECV, tick_id_part(connection, TICK_FAR), 1, 2);
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, sizeof bytes, 0), 2);
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, 1, 0), 1);
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, sizeof bytes, 0), 20);

    wish_for(TICK_CHOICE_FAULT_RESET, tick_id_part(connection, TICK_OUT), 24, 1);
    assert_int_equal(tick_k_send(k, client, p.near, "lost", 4, 0), 4);
    assert_int_equal(wish.met, 1);
    run();
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, sizeof bytes, 0), -ECONNRESET);
    assert_int_equal(tick_k_recv(k, client, p.near, bytes, sizeof bytes, 0), -ECONNRESET);

    int fd = make_socket(client);
    wish_for(TICK_CHOICE_FAULT_REFUSE, 0, 0, 1);
    assert_int_equal(start(client, fd, "10.0.0.1", 80), -EINPROGRESS);
    assert_int_equal(wish.met, 1);
    run();
    assert_int_equal(error_of(client, fd), ECONNREFUSED);
}

static void readiness_is_held(void **state) {
    (void)state;
    struct pair p = connected();
    int epfd = make_epoll(server);
    char bytes[4];
    watch(server, epfd, p.far, EPOLLIN);
    wish_for(TICK_CHOICE_READY_HOLD, tick_id_part(connection, TICK_FAR), 1, 2);
    assert_int_equal(tick_k_send(k, client, p.near, "a", 1, 0), 1);
    run();
    assert_int_equal(wish.met, 1);
    assert_int_equal(wish.n, 4);
    assert_int_equal(ready(server, epfd, false), 0);
    assert_int_equal(ready(server, epfd, false), 0);
    assert_int_equal(ready(server, epfd, false), EPOLLIN);
    assert_int_equal(tick_k_recv(k, server, p.far, bytes, 4, 0), 1);
    assert_int_equal(ready(server, epfd, false), 0);
    wish_for(TICK_CHOICE_READY_HOLD, tick_id_part(connection, TICK_FAR), 2, 3);
    assert_int_equal(tick_k_send(k, client, p.near, "a", 1, 0), 1);
    run();
    assert_int_equal(ready(server, epfd, true), EPOLLIN); // nothing else: it would sleep
}

static void waiters_are_woken_in_order(void **state) {
    (void)state;
    struct pair p = connected();
    uint32_t waiter;
    int a = make_epoll(server), b = make_epoll(server);
    watch(server, a, p.far, EPOLLIN);
    watch(server, b, p.far, EPOLLIN);
    assert_int_equal(tick_kernel_watch(k, server, a, 11), 0);
    assert_int_equal(tick_kernel_watch(k, server, b, 12), 0);
    assert_int_equal(tick_kernel_watch(k, server, b, 12), -EBUSY);
    assert_false(tick_kernel_woken(k, &waiter));
    tick_k_send(k, client, p.near, "a", 1, 0);
    run();
    tick_kernel_unwatch(k, server, b, 12);
    assert_true(tick_kernel_woken(k, &waiter));
    assert_int_equal(waiter, 11);
    assert_false(tick_kernel_woken(k, &waiter));
    assert_int_equal(tick_kernel_watch(k, server, b, 12), 0); // ready already
    assert_true(tick_kernel_woken(k, &waiter));
    assert_int_equal(waiter, 12);
    tick_kernel_watch(k, server, a, 11);
    tick_k_close(k, server, a);
    assert_false(tick_kernel_woken(k, &waiter));
}

static void a_full_backlog_makes_the_syn_come_again(void **state) {
    (void)state;
    int listener = make_listener(server, 80, 0), fds[3];
    for (int i = 0; i < 3; i++) {
        fds[i] = make_socket(client);
        assert_int_equal(start(client, fds[i], "10.0.0.1", 80), -EINPROGRESS);
        run_to(tick_kernel_now(k) + 4 * LATENCY);
    }
    assert_int_equal(mask(client, fds[0]), EPOLLOUT);
    assert_int_equal(mask(client, fds[1]), 0);
    assert_true(tick_k_accept(k, server, listener, NULL, NULL) >= 0);
    run_to(TICK_MS(1100));
    assert_int_equal(mask(client, fds[1]), EPOLLOUT);
    assert_int_equal(mask(client, fds[2]), 0);
    run(); // the third gives up at last
    assert_int_equal(error_of(client, fds[2]), ETIMEDOUT);
    assert_true(tick_kernel_now(k) > TICK_SEC(120));
}

static void an_old_connection_lets_the_fd_go(void **state) {
    (void)state;
    struct pair p = connected();
    struct sockaddr unspec = {.sa_family = AF_UNSPEC};
    const struct tick_kernel_name n = name();
    int epfd = make_epoll(client);
    watch(client, epfd, p.near, EPOLLIN);
    assert_int_equal(tick_k_connect(k, client, p.near, &unspec, sizeof unspec, &n), 0);
    assert_int_equal(start(client, p.near, "10.0.0.1", 80), -EINPROGRESS);
    run();
    char byte;
    assert_int_equal(tick_k_recv(k, server, p.far, &byte, 1, 0), -ECONNRESET);
    int far = tick_k_accept(k, server, p.listener, NULL, NULL);
    assert_int_equal(tick_k_send(k, server, far, "x", 1, 0), 1);
    run();
    assert_int_equal(ready(client, epfd, true) & EPOLLIN, EPOLLIN); // its watcher moved along
    assert_int_equal(tick_k_recv(k, client, p.near, &byte, 1, 0), 1);
}

static void a_host_talks_to_itself_at_once(void **state) {
    (void)state;
    int listener = make_listener(server, 80, 8);
    const char *ways[] = {"127.0.0.1", "10.0.0.1"};
    for (int i = 0; i < 2; i++) {
        int fd = make_socket(server);
        assert_int_equal(start(server, fd, ways[i], 80), -EINPROGRESS);
        assert_int_equal(run(), 0);
        assert_int_equal(error_of(server, fd), 0);
        int far = tick_k_accept(k, server, listener, NULL, NULL);
        struct sockaddr_in in;
        socklen_t size = sizeof in;
        assert_int_equal(tick_k_getpeername(k, server, far, (struct sockaddr *)&in, &size), 0);
        assert_int_equal(in.sin_addr.s_addr, inet_addr(ways[i]));
        tick_k_close(k, server, fd);
        tick_k_close(k, server, far);
        run();
    }
    machine_crash(k, server);
    assert_int_equal(tick_kernel_open_fds(k, server), 0);
}

// tcp_orphan_retries: what a program has closed is sent again for some 102 s, what it holds for 924.6 s.
// A simultaneous open: the SYNs cross, and each end answers the other's.
static void both_connect_at_once(void **state) {
    (void)state;
    const struct sockaddr_in ends[] = {at("10.0.0.1", 100), at("10.0.0.2", 200)};
    const int hosts[] = {server, client};
    int fds[2];
    char byte;
    for (int i = 0; i < 2; i++) {
        fds[i] = make_socket(hosts[i]);
        assert_int_equal(tick_k_bind(k, hosts[i], fds[i], (const struct sockaddr *)&ends[i], sizeof ends[i]), 0);
    }
    assert_int_equal(start(server, fds[0], "10.0.0.2", 200), -EINPROGRESS);
    run_to(LATENCY / 2);
    assert_int_equal(start(client, fds[1], "10.0.0.1", 100), -EINPROGRESS);
    run_to(LATENCY);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mask(hosts[i], fds[i]), 0);
        assert_int_equal(start(hosts[i], fds[i], "10.0.0.1", 100), -EALREADY);
        assert_int_equal(tick_k_send(k, hosts[i], fds[i], "x", 1, 0), -EAGAIN);
    }
    run_to(2 * LATENCY + LATENCY / 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mask(hosts[i], fds[i]), EPOLLOUT);
        assert_int_equal(error_of(hosts[i], fds[i]), 0);
        assert_int_equal(tick_k_send(k, hosts[i], fds[i], i ? "b" : "a", 1, 0), 1);
    }
    run();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tick_k_recv(k, hosts[i], fds[i], &byte, 1, 0), 1);
        assert_int_equal(byte, i ? 'a' : 'b');
        assert_int_equal(tick_k_close(k, hosts[i], fds[i]), 0);
    }
    run();
    assert_int_equal(tick_kernel_open_fds(k, server) + tick_kernel_open_fds(k, client), 0);
}

// One end goes before the other's SYN has come: that is refused.
static void one_of_two_that_connect_goes(void **state) {
    (void)state;
    const struct sockaddr_in in = at("10.0.0.1", 100);
    int a = make_socket(server), b = make_socket(client);
    assert_int_equal(tick_k_bind(k, server, a, (const struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(start(server, a, "10.0.0.2", 200), -EINPROGRESS);
    const struct sockaddr_in other = at("10.0.0.2", 200);
    assert_int_equal(tick_k_bind(k, client, b, (const struct sockaddr *)&other, sizeof other), 0);
    assert_int_equal(start(client, b, "10.0.0.1", 100), -EINPROGRESS);
    assert_int_equal(tick_k_close(k, server, a), 0);
    run();
    assert_int_equal(error_of(client, b), ECONNREFUSED);
}

// Whole segments go; after MSG_MORE the rest waits for the acknowledgement of what flies, after TCP_CORK for 200 ms more.
static void less_than_a_segment_waits(void **state) {
    (void)state;
    static char block[2000];
    for (int by_option = 0; by_option < 2; by_option++) {
        setup(NULL);
        struct pair p = connected();
        const int64_t began = tick_kernel_now(k);
        int there = 0;
        assert_int_equal(tick_k_setsockopt(k, client, p.near, IPPROTO_TCP, TCP_CORK, &by_option, sizeof by_option), 0);
        assert_int_equal(tick_k_send(k, client, p.near, block, sizeof block, by_option ? 0 : MSG_MORE), sizeof block);
        const int64_t goes = began + 2 * LATENCY + (by_option ? TICK_MS(200) : 0);
        run_to(goes + LATENCY - 1);
        assert_int_equal(tick_k_ioctl(k, server, p.far, FIONREAD, &there), 0);
        assert_int_equal(there, 1448);
        run_to(goes + LATENCY);
        assert_int_equal(tick_k_ioctl(k, server, p.far, FIONREAD, &there), 0);
        assert_int_equal(there, sizeof block);
    }
}

static void the_end_of_what_nobody_holds_is_given_up(void **state) {
    (void)state;
    for (int64_t lasts = TICK_SEC(40); lasts <= TICK_SEC(150); lasts += TICK_SEC(110)) {
        const uint8_t sides[] = {1, 2};
        struct tick_posted posted;
        setup(state);
        int listener = make_listener(server, 80, 4), fd = make_socket(client), closes = make_socket(client);
        assert_int_equal(start(client, fd, "10.0.0.1", 80), -EINPROGRESS);
        assert_int_equal(start(client, closes, "10.0.0.1", 80), -EINPROGRESS);
        run();
        int far = tick_k_accept(k, server, listener, NULL, NULL), reads = tick_k_accept(k, server, listener, NULL, NULL);
        char byte;
        assert_int_equal(tick_kernel_outage_begin(k, 1, sides, 2, false, 0), 0);
        assert_int_equal(tick_k_send(k, client, fd, "x", 1, 0), 1); // held by its program
        assert_int_equal(tick_k_close(k, client, closes), 0);
        uint32_t key = tick_kernel_post(k, tick_kernel_now(k) + lasts, 1, 0);
        do
            tick_kernel_next(k, &posted);
        while (!posted.what);
        (void)key;
        tick_kernel_outage_end(k, 1);
        run();
        assert_int_equal(tick_k_recv(k, server, far, &byte, 1, 0), 1);
        assert_int_equal(tick_k_recv(k, server, reads, &byte, 1, 0), lasts < TICK_SEC(102) ? 0 : -EAGAIN);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(handshake_takes_a_latency_each_way, setup),
        cmocka_unit_test_setup(nobody_listens, setup),
        cmocka_unit_test_setup(bytes_flow_in_order, setup),
        cmocka_unit_test_setup(a_late_segment_holds_back_later_ones, setup),
        cmocka_unit_test_setup(back_pressure, setup),
        cmocka_unit_test_setup(close_with_unread_bytes_resets, setup),
        cmocka_unit_test_setup(bytes_to_a_closed_end, setup),
        cmocka_unit_test_setup(crash, setup),
        cmocka_unit_test_setup(choices, setup),
        cmocka_unit_test_setup(readiness_is_held, setup),
        cmocka_unit_test_setup(waiters_are_woken_in_order, setup),
        cmocka_unit_test_setup(a_full_backlog_makes_the_syn_come_again, setup),
        cmocka_unit_test_setup(an_old_connection_lets_the_fd_go, setup),
        cmocka_unit_test_setup(a_host_talks_to_itself_at_once, setup),
        cmocka_unit_test_setup(both_connect_at_once, setup),
        cmocka_unit_test_setup(one_of_two_that_connect_goes, setup),
        cmocka_unit_test_setup(less_than_a_segment_waits, setup),
        cmocka_unit_test(the_end_of_what_nobody_holds_is_given_up),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(k);
    return failed;
}
