// A host's link with itself: an instant that nothing happens to, unless it is set; then as any other link.
#include "sim/kernel/kernel.h"
#include "tests/support/machines.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>

#include <cmocka.h>

static struct tick_kernel *k;
static uint32_t made, asked[TICK_CHOICE_KINDS];

// The one answer that is not calm: the next of that kind.
static enum tick_choice_kind wanted;
static uint32_t answer;
static int64_t allowed; // the most of the latest question

static uint32_t choose(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx, (void)subject, (void)ordinal;
    assert_true(n > 1);
    asked[kind]++;
    if (kind != wanted)
        return 0;
    wanted = 0;
    allowed = most;
    assert_true(answer < n);
    return answer;
}

static int one, other; // hosts, and their processes

static int set_up(void **state) {
    (void)state;
    const struct tick_kernel_env env = {.choose = choose};
    const struct tick_link link = {
        .latency = TICK_MS(7), .jitter = TICK_MS(7), .refuse = true, .reset = true, .loss = true, .duplicate = true, .corrupt = true};
    if (!k && tick_kernel_new(16 << 20, &k))
        return -1;
    tick_kernel_reset(k, &env);
    tick_kernel_link_all(k, &link);
    made = 0;
    wanted = 0;
    memset(asked, 0, sizeof asked);
    one = machine_add(k, "one", 1, 0);
    other = machine_add(k, "other", 2, 0);
    return one == 0 && other == 1 ? 0 : -1;
}

static void set(struct tick_link link) {
    assert_int_equal(tick_kernel_link_set(k, one, one, &link), 0);
}

static void want(enum tick_choice_kind kind, uint32_t value) {
    wanted = kind;
    answer = value;
}

static uint32_t asked_in_all(void) {
    uint32_t sum = 0;
    for (int i = 0; i < TICK_CHOICE_KINDS; i++)
        sum += asked[i];
    return sum;
}

static struct tick_kernel_name name(void) {
    made++;
    return (struct tick_kernel_name){tick_id_mix(77, made), 0, made, NULL};
}

static int64_t run(void) {
    struct tick_posted posted;
    while (tick_kernel_next(k, &posted))
        ;
    return tick_kernel_now(k);
}

static int make(int host, int type) {
    const struct tick_kernel_name n = name();
    int fd = tick_k_socket(k, host, AF_INET, type, 0, &n);
    assert_true(fd >= 0);
    return fd;
}

static struct sockaddr_in at(const char *ip, uint16_t port) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, ip, &in.sin_addr);
    return in;
}

static void bound(int host, int fd, uint16_t port) {
    const struct sockaddr_in in = at("0.0.0.0", port);
    assert_int_equal(tick_k_bind(k, host, fd, (const struct sockaddr *)&in, sizeof in), 0);
}

static int listener(int host) {
    int fd = make(host, SOCK_STREAM);
    const int yes = 1;
    assert_int_equal(tick_k_setsockopt(k, host, fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
    bound(host, fd, 80);
    assert_int_equal(tick_k_listen(k, host, fd, 4), 0);
    return fd;
}

static int connects(int host, const char *ip) {
    const struct sockaddr_in in = at(ip, 80);
    const struct tick_kernel_name n = name();
    int fd = make(host, SOCK_STREAM);
    assert_int_equal(tick_k_connect(k, host, fd, (const struct sockaddr *)&in, sizeof in, &n), -EINPROGRESS);
    return fd;
}

static int error_of(int fd) {
    int error = -1;
    socklen_t size = sizeof error;
    assert_int_equal(tick_k_getsockopt(k, one, fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
    return error;
}

struct pair {
    int near, far;
};

// Within the first host, by either of its addresses.
static struct pair connected(const char *ip) {
    int l = listener(one);
    struct pair p = {.near = connects(one, ip)};
    run();
    p.far = tick_k_accept(k, one, l, NULL, NULL);
    assert_true(p.far >= 0);
    assert_int_equal(tick_k_close(k, one, l), 0);
    return p;
}

static int64_t sent(struct pair p) {
    const int64_t begin = tick_kernel_now(k);
    char byte;
    assert_int_equal(tick_k_send(k, one, p.near, "x", 1, 0), 1);
    run();
    assert_int_equal(tick_k_recv(k, one, p.far, &byte, 1, 0), 1);
    return tick_kernel_now(k) - begin;
}

static int watches(int fd) {
    const struct tick_kernel_name n = name();
    const struct tick_sys_event e = {EPOLLIN | EPOLLET, 0};
    int epoll = tick_k_epoll_create(k, one, &n);
    assert_int_equal(tick_k_epoll_ctl(k, one, epoll, EPOLL_CTL_ADD, fd, &e), 0);
    return epoll;
}

static int reported(int epoll) {
    struct tick_sys_event e;
    return tick_k_epoll_wait(k, one, epoll, &e, 1, false);
}

static void by_itself_it_is_an_instant(void **state) {
    (void)state;
    struct pair p = connected("127.0.0.1");
    int epoll = watches(p.far);
    assert_int_equal(sent(p), 0);
    assert_int_equal(tick_k_send(k, one, p.near, "x", 1, 0), 1);
    run();
    assert_int_equal(reported(epoll), 1);
    assert_int_equal(tick_kernel_now(k), 0);
    assert_int_equal(asked_in_all(), 0);
}

static void a_link_with_itself_has_a_latency(void **state) {
    (void)state;
    set((struct tick_link){.latency = TICK_MS(2)});
    assert_int_equal(tick_kernel_link_set(k, one, 7, &(struct tick_link){0}), -EINVAL);
    assert_int_equal(tick_kernel_link_set(k, -1, -1, &(struct tick_link){0}), -EINVAL);
    struct pair p = connected("127.0.0.1");
    assert_int_equal(tick_kernel_now(k), TICK_MS(6)); // SYN, SYN+ACK, ACK
    assert_int_equal(sent(p), TICK_MS(2));
    p = connected("10.0.0.1");
    assert_int_equal(sent(p), TICK_MS(2));
}

static void it_is_nobody_elses(void **state) {
    (void)state;
    set((struct tick_link){.latency = TICK_MS(2)});
    int l = listener(other), fd = connects(other, "127.0.0.1");
    assert_int_equal(run(), 0);
    assert_int_equal(tick_k_accept(k, other, l, NULL, NULL) >= 0, true);
    (void)fd;
    fd = connects(one, "10.0.0.2");
    assert_int_equal(run(), TICK_MS(21)); // as between all hosts
    assert_int_equal(error_of(fd), 0);
    assert_int_equal(tick_kernel_link_set(k, one, other, &(struct tick_link){.latency = TICK_MS(1)}), 0);
    const int64_t now = tick_kernel_now(k);
    fd = connects(one, "10.0.0.2");
    assert_int_equal(run(), now + TICK_MS(3));
    fd = listener(one);
    (void)connects(one, "127.0.0.1");
    assert_int_equal(run(), now + TICK_MS(3 + 6));
}

static void it_ends_with_the_world(void **state) {
    set((struct tick_link){.latency = TICK_MS(2)});
    assert_int_equal(set_up(state), 0);
    assert_int_equal(sent(connected("127.0.0.1")), 0);
    assert_int_equal(asked_in_all(), 0);
}

static void what_it_delays_is_chosen(void **state) {
    (void)state;
    set((struct tick_link){.latency = TICK_MS(2), .jitter = TICK_MS(30)});
    struct pair p = connected("127.0.0.1");
    const uint32_t before = asked[TICK_CHOICE_DELIVERY];
    assert_true(before > 0);
    want(TICK_CHOICE_DELIVERY, tick_scale_count(TICK_MS(30)) - 1);
    const int64_t begin = tick_kernel_now(k);
    assert_int_equal(tick_k_send(k, one, p.near, "a", 1, 0), 1);
    assert_int_equal(allowed, TICK_MS(30));
    assert_int_equal(tick_k_send(k, one, p.near, "b", 1, 0), 1); // does not overtake
    assert_int_equal(asked[TICK_CHOICE_DELIVERY], before + 2);
    assert_int_equal(run() - begin, TICK_MS(32));
}

static void what_comes_over_it_may_be_held(void **state) {
    (void)state;
    set((struct tick_link){0}); // nothing to speak of: as without
    struct pair p = connected("127.0.0.1");
    (void)watches(p.far);
    (void)sent(p);
    assert_int_equal(asked[TICK_CHOICE_READY_HOLD], 0);
    set((struct tick_link){.latency = TICK_MS(1)});
    int epoll = watches(p.far);
    want(TICK_CHOICE_READY_HOLD, 2);
    assert_int_equal(tick_k_send(k, one, p.near, "x", 1, 0), 1);
    run();
    assert_int_equal(asked[TICK_CHOICE_READY_HOLD], 1);
    assert_int_equal(reported(epoll), 0);
    assert_int_equal(reported(epoll), 0);
    assert_int_equal(reported(epoll), 1);
    char byte;
    assert_int_equal(tick_k_recv(k, one, p.far, &byte, 1, 0), 1);
    set((struct tick_link){.refuse = true}); // a choice is enough
    (void)sent(p);
    assert_int_equal(asked[TICK_CHOICE_READY_HOLD], 2);
}

static void of_datagrams_too(void **state) {
    (void)state;
    const struct sockaddr_in in = at("127.0.0.1", 9);
    const struct tick_kernel_name n = name();
    int a = make(one, SOCK_DGRAM), b = make(one, SOCK_DGRAM), epoll = watches(b);
    char bytes[4];
    bound(one, b, 9);
    assert_int_equal(tick_k_connect(k, one, a, (const struct sockaddr *)&in, sizeof in, &n), 0);
    assert_int_equal(tick_k_send(k, one, a, "x", 1, 0), 1);
    run();
    assert_int_equal(asked_in_all(), 0);
    assert_int_equal(tick_k_recv(k, one, b, bytes, 4, 0), 1);
    set((struct tick_link){.latency = TICK_MS(1), .loss = true, .duplicate = true});
    want(TICK_CHOICE_LOSS, 1);
    assert_int_equal(tick_k_send(k, one, a, "x", 1, 0), 1);
    run();
    assert_int_equal(tick_k_recv(k, one, b, bytes, 4, 0), -EAGAIN);
    want(TICK_CHOICE_DUPLICATE, 1);
    assert_int_equal(tick_k_send(k, one, a, "y", 1, 0), 1);
    assert_int_equal(tick_k_recv(k, one, b, bytes, 4, 0), -EAGAIN); // it takes its time
    run();
    assert_true(asked[TICK_CHOICE_READY_HOLD] > 0);
    assert_int_equal(reported(epoll), 1);
    for (int i = 0; i < 2; i++)
        assert_int_equal(tick_k_recv(k, one, b, bytes, 4, 0), 1);
    assert_int_equal(tick_k_recv(k, one, b, bytes, 4, 0), -EAGAIN);
}

static void connections_are_refused_and_reset(void **state) {
    (void)state;
    char byte;
    set((struct tick_link){.refuse = true, .reset = true});
    int l = listener(one);
    want(TICK_CHOICE_FAULT_REFUSE, 1);
    int fd = connects(one, "127.0.0.1");
    run();
    assert_int_equal(error_of(fd), ECONNREFUSED);
    assert_int_equal(tick_k_close(k, one, l), 0);
    struct pair p = connected("127.0.0.1");
    want(TICK_CHOICE_FAULT_RESET, 1);
    assert_int_equal(tick_k_send(k, one, p.near, "x", 1, 0), 1);
    run();
    assert_int_equal(tick_k_recv(k, one, p.far, &byte, 1, 0), -ECONNRESET);
    p = connected("127.0.0.1");
    tick_kernel_calm(k);
    want(TICK_CHOICE_FAULT_RESET, 1);
    assert_int_equal(tick_k_send(k, one, p.near, "x", 1, 0), 1);
    run();
    assert_int_equal(tick_k_recv(k, one, p.far, &byte, 1, 0), 1);
}

static void segments_are_lost_and_sent_again(void **state) {
    (void)state;
    set((struct tick_link){.latency = TICK_MS(1), .loss = true});
    struct pair p = connected("127.0.0.1");
    want(TICK_CHOICE_LOSS, 1);
    assert_int_equal(sent(p), TICK_MS(201));
}

static void it_has_a_bandwidth(void **state) {
    (void)state;
    set((struct tick_link){.bandwidth = 1000});
    struct pair p = connected("127.0.0.1");
    assert_true(sent(p) >= TICK_MS(1));
    set((struct tick_link){0});
    assert_int_equal(sent(p), 0);
}

// A socket that connects to itself meets its own SYN on the way.
static void a_socket_reaches_itself_over_it(void **state) {
    (void)state;
    const struct sockaddr_in in = at("127.0.0.1", 80);
    const struct tick_kernel_name n = name();
    char byte;
    set((struct tick_link){.latency = TICK_MS(2), .jitter = TICK_MS(30)});
    int fd = make(one, SOCK_STREAM);
    bound(one, fd, 80);
    want(TICK_CHOICE_DELIVERY, 4);
    assert_int_equal(tick_k_connect(k, one, fd, (const struct sockaddr *)&in, sizeof in, &n), -EINPROGRESS);
    run();
    assert_int_equal(error_of(fd), 0);
    assert_int_equal(tick_k_send(k, one, fd, "x", 1, 0), 1);
    run();
    assert_int_equal(tick_k_recv(k, one, fd, &byte, 1, 0), 1);
    assert_int_equal(tick_k_close(k, one, fd), 0);
    run();
}

// It is the network's: what does not go over it stays as it is.
static void pipes_and_unix_sockets_do_not_pass_it(void **state) {
    (void)state;
    int fds[2];
    char byte;
    const struct tick_kernel_name n[] = {name(), name()};
    set((struct tick_link){.latency = TICK_MS(2), .jitter = TICK_MS(30)});
    assert_int_equal(tick_k_socketpair(k, one, AF_UNIX, SOCK_STREAM, 0, fds, &n[0], &n[1]), 0);
    (void)watches(fds[1]);
    assert_int_equal(tick_k_send(k, one, fds[0], "x", 1, 0), 1);
    assert_int_equal(tick_k_recv(k, one, fds[1], &byte, 1, 0), 1);
    assert_int_equal(tick_k_pipe(k, one, fds, 0, &n[0], &n[1]), 0);
    (void)watches(fds[0]);
    assert_int_equal(tick_k_write(k, one, fds[1], "x", 1), 1);
    assert_int_equal(tick_k_read(k, one, fds[0], &byte, 1), 1);
    assert_int_equal(asked_in_all(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(by_itself_it_is_an_instant, set_up),
        cmocka_unit_test_setup(a_link_with_itself_has_a_latency, set_up),
        cmocka_unit_test_setup(it_is_nobody_elses, set_up),
        cmocka_unit_test_setup(it_ends_with_the_world, set_up),
        cmocka_unit_test_setup(what_it_delays_is_chosen, set_up),
        cmocka_unit_test_setup(what_comes_over_it_may_be_held, set_up),
        cmocka_unit_test_setup(of_datagrams_too, set_up),
        cmocka_unit_test_setup(connections_are_refused_and_reset, set_up),
        cmocka_unit_test_setup(segments_are_lost_and_sent_again, set_up),
        cmocka_unit_test_setup(it_has_a_bandwidth, set_up),
        cmocka_unit_test_setup(a_socket_reaches_itself_over_it, set_up),
        cmocka_unit_test_setup(pipes_and_unix_sockets_do_not_pass_it, set_up),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(k);
    return failed;
}
