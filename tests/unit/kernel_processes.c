// Processes on one host: each has fds of its own; network, disk and names are shared; what one leaves behind when it ends, the other goes
// on with.
#include "sim/kernel/kernel_int.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/un.h>

#include <cmocka.h>

static struct tick_kernel *k;
static uint32_t made;
static int one, other;

static uint32_t calm(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx, (void)kind, (void)subject, (void)ordinal, (void)n, (void)most;
    return 0;
}

static struct tick_kernel_name name(void) {
    made++;
    return (struct tick_kernel_name){.id = tick_id_mix(5, made), .kth = made};
}

static int set_up(void **state) {
    (void)state;
    if (!k && tick_kernel_new(16 << 20, &k) < 0)
        return -1;
    const struct tick_kernel_env env = {.choose = calm};
    tick_kernel_reset(k, &env);
    made = 0;
    if (tick_kernel_host_add(k, "host", 1, 0) != 0)
        return -1;
    one = tick_kernel_process_start(k, 0);
    other = tick_kernel_process_start(k, 0);
    return one >= 0 && other >= 0 && one != other ? 0 : -1;
}

static void settle(void) {
    struct tick_posted posted;
    while (tick_kernel_next_at(k) <= tick_kernel_now(k))
        tick_kernel_next(k, &posted);
}

static int tcp(int process) {
    const struct tick_kernel_name n = name();
    return tick_k_socket(k, process, AF_INET, SOCK_STREAM, 0, &n);
}

static int eventfd(int process) {
    const struct tick_kernel_name n = name();
    return tick_k_eventfd(k, process, 0, 0, &n);
}

static struct sockaddr_in port_80(void) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int bound(int process, int fd) {
    const struct sockaddr_in in = port_80();
    return tick_k_bind(k, process, fd, (const struct sockaddr *)&in, sizeof in);
}

static int connects(int process, int fd) {
    const struct sockaddr_in in = port_80();
    const struct tick_kernel_name n = name();
    int result = tick_k_connect(k, process, fd, (const struct sockaddr *)&in, sizeof in, &n);
    settle();
    return result;
}

static int listener(int process) {
    int fd = tcp(process);
    assert_int_equal(bound(process, fd), 0);
    assert_int_equal(tick_k_listen(k, process, fd, 4), 0);
    return fd;
}

static ssize_t put(int process, int fd) {
    ssize_t n = tick_k_write(k, process, fd, "x", 1);
    settle();
    return n;
}

static ssize_t get(int process, int fd) {
    char byte;
    ssize_t n = tick_k_read(k, process, fd, &byte, 1);
    settle();
    return n;
}

static uint32_t mask(int process, int fd) {
    struct pollfd poll = {.fd = fd, .events = POLLIN | POLLOUT};
    return tick_k_poll(k, process, &poll, 1) ? (uint32_t)poll.revents : 0;
}

static void exits(int process) {
    tick_kernel_process_exit(k, process);
    settle();
}

static void each_has_its_own_fds(void **state) {
    (void)state;
    assert_int_equal(eventfd(one), 3);
    assert_int_equal(eventfd(other), 3);
    assert_int_equal(eventfd(other), 4);
    assert_int_equal(tick_k_close(k, one, 4), -EBADF);
    assert_int_equal(tick_kernel_open_fds(k, one), 1);
    assert_int_equal(tick_kernel_open_fds(k, other), 2);
    assert_int_equal(tick_k_dup2(k, other, 3, 9), 9);
    assert_int_equal(tick_k_fcntl(k, one, 9, F_GETFD, 0), -EBADF);
    exits(other);
    assert_int_equal(tick_k_close(k, one, 3), 0);
    exits(one);
}

// One that starts when others have fds gets none of them, not even the place where they stand.
static void who_comes_later_begins_with_none(void **state) {
    (void)state;
    for (int fd = 3; fd < 6; fd++)
        assert_int_equal(eventfd(other), fd);
    const int later = tick_kernel_process_start(k, 0);
    assert_true(later >= 0);
    assert_int_equal(tick_kernel_open_fds(k, later), 0);
    assert_int_equal(mask(later, 4), POLLNVAL);
    assert_int_equal(tick_k_close(k, later, 4), -EBADF);
    assert_int_equal(eventfd(later), 3);
    assert_int_equal(tick_k_close(k, other, 3), 0);
    assert_int_equal(mask(later, 3), POLLOUT);
    assert_int_equal(eventfd(other), 3);
    exits(later);
    for (int fd = 3; fd < 6; fd++)
        assert_int_equal(mask(other, fd), POLLOUT);
}

static void ports_are_the_hosts(void **state) {
    (void)state;
    int l = listener(one), fd = tcp(other);
    assert_int_equal(bound(other, fd), -EADDRINUSE);
    assert_int_equal(connects(other, fd), -EINPROGRESS);
    int accepted = tick_k_accept(k, one, l, NULL, NULL);
    assert_true(accepted >= 0);
    assert_int_equal(put(other, fd), 1);
    assert_int_equal(get(one, accepted), 1);
    exits(one); // closes both: the other reads the end, and the port is free once TIME_WAIT is over
    assert_int_equal(get(other, fd), 0);
    assert_int_equal(tick_k_close(k, other, fd), 0);
    settle();
    tick_kernel_clock_to(k, tick_kernel_now(k) + TICK_SEC(61));
    (void)listener(other);
}

static void unix_names_and_the_disk_are_the_hosts(void **state) {
    (void)state;
    const struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/tmp/s"};
    const struct tick_kernel_name n[] = {name(), name(), name(), name()};
    int l = tick_k_socket(k, one, AF_UNIX, SOCK_STREAM, 0, &n[0]), fd = tick_k_socket(k, other, AF_UNIX, SOCK_STREAM, 0, &n[1]);
    assert_int_equal(tick_k_bind(k, one, l, (const struct sockaddr *)&un, sizeof un), 0);
    assert_int_equal(tick_k_listen(k, one, l, 4), 0);
    assert_int_equal(tick_k_connect(k, other, fd, (const struct sockaddr *)&un, sizeof un, &n[2]), 0);
    int accepted = tick_k_accept(k, one, l, NULL, NULL);
    assert_int_equal(put(one, accepted), 1);
    assert_int_equal(get(other, fd), 1);
    int file = tick_k_open(k, one, "/tmp/f", O_CREAT | O_WRONLY, 0600, &n[3]);
    assert_int_equal(put(one, file), 1);
    exits(one);
    struct stat s;
    assert_int_equal(tick_k_stat(k, other, "/tmp/f", &s), 0);
    assert_int_equal(s.st_size, 1);
    assert_int_equal(mask(other, fd) & POLLHUP, POLLHUP);
}

// A connection from one process to the other that lingers, and has more under way than is read: its fd, and the other's in *far.
static int lingering(int *far) {
    static const char bytes[65536];
    const struct linger linger = {1, 5};
    int l = listener(other), fd = tcp(one);
    assert_int_equal(connects(one, fd), -EINPROGRESS);
    *far = tick_k_accept(k, other, l, NULL, NULL);
    assert_int_equal(tick_k_setsockopt(k, one, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    for (ssize_t n = 1; n > 0; settle())
        n = tick_k_send(k, one, fd, bytes, sizeof bytes, 0);
    assert_int_equal(tick_k_close(k, other, l), 0);
    return fd;
}

static void an_exit_does_not_linger(void **state) {
    (void)state;
    int far, fd = lingering(&far);
    int64_t most, got = 0;
    char byte;
    exits(one);
    assert_int_equal(tick_kernel_lingers(k, 1, &most), 0);
    for (ssize_t n; (n = tick_k_recv(k, other, far, &byte, 1, MSG_PEEK)) != 0; settle()) { // its bytes come, and an end
        static char bytes[65536];
        assert_int_equal(n, 1);
        got += tick_k_recv(k, other, far, bytes, sizeof bytes, 0);
    }
    assert_true(got > 65536);
    exits(other);
    one = tick_kernel_process_start(k, 0);
    other = tick_kernel_process_start(k, 0);
    tick_kernel_clock_to(k, tick_kernel_now(k) + TICK_SEC(61));
    fd = lingering(&far); // the same, closed by a process that goes on
    assert_int_equal(tick_k_close(k, one, fd), 0);
    uint32_t key = tick_kernel_lingers(k, 1, &most), waiter;
    assert_true(key);
    assert_int_equal(most, TICK_SEC(5));
    assert_true(tick_kernel_linger_on(k, key));
    assert_false(tick_kernel_woken(k, &waiter));
    exits(other); // resets it
    assert_true(tick_kernel_woken(k, &waiter));
    assert_int_equal(waiter, 1);
    assert_false(tick_kernel_linger_on(k, key));
    tick_kernel_linger_end(k, key);
    assert_int_equal(tick_kernel_lingers(k, 1, &most), 0);
}

static void send_fds(int process, int fd, const int *fds, size_t count) {
    _Alignas(struct cmsghdr) char control[64] = {0};
    struct iovec part = {control, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof *fds)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof *fds), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), fds, count * sizeof *fds);
    assert_int_equal(tick_k_sendmsg(k, process, fd, &message, 0), 1);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tick_k_close(k, process, fds[i]), 0);
}

// What a call has still to close while it waits is closed by a crash, too: here a file without a name, whose room is free then.
static void a_crash_ends_a_wait_and_what_is_behind_it(void **state) {
    (void)state;
    int far, fd = lingering(&far), pair[2];
    int64_t most;
    static const char full[8192];
    const struct tick_kernel_name n[] = {name(), name(), name(), name()};
    tick_kernel_disk_limit(k, 0, sizeof full);
    int file = tick_k_open(k, one, "/tmp/f", O_CREAT | O_RDWR, 0600, &n[0]);
    assert_int_equal(tick_k_write(k, one, file, full, sizeof full), sizeof full);
    assert_int_equal(tick_k_unlink(k, one, "/tmp/f"), 0);
    tick_kernel_disk_sync(k, 0);
    assert_int_equal(tick_k_socketpair(k, one, AF_UNIX, SOCK_DGRAM, 0, pair, &n[1], &n[2]), 0);
    send_fds(one, pair[0], (int[]){fd, file}, 2);
    assert_int_equal(tick_k_close(k, one, pair[1]), 0);
    assert_true(tick_kernel_lingers(k, 1, &most));
    tick_kernel_host_crash(k, 0);
    assert_int_equal(tick_kernel_fds_in_flight(k, 0), 0);
    one = tick_kernel_process_start(k, 0);
    file = tick_k_open(k, one, "/tmp/g", O_CREAT | O_RDWR, 0600, &n[3]);
    assert_int_equal(tick_k_write(k, one, file, full, sizeof full), sizeof full);
}

// Sends a file of `one` to `other` in a message: its fd there.
static int given(int file) {
    static int pair[2];
    const struct tick_kernel_name n[] = {name(), name()};
    assert_int_equal(tick_k_socketpair(k, one, AF_UNIX, SOCK_STREAM, 0, pair, &n[0], &n[1]), 0);
    // The other end reaches the other process by hand, as a child inherits it.
    struct tick__file *end = tick__file(k, one, pair[1]);
    int far = tick__fd_give(k, other, end);
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof file)] = {0};
    struct iovec part = {control, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    send_fds(one, pair[0], (int[]){tick_k_dup(k, one, file)}, 1);
    assert_int_equal(tick_k_recvmsg(k, other, far, &message, 0), 1);
    int fd;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    assert_int_equal(tick_k_close(k, other, far), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(tick_k_close(k, one, pair[i]), 0);
    return fd;
}

static void a_description_outlives_the_process_that_made_it(void **state) {
    (void)state;
    const struct tick_kernel_name n = name();
    int file = eventfd(one), fd = given(file), epoll = tick_k_epoll_create(k, other, &n);
    const struct tick_sys_event wanted = {EPOLLIN, 7};
    struct tick_sys_event got;
    const uint64_t two = 2;
    assert_int_equal(tick_k_epoll_ctl(k, other, epoll, EPOLL_CTL_ADD, fd, &wanted), 0);
    assert_int_equal(tick_k_write(k, one, file, &two, sizeof two), sizeof two);
    exits(one);
    assert_int_equal(tick_k_epoll_wait(k, other, epoll, &got, 1, false), 1);
    uint64_t value = 0;
    assert_int_equal(tick_k_read(k, other, fd, &value, sizeof value), sizeof value);
    assert_int_equal(value, 2);
    assert_int_equal(tick_k_close(k, other, fd), 0); // the last: its registration goes with it
    assert_int_equal(tick_k_epoll_wait(k, other, epoll, &got, 1, false), 0);
    assert_int_equal(tick_k_close(k, other, epoll), 0);
    assert_int_equal(tick_kernel_open_fds(k, other), 0);
}

// A socket that connects once more is another object inside; both processes' fds mean that one.
static void both_names_follow_a_socket_that_is_renewed(void **state) {
    (void)state;
    int l = listener(one), file = tcp(one), fd = given(file);
    for (int times = 0; times < 3; times++) {
        const struct sockaddr none = {.sa_family = AF_UNSPEC};
        const struct tick_kernel_name n = name();
        assert_int_equal(connects(times % 2 ? one : other, times % 2 ? file : fd), -EINPROGRESS);
        int accepted = tick_k_accept(k, one, l, NULL, NULL);
        assert_int_equal(put(one, file), 1);
        assert_int_equal(get(one, accepted), 1);
        assert_int_equal(put(other, fd), 1);
        assert_int_equal(get(one, accepted), 1);
        assert_int_equal(tick_k_connect(k, other, fd, &none, sizeof none, &n), 0);
        settle();
        assert_int_equal(tick_k_close(k, one, accepted), 0);
    }
    assert_int_equal(tick_k_close(k, one, file), 0);
    assert_int_equal(mask(other, fd) & POLLNVAL, 0);
    exits(other);
}

static void a_crash_takes_all_of_them(void **state) {
    (void)state;
    (void)listener(one);
    (void)given(eventfd(one));
    tick_kernel_host_crash(k, 0);
    assert_int_equal(tick_kernel_fds_in_flight(k, 0), 0);
    int first = tick_kernel_process_start(k, 0), second = tick_kernel_process_start(k, 0);
    assert_int_equal(first + second, one + other); // their indices are given again
    assert_int_equal(tick_kernel_open_fds(k, first), 0);
    (void)listener(second);
}

// No pid is given twice, as long as the machine is up.
static pid_t pid_of(int process) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    int pair[2];
    const struct tick_kernel_name n[] = {name(), name()};
    assert_int_equal(tick_k_socketpair(k, process, AF_UNIX, SOCK_STREAM, 0, pair, &n[0], &n[1]), 0);
    assert_int_equal(tick_k_getsockopt(k, process, pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &size), 0);
    assert_int_equal(peer.uid, 1000);
    for (int i = 0; i < 2; i++)
        assert_int_equal(tick_k_close(k, process, pair[i]), 0);
    return peer.pid;
}

static void pids_count_from_the_start(void **state) {
    (void)state;
    assert_int_equal(pid_of(one), 1);
    assert_int_equal(pid_of(other), 2);
    exits(other);
    const int third = tick_kernel_process_start(k, 0);
    assert_int_equal(third, other);
    assert_int_equal(pid_of(third), 3);
    assert_int_equal(pid_of(one), 1);
    const int elsewhere = tick_kernel_process_start(k, tick_kernel_host_add(k, "elsewhere", 2, 0));
    assert_int_equal(pid_of(elsewhere), 1);
    tick_kernel_host_crash(k, 0);
    assert_int_equal(pid_of(tick_kernel_process_start(k, 0)), 1);
    assert_int_equal(pid_of(elsewhere), 1);
}

// Indices and memory of those that have ended are used again.
static void many_come_and_go(void **state) {
    (void)state;
    uint32_t bump = 0;
    for (int i = 0; i < 1000; i++) {
        int process = tick_kernel_process_start(k, 0);
        assert_true(process >= 0 && process <= 2);
        for (int fd = 0; fd < 40; fd++)
            assert_int_equal(eventfd(process), fd + 3);
        exits(process);
        if (i == 2)
            bump = k->root->bump;
    }
    assert_int_equal(k->root->bump, bump);
}

// 0 to 2 are there in every program; what they are set to is its own.
static void the_standard_three_can_be_replaced(void **state) {
    (void)state;
    int fd = eventfd(one);
    for (int to = 0; to < 3; to++) {
        assert_int_equal(tick_k_dup2(k, one, fd, to), to);
        assert_int_equal(tick_k_dup3(k, one, fd, to, O_CLOEXEC), to); // and once more
        assert_int_equal(tick_k_fcntl(k, one, to, F_GETFD, 0), FD_CLOEXEC);
        assert_int_equal(mask(one, to), POLLOUT);
    }
    assert_int_equal(tick_k_dup2(k, one, fd, 4), 4); // the next that is free
    assert_int_equal(eventfd(one), 5);
    assert_int_equal(tick_kernel_open_fds(k, one), 3);
    exits(one);
}

static void fds_are_limited(void **state) {
    (void)state;
    int pair[2];
    const struct tick_kernel_name n[] = {name(), name()};
    tick_kernel_fd_limit(k, one, 6);
    for (int fd = 3; fd < 6; fd++)
        assert_int_equal(eventfd(one), fd);
    assert_int_equal(eventfd(one), -EMFILE);
    assert_int_equal(tcp(one), -EMFILE);
    assert_int_equal(tick_k_dup(k, one, 3), -EMFILE);
    assert_int_equal(tick_k_dup2(k, one, 3, 6), -EBADF);
    assert_int_equal(tick_k_fcntl(k, one, 3, F_DUPFD, 6), -EINVAL);
    assert_int_equal(tick_k_fcntl(k, one, 3, F_DUPFD, 5), -EMFILE);
    assert_int_equal(tick_k_pipe(k, one, pair, 0, &n[0], &n[1]), -EMFILE);
    assert_int_equal(tick_k_close(k, one, 5), 0);
    assert_int_equal(tick_k_pipe(k, one, pair, 0, &n[0], &n[1]), -EMFILE); // one is not enough, and is free again
    assert_int_equal(tick_k_socketpair(k, one, AF_UNIX, SOCK_STREAM, 0, pair, &n[0], &n[1]), -EMFILE);
    assert_int_equal(eventfd(one), 5);
    assert_int_equal(eventfd(other), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_has_its_own_fds, set_up),
        cmocka_unit_test_setup(who_comes_later_begins_with_none, set_up),
        cmocka_unit_test_setup(ports_are_the_hosts, set_up),
        cmocka_unit_test_setup(unix_names_and_the_disk_are_the_hosts, set_up),
        cmocka_unit_test_setup(an_exit_does_not_linger, set_up),
        cmocka_unit_test_setup(a_crash_ends_a_wait_and_what_is_behind_it, set_up),
        cmocka_unit_test_setup(a_description_outlives_the_process_that_made_it, set_up),
        cmocka_unit_test_setup(both_names_follow_a_socket_that_is_renewed, set_up),
        cmocka_unit_test_setup(a_crash_takes_all_of_them, set_up),
        cmocka_unit_test_setup(pids_count_from_the_start, set_up),
        cmocka_unit_test_setup(many_come_and_go, set_up),
        cmocka_unit_test_setup(the_standard_three_can_be_replaced, set_up),
        cmocka_unit_test_setup(fds_are_limited, set_up),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(k);
    return failed;
}
