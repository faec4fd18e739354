// The simulated kernel's memory: the queue of events in order, nothing kept after connections end, every arena too small survived, and runs
// that do not depend on what ran before.
// torture: 4
#include "sim/kernel/kernel_int.h"
#include "tests/support/machines.h"
#include "tests/support/scarce.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct tick_kernel *k;
static uint32_t made;
static uint64_t seed, drawn, digest;

static uint32_t draw(uint32_t n) {
    return (uint32_t)(tick_id_mix(seed, ++drawn) >> 16) % n;
}

static void note(uint64_t value) {
    digest = tick_id_mix(digest, value);
}

// A keyed chooser, as campaigns have: now and then not calm.
static uint32_t choose(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx;
    uint64_t x = tick_id_mix(tick_id_mix(tick_id_mix(seed, kind), subject), ordinal) >> 16;
    uint32_t value = x % 8 ? 0 : (uint32_t)(x / 8) % n;
    note(kind ^ subject ^ ordinal << 8 ^ (uint64_t)most);
    note(value);
    return value;
}

static struct tick_kernel_name name(void) {
    made++;
    return (struct tick_kernel_name){tick_id_mix(77, made), 0, made, NULL};
}

static void fresh(size_t most) {
    const struct tick_kernel_env env = {.choose = choose};
    if (most) {
        tick_kernel_free(k);
        assert_int_equal(tick_kernel_new(most, &k), 0);
    }
    tick_kernel_reset(k, &env);
    made = 0;
    drawn = 0;
    digest = 0;
}

static void events_come_in_order(void **state) {
    (void)state;
    enum { MOST = 2000 };
    static struct {
        int64_t at;
        uint32_t key;
        bool gone;
    } posted[MOST];
    fresh(16 << 20);
    seed = 5;
    for (uint32_t i = 0; i < MOST; i++) {
        posted[i].at = (int64_t)draw(300) + 1;
        posted[i].key = tick_kernel_post(k, posted[i].at, 1, i);
        posted[i].gone = false;
        assert_true(posted[i].key != 0);
        if (draw(3) == 0) {
            uint32_t other = draw(i + 1);
            tick_kernel_unpost(k, posted[other].key);
            tick_kernel_unpost(k, posted[other].key); // again: nothing
            posted[other].gone = true;
        }
    }
    tick_kernel_unpost(k, 0);
    tick_kernel_unpost(k, UINT32_MAX);
    int64_t last_at = 0;
    uint32_t last = 0, count = 0, left = 0;
    for (uint32_t i = 0; i < MOST; i++)
        left += !posted[i].gone;
    struct tick_posted p;
    while (tick_kernel_next(k, &p)) {
        assert_int_equal(p.what, 1);
        assert_int_equal(p.at, posted[p.arg].at);
        assert_false(posted[p.arg].gone);
        posted[p.arg].gone = true;
        assert_true(p.at > last_at || (p.at == last_at && p.arg > last) || count == 0);
        last_at = p.at;
        last = p.arg;
        count++;
        assert_int_equal(tick_kernel_now(k), p.at);
    }
    assert_int_equal(count, left);
    assert_int_equal(tick_kernel_next_at(k), TICK_NEVER);
    assert_true(tick_kernel_post(k, 1, 2, 3) != 0); // the past is now
    assert_int_equal(tick_kernel_next_at(k), last_at);
    tick_kernel_clock_to(k, 0);
    assert_int_equal(tick_kernel_now(k), last_at);
}

static struct sockaddr_in at(int host, uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(host < 0 ? 0 : tick__host_address((uint32_t)host))};
}

#define HOSTS 3
#define FDS 12

static void keep(int host, int *fds, int fd) {
    int *slot = &fds[draw(FDS)];
    if (fd >= 0 && *slot < 0)
        *slot = fd;
    else if (fd >= 0)
        note((uint64_t)tick_k_close(k, host, fd));
}

// A message between unix sockets, with some fds in it, or what came of one.
static void random_message(int host, int *fds, int fd, bool sends) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {0};
    char byte[8] = {0};
    struct iovec part = {byte, draw(8) + 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(2 * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int two[2];
    if (sends) {
        two[0] = fds[draw(FDS)], two[1] = fds[draw(FDS)];
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof two);
        memcpy(CMSG_DATA(header), two, sizeof two);
        note((uint64_t)tick_k_sendmsg(k, host, fd, &message, 0));
        return;
    }
    message.msg_controllen = CMSG_LEN(draw(3) * sizeof(int));
    ssize_t n = tick_k_recvmsg(k, host, fd, &message, draw(4) ? 0 : MSG_PEEK);
    note((uint64_t)n);
    if (n < 0 || !message.msg_controllen)
        return;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(two, CMSG_DATA(header), count * sizeof(int));
    for (size_t i = 0; i < count; i++) {
        note((uint64_t)two[i]);
        keep(host, fds, two[i]);
    }
}

// One random call on one of the host's fds; whatever it says is noted.
static void random_call(int host, int *fds) {
    static char bytes[5000];
    struct tick_sys_event out[4];
    int *fd = &fds[draw(FDS)];
    struct sockaddr_in in;
    const struct tick_kernel_name n = name();
    switch (draw(20)) {
    case 0:
        if (*fd < 0)
            *fd = tick_k_socket(k, host, AF_INET, SOCK_STREAM, 0, &n);
        break;
    case 1:
        if (*fd < 0)
            *fd = draw(2) ? tick_k_epoll_create(k, host, &n) : tick_k_eventfd(k, host, 1, 0, &n);
        break;
    case 2:
        in = at(-1, 80);
        note((uint64_t)tick_k_bind(k, host, *fd, (struct sockaddr *)&in, sizeof in));
        note((uint64_t)tick_k_listen(k, host, *fd, (int)draw(4)));
        break;
    case 3:
    case 4:
        in = at((int)draw(HOSTS), 80);
        if (draw(20) == 0)
            in.sin_family = AF_UNSPEC;
        note((uint64_t)tick_k_connect(k, host, *fd, (struct sockaddr *)&in, sizeof in, &n));
        break;
    case 5:
    case 6: {
        int other = tick_k_accept(k, host, *fd, NULL, NULL);
        int *slot = &fds[draw(FDS)];
        if (other >= 0 && *slot < 0)
            *slot = other;
        else if (other >= 0)
            note((uint64_t)tick_k_close(k, host, other));
        break;
    }
    case 7:
    case 8:
        note((uint64_t)tick_k_send(k, host, *fd, bytes, draw(sizeof bytes), 0));
        break;
    case 9:
    case 10:
        note((uint64_t)tick_k_recv(k, host, *fd, bytes, draw(sizeof bytes), 0));
        break;
    case 11:
        note((uint64_t)tick_k_shutdown(k, host, *fd, (int)draw(3)));
        break;
    case 12:
        note((uint64_t)tick_k_close(k, host, *fd));
        *fd = -1;
        break;
    case 13: {
        const struct tick_sys_event e = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | (draw(2) ? EPOLLET : 0), draw(1000)};
        note((uint64_t)tick_k_epoll_ctl(k, host, fds[draw(FDS)], draw(4) ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, *fd, &e));
        break;
    }
    case 14: {
        static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
        int two[2] = {-1, -1};
        const struct tick_kernel_name m = name();
        note((uint64_t)(draw(4) ? tick_k_socketpair(k, host, AF_UNIX, types[draw(3)], 0, two, &n, &m)
                                : tick_k_pipe(k, host, two, 0, &n, &m)));
        keep(host, fds, two[0]);
        keep(host, fds, two[1]);
        break;
    }
    case 15:
    case 16:
    case 17:
        random_message(host, fds, *fd, true);
        break;
    case 18:
        random_message(host, fds, *fd, false);
        break;
    default: {
        int count = tick_k_epoll_wait(k, host, *fd, out, 4, draw(2));
        for (int i = 0; i < count; i++)
            note(out[i].events ^ out[i].data << 32);
        break;
    }
    }
}

// A random world of random calls; true if every host fitted into memory. With `to_end`, everything is closed and carried out.
static bool world(uint64_t seed_, uint32_t steps, bool to_end) {
    const struct tick_link link = {.latency = TICK_MS(1), .jitter = TICK_MS(9), .refuse = true, .reset = true}, other = {.latency = 5};
    static const char *const names[HOSTS] = {"a", "b", "c"};
    int fds[HOSTS][FDS];
    struct tick_posted p;
    seed = seed_;
    tick_kernel_link_all(k, &link);
    for (int h = 0; h < HOSTS; h++) {
        if (machine_add(k, names[h], (tick_id)h + 1, 0) != h)
            return false;
        for (int i = 0; i < FDS; i++)
            fds[h][i] = -1;
    }
    (void)!tick_kernel_link_set(k, 0, 2, &other);
    for (uint32_t i = 0; i < steps; i++) {
        int h = (int)draw(HOSTS);
        random_call(h, fds[h]);
        if (draw(3) == 0 && tick_kernel_next(k, &p))
            note((uint64_t)p.at);
        if (draw(200) == 0) {
            machine_crash(k, h);
            assert_int_equal(tick_kernel_open_fds(k, h), 0);
            assert_int_equal(tick_kernel_fds_in_flight(k, h), 0);
            for (int f = 0; f < FDS; f++)
                fds[h][f] = -1;
        }
    }
    for (int h = 0; h < HOSTS && to_end; h++)
        for (int i = 0; i < FDS; i++)
            if (fds[h][i] >= 0)
                assert_int_equal(tick_k_close(k, h, fds[h][i]), 0);
    while (to_end && tick_kernel_next(k, &p))
        note((uint64_t)p.at);
    return true;
}

// Whoever sends holds the link while the table of links grows by what is sent.
static void links_do_not_move(void **state) {
    (void)state;
    enum { MANY = 12 };
    static const char names[MANY][2] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};
    const struct tick_link all = {.bandwidth = 1000000, .latency = TICK_MS(1)};
    const struct tick_link *held[MANY];
    fresh(64 << 20);
    tick_kernel_link_all(k, &all);
    for (int h = 0; h < MANY; h++)
        assert_int_equal(tick_kernel_host_add(k, names[h], (tick_id)h + 1, 0), h);
    for (int h = 1; h < MANY; h++) {
        const struct tick_link own = {.bandwidth = 1000000, .latency = h, .jitter = h};
        assert_int_equal(tick_kernel_link_set(k, 0, h, &own), 0);
        held[h] = tick__link(k, 0, (uint32_t)h);
    }
    for (uint32_t a = 0; a < MANY; a++)
        for (uint32_t b = a + 1; b < MANY; b++)
            assert_true(tick__link_pass(k, tick__link(k, a, b), a, b, 100) > 0);
    for (int h = 1; h < MANY; h++) {
        assert_ptr_equal(tick__link(k, (uint32_t)h, 0), held[h]);
        assert_int_equal(held[h]->latency, h);
        assert_int_equal(held[h]->jitter, h);
    }
}

static void nothing_is_left(void **state) {
    (void)state;
    fresh(64 << 20);
    for (uint64_t s = 1; s <= 300; s++) {
        fresh(0);
        assert_true(world(s, 600, true));
        for (int h = 0; h < HOSTS; h++) {
            assert_int_equal(tick_kernel_open_fds(k, h), 0);
            assert_int_equal(tick__host(k, (uint32_t)h)->socks, 0); // no socket without an fd either
            assert_int_equal(tick_kernel_fds_in_flight(k, h), 0);
            for (tick__ref ref = tick__host(k, (uint32_t)h)->ports; ref; ref = TICK__AT(k, tick__port, ref)->next) {
                assert_int_equal(TICK__AT(k, tick__port, ref)->socks, 0);
                for (int i = 0; i < 4; i++)
                    assert_int_equal(TICK__AT(k, tick__port, ref)->children[i], 0);
            }
        }
    }
}

static void memory_does_not_grow(void **state) {
    (void)state;
    fresh(64 << 20);
    uint32_t bump = 0;
    seed = 99;
    assert_int_equal(machine_add(k, "a", 1, 0), 0);
    struct sockaddr_in in = at(-1, 80), to = at(0, 80);
    const struct tick_kernel_name n = name();
    int listener = tick_k_socket(k, 0, AF_INET, SOCK_STREAM, 0, &n);
    assert_int_equal(tick_k_bind(k, 0, listener, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(tick_k_listen(k, 0, listener, 4), 0);
    for (int i = 0; i < 40000; i++) { // more than there are ephemeral ports
        const struct tick_kernel_name m = name();
        int near = tick_k_socket(k, 0, AF_INET, SOCK_STREAM, 0, &m), far;
        struct tick_posted p;
        assert_int_equal(tick_k_connect(k, 0, near, (struct sockaddr *)&to, sizeof to, &m), -EINPROGRESS);
        while (tick_kernel_next(k, &p))
            ;
        assert_true((far = tick_k_accept(k, 0, listener, NULL, NULL)) >= 0);
        char bytes[3000];
        assert_true(tick_k_send(k, 0, near, bytes, sizeof bytes, 0) > 0);
        tick_k_close(k, 0, near);
        tick_k_close(k, 0, far);
        while (tick_kernel_next(k, &p))
            ;
        if (i == 100)
            bump = k->root->bump;
    }
    assert_int_equal(k->root->bump, bump);
}

static void too_little_memory(void **state) {
    (void)state;
    uint32_t full = 0;
    for (size_t most = 4096 * 4; most < 400000; most += 4096) {
        fresh(most);
        for (uint64_t s = 1; s <= 20; s++) {
            fresh(0);
            k->root->limit -= (uint32_t)(s * 3); // not only at page ends
            full += world(s, 400, true);
        }
    }
    assert_true(full > 0);
}

static void runs_do_not_depend_on_history(void **state) {
    (void)state;
    uint64_t alone[20];
    for (uint64_t s = 1; s <= 20; s++) {
        fresh(8 << 20);
        memset(k->base + sizeof *k->root, s % 2 ? 0xa5 : 0, (8 << 20) - sizeof *k->root);
        tick_kernel_reset(k, &(struct tick_kernel_env){.choose = choose});
        assert_true(world(s, 800, s % 3 == 0));
        alone[s - 1] = digest;
    }
    fresh(8 << 20);
    for (uint64_t s = 20; s >= 1; s--) {
        fresh(0);
        assert_true(world(s, 800, s % 3 == 0));
        assert_true(digest == alone[s - 1]);
    }
}

// Sockets within sockets, as deep as there are fds: they are closed one after the other, not one within the other.
static void messages_within_messages(void **state) {
    (void)state;
    fresh(256 << 20);
    assert_int_equal(machine_add(k, "a", 1, 0), 0);
    const int depth = scarce_rounds(5000);
    int last[2], deep = 0;
    const struct tick_kernel_name n = name(), m = name();
    assert_int_equal(tick_k_socketpair(k, 0, AF_UNIX, SOCK_DGRAM, 0, last, &n, &m), 0);
    for (; deep < depth; deep++) {
        _Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {0};
        struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        int next[2];
        *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof last)};
        memcpy(CMSG_DATA(header), last, sizeof last);
        const struct tick_kernel_name o = name(), p = name();
        assert_int_equal(tick_k_socketpair(k, 0, AF_UNIX, SOCK_DGRAM, 0, next, &o, &p), 0);
        assert_int_equal(tick_k_sendmsg(k, 0, next[0], &message, 0), 0);
        for (int i = 0; i < 2 && deep < depth / 5 * 4; i++)
            assert_int_equal(tick_k_close(k, 0, last[i]), 0);
        memcpy(last, next, sizeof last);
    }
    assert_int_equal(tick_kernel_fds_in_flight(k, 0), 2 * deep);
    for (int fd = 3; tick_kernel_open_fds(k, 0); fd++)
        (void)!tick_k_close(k, 0, fd);
    assert_int_equal(tick_kernel_fds_in_flight(k, 0), 0);
}

static void hosts_and_fds_have_limits(void **state) {
    (void)state;
    fresh(64 << 20);
    char text[80] = {0};
    assert_int_equal(tick_kernel_host_add(k, "", 1, 0), -EINVAL);
    memset(text, 'x', 64);
    assert_int_equal(tick_kernel_host_add(k, text, 1, 0), -EINVAL);
    text[63] = 0;
    assert_int_equal(machine_add(k, text, 1, 0), 0);
    assert_int_equal(tick_kernel_host_add(k, text, 2, 0), -EEXIST);
    assert_int_equal(tick_kernel_host_find(k, text), 0);
    assert_int_equal(tick_kernel_host_find(k, "nobody"), TICK_ENOHOST);
    int count = 0;
    const struct tick_kernel_name n = name();
    for (;; count++) {
        int fd = tick_k_eventfd(k, 0, 0, 0, &n);
        if (fd < 0) {
            assert_int_equal(fd, -EMFILE);
            break;
        }
        assert_int_equal(fd, count + 3);
    }
    assert_int_equal(count, 65536 - 3);
    assert_int_equal(tick_kernel_open_fds(k, 0), count);
    assert_int_equal(tick_k_fd_id(k, 0, 3), n.id);
    assert_int_equal(tick_k_fd_id(k, 0, 2), 0);
    machine_crash(k, 0);
    assert_int_equal(tick_kernel_open_fds(k, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_in_order),
        cmocka_unit_test(links_do_not_move),
        cmocka_unit_test(nothing_is_left),
        cmocka_unit_test(memory_does_not_grow),
        cmocka_unit_test(too_little_memory),
        cmocka_unit_test(runs_do_not_depend_on_history),
        cmocka_unit_test(messages_within_messages),
        cmocka_unit_test(hosts_and_fds_have_limits),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(k);
    return failed;
}
