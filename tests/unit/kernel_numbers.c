// Fds at numbers that are named, for programs whose fds are not all simulated.
#include "sim/kernel/kernel.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct tick_kernel *k;
static uint32_t made;
static int process, other;

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
    (void)tick_kernel_fds_anywhere(k);
    made = 0;
    if (tick_kernel_host_add(k, "host", 1, 0) != 0)
        return -1;
    process = tick_kernel_process_start(k, 0);
    other = tick_kernel_process_start(k, 0);
    return process >= 0 && other >= 0 ? 0 : -1;
}

static int eventfd(int of) {
    const struct tick_kernel_name n = name();
    return tick_k_eventfd(k, of, 0, 0, &n);
}

static int unix_pair(int fds[2]) {
    const struct tick_kernel_name n[] = {name(), name()};
    return tick_k_socketpair(k, process, AF_UNIX, SOCK_STREAM, 0, fds, &n[0], &n[1]);
}

static int eventfd_at(int fd) {
    assert_int_equal(tick_kernel_fd_at(k, process, fd), 0);
    int got = eventfd(process);
    assert_int_equal(tick_kernel_fds_anywhere(k), 0);
    return got;
}

static void a_call_takes_the_number_that_is_named(void **state) {
    (void)state;
    assert_int_equal(eventfd_at(7), 7);
    assert_int_equal(eventfd(process), 3); // the lowest again
    assert_int_equal(eventfd_at(4), 4);
    assert_int_equal(eventfd(process), 5);
    assert_int_equal(eventfd_at(1000), 1000);
    assert_int_equal(eventfd(process), 6);
    assert_int_equal(eventfd(process), 8);
    assert_int_equal(tick_kernel_open_fds(k, process), 7);
    assert_int_equal(tick_k_close(k, process, 1000), 0);
    assert_int_equal(tick_k_close(k, process, 4), 0);
    assert_int_equal(eventfd(process), 4);
}

static void the_standard_three_are_numbers_too(void **state) {
    (void)state;
    for (int fd = 0; fd < 3; fd++) {
        assert_int_equal(eventfd_at(fd), fd);
        assert_int_equal(tick_k_fcntl(k, process, fd, F_GETFL, 0) & O_ACCMODE, O_RDWR);
    }
    assert_int_equal(eventfd(process), 3);
    assert_int_equal(tick_k_close(k, process, 1), 0);
    assert_int_equal(tick_k_close(k, process, 1), -EBADF);
    assert_int_equal(eventfd_at(1), 1);
    assert_int_equal(tick_kernel_open_fds(k, process), 1);
    tick_kernel_process_exit(k, process);
}

static void whatever_makes_an_fd(void **state) {
    (void)state;
    const struct tick_kernel_name n[] = {name(), name(), name(), name(), name(), name()};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct tick_posted posted;
    assert_int_equal(tick_kernel_fd_at(k, process, 10), 0);
    assert_int_equal(tick_k_socket(k, process, AF_INET, SOCK_STREAM, 0, &n[0]), 10);
    assert_int_equal(tick_kernel_fd_at(k, process, 11), 0);
    assert_int_equal(tick_k_socket(k, process, AF_INET, SOCK_STREAM, 0, &n[1]), 11);
    assert_int_equal(tick_k_bind(k, process, 10, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(tick_k_listen(k, process, 10, 1), 0);
    assert_int_equal(tick_k_connect(k, process, 11, (struct sockaddr *)&in, sizeof in, &n[2]), -EINPROGRESS);
    while (tick_kernel_next(k, &posted))
        ;
    assert_int_equal(tick_kernel_fd_at(k, process, 12), 0);
    assert_int_equal(tick_k_accept(k, process, 10, NULL, NULL), 12);
    assert_int_equal(tick_kernel_fd_at(k, process, 13), 0);
    assert_int_equal(tick_k_dup(k, process, 12), 13);
    assert_int_equal(tick_kernel_fd_at(k, process, 30), 0);
    assert_int_equal(tick_k_fcntl(k, process, 12, F_DUPFD, 20), 30);
    assert_int_equal(tick_kernel_fd_at(k, process, 14), 0);
    assert_int_equal(tick_k_epoll_create(k, process, &n[3]), 14);
    assert_int_equal(tick_kernel_fd_at(k, process, 15), 0);
    assert_int_equal(tick_k_timerfd(k, process, 0, 0, &n[4]), 15);
    assert_int_equal(tick_kernel_fd_at(k, process, 16), 0);
    assert_int_equal(tick_k_open(k, process, "/tmp", O_RDONLY, 0, &n[5]), 16);
}

static void pairs_take_two(void **state) {
    (void)state;
    const int numbers[] = {9, 4, 6, 0};
    int fds[2];
    const struct tick_kernel_name n[] = {name(), name()};
    assert_int_equal(tick_kernel_fds_at(k, process, numbers, 4), 0);
    assert_int_equal(tick_k_pipe(k, process, fds, 0, &n[0], &n[1]), 0);
    assert_int_equal(fds[0], 9);
    assert_int_equal(fds[1], 4);
    assert_int_equal(unix_pair(fds), 0);
    assert_int_equal(fds[0], 6);
    assert_int_equal(fds[1], 0);
    assert_int_equal(tick_kernel_fds_anywhere(k), 0);
    assert_int_equal(eventfd(process), 3);
}

static void a_call_that_needs_more_fails(void **state) {
    (void)state;
    const int numbers[] = {9, 4, 6};
    int fds[2];
    assert_int_equal(tick_kernel_fds_at(k, process, numbers, 3), 0);
    assert_int_equal(unix_pair(fds), 0);
    assert_int_equal(unix_pair(fds), -EMFILE);
    assert_int_equal(tick_kernel_open_fds(k, process), 2);
    assert_int_equal(eventfd(process), -EMFILE);
    assert_int_equal(eventfd(other), 3); // whose numbers nobody named
    assert_int_equal(tick_kernel_fds_anywhere(k), 0);
    assert_int_equal(tick_kernel_fds_at(k, process, numbers, 0), 0); // none at all
    assert_int_equal(eventfd(process), -EMFILE);
    assert_int_equal(tick_kernel_fds_anywhere(k), 0);
    assert_int_equal(eventfd(process), 3);
}

static void a_call_that_makes_none_leaves_them(void **state) {
    (void)state;
    const struct tick_kernel_name n = name();
    assert_int_equal(tick_kernel_fd_at(k, process, 9), 0);
    assert_int_equal(tick_k_socket(k, process, AF_APPLETALK, SOCK_STREAM, 0, &n), -EAFNOSUPPORT);
    assert_int_equal(tick_kernel_fds_anywhere(k), 1);
    assert_int_equal(eventfd(process), 3);
}

static void numbers_have_to_be_free(void **state) {
    (void)state;
    const int twice[] = {8, 8}, taken[] = {8, 3};
    int fds[2];
    assert_int_equal(eventfd(process), 3);
    assert_int_equal(tick_kernel_fd_at(k, process, 3), -EBADF);
    assert_int_equal(tick_kernel_fd_at(k, process, -1), -EBADF);
    assert_int_equal(tick_kernel_fds_at(k, process, taken, 2), -EBADF);
    assert_int_equal(tick_kernel_fd_at(k, process, 65536), -EMFILE);
    tick_kernel_fd_limit(k, process, 100);
    assert_int_equal(tick_kernel_fd_at(k, process, 100), -EMFILE);
    assert_int_equal(eventfd(process), 4); // nothing was named
    assert_int_equal(tick_kernel_fds_at(k, process, twice, 2), 0);
    assert_int_equal(unix_pair(fds), -EBADF);
    assert_int_equal(tick_kernel_open_fds(k, process), 2);
    assert_int_equal(tick_kernel_fds_anywhere(k), 1);
    assert_int_equal(eventfd_at(99), 99);
}

static int sent(int fd, int count) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {0};
    struct iovec part = {"x", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    const int what = eventfd(process), fds[3] = {what, what, what};
    message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN((size_t)count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
    assert_int_equal(tick_k_sendmsg(k, process, fd, &message, 0), 1);
    return tick_k_close(k, process, what);
}

static size_t received(int fd, int out[3], int *flags) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {0};
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    assert_int_equal(tick_k_recvmsg(k, process, fd, &message, 0), 1);
    *flags = message.msg_flags;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    const size_t size = header ? header->cmsg_len - CMSG_LEN(0) : 0;
    if (header)
        memcpy(out, CMSG_DATA(header), size);
    return size / sizeof(int);
}

static void fds_that_come_in_messages(void **state) {
    (void)state;
    const int numbers[] = {20, 1, 30};
    int fds[2], got[3], flags;
    assert_int_equal(unix_pair(fds), 0);
    assert_int_equal(tick_kernel_fds_next(k, process, fds[1]), 0);
    sent(fds[0], 3);
    assert_int_equal(tick_kernel_fds_next(k, process, fds[1]), 3);
    assert_int_equal(tick_kernel_fds_next(k, process, fds[0]), 0);
    assert_int_equal(tick_kernel_fds_next(k, process, 77), 0);
    assert_int_equal(tick_kernel_fds_at(k, process, numbers, 3), 0);
    assert_int_equal(received(fds[1], got, &flags), 3);
    assert_int_equal(flags & MSG_CTRUNC, 0);
    assert_memory_equal(got, numbers, sizeof got);
    assert_int_equal(tick_kernel_fds_anywhere(k), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(tick_k_close(k, process, numbers[i]), 0);
    sent(fds[0], 3); // with numbers for two of them
    assert_int_equal(tick_kernel_fds_at(k, process, numbers, 2), 0);
    assert_int_equal(received(fds[1], got, &flags), 2);
    assert_int_equal(flags & MSG_CTRUNC, MSG_CTRUNC);
    assert_int_equal(got[1], 1);
    (void)tick_kernel_fds_anywhere(k);
    sent(fds[0], 1); // what is closed in the meantime has left its number
    assert_int_equal(tick_kernel_fds_next(k, process, fds[1]), 1);
    assert_int_equal(received(fds[1], got, &flags), 1);
    assert_int_equal(got[0], 5);
}

static void fds_of_datagrams_are_counted_too(void **state) {
    (void)state;
    int fds[2];
    const struct tick_kernel_name n[] = {name(), name()};
    assert_int_equal(tick_k_socketpair(k, process, AF_UNIX, SOCK_DGRAM, 0, fds, &n[0], &n[1]), 0);
    assert_int_equal(tick_k_send(k, process, fds[0], "x", 1, 0), 1);
    sent(fds[0], 2);
    assert_int_equal(tick_kernel_fds_next(k, process, fds[1]), 0); // the first has none
    char byte;
    assert_int_equal(tick_k_recv(k, process, fds[1], &byte, 1, 0), 1);
    assert_int_equal(tick_kernel_fds_next(k, process, fds[1]), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_call_takes_the_number_that_is_named, set_up),
        cmocka_unit_test_setup(the_standard_three_are_numbers_too, set_up),
        cmocka_unit_test_setup(whatever_makes_an_fd, set_up),
        cmocka_unit_test_setup(pairs_take_two, set_up),
        cmocka_unit_test_setup(a_call_that_needs_more_fails, set_up),
        cmocka_unit_test_setup(a_call_that_makes_none_leaves_them, set_up),
        cmocka_unit_test_setup(numbers_have_to_be_free, set_up),
        cmocka_unit_test_setup(fds_that_come_in_messages, set_up),
        cmocka_unit_test_setup(fds_of_datagrams_are_counted_too, set_up),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(k);
    return failed;
}
