// What calls cost in the simulated kernel, beside the same calls on the real one in the same run; and a small world from reset to end.
// Median of 15 rounds, with the least and the most. Wall clock: this measures, it decides nothing.
// links: tick_kernel tick_os
#include "sim/kernel/kernel.h"
#include "src/os/linux.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#define ROUNDS 15

static int64_t wall(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *what, int times, void (*fn)(int times)) {
    double ns[ROUNDS];
    fn(times / 10 + 1);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t begin = wall();
        fn(times);
        ns[i] = (double)(wall() - begin) / times;
    }
    qsort(ns, ROUNDS, sizeof *ns, compare);
    printf("%-44s %10.1f ns   (%.1f to %.1f)\n", what, ns[ROUNDS / 2], ns[0], ns[ROUNDS - 1]);
}

static void must(bool condition, const char *what) {
    if (!condition) {
        fprintf(stderr, "bench: %s failed\n", what);
        exit(1);
    }
}
#define MUST(condition) must((condition), #condition)

// --- the real kernel ---

static struct tick_linux real;
static struct tick_sys *os;
static volatile int64_t sink;
static int real_listener, real_near, real_far, real_epoll;
static struct sockaddr_in real_address;

static int real_connect(void) {
    int fd = os->ops->socket(os, AF_INET, SOCK_STREAM, 0);
    int error = os->ops->connect(os, fd, (struct sockaddr *)&real_address, sizeof real_address);
    MUST(error == 0 || error == -EINPROGRESS);
    return fd;
}

static int real_accept(void) {
    int fd;
    do
        fd = os->ops->accept(os, real_listener, NULL, NULL);
    while (fd == -EAGAIN);
    MUST(fd >= 0);
    return fd;
}

static void real_clock(int times) {
    for (int i = 0; i < times; i++)
        sink = os->ops->now(os);
}

static void real_echo(int times) {
    char bytes[64] = {0};
    struct tick_sys_event e;
    for (int i = 0; i < times; i++) {
        MUST(os->ops->send(os, real_near, bytes, sizeof bytes, 0) == sizeof bytes);
        MUST(os->ops->epoll_wait(os, real_epoll, &e, 1, -1, 0) == 1);
        MUST(os->ops->recv(os, real_far, bytes, sizeof bytes, 0) == sizeof bytes);
    }
}

static int real_pipe[2], real_udp[2], real_file;

static void real_pipes(int times) {
    char bytes[64] = {0};
    for (int i = 0; i < times; i++) {
        MUST(os->ops->write(os, real_pipe[1], bytes, sizeof bytes) == sizeof bytes);
        MUST(os->ops->read(os, real_pipe[0], bytes, sizeof bytes) == sizeof bytes);
    }
}

static void real_datagrams(int times) {
    char bytes[64] = {0};
    for (int i = 0; i < times; i++) {
        MUST(os->ops->send(os, real_udp[0], bytes, sizeof bytes, 0) == sizeof bytes);
        MUST(os->ops->recv(os, real_udp[1], bytes, sizeof bytes, 0) == sizeof bytes);
    }
}

static void real_files(int times) {
    char bytes[64] = {0};
    for (int i = 0; i < times; i++) {
        MUST(os->ops->pwrite(os, real_file, bytes, sizeof bytes, i % 64 * 64) == sizeof bytes);
        MUST(os->ops->pread(os, real_file, bytes, sizeof bytes, i % 64 * 64) == sizeof bytes);
    }
}

static void real_more(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    char path[] = "/tmp/retick-bench-XXXXXX";
    MUST(os->ops->pipe(os, real_pipe) == 0);
    for (int i = 0; i < 2; i++)
        real_udp[i] = os->ops->socket(os, AF_INET, SOCK_DGRAM, 0);
    MUST(os->ops->bind(os, real_udp[1], (struct sockaddr *)&at, size) == 0);
    MUST(os->ops->getsockname(os, real_udp[1], (struct sockaddr *)&at, &size) == 0);
    MUST(os->ops->connect(os, real_udp[0], (struct sockaddr *)&at, size) == 0);
    real_file = mkstemp(path);
    MUST(real_file >= 0 && os->ops->unlink(os, path) == 0);
}

static void real_connects(int times) {
    const struct linger now = {1, 0}; // no TIME_WAIT: there are not ports enough
    for (int i = 0; i < times; i++) {
        int near = real_connect(), far = real_accept();
        os->ops->setsockopt(os, near, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        os->ops->close(os, near);
        os->ops->close(os, far);
    }
}

static void real_begin(void) {
    tick_linux_init(&real);
    os = tick_linux_sys(&real);
    real_address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof real_address;
    real_listener = os->ops->socket(os, AF_INET, SOCK_STREAM, 0);
    MUST(os->ops->bind(os, real_listener, (struct sockaddr *)&real_address, size) == 0);
    MUST(os->ops->listen(os, real_listener, 64) == 0);
    os->ops->getsockname(os, real_listener, (struct sockaddr *)&real_address, &size);
    real_near = real_connect();
    real_far = real_accept();
    real_epoll = os->ops->epoll_create(os);
    const struct tick_sys_event e = {EPOLLIN, 0};
    MUST(os->ops->epoll_ctl(os, real_epoll, EPOLL_CTL_ADD, real_far, &e) == 0);
}

// --- the simulated one ---

static struct tick_kernel *k;
static uint32_t made;
static int listener, near, far, epoll;

static uint32_t calm(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx, (void)kind, (void)subject, (void)ordinal, (void)n, (void)most;
    return 0;
}

static struct tick_kernel_name name(void) {
    made++;
    return (struct tick_kernel_name){tick_id_mix(1, made), 0, made, NULL};
}

static void carry(void) {
    struct tick_posted posted;
    while (tick_kernel_next(k, &posted))
        ;
}

static int make_socket(int host) {
    const struct tick_kernel_name n = name();
    return tick_k_socket(k, host, AF_INET, SOCK_STREAM, 0, &n);
}

static int make_epoll(int host) {
    const struct tick_kernel_name n = name();
    return tick_k_epoll_create(k, host, &n);
}

static int make_listener(int host) {
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(7000)};
    int fd = make_socket(host);
    MUST(tick_k_bind(k, host, fd, (const struct sockaddr *)&any, sizeof any) == 0);
    MUST(tick_k_listen(k, host, fd, 64) == 0);
    return fd;
}

static void watch(int host, int epfd, int fd, uint32_t events) {
    const struct tick_sys_event e = {events, (uint64_t)fd};
    MUST(tick_k_epoll_ctl(k, host, epfd, EPOLL_CTL_ADD, fd, &e) == 0);
}

static int start(int host) {
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(7000), .sin_addr.s_addr = htonl(0x0a000001)};
    const struct tick_kernel_name n = name();
    int fd = make_socket(host);
    MUST(tick_k_connect(k, host, fd, (const struct sockaddr *)&in, sizeof in, &n) == -EINPROGRESS);
    return fd;
}

static void reset(int hosts) {
    static const char *const names[] = {"server", "alice", "bob", "carol"};
    const struct tick_kernel_env env = {.choose = calm};
    const struct tick_link link = {.latency = TICK_MS(1)};
    tick_kernel_reset(k, &env);
    tick_kernel_link_all(k, &link);
    made = 0;
    for (int i = 0; i < hosts; i++)
        MUST(tick_kernel_host_add(k, names[i], (tick_id)i + 1, 0) == i && tick_kernel_process_start(k, i) == i);
}

static void sim_clock(int times) {
    for (int i = 0; i < times; i++)
        sink = tick_kernel_now(k);
}

static void sim_echo(int times) {
    char bytes[64] = {0};
    struct tick_sys_event e;
    for (int i = 0; i < times; i++) {
        MUST(tick_k_send(k, 1, near, bytes, sizeof bytes, 0) == sizeof bytes);
        carry();
        MUST(tick_k_epoll_wait(k, 0, epoll, &e, 1, true) == 1);
        MUST(tick_k_recv(k, 0, far, bytes, sizeof bytes, 0) == sizeof bytes);
    }
}

static int sim_pipe[2], sim_udp[2], sim_file;

static void sim_pipes(int times) {
    char bytes[64] = {0};
    for (int i = 0; i < times; i++) {
        MUST(tick_k_write(k, 0, sim_pipe[1], bytes, sizeof bytes) == sizeof bytes);
        MUST(tick_k_read(k, 0, sim_pipe[0], bytes, sizeof bytes) == sizeof bytes);
    }
}

static void sim_datagrams(int times) {
    char bytes[64] = {0};
    for (int i = 0; i < times; i++) {
        MUST(tick_k_send(k, 0, sim_udp[0], bytes, sizeof bytes, 0) == sizeof bytes);
        carry();
        MUST(tick_k_recv(k, 0, sim_udp[1], bytes, sizeof bytes, 0) == sizeof bytes);
    }
}

static void sim_files(int times) {
    char bytes[64] = {0};
    for (int i = 0; i < times; i++) {
        MUST(tick_k_pwrite(k, 0, sim_file, bytes, sizeof bytes, i % 64 * 64) == sizeof bytes);
        MUST(tick_k_pread(k, 0, sim_file, bytes, sizeof bytes, i % 64 * 64) == sizeof bytes);
    }
}

static void sim_more(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct tick_kernel_name n[] = {name(), name(), name(), name(), name()};
    MUST(tick_k_pipe(k, 0, sim_pipe, 0, &n[0], &n[1]) == 0);
    for (int i = 0; i < 2; i++)
        sim_udp[i] = tick_k_socket(k, 0, AF_INET, SOCK_DGRAM, 0, &n[2 + i]);
    MUST(tick_k_bind(k, 0, sim_udp[1], (struct sockaddr *)&at, sizeof at) == 0);
    MUST(tick_k_connect(k, 0, sim_udp[0], (struct sockaddr *)&at, sizeof at, &n[2]) == 0);
    sim_file = tick_k_open(k, 0, "/file", O_RDWR | O_CREAT, 0600, &n[4]);
    MUST(sim_file >= 0);
}

static void sim_connects(int times) {
    for (int i = 0; i < times; i++) {
        int fd = start(1);
        carry();
        int other = tick_k_accept(k, 0, listener, NULL, NULL);
        MUST(other >= 0);
        tick_k_close(k, 1, fd);
        tick_k_close(k, 0, other);
        carry();
    }
}

static void sim_reset(int times) {
    for (int i = 0; i < times; i++)
        reset(4);
}

static int calls, waits;

// As a loop does it: wait, take what is ready, until there is nothing.
static int wait_for(int host, int epfd, struct tick_sys_event *out, bool may_block) {
    waits++;
    calls++;
    return tick_k_epoll_wait(k, host, epfd, out, 8, may_block);
}

// 4 hosts, 4 connections to the server, two requests and answers on each (16 sends), closes.
static void small_world(void) {
    struct tick_sys_event e[8];
    struct tick_posted posted;
    int epolls[4], fds[4][2], asked[4] = {0};
    bool connected[4][2] = {{false}};
    char bytes[64];
    reset(4);
    for (int i = 0; i < 4; i++)
        epolls[i] = make_epoll(i);
    int server = make_listener(0);
    watch(0, epolls[0], server, EPOLLIN);
    int left = 0;
    for (int i = 1; i < 4; i++)
        for (int j = 0; j < (i == 1 ? 2 : 1); j++, left++) {
            fds[i][j] = start(i);
            watch(i, epolls[i], fds[i][j], EPOLLIN | EPOLLOUT | EPOLLET);
        }
    while (tick_kernel_next(k, &posted)) {
        while (tick_kernel_next_at(k) <= tick_kernel_now(k))
            tick_kernel_next(k, &posted);
        for (int host = 0; host < 4; host++) {
            int n;
            while ((n = wait_for(host, epolls[host], e, true)) > 0)
                for (int i = 0; i < n; i++) {
                    int fd = (int)e[i].data;
                    if (host == 0 && fd == server) {
                        int other;
                        while ((other = tick_k_accept(k, 0, server, NULL, NULL)) >= 0)
                            watch(0, epolls[0], other, EPOLLIN), calls += 2;
                        calls++;
                        continue;
                    }
                    int j = host && fds[host][0] != fd;
                    if (host && !connected[host][j]) {
                        int error;
                        socklen_t size = sizeof error;
                        tick_k_getsockopt(k, host, fd, SOL_SOCKET, SO_ERROR, &error, &size);
                        connected[host][j] = true;
                        MUST(tick_k_send(k, host, fd, "get\n", 4, 0) == 4);
                        calls += 2;
                        continue;
                    }
                    ssize_t got = tick_k_recv(k, host, fd, bytes, sizeof bytes, 0);
                    calls++;
                    if (host == 0 && got > 0) {
                        MUST(tick_k_send(k, 0, fd, "1\n", 2, 0) == 2);
                        calls++;
                    } else if (host == 0 && got == 0) {
                        tick_k_close(k, 0, fd);
                        calls++;
                    } else if (got > 0 && asked[host]++ < (host == 1 ? 2 : 1)) {
                        MUST(tick_k_send(k, host, fd, "set 2\n", 6, 0) == 6);
                        calls++;
                    } else if (got > 0) {
                        tick_k_close(k, host, fd);
                        calls++;
                        left--;
                    }
                }
        }
    }
    MUST(left == 0);
    MUST(tick_kernel_open_fds(k, 0) == 2);
}

static void small_worlds(int times) {
    for (int i = 0; i < times; i++)
        small_world();
}

int main(void) {
    MUST(tick_kernel_new((size_t)1 << 30, &k) == 0);
    real_begin();
    measure("clock, linux", 2000000, real_clock);
    measure("clock, sim", 2000000, sim_clock);
    measure("send, epoll_wait, recv of 64 bytes, linux", 20000, real_echo);
    reset(2);
    listener = make_listener(0);
    near = start(1);
    carry();
    far = tick_k_accept(k, 0, listener, NULL, NULL);
    epoll = make_epoll(0);
    watch(0, epoll, far, EPOLLIN);
    measure("send, epoll_wait, recv of 64 bytes, sim", 200000, sim_echo);
    real_more();
    sim_more();
    measure("write, read of 64 bytes, a pipe, linux", 100000, real_pipes);
    measure("write, read of 64 bytes, a pipe, sim", 500000, sim_pipes);
    measure("send, recv of 64 bytes, UDP, linux", 20000, real_datagrams);
    measure("send, recv of 64 bytes, UDP, sim", 200000, sim_datagrams);
    measure("pwrite, pread of 64 bytes, a file, linux", 50000, real_files);
    measure("pwrite, pread of 64 bytes, a file, sim", 500000, sim_files);
    measure("connect, accept, close, linux", 2000, real_connects);
    measure("connect, accept, close, sim", 50000, sim_connects);
    measure("reset and 4 hosts", 200000, sim_reset);
    calls = waits = 0;
    small_world();
    printf("a small world: %d epoll_waits in %d calls after its set-up\n", waits, calls);
    measure("a small world, reset included", 20000, small_worlds);
    tick_kernel_free(k);
    return 0;
}
