// Options of sockets of every kind, and what those that do something do, on Linux and on the simulated kernel.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int get_int(int fd, int level, int name) {
    int value = -77;
    socklen_t size = sizeof value;
    int n = sys->ops->getsockopt(sys, fd, level, name, &value, &size);
    return n ? n : value;
}

static int made(int domain, int type) {
    int fd = sys->ops->socket(sys, domain, type, 0);
    assert_true(fd >= 0);
    return fd;
}

// What each option is at first, and becomes: 5, -1, 300 are tried in this order. Errors are negative beyond -1.
#define NO (-92)
#define NOT_HERE (-95)
#define BAD (-22)
struct row {
    int level, name;
    int first, five, minus, large;
};

static void rows_hold(int fd, const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const int values[] = {5, -1, 300}, wanted[] = {rows[i].five, rows[i].minus, rows[i].large};
        int holds = rows[i].first;
        assert_int_equal(get_int(fd, rows[i].level, rows[i].name), holds);
        for (int v = 0; v < 3; v++) {
            int n = set(fd, rows[i].level, rows[i].name, values[v]);
            assert_int_equal(n, wanted[v] < -1 ? wanted[v] : 0);
            holds = n ? holds : wanted[v];
            assert_int_equal(get_int(fd, rows[i].level, rows[i].name), holds);
        }
    }
}
#define ROWS_HOLD(fd, rows) rows_hold((fd), (rows), sizeof(rows) / sizeof *(rows))

static void of_every_socket(void **state) {
    (void)state;
    static const struct row rows[] = {
        {SOL_SOCKET, SO_REUSEADDR, 0, 1, 1, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 0, 1, 1, 1},
        {SOL_SOCKET, SO_BROADCAST, 0, 1, 1, 1},
        {SOL_SOCKET, SO_DONTROUTE, 0, 1, 1, 1},
        {SOL_SOCKET, SO_OOBINLINE, 0, 1, 1, 1},
    };
    const int kinds[][2] = {
        {AF_INET, SOCK_STREAM}, {AF_INET6, SOCK_STREAM}, {AF_INET, SOCK_DGRAM}, {AF_UNIX, SOCK_STREAM}, {AF_UNIX, SOCK_DGRAM}};
    for (size_t i = 0; i < 5; i++) {
        int fd = made(kinds[i][0], kinds[i][1]);
        ROWS_HOLD(fd, rows);
        assert_int_equal(get_int(fd, SOL_SOCKET, SO_PRIORITY), 0);
        assert_int_equal(set(fd, SOL_SOCKET, SO_PRIORITY, 5), 0);
        assert_int_equal(get_int(fd, SOL_SOCKET, SO_PRIORITY), 5);
        assert_int_equal(get_int(fd, SOL_SOCKET, 9999), NO);
        struct linger linger = {7, 3};
        socklen_t size = sizeof linger;
        assert_int_equal(sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_LINGER, &linger, 4), BAD);
        assert_int_equal(sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
        assert_int_equal(sys->ops->getsockopt(sys, fd, SOL_SOCKET, SO_LINGER, &linger, &size), 0);
        assert_int_equal(linger.l_onoff, 1);
        assert_int_equal(linger.l_linger, 3);
        struct timeval time = {9, 9};
        size = sizeof time;
        assert_int_equal(sys->ops->getsockopt(sys, fd, SOL_SOCKET, SO_RCVTIMEO, &time, &size), 0);
        assert_int_equal(time.tv_sec + time.tv_usec, 0);
        time = (struct timeval){2, 500000};
        assert_int_equal(sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time), 0);
        time = (struct timeval){0, 1000000};
        assert_int_equal(sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time), -EDOM);
        assert_int_equal(sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time - 1), BAD);
        assert_int_equal(sys->ops->getsockopt(sys, fd, SOL_SOCKET, SO_SNDTIMEO, &time, &size), 0);
        assert_int_equal(time.tv_sec, 2);
        assert_int_equal(time.tv_usec, 500000);
        closed(fd);
    }
}

static void of_unix_sockets(void **state) {
    (void)state;
    static const struct row rows[] = {
        {SOL_SOCKET, SO_PASSCRED, 0, 1, 1, 1},
        {SOL_SOCKET, SO_REUSEPORT, 0, NOT_HERE, NOT_HERE, NOT_HERE},
        {IPPROTO_IP, IP_TOS, NOT_HERE, NOT_HERE, NOT_HERE, NOT_HERE},
        {IPPROTO_TCP, TCP_NODELAY, NOT_HERE, NOT_HERE, NOT_HERE, NOT_HERE},
    };
    int fd = made(AF_UNIX, SOCK_STREAM);
    ROWS_HOLD(fd, rows);
    closed(fd);
}

static void of_ip(void **state) {
    (void)state;
    if (on_imitation())
        skip();
    static const struct row of_both[] = {
        {IPPROTO_IP, IP_TTL, 64, 5, 64, BAD},
        {IPPROTO_IP, IP_MTU_DISCOVER, 1, 5, BAD, BAD},
        {IPPROTO_IP, IP_PKTINFO, 0, 1, 1, 1},
        {IPPROTO_IP, IP_RECVTTL, 0, 1, 1, 1},
        {IPPROTO_IP, IP_RECVTOS, 0, 1, 1, 1},
        {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 0, 1, 1, 1},
        {SOL_SOCKET, SO_REUSEPORT, 0, 1, 1, 1},
    };
    static const struct row of_four[] = {{IPPROTO_IPV6, IPV6_UNICAST_HOPS, NOT_HERE, NO, NO, NO}};
    static const struct row of_six[] = {
        {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64, 5, 64, BAD},
        {IPPROTO_IPV6, IPV6_RECVPKTINFO, 0, 1, 1, 1},
        {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 0, 1, 1, 1},
        {IPPROTO_IPV6, IPV6_RECVTCLASS, 0, 1, 1, 1},
        {IPPROTO_IPV6, IPV6_MTU_DISCOVER, 1, 5, BAD, BAD},
        {IPPROTO_IPV6, IPV6_V6ONLY, 0, 1, 1, 1},
    };
    static const struct row of_tcp[] = {
        {IPPROTO_IP, IP_TOS, 0, 4, 252, 44},
        {IPPROTO_TCP, TCP_NODELAY, 0, 1, 1, 1},
        {IPPROTO_TCP, TCP_CORK, 0, 1, 1, 1},
        {IPPROTO_TCP, TCP_SYNCNT, 6, 5, BAD, BAD},
        {IPPROTO_TCP, TCP_LINGER2, 60, 5, -1, 120},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 5, BAD, 300},
        {IPPROTO_TCP, TCP_FASTOPEN, 0, 5, BAD, 300},
        {IPPROTO_TCP, TCP_QUICKACK, 1, 1, 1, 1},
    };
    static const struct row of_udp[] = {
        {IPPROTO_IP, IP_TOS, 0, 5, 255, 44},
        {SOL_SOCKET, SO_PASSCRED, NOT_HERE, NOT_HERE, NOT_HERE, NOT_HERE},
    };
    for (int i = 0; i < 4; i++) {
        int fd = made(i & 1 ? AF_INET6 : AF_INET, i & 2 ? SOCK_DGRAM : SOCK_STREAM);
        ROWS_HOLD(fd, of_both);
        if (i & 1)
            ROWS_HOLD(fd, of_six);
        else
            ROWS_HOLD(fd, of_four);
        if (i & 2)
            ROWS_HOLD(fd, of_udp);
        else
            ROWS_HOLD(fd, of_tcp);
        if (i & 2)
            assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_NODELAY), i & 1 ? NO : NOT_HERE);
        closed(fd);
    }
}

static uint8_t tcp_state(int fd) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    assert_int_equal(sys->ops->getsockopt(sys, fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    return info.tcpi_state;
}

static void states_of_a_connection(void **state) {
    (void)state;
    int fresh = make();
    assert_int_equal(tcp_state(fresh), TCP_CLOSE);
    closed(fresh);
    struct pair p = pair();
    assert_int_equal(tcp_state(p.listener), TCP_LISTEN);
    assert_int_equal(tcp_state(p.near), TCP_ESTABLISHED);
    assert_int_equal(tcp_state(p.far), TCP_ESTABLISHED);
    assert_int_equal(sys->ops->shutdown(sys, p.near, SHUT_WR), 0);
    becomes(p.far, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    for (int i = 0; i < 200 && tcp_state(p.near) == TCP_FIN_WAIT1; i++) // until it is acknowledged
        sys->ops->sleep(sys, TICK_MS(1));
    assert_int_equal(tcp_state(p.near), TCP_FIN_WAIT2);
    assert_int_equal(tcp_state(p.far), TCP_CLOSE_WAIT);
    assert_int_equal(sys->ops->shutdown(sys, p.far, SHUT_WR), 0);
    becomes(p.near, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
    assert_int_equal(tcp_state(p.near), TCP_CLOSE);
    pair_end(p);
    p = pair(); // an accepted socket has its listener's options
    assert_int_equal(set(p.listener, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000), 0);
    int second = make();
    assert_int_equal(connect_to(second, port_of(p.listener)), -EINPROGRESS);
    becomes(p.listener, EPOLLIN);
    int far = accept_one(p.listener);
    assert_int_equal(get_int(far, IPPROTO_TCP, TCP_USER_TIMEOUT), 5000);
    assert_int_equal(get_int(p.far, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
    closed(far);
    closed(second);
    pair_end(p);
}

static void bytes_on_their_way(void **state) {
    (void)state;
    int value = -1, pipes[2], unix_fds[2];
    struct pair p = pair();
    assert_int_equal(sys->ops->ioctl(sys, p.listener, SIOCOUTQ, &value), -EINVAL);
    assert_int_equal(put(p.near, "hello"), 5);
    for (int i = 0; i < 200 && value; i++) { // acknowledged, in time
        assert_int_equal(sys->ops->ioctl(sys, p.near, SIOCOUTQ, &value), 0);
        sys->ops->sleep(sys, TICK_MS(1));
    }
    assert_int_equal(value, 0);
    pair_end(p);
    assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, SOCK_STREAM, 0, unix_fds), 0);
    assert_int_equal(put(unix_fds[0], "hello"), 5);
    assert_int_equal(sys->ops->ioctl(sys, unix_fds[0], SIOCOUTQ, &value), 0);
    assert_true(value >= 5); // Linux counts its own structures, too
    assert_int_equal(get(unix_fds[1], 9), 5);
    assert_int_equal(sys->ops->ioctl(sys, unix_fds[0], SIOCOUTQ, &value), 0);
    assert_int_equal(value, 0);
    closed(unix_fds[0]);
    closed(unix_fds[1]);
    assert_int_equal(sys->ops->pipe(sys, pipes), 0);
    assert_int_equal(sys->ops->ioctl(sys, pipes[1], SIOCOUTQ, &value), -ENOTTY);
    closed(pipes[0]);
    closed(pipes[1]);
}

static int sharing(uint16_t *port) {
    int fd = make();
    assert_int_equal(set(fd, SOL_SOCKET, SO_REUSEPORT, 1), 0);
    assert_int_equal(bind_to(fd, *port), 0);
    assert_int_equal(sys->ops->listen(sys, fd, 64), 0);
    *port = port_of(fd);
    return fd;
}

static void listeners_share_a_port(void **state) {
    (void)state;
    uint16_t port = 0;
    int one = sharing(&port), other = sharing(&port), stranger = make(), clients[32], counts[2] = {0};
    assert_int_equal(bind_to(stranger, port), -EADDRINUSE);
    assert_int_equal(set(stranger, SOL_SOCKET, SO_REUSEADDR, 1), 0);
    assert_int_equal(bind_to(stranger, port), -EADDRINUSE);
    closed(stranger);
    for (int i = 0; i < 32; i++) {
        clients[i] = make();
        assert_int_equal(connect_to(clients[i], port), -EINPROGRESS);
        becomes(clients[i], EPOLLOUT);
    }
    for (int i = 0; i < 2; i++)
        for (int fd; (fd = accept_one(i ? other : one)) >= 0; counts[i]++)
            closed(fd);
    assert_int_equal(counts[0] + counts[1], 32);
    assert_true(counts[0] && counts[1]); // each has some
    closed(one);
    for (int i = 0; i < 32; i++)
        closed(clients[i]);
    closed(other);
}

static void datagrams_share_a_port(void **state) {
    (void)state;
    int fds[2], counts[2] = {0};
    uint16_t port = 0;
    for (int i = 0; i < 2; i++) {
        fds[i] = made(AF_INET, SOCK_DGRAM);
        assert_int_equal(set(fds[i], SOL_SOCKET, SO_REUSEPORT, 1), 0);
        assert_int_equal(bind_to(fds[i], port), 0);
        port = port_of(fds[i]);
    }
    for (int i = 0; i < 32; i++) {
        int from = made(AF_INET, SOCK_DGRAM);
        struct sockaddr_in to = loopback(port);
        for (int twice = 0; twice < 2; twice++)
            assert_int_equal(sys->ops->sendto(sys, from, "x", 1, 0, (struct sockaddr *)&to, sizeof to), 1);
        closed(from);
    }
    for (int i = 0; i < 2; i++) {
        for (int n; (n = (int)get(fds[i], 1)) == 1;)
            counts[i]++;
        assert_true(counts[i] > 0);
        assert_int_equal(counts[i] % 2, 0); // a sender's all to the same one
    }
    assert_int_equal(counts[0] + counts[1], 64);
    closed(fds[0]);
    closed(fds[1]);
}

static void a_port_that_waits_for_its_connection(void **state) {
    (void)state;
    if (on_imitation())
        skip();
    uint16_t port;
    int listening = listener(&port), fd = make();
    assert_int_equal(set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1), 0);
    assert_int_equal(bind_to(fd, 0), 0);
    assert_int_equal(port_of(fd), 0);
    assert_int_equal(connect_to(fd, port), -EINPROGRESS);
    assert_true(port_of(fd) != 0);
    closed(fd);
    closed(listening);
}

// Two that share a local port cannot both be connected to the same place.
static void the_same_connection_twice(void **state) {
    (void)state;
    uint16_t port, own;
    int listening = listener(&port), one = make(), other = make();
    set(one, SOL_SOCKET, SO_REUSEADDR, 1);
    set(other, SOL_SOCKET, SO_REUSEADDR, 1);
    assert_int_equal(bind_to(one, 0), 0);
    own = port_of(one);
    assert_int_equal(bind_to(other, own), 0);
    assert_int_equal(connect_to(one, port), -EINPROGRESS);
    becomes(one, EPOLLOUT);
    assert_int_equal(connect_to(other, port), -EADDRNOTAVAIL);
    closed(one);
    closed(other);
    closed(listening);
}

// Every option of every socket, asked for and set with every length, and those that nobody knows: the answers of both kernels are the same
// text. What is set is 1.
static const int every[][2] = {{SOL_SOCKET, SO_ERROR}, {SOL_SOCKET, SO_TYPE}, {SOL_SOCKET, SO_DOMAIN}, {SOL_SOCKET, SO_PROTOCOL},
    {SOL_SOCKET, SO_ACCEPTCONN}, {SOL_SOCKET, SO_REUSEADDR}, {SOL_SOCKET, SO_REUSEPORT}, {SOL_SOCKET, SO_KEEPALIVE},
    {SOL_SOCKET, SO_SNDBUF}, {SOL_SOCKET, SO_RCVBUF}, {SOL_SOCKET, SO_LINGER}, {SOL_SOCKET, SO_PASSCRED}, {SOL_SOCKET, SO_PEERCRED},
    {SOL_SOCKET, SO_BROADCAST}, {SOL_SOCKET, SO_DONTROUTE}, {SOL_SOCKET, SO_OOBINLINE}, {SOL_SOCKET, SO_PRIORITY},
    {SOL_SOCKET, SO_RCVTIMEO}, {SOL_SOCKET, SO_SNDTIMEO}, {SOL_SOCKET, 9999}, {IPPROTO_TCP, TCP_KEEPIDLE}, {IPPROTO_TCP, TCP_KEEPINTVL},
    {IPPROTO_TCP, TCP_KEEPCNT}, {IPPROTO_TCP, TCP_USER_TIMEOUT}, {IPPROTO_TCP, TCP_SYNCNT}, {IPPROTO_TCP, TCP_NODELAY},
    {IPPROTO_TCP, TCP_CORK}, {IPPROTO_TCP, TCP_QUICKACK}, {IPPROTO_TCP, TCP_LINGER2}, {IPPROTO_TCP, TCP_FASTOPEN}, {IPPROTO_TCP, 9999},
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT}, {IPPROTO_IP, IP_PKTINFO}, {IPPROTO_IP, IP_RECVTTL}, {IPPROTO_IP, IP_RECVTOS},
    {IPPROTO_IP, IP_TTL}, {IPPROTO_IP, IP_TOS}, {IPPROTO_IP, IP_MTU_DISCOVER}, {IPPROTO_IP, 9999}, {IPPROTO_IPV6, IPV6_V6ONLY},
    {IPPROTO_IPV6, IPV6_RECVPKTINFO}, {IPPROTO_IPV6, IPV6_RECVHOPLIMIT}, {IPPROTO_IPV6, IPV6_RECVTCLASS}, {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
    {IPPROTO_IPV6, IPV6_TCLASS}, {IPPROTO_IPV6, IPV6_MTU_DISCOVER}, {IPPROTO_IPV6, 9999}, {IPPROTO_UDP, 9999}, {999, 1}};

static char *answers(void) {
    static const int kinds[][2] = {{AF_INET, SOCK_STREAM}, {AF_INET6, SOCK_STREAM}, {AF_INET, SOCK_DGRAM}, {AF_INET6, SOCK_DGRAM},
        {AF_UNIX, SOCK_STREAM}, {AF_UNIX, SOCK_DGRAM}, {AF_UNIX, SOCK_SEQPACKET}};
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
        for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
            int fd = sys->ops->socket(sys, kinds[kind][0], kinds[kind][1], 0), level = every[i][0], name = every[i][1];
            for (socklen_t length = 0; fd >= 0 && length <= 20; length++) {
                unsigned char asked[64] = {0}, wanted[64] = {1};
                socklen_t got = length;
                int n = sys->ops->getsockopt(sys, fd, level, name, asked, &got),
                    m = sys->ops->setsockopt(sys, fd, level, name, wanted, length);
                fprintf(out, "%zu %d %d %u: get %d %d, set %d\n", kind, level, name, length, n, n ? 0 : (int)got, m);
            }
            fprintf(out, "%zu %d %d: closed %d\n", kind, level, name, fd < 0 ? fd : sys->ops->close(sys, fd));
        }
    fclose(out);
    return text;
}

// What a user may do to those that take privileges, or are there for old times' sake.
static char *of_a_user(void) {
    static const int kinds[][2] = {{AF_INET, SOCK_STREAM}, {AF_INET6, SOCK_DGRAM}, {AF_UNIX, SOCK_STREAM}};
    static const int names[] = {SO_DEBUG, SO_NO_CHECK, SO_BSDCOMPAT, SO_RCVLOWAT, SO_SNDLOWAT, SO_MARK, SO_SNDBUFFORCE, SO_RCVBUFFORCE,
        SO_INCOMING_CPU, SO_PRIORITY};
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            int fd = made(kinds[kind][0], kinds[kind][1]);
            fprintf(out, "%zu %d: %d", kind, names[i], get_int(fd, SOL_SOCKET, names[i]));
            for (int value = 0; value <= 7; value += names[i] == SO_RCVLOWAT ? 7 : 1) { // of that more than 1 is not there
                const int asked = names[i] == SO_RCVLOWAT ? 1 : value;
                fprintf(out, ", %d", set(fd, SOL_SOCKET, names[i], asked));
                fprintf(out, " %d", get_int(fd, SOL_SOCKET, names[i]));
            }
            fprintf(out, "\n");
            closed(fd);
        }
    fclose(out);
    return text;
}

static void a_user_has_no_privileges(void **state) {
    (void)state;
    if (emulated())
        skip();
    const uid_t before = geteuid();
    if (!before && seteuid(65534))
        skip();
    on_linux(NULL);
    char *real = of_a_user();
    assert_int_equal(before ? 0 : seteuid(before), 0);
    on_sim(NULL);
    char *simulated = of_a_user();
    assert_string_equal(real, simulated);
    free(real);
    free(simulated);
}

static void every_length(void **state) {
    (void)state;
    if (emulated())
        skip();
    on_linux(NULL);
    char *real = answers();
    on_sim(NULL);
    char *simulated = answers();
    for (char *a = real, *b = simulated; *a || *b;) {
        size_t size = strcspn(a, "\n");
        if (strncmp(a, b, size + 1))
            fail_msg("linux: %.*s, sim: %.*s", (int)size, a, (int)strcspn(b, "\n"), b);
        a += size + 1;
        b += size + 1;
    }
    free(real);
    free(simulated);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(of_every_socket),
        BOTH(of_unix_sockets),
        BOTH(of_ip),
        BOTH(states_of_a_connection),
        BOTH(bytes_on_their_way),
        BOTH(listeners_share_a_port),
        BOTH(datagrams_share_a_port),
        BOTH(a_port_that_waits_for_its_connection),
        BOTH(the_same_connection_twice),
        cmocka_unit_test(every_length),
        cmocka_unit_test(a_user_has_no_privileges),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
