// Choices about the calls beside TCP: each does what its manual page allows, where that allows it, and nothing else.
// links: tick_kernel
#include "sim/kernel/kernel.h"
#include "tests/support/machines.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>

#include <cmocka.h>

// Answers as told by kind, and counts what it was asked.
static struct {
    uint32_t answer[TICK_CHOICE_KINDS], asked[TICK_CHOICE_KINDS];
    uint64_t only[TICK_CHOICE_KINDS]; // 0: at every ordinal
} world;

static uint32_t choose(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx, (void)subject, (void)most;
    world.asked[kind]++;
    if (world.only[kind] && world.only[kind] != ordinal)
        return 0;
    return world.answer[kind] < n ? world.answer[kind] : n - 1;
}

static struct tick_kernel *k;
static uint32_t made;

static struct tick_kernel_name name(void) {
    made++;
    return (struct tick_kernel_name){tick_id_mix(1, made), 0, made, NULL};
}

static int set_up(void **state) {
    (void)state;
    memset(&world, 0, sizeof world);
    if (!k && tick_kernel_new(64 << 20, &k))
        return -1;
    const struct tick_kernel_env env = {.choose = choose};
    tick_kernel_reset(k, &env);
    return machine_add(k, "a", 1, 0) == 0 && machine_add(k, "b", 2, 0) == 1 ? 0 : -1;
}

static void carry(void) {
    struct tick_posted posted;
    while (tick_kernel_next(k, &posted))
        ;
}

static struct sockaddr_in at_b(void) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x0a000002)};
}

// A UDP socket on a that is connected to one on b.
static void pair(int *from, int *to) {
    const struct sockaddr_in in = at_b();
    const struct tick_kernel_name n[] = {name(), name()};
    *from = tick_k_socket(k, 0, AF_INET, SOCK_DGRAM, 0, &n[0]);
    *to = tick_k_socket(k, 1, AF_INET, SOCK_DGRAM, 0, &n[1]);
    assert_int_equal(tick_k_bind(k, 1, *to, (const struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(tick_k_connect(k, 0, *from, (const struct sockaddr *)&in, sizeof in, &n[0]), 0);
}

static void link_of(struct tick_link link) {
    tick_kernel_link_all(k, &link);
}

static void pipes_are_short_above_pipe_buf_only(void **state) {
    (void)state;
    static char block[PIPE_BUF + 1];
    int fds[2];
    const struct tick_kernel_name n[] = {name(), name()};
    world.answer[TICK_CHOICE_SHORT_SEND] = 3;
    assert_int_equal(tick_k_pipe(k, 0, fds, 0, &n[0], &n[1]), 0);
    for (size_t count = 1; count <= PIPE_BUF; count += 455) {
        assert_int_equal(tick_k_write(k, 0, fds[1], block, count), count);
        assert_int_equal(tick_k_read(k, 0, fds[0], block, count), count);
    }
    assert_int_equal(world.asked[TICK_CHOICE_SHORT_SEND], 0);
    assert_int_equal(tick_k_write(k, 0, fds[1], block, PIPE_BUF + 1), 3);
    assert_int_equal(world.asked[TICK_CHOICE_SHORT_SEND], 1);
    world.answer[TICK_CHOICE_SHORT_RECV] = 1;
    assert_int_equal(tick_k_read(k, 0, fds[0], block, 8), 3); // a read takes what is there
    assert_int_equal(world.asked[TICK_CHOICE_SHORT_RECV], 0);
}

// What one call wrote within a host is there when it returns, and up to 32 KiB are one piece.
static void unix_streams_are_short_above_32k_only(void **state) {
    (void)state;
    static char block[40000];
    int fds[2];
    const struct tick_kernel_name n[] = {name(), name()};
    world.answer[TICK_CHOICE_SHORT_SEND] = 3;
    world.answer[TICK_CHOICE_SHORT_RECV] = 1;
    assert_int_equal(tick_k_socketpair(k, 0, AF_UNIX, SOCK_STREAM, 0, fds, &n[0], &n[1]), 0);
    assert_int_equal(tick_k_write(k, 0, fds[1], block, 32768), 32768);
    assert_int_equal(tick_k_read(k, 0, fds[0], block, sizeof block), 32768);
    assert_int_equal(world.asked[TICK_CHOICE_SHORT_SEND] + world.asked[TICK_CHOICE_SHORT_RECV], 0);
    assert_int_equal(tick_k_write(k, 0, fds[1], block, sizeof block), 32768);
    assert_int_equal(tick_k_read(k, 0, fds[0], block, sizeof block), 32768);
}

// A connection from a to b: its two ends.
static void connection(int *near, int *far) {
    const struct sockaddr_in in = at_b();
    const struct tick_kernel_name n[] = {name(), name(), name()};
    int listener = tick_k_socket(k, 1, AF_INET, SOCK_STREAM, 0, &n[0]);
    *near = tick_k_socket(k, 0, AF_INET, SOCK_STREAM, 0, &n[1]);
    assert_int_equal(tick_k_bind(k, 1, listener, (const struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(tick_k_listen(k, 1, listener, 4), 0);
    assert_int_equal(tick_k_connect(k, 0, *near, (const struct sockaddr *)&in, sizeof in, &n[2]), -EINPROGRESS);
    carry();
    *far = tick_k_accept(k, 1, listener, NULL, NULL);
    assert_true(*far >= 0);
}

// Up to half of SO_SNDBUF at once, when all before it could be acknowledged by now.
static void streams_that_were_heard_are_not_short(void **state) {
    (void)state;
    static char block[200000];
    int near, far;
    link_of((struct tick_link){.latency = TICK_MS(1)});
    connection(&near, &far);
    world.answer[TICK_CHOICE_SHORT_SEND] = 3;
    assert_int_equal(tick_k_send(k, 0, near, block, 100, 0), 100);
    carry();
    assert_int_equal(world.asked[TICK_CHOICE_SHORT_SEND], 0);
    assert_int_equal(tick_k_send(k, 0, near, block, 100, 0), 3); // it arrived a moment ago: its acknowledgement is on its way
    carry();
    assert_true(tick_kernel_post(k, tick_kernel_now(k) + TICK_MS(1), 0, 0));
    carry();
    assert_int_equal(tick_k_send(k, 0, near, block, 100, 0), 100);
    assert_int_equal(world.asked[TICK_CHOICE_SHORT_SEND], 1);
    int size = 4608;
    assert_int_equal(tick_k_setsockopt(k, 1, far, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    assert_int_equal(tick_k_send(k, 1, far, block, 4608, 0), 4608);
    assert_int_equal(tick_k_send(k, 0, near, block, 0, 0), 0);
    assert_int_equal(world.asked[TICK_CHOICE_SHORT_SEND], 1);
    carry();
    assert_true(tick_kernel_post(k, tick_kernel_now(k) + TICK_MS(1), 0, 0));
    carry();
    assert_int_equal(tick_k_send(k, 1, far, block, 4609, 0), 3); // more than one buffer's worth
    assert_int_equal(world.asked[TICK_CHOICE_SHORT_SEND], 2);
}

static void what_is_known_to_be_there_is_read(void **state) {
    (void)state;
    char bytes[16];
    int near, far, there = 0;
    const struct tick_kernel_name n = name();
    connection(&near, &far);
    world.answer[TICK_CHOICE_SHORT_RECV] = 1;
    assert_int_equal(tick_k_send(k, 0, near, "0123456789", 10, 0), 10);
    carry();
    assert_int_equal(tick_k_recv(k, 1, far, bytes, 16, 0), 1); // the others may come later, for all it knows
    assert_int_equal(tick_k_recv(k, 1, far, bytes, 4, MSG_PEEK), 4);
    assert_int_equal(tick_k_recv(k, 1, far, bytes, 16, 0), 4);
    assert_int_equal(tick_k_ioctl(k, 1, far, FIONREAD, &there), 0);
    assert_int_equal(there, 5);
    assert_int_equal(tick_k_recv(k, 1, far, bytes, 3, 0), 3);
    assert_int_equal(tick_k_recv(k, 1, far, bytes, 16, 0), 2);
    assert_int_equal(tick_k_send(k, 0, near, "0123456789", 10, 0), 10);
    assert_int_equal(tick_k_shutdown(k, 0, near, SHUT_WR), 0);
    carry();
    assert_int_equal(tick_k_recv(k, 1, far, bytes, 16, 0), 1);
    struct tick_sys_event e = {EPOLLIN | EPOLLRDHUP, 0};
    int epfd = tick_k_epoll_create(k, 1, &n);
    assert_int_equal(tick_k_epoll_ctl(k, 1, epfd, EPOLL_CTL_ADD, far, &e), 0);
    assert_int_equal(tick_k_epoll_wait(k, 1, epfd, &e, 1, false), 1);
    assert_int_equal(e.events, EPOLLIN | EPOLLRDHUP); // the end has come: so have all bytes
    assert_int_equal(tick_k_recv(k, 1, far, bytes, 16, 0), 9);
}

// Readiness that is held back is the wake-up on its way: who asks by a call knows, and is told from then on.
static void what_the_program_knows_is_held_back_no_longer(void **state) {
    (void)state;
    char bytes[16];
    int near, far;
    const struct tick_kernel_name n = name();
    struct tick_sys_event e = {EPOLLIN, 0};
    link_of((struct tick_link){.latency = TICK_MS(1)});
    connection(&near, &far);
    int epfd = tick_k_epoll_create(k, 1, &n);
    assert_int_equal(tick_k_epoll_ctl(k, 1, epfd, EPOLL_CTL_ADD, far, &e), 0);
    world.answer[TICK_CHOICE_READY_HOLD] = 3;
    assert_int_equal(tick_k_send(k, 0, near, "12", 2, 0), 2);
    carry();
    assert_int_equal(tick_k_epoll_wait(k, 1, epfd, &e, 1, false), 0); // held back
    assert_int_equal(tick_k_recv(k, 1, far, bytes, 1, 0), 1);
    assert_int_equal(tick_k_epoll_wait(k, 1, epfd, &e, 1, false), 1); // the rest is known to be there
    assert_int_equal(tick_k_recv(k, 1, far, bytes, 16, 0), 1);
    assert_int_equal(tick_k_epoll_wait(k, 1, epfd, &e, 1, false), 0);
    assert_int_equal(tick_k_send(k, 0, near, "3", 1, 0), 1);
    carry();
    assert_int_equal(tick_k_epoll_wait(k, 1, epfd, &e, 1, false), 0);
    struct pollfd p = {.fd = far, .events = POLLIN};
    assert_int_equal(tick_k_poll(k, 1, &p, 1), 1);
    assert_int_equal(tick_k_epoll_wait(k, 1, epfd, &e, 1, false), 1);
    assert_int_equal(tick_k_fcntl(k, 1, far, F_GETFL, 0), O_RDWR | O_NONBLOCK);
}

// An end that was reset while the answer could not come back learns of it when what it sent goes out again.
static void a_reset_that_an_outage_swallows_is_evoked_again(void **state) {
    (void)state;
    char bytes[8];
    int near, far;
    const uint8_t sides[] = {2, 1};
    link_of((struct tick_link){.latency = TICK_MS(1)});
    connection(&near, &far);
    assert_int_equal(tick_kernel_outage_begin(k, 1, sides, 2, true, 0), 0); // nothing comes from b
    assert_int_equal(tick_k_close(k, 1, far), 0);
    assert_int_equal(tick_k_send(k, 0, near, "x", 1, 0), 1);
    struct tick_posted posted;
    while (tick_kernel_next_at(k) < TICK_SEC(1))
        assert_true(tick_kernel_next(k, &posted));
    assert_int_equal(tick_k_recv(k, 0, near, bytes, 8, 0), -EAGAIN);
    tick_kernel_outage_end(k, 1);
    carry();
    assert_int_equal(tick_k_recv(k, 0, near, bytes, 8, 0), -ECONNRESET);
}

static void datagrams_are_lost_doubled_and_overtaken_where_the_link_says_so(void **state) {
    (void)state;
    int from, to;
    char bytes[8];
    pair(&from, &to);
    world.answer[TICK_CHOICE_LOSS] = world.answer[TICK_CHOICE_DUPLICATE] = world.answer[TICK_CHOICE_AGAIN] = 1;
    world.answer[TICK_CHOICE_REORDER] = 3;
    link_of((struct tick_link){.latency = TICK_MS(1), .jitter = TICK_MS(5)});
    assert_int_equal(tick_k_send(k, 0, from, "1", 1, 0), 1);
    carry();
    assert_int_equal(tick_k_recv(k, 1, to, bytes, 8, 0), 1);
    assert_int_equal(tick_k_recv(k, 1, to, bytes, 8, 0), -EAGAIN);
    assert_int_equal(world.asked[TICK_CHOICE_LOSS] + world.asked[TICK_CHOICE_DUPLICATE] + world.asked[TICK_CHOICE_REORDER], 0);
    assert_int_equal(world.asked[TICK_CHOICE_AGAIN], 0);

    link_of((struct tick_link){.loss = true});
    assert_int_equal(tick_k_send(k, 0, from, "2", 1, 0), 1);
    carry();
    assert_int_equal(tick_k_recv(k, 1, to, bytes, 8, 0), -EAGAIN);

    link_of((struct tick_link){.duplicate = true});
    assert_int_equal(tick_k_send(k, 0, from, "3", 1, 0), 1);
    carry();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tick_k_recv(k, 1, to, bytes, 8, 0), 1);
        assert_int_equal(bytes[0], '3');
    }
    assert_int_equal(tick_k_recv(k, 1, to, bytes, 8, 0), -EAGAIN);

    link_of((struct tick_link){.jitter = TICK_MS(5), .reorder = true});
    world.only[TICK_CHOICE_REORDER] = 4; // the 4th is late, the 5th is not
    assert_int_equal(tick_k_send(k, 0, from, "4", 1, 0), 1);
    assert_int_equal(tick_k_send(k, 0, from, "5", 1, 0), 1);
    carry();
    assert_int_equal(tick_k_recv(k, 1, to, bytes, 8, 0), 1);
    assert_int_equal(bytes[0], '5');
    assert_int_equal(tick_k_recv(k, 1, to, bytes, 8, 0), 1);
    assert_int_equal(bytes[0], '4');

    link_of((struct tick_link){.corrupt = true});
    world.only[TICK_CHOICE_AGAIN] = 6;
    assert_int_equal(tick_k_send(k, 0, from, "6", 1, 0), 1);
    carry();
    struct pollfd p = {.fd = to, .events = POLLIN};
    assert_int_equal(tick_k_poll(k, 1, &p, 1), 1);
    assert_int_equal(tick_k_recv(k, 1, to, bytes, 8, 0), -EAGAIN); // readiness was reported, and the datagram is gone
    world.only[TICK_CHOICE_AGAIN] = 7;
    assert_int_equal(tick_k_send(k, 0, from, "7", 1, 0), 1);
    assert_int_equal(tick_k_send(k, 0, from, "8", 1, 0), 1);
    carry();
    assert_int_equal(tick_k_recv(k, 1, to, bytes, 8, MSG_PEEK), 1); // who looks has its checksum looked at, too
    assert_int_equal(bytes[0], '8');
    world.only[TICK_CHOICE_AGAIN] = 8;
    assert_int_equal(tick_k_recv(k, 1, to, bytes, 8, 0), 1); // once
}

static void later_datagrams_do_not_overtake_without_a_choice(void **state) {
    (void)state;
    int from, to;
    char bytes[8];
    pair(&from, &to);
    link_of((struct tick_link){.jitter = TICK_MS(5), .reorder = true});
    world.answer[TICK_CHOICE_DELIVERY] = 4;
    world.only[TICK_CHOICE_DELIVERY] = 1; // the first is slow: those behind it wait
    for (char c = '1'; c <= '5'; c++)
        assert_int_equal(tick_k_send(k, 0, from, &c, 1, 0), 1);
    carry();
    for (char c = '1'; c <= '5'; c++) {
        assert_int_equal(tick_k_recv(k, 1, to, bytes, 8, 0), 1);
        assert_int_equal(bytes[0], c);
    }
}

static void what_stays_within_a_host_is_never_lost(void **state) {
    (void)state;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct tick_kernel_name n = name();
    char bytes[8];
    link_of((struct tick_link){.jitter = TICK_MS(5), .loss = true, .duplicate = true, .reorder = true, .corrupt = true});
    world.answer[TICK_CHOICE_LOSS] = world.answer[TICK_CHOICE_DUPLICATE] = world.answer[TICK_CHOICE_AGAIN] = 1;
    int fd = tick_k_socket(k, 0, AF_INET, SOCK_DGRAM, 0, &n);
    assert_int_equal(tick_k_bind(k, 0, fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(tick_k_sendto(k, 0, fd, "x", 1, 0, (struct sockaddr *)&in, sizeof in), 1);
    carry();
    assert_int_equal(tick_k_recv(k, 0, fd, bytes, 8, 0), 1);
    assert_int_equal(tick_k_recv(k, 0, fd, bytes, 8, 0), -EAGAIN);
}

static void names_are_late_or_fail_where_the_scenario_says_so(void **state) {
    (void)state;
    struct sockaddr_storage two[2], out[4];
    int64_t late;
    memset(two, 0, sizeof two);
    two[0].ss_family = AF_INET;
    two[1].ss_family = AF_INET6;
    struct tick_dns_name n = {.name = "db", .addresses = two, .count = 2, .latency = TICK_MS(2), .jitter = TICK_MS(100)};
    assert_int_equal(tick_k_resolve(k, 0, "db", 5432, 1, 1, out, 4, &late), -ENOENT);
    assert_int_equal(tick_kernel_dns_set(k, &n), 0);
    assert_int_equal(tick_k_resolve(k, 0, "db", 5432, 1, 1, out, 4, &late), 2);
    assert_int_equal(late, TICK_MS(2));
    assert_int_equal(((struct sockaddr_in *)&out[0])->sin_port, htons(5432));
    assert_int_equal(out[1].ss_family, AF_INET6);
    world.answer[TICK_CHOICE_RESOLVE_LATE] = 100; // the most
    world.answer[TICK_CHOICE_RESOLVE_FAIL] = 1;
    assert_int_equal(tick_k_resolve(k, 0, "db", 5432, 1, 2, out, 4, &late), 2);
    assert_int_equal(late, TICK_MS(102));
    assert_int_equal(world.asked[TICK_CHOICE_RESOLVE_FAIL], 0);
    n.may_fail = true;
    assert_int_equal(tick_kernel_dns_set(k, &n), 0);
    assert_int_equal(tick_k_resolve(k, 0, "db", 5432, 1, 3, out, 4, &late), -EAGAIN);
    assert_int_equal(tick_k_resolve(k, 0, "a", 1, 1, 4, out, 4, &late), 1); // hosts' own names: always there
    world.answer[TICK_CHOICE_RESOLVE_FAIL] = 0;
    world.answer[TICK_CHOICE_RESOLVE_WRONG] = 1;
    assert_int_equal(tick_k_resolve(k, 0, "db", 5432, 1, 5, out, 4, &late), 2);
    assert_int_equal(world.asked[TICK_CHOICE_RESOLVE_WRONG], 0); // nobody said what an old answer would be
    n.wrong = &two[1];
    n.wrong_count = 1;
    assert_int_equal(tick_kernel_dns_set(k, &n), 0);
    assert_int_equal(tick_k_resolve(k, 0, "db", 5432, 1, 6, out, 4, &late), 1);
    assert_int_equal(out[0].ss_family, AF_INET6);
    world.answer[TICK_CHOICE_RESOLVE_WRONG] = 0;
    assert_int_equal(tick_k_resolve(k, 0, "db", 5432, 1, 7, out, 1, &late), 1); // no more than are asked for
    assert_int_equal(out[0].ss_family, AF_INET);
}

// TFD_TIMER_CANCEL_ON_SET, as timerfd_create(2) has it: the reader learns that the clock was set, and so does who sets the timer anew.
static void who_asked_learns_that_the_clock_was_set(void **state) {
    (void)state;
    const struct tick_kernel_name n = name();
    const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, fd = tick_k_timerfd(k, 0, CLOCK_REALTIME, 0, &n);
    const int64_t wall = tick_kernel_wall(k, 0);
    uint64_t ticks;
    for (int armed = 0; armed < 2; armed++) {
        assert_int_equal(tick_k_timerfd_settime(k, 0, fd, flags, armed ? wall + TICK_SEC(9) : 0, 0, NULL, NULL), 0);
        assert_int_equal(tick_k_read(k, 0, fd, &ticks, 8), -EAGAIN);
        tick_kernel_wall_set(k, 0, wall + TICK_SEC(5));
        assert_int_equal(tick_k_read(k, 0, fd, &ticks, 8), -ECANCELED); // one that is disarmed, too
        assert_int_equal(tick_k_read(k, 0, fd, &ticks, 8), -EAGAIN);
        tick_kernel_wall_set(k, 0, wall);
        assert_int_equal(tick_k_timerfd_settime(k, 0, fd, flags, wall + TICK_SEC(7), 0, NULL, NULL), -ECANCELED);
        assert_int_equal(tick_k_read(k, 0, fd, &ticks, 8), -EAGAIN); // it was told, and the timer is armed
    }
    carry();
    assert_int_equal(tick_kernel_now(k), TICK_SEC(7));
    assert_int_equal(tick_k_read(k, 0, fd, &ticks, 8), 8);
    assert_int_equal(ticks, 1);
}

// Clocks that drift are no clocks that were set.
static void nobody_learns_that_the_clock_drifts(void **state) {
    (void)state;
    const struct tick_kernel_name n = name();
    const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, fd = tick_k_timerfd(k, 0, CLOCK_REALTIME, 0, &n);
    const int64_t wall = tick_kernel_wall(k, 0);
    uint64_t ticks;
    assert_int_equal(tick_k_timerfd_settime(k, 0, fd, flags, wall + TICK_SEC(9), 0, NULL, NULL), 0);
    for (int i = 0; i < 3; i++) {
        tick_kernel_wall_drift(k, 0, wall + TICK_SEC(i));
        assert_int_equal(tick_k_read(k, 0, fd, &ticks, 8), -EAGAIN);
    }
    carry();
    assert_int_equal(tick_kernel_now(k), TICK_SEC(7)); // but its time comes sooner
    assert_int_equal(tick_k_read(k, 0, fd, &ticks, 8), 8);
}

static int give(int over, int fd) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec part = {control, 1};
    const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    *CMSG_FIRSTHDR(&message) = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof fd);
    return (int)tick_k_sendmsg(k, 0, over, &message, 0);
}

static int taken(int over) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    int fd = -1;
    assert_int_equal(tick_k_recvmsg(k, 0, over, &message, 0), 1);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

// The same for timers that only messages have: each is told once, however many of them have it.
static void timers_on_their_way_go_by_the_clock(void **state) {
    (void)state;
    const struct tick_kernel_name n[] = {name(), name(), name()};
    const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, fd = tick_k_timerfd(k, 0, CLOCK_REALTIME, 0, &n[0]);
    const int64_t wall = tick_kernel_wall(k, 0);
    uint64_t ticks;
    int pair[2];
    assert_int_equal(tick_k_socketpair(k, 0, AF_UNIX, SOCK_DGRAM, 0, pair, &n[1], &n[2]), 0);
    assert_int_equal(tick_k_timerfd_settime(k, 0, fd, flags, wall + TICK_SEC(9), 0, NULL, NULL), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(give(pair[0], fd), 1);
    assert_int_equal(tick_k_close(k, 0, fd), 0);
    tick_kernel_wall_set(k, 0, wall + TICK_SEC(2));
    const int got = taken(pair[1]);
    assert_int_equal(tick_k_read(k, 0, got, &ticks, 8), -ECANCELED);
    assert_int_equal(tick_k_read(k, 0, got, &ticks, 8), -EAGAIN);
    carry();
    assert_int_equal(tick_kernel_now(k), TICK_SEC(7)); // not 3 s, as if it had moved three times
    assert_int_equal(tick_k_read(k, 0, got, &ticks, 8), 8);
    assert_int_equal(ticks, 1);
}

static void probes_find_out_what_died(void **state) {
    (void)state;
    const struct sockaddr_in in = at_b();
    const struct tick_kernel_name n[] = {name(), name(), name()};
    int listener = tick_k_socket(k, 1, AF_INET, SOCK_STREAM, 0, &n[0]), fd = tick_k_socket(k, 0, AF_INET, SOCK_STREAM, 0, &n[1]), on = 1,
        idle = 30;
    char byte;
    link_of((struct tick_link){.latency = TICK_MS(1)});
    assert_int_equal(tick_k_bind(k, 1, listener, (const struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(tick_k_listen(k, 1, listener, 4), 0);
    assert_int_equal(tick_k_connect(k, 0, fd, (const struct sockaddr *)&in, sizeof in, &n[2]), -EINPROGRESS);
    assert_int_equal(tick_k_setsockopt(k, 0, fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on), 0);
    assert_int_equal(tick_k_setsockopt(k, 0, fd, IPPROTO_TCP, 4 /* TCP_KEEPIDLE */, &idle, sizeof idle), 0);
    carry();
    assert_true(tick_k_accept(k, 1, listener, NULL, NULL) >= 0);
    assert_int_equal(tick_kernel_next_at(k), TICK_NEVER); // as long as all is well no probe keeps the world going
    machine_crash(k, 1);
    assert_int_equal(tick_k_recv(k, 0, fd, &byte, 1, 0), -EAGAIN);
    carry();
    assert_in_range(tick_kernel_now(k), TICK_SEC(30), TICK_SEC(31));
    assert_int_equal(tick_k_recv(k, 0, fd, &byte, 1, 0), -ECONNRESET);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(pipes_are_short_above_pipe_buf_only, set_up),
        cmocka_unit_test_setup(unix_streams_are_short_above_32k_only, set_up),
        cmocka_unit_test_setup(streams_that_were_heard_are_not_short, set_up),
        cmocka_unit_test_setup(what_is_known_to_be_there_is_read, set_up),
        cmocka_unit_test_setup(what_the_program_knows_is_held_back_no_longer, set_up),
        cmocka_unit_test_setup(a_reset_that_an_outage_swallows_is_evoked_again, set_up),
        cmocka_unit_test_setup(datagrams_are_lost_doubled_and_overtaken_where_the_link_says_so, set_up),
        cmocka_unit_test_setup(later_datagrams_do_not_overtake_without_a_choice, set_up),
        cmocka_unit_test_setup(what_stays_within_a_host_is_never_lost, set_up),
        cmocka_unit_test_setup(names_are_late_or_fail_where_the_scenario_says_so, set_up),
        cmocka_unit_test_setup(who_asked_learns_that_the_clock_was_set, set_up),
        cmocka_unit_test_setup(nobody_learns_that_the_clock_drifts, set_up),
        cmocka_unit_test_setup(timers_on_their_way_go_by_the_clock, set_up),
        cmocka_unit_test_setup(probes_find_out_what_died, set_up),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(k);
    return failed;
}
