// What a new fd's flags are: those that the call was given, no others, on Linux and on the simulated kernel. The calls are the kernels',
// not the seam's: that asks for fds that are non-blocking and closed on exec throughout.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

static bool real(void) {
    return sys == &linux_calls.sys;
}

// Linux has errors in errno.
static int result(long value) {
    return value < 0 ? -errno : (int)value;
}

static int socket_of(int domain, int type) {
    const struct tick_kernel_name name = sim_name(&sim_calls.sys);
    return real() ? result(socket(domain, type, 0)) : tick_k_socket(sim_calls.kernel, 0, domain, type, 0, &name);
}

static int accept_with(int fd, int flags) {
    return real() ? result(accept4(fd, NULL, NULL, flags)) : tick_k_accept4(sim_calls.kernel, 0, fd, NULL, NULL, flags);
}

static int pair_of(int type, int fds[2]) {
    const struct tick_kernel_name a = sim_name(&sim_calls.sys), b = sim_name(&sim_calls.sys);
    return real() ? result(socketpair(AF_UNIX, type, 0, fds)) : tick_k_socketpair(sim_calls.kernel, 0, AF_UNIX, type, 0, fds, &a, &b);
}

static int pipe_of(int flags, int fds[2]) {
    const struct tick_kernel_name a = sim_name(&sim_calls.sys), b = sim_name(&sim_calls.sys);
    return real() ? result(pipe2(fds, flags)) : tick_k_pipe(sim_calls.kernel, 0, fds, flags, &a, &b);
}

static int epoll_of(int flags) {
    const struct tick_kernel_name name = sim_name(&sim_calls.sys);
    return real() ? result(epoll_create1(flags)) : tick_k_epoll_create1(sim_calls.kernel, 0, flags, &name);
}

static int eventfd_of(int flags) {
    const struct tick_kernel_name name = sim_name(&sim_calls.sys);
    return real() ? result(eventfd(0, flags)) : tick_k_eventfd(sim_calls.kernel, 0, 0, flags, &name);
}

static int timerfd_of(int flags) {
    const struct tick_kernel_name name = sim_name(&sim_calls.sys);
    return real() ? result(timerfd_create(CLOCK_MONOTONIC, flags)) : tick_k_timerfd(sim_calls.kernel, 0, CLOCK_MONOTONIC, flags, &name);
}

// The fd is as flags (O_NONBLOCK, O_CLOEXEC) say, and is closed.
static void is(int fd, int way, int flags) {
    assert_true(fd >= 0);
    assert_int_equal(sys->ops->fcntl(sys, fd, F_GETFL, 0), way | (flags & O_NONBLOCK));
    assert_int_equal(sys->ops->fcntl(sys, fd, F_GETFD, 0), flags & O_CLOEXEC ? FD_CLOEXEC : 0);
    closed(fd);
}

static const int all[] = {0, O_NONBLOCK, O_CLOEXEC, O_NONBLOCK | O_CLOEXEC};
#define EACH_FLAGS(flags) for (int flags = 0, i_ = 0; i_ < 4 && (flags = all[i_], true); i_++)

static void of_sockets(void **state) {
    (void)state;
    static const int what[][2] = {{AF_INET, SOCK_STREAM}, {AF_INET, SOCK_DGRAM}, {AF_UNIX, SOCK_STREAM}, {AF_UNIX, SOCK_DGRAM}};
    int fds[2];
    EACH_FLAGS(flags) {
        for (int i = 0; i < 4; i++)
            is(socket_of(what[i][0], what[i][1] | flags), O_RDWR, flags);
        assert_int_equal(pair_of(SOCK_STREAM | flags, fds), 0);
        is(fds[0], O_RDWR, flags);
        is(fds[1], O_RDWR, flags);
    }
}

static void of_what_is_none(void **state) {
    (void)state;
    int fds[2];
    EACH_FLAGS(flags) {
        assert_int_equal(pipe_of(flags, fds), 0);
        is(fds[0], O_RDONLY, flags);
        is(fds[1], O_WRONLY, flags);
        is(eventfd_of(flags), O_RDWR, flags);
        is(timerfd_of(flags), O_RDWR, flags);
    }
    is(epoll_of(0), O_RDWR, 0);
    is(epoll_of(EPOLL_CLOEXEC), O_RDWR, O_CLOEXEC);
    assert_int_equal(epoll_of(O_NONBLOCK), -EINVAL);
}

static int reaches(uint16_t port) {
    int fd = make();
    assert_int_equal(connect_to(fd, port), -EINPROGRESS);
    becomes(fd, EPOLLOUT);
    return fd;
}

static void of_accepted_connections(void **state) {
    (void)state;
    uint16_t port;
    int l = listener(&port);
    EACH_FLAGS(flags) {
        int fd = reaches(port);
        becomes(l, EPOLLIN);
        is(accept_with(l, flags), O_RDWR, flags); // not as the listener, which does not block
        closed(fd);
    }
    assert_int_equal(accept_with(l, 0), -EAGAIN);
    assert_int_equal(accept_with(l, O_APPEND), -EINVAL);
    assert_int_equal(accept_with(999, SOCK_NONBLOCK), -EBADF);
    int fd = eventfd_of(0);
    assert_int_equal(accept_with(fd, SOCK_NONBLOCK), -ENOTSOCK);
    closed(fd);
    fd = make();
    assert_int_equal(accept_with(fd, SOCK_CLOEXEC), -EINVAL);
    closed(fd);
    closed(l);
}

static void of_accepted_unix_sockets(void **state) {
    (void)state;
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 12);
    snprintf(un.sun_path + 1, sizeof un.sun_path - 1, "flags%06u", real() ? (unsigned)getpid() % 1000000 : 1);
    int l = sys->ops->socket(sys, AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(sys->ops->bind(sys, l, (struct sockaddr *)&un, size), 0);
    assert_int_equal(sys->ops->listen(sys, l, 8), 0);
    EACH_FLAGS(flags) {
        int fd = sys->ops->socket(sys, AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(sys->ops->connect(sys, fd, (struct sockaddr *)&un, size), 0);
        is(accept_with(l, flags), O_RDWR, flags);
        closed(fd);
    }
    closed(l);
}

// MSG_CMSG_CLOEXEC decides; whether it blocks is the description's.
static void of_fds_in_messages(void **state) {
    (void)state;
    int fds[2];
    assert_int_equal(pair_of(SOCK_STREAM, fds), 0);
    EACH_FLAGS(flags) {
        _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
        char byte = 'x';
        struct iovec part = {&byte, 1};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        int fd = eventfd_of((flags & O_NONBLOCK) | O_CLOEXEC);
        *CMSG_FIRSTHDR(&message) = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof fd);
        assert_int_equal(sys->ops->sendmsg(sys, fds[0], &message, 0), 1);
        closed(fd);
        const int asked = flags & O_CLOEXEC ? MSG_CMSG_CLOEXEC : 0;
        assert_int_equal(real() ? recvmsg(fds[1], &message, asked) : tick_k_recvmsg(sim_calls.kernel, 0, fds[1], &message, asked), 1);
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
        is(fd, O_RDWR, flags);
    }
    closed(fds[0]);
    closed(fds[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(of_sockets),
        BOTH(of_what_is_none),
        BOTH(of_accepted_connections),
        BOTH(of_accepted_unix_sockets),
        BOTH(of_fds_in_messages),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
