// Processes that come of others: whose fds they have, and what they close when they become another program.
#include "sim/kernel/kernel.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct tick_kernel *k;
static uint32_t made;
static int parent;

static uint32_t calm(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx, (void)kind, (void)subject, (void)ordinal, (void)n, (void)most;
    return 0;
}

static struct tick_kernel_name name(void) {
    made++;
    return (struct tick_kernel_name){.id = tick_id_mix(5, made), .kth = made};
}

static int world(size_t size) {
    const struct tick_kernel_env env = {.choose = calm};
    if (!k && tick_kernel_new(size, &k) < 0)
        return -1;
    tick_kernel_reset(k, &env);
    made = 0;
    if (tick_kernel_host_add(k, "host", 1, 0) != 0)
        return -1;
    return parent = tick_kernel_process_start(k, 0);
}

static int set_up(void **state) {
    (void)state;
    return world(16 << 20) < 0;
}

static void settle(void) {
    struct tick_posted posted;
    while (tick_kernel_next_at(k) <= tick_kernel_now(k))
        tick_kernel_next(k, &posted);
}

static int event(int process, int flags) {
    const struct tick_kernel_name n = name();
    return tick_k_eventfd(k, process, 0, flags, &n);
}

static void pipe_of(int process, int fds[2]) {
    const struct tick_kernel_name n[] = {name(), name()};
    assert_int_equal(tick_k_pipe(k, process, fds, 0, &n[0], &n[1]), 0);
}

static int fork_of(int process) {
    int child = tick_kernel_process_fork(k, process);
    assert_true(child >= 0 && child != process);
    return child;
}

static bool is_open(int process, int fd) {
    return tick_k_fcntl(k, process, fd, F_GETFD, 0) >= 0;
}

static void a_child_has_the_same_fds(void **state) {
    (void)state;
    for (int fd = 3; fd < 8; fd++)
        assert_int_equal(event(parent, fd % 2 ? EFD_CLOEXEC : EFD_NONBLOCK), fd);
    assert_int_equal(tick_k_close(k, parent, 4), 0);
    assert_int_equal(tick_k_dup2(k, parent, 5, 1), 1);
    assert_int_equal(tick_k_dup2(k, parent, 5, 100), 100);
    tick_kernel_fd_limit(k, parent, 102);
    const int child = fork_of(parent);
    assert_int_equal(tick_kernel_open_fds(k, child), 5);
    for (int fd = 0; fd < 110; fd++) {
        assert_int_equal(is_open(child, fd), is_open(parent, fd));
        if (is_open(child, fd)) {
            assert_int_equal(tick_k_fcntl(k, child, fd, F_GETFD, 0), tick_k_fcntl(k, parent, fd, F_GETFD, 0));
            assert_int_equal(tick_k_fcntl(k, child, fd, F_GETFL, 0), tick_k_fcntl(k, parent, fd, F_GETFL, 0));
            assert_true(tick_k_fd_id(k, child, fd) == tick_k_fd_id(k, parent, fd));
        }
    }
    assert_int_equal(event(child, 0), 4); // the lowest that is free in each
    assert_int_equal(event(parent, 0), 4);
    assert_int_equal(event(child, 0), 8);
    assert_int_equal(tick_k_dup2(k, child, 3, 102), -EBADF);
    tick_kernel_process_exit(k, child);
    for (int fd = 3; fd < 8; fd++)
        assert_true(is_open(parent, fd));
    assert_true(is_open(parent, 1));
}

static void descriptions_are_shared(void **state) {
    (void)state;
    const struct tick_kernel_name n = name();
    char bytes[4] = "";
    int file = tick_k_open(k, parent, "/tmp/f", O_CREAT | O_RDWR, 0600, &n);
    assert_int_equal(tick_k_write(k, parent, file, "abcd", 4), 4);
    assert_int_equal(tick_k_lseek(k, parent, file, 0, SEEK_SET), 0);
    const int child = fork_of(parent);
    assert_int_equal(tick_k_read(k, parent, file, bytes, 2), 2);
    assert_int_equal(tick_k_read(k, child, file, bytes, 2), 2);
    assert_memory_equal(bytes, "cd", 2);
    assert_int_equal(tick_k_fcntl(k, child, file, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(tick_k_fcntl(k, parent, file, F_GETFL, 0) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(tick_k_fcntl(k, child, file, F_SETFD, FD_CLOEXEC), 0); // that is the fd's
    assert_int_equal(tick_k_fcntl(k, parent, file, F_GETFD, 0), 0);
}

// A pipe ends with the last of its writers, whichever process that is.
static void the_last_one_closes(void **state) {
    (void)state;
    int fds[2];
    char byte;
    pipe_of(parent, fds);
    const int child = fork_of(parent), grandchild = fork_of(child);
    assert_int_equal(tick_k_close(k, parent, fds[1]), 0);
    tick_kernel_process_exit(k, child);
    assert_int_equal(tick_k_read(k, parent, fds[0], &byte, 1), -EAGAIN);
    assert_int_equal(tick_k_write(k, grandchild, fds[1], "x", 1), 1);
    tick_kernel_process_exit(k, grandchild);
    assert_int_equal(tick_k_read(k, parent, fds[0], &byte, 1), 1);
    assert_int_equal(tick_k_read(k, parent, fds[0], &byte, 1), 0);
}

static void a_child_outlives_its_parent(void **state) {
    (void)state;
    int fds[2];
    char byte;
    pipe_of(parent, fds);
    const int child = fork_of(parent);
    tick_kernel_process_exit(k, parent);
    assert_int_equal(tick_k_write(k, child, fds[1], "x", 1), 1);
    struct pollfd poll = {.fd = fds[0], .events = POLLIN};
    assert_int_equal(tick_k_poll(k, child, &poll, 1), 1);
    assert_int_equal(tick_k_read(k, child, fds[0], &byte, 1), 1);
    tick_kernel_process_exit(k, child);
    parent = tick_kernel_process_start(k, 0);
    assert_int_equal(tick_kernel_open_fds(k, parent), 0);
}

// An epoll is inherited, with what it watches: a child is told, and closing there closes nothing.
static void an_epoll_is_inherited(void **state) {
    (void)state;
    const struct tick_kernel_name n = name();
    int fds[2], epoll = tick_k_epoll_create1(k, parent, 0, &n);
    const struct tick_sys_event wanted = {EPOLLIN, 9};
    struct tick_sys_event got;
    pipe_of(parent, fds);
    assert_int_equal(tick_k_epoll_ctl(k, parent, epoll, EPOLL_CTL_ADD, fds[0], &wanted), 0);
    const int child = fork_of(parent);
    assert_int_equal(tick_k_close(k, child, fds[0]), 0);
    assert_int_equal(tick_k_write(k, parent, fds[1], "x", 1), 1);
    assert_int_equal(tick_k_epoll_wait(k, child, epoll, &got, 1, true), 1); // though it has no such fd any more
    assert_int_equal(got.data, 9);
    uint32_t waiter;
    assert_int_equal(tick_kernel_watch(k, child, epoll, 5), 0);
    assert_true(tick_kernel_woken(k, &waiter));
    assert_int_equal(waiter, 5);
}

static void another_program_closes_what_is_marked(void **state) {
    (void)state;
    int fds[2];
    for (int fd = 3; fd < 9; fd++)
        assert_int_equal(event(parent, fd % 2 ? EFD_CLOEXEC : 0), fd);
    pipe_of(parent, fds);
    assert_int_equal(tick_k_fcntl(k, parent, fds[1], F_SETFD, FD_CLOEXEC), 0);
    assert_int_equal(tick_k_dup3(k, parent, 4, 2, O_CLOEXEC), 2);
    const int child = fork_of(parent);
    assert_true(tick_kernel_process_exec(k, child));
    for (int fd = 0; fd < 20; fd++)
        assert_int_equal(is_open(child, fd), fd == 4 || fd == 6 || fd == 8 || fd == fds[0]);
    assert_int_equal(tick_kernel_open_fds(k, child), 4);
    for (int fd = 2; fd < 9; fd++)
        assert_true(is_open(parent, fd));
    assert_int_equal(event(child, 0), 3);
    assert_true(tick_kernel_process_exec(k, child)); // nothing is left to close
    assert_true(is_open(child, 3));
}

// A connection of the process's that lingers, with more under way than is read.
static void lingers(uint16_t port) {
    static const char bytes[65536];
    const struct tick_kernel_name n[] = {name(), name(), name()};
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct linger linger = {1, 5};
    int l = tick_k_socket(k, parent, AF_INET, SOCK_STREAM, 0, &n[0]);
    int fd = tick_k_socket(k, parent, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0, &n[1]);
    assert_int_equal(tick_k_bind(k, parent, l, (const struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(tick_k_listen(k, parent, l, 4), 0);
    assert_int_equal(tick_k_connect(k, parent, fd, (const struct sockaddr *)&in, sizeof in, &n[2]), -EINPROGRESS);
    settle();
    assert_true(tick_k_accept4(k, parent, l, NULL, NULL, 0) >= 0);
    assert_int_equal(tick_k_setsockopt(k, parent, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    for (ssize_t sent = 1; sent > 0; settle())
        sent = tick_k_send(k, parent, fd, bytes, sizeof bytes, 0);
}

static void what_lingers_is_waited_for_in_turn(void **state) {
    (void)state;
    int64_t most;
    lingers(80);
    lingers(81);
    assert_int_equal(tick_kernel_open_fds(k, parent), 6);
    for (int left = 5; left >= 4; left--) {
        assert_false(tick_kernel_process_exec(k, parent));
        assert_int_equal(tick_kernel_open_fds(k, parent), left);
        const uint32_t key = tick_kernel_lingers(k, 1, &most);
        assert_true(key && tick_kernel_linger_on(k, key));
        tick_kernel_linger_end(k, key);
    }
    assert_true(tick_kernel_process_exec(k, parent));
    assert_int_equal(tick_kernel_open_fds(k, parent), 4);
}

static void signals_are_not_inherited(void **state) {
    (void)state;
    const struct signalfd_siginfo info = {.ssi_signo = 10};
    assert_int_equal(tick_kernel_signal(k, parent, &info), 0);
    const int child = fork_of(parent);
    assert_true(tick_kernel_signals(k, child) == 0);
    assert_true(tick_kernel_signals(k, parent) == (uint64_t)1 << 9);
    assert_true(tick_kernel_process_exec(k, parent));
    assert_true(tick_kernel_signals(k, parent) == (uint64_t)1 << 9); // they stay with who becomes another program
}

static void memory_may_run_out(void **state) {
    (void)state;
    tick_kernel_free(k);
    k = NULL;
    assert_true(world(1 << 16) >= 0);
    int count = 0, child, last = parent;
    for (int fd = 3; fd < 103; fd++)
        assert_int_equal(event(parent, 0), fd);
    while ((child = tick_kernel_process_fork(k, last)) >= 0) {
        last = child;
        count++;
    }
    assert_int_equal(child, -ENOMEM);
    assert_true(count > 3);
    assert_int_equal(tick_kernel_open_fds(k, last), 100);
    tick_kernel_process_exit(k, last);
    last = fork_of(parent); // what the vain attempt had taken is free again
    assert_int_equal(tick_kernel_process_fork(k, parent), -ENOMEM);
    tick_kernel_free(k);
    k = NULL;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_child_has_the_same_fds, set_up),
        cmocka_unit_test_setup(descriptions_are_shared, set_up),
        cmocka_unit_test_setup(the_last_one_closes, set_up),
        cmocka_unit_test_setup(a_child_outlives_its_parent, set_up),
        cmocka_unit_test_setup(an_epoll_is_inherited, set_up),
        cmocka_unit_test_setup(another_program_closes_what_is_marked, set_up),
        cmocka_unit_test_setup(what_lingers_is_waited_for_in_turn, set_up),
        cmocka_unit_test_setup(signals_are_not_inherited, set_up),
        cmocka_unit_test_setup(memory_may_run_out, set_up),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(k);
    return failed;
}
