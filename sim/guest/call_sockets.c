// Handlers: sockets.
#include "sim/guest/files_int.h"
#include "sim/guest/inside_int.h"
#include "sim/guest/snapshot_int.h"
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

struct tick_kernel_name tick__guest_name(uint32_t sort) {
    struct tick_maker *maker = &tick__guest_self()->maker;
    struct tick_kernel_name name = {.maker_object = maker->object, .maker = maker};
    name.id = tick_maker_next(maker, sort, &name.kth);
    return name;
}

// Of address families that are not simulated only those that ask the machine about itself are real (a netlink socket of getifaddrs).
long tick__call_socket(const long *a) {
    const int domain = (int)a[0], type = (int)a[1] & 0xf;
    if (domain == AF_NETLINK)
        return tick__raw(SYS_socket, a[0], a[1], a[2]);
    const struct tick_kernel_name name = tick__guest_name(domain == AF_UNIX    ? TICK_SORT_UNIX
                                                          : type == SOCK_DGRAM ? TICK_SORT_UDP
                                                                               : TICK_SORT_TCP);
    return tick__guest_settle(tick_k_socket(TICK__K, domain, (int)a[1], (int)a[2], &name), a[1] & SOCK_CLOEXEC);
}

long tick__call_socketpair(const long *a) {
    const struct tick_kernel_name first = tick__guest_name(TICK_SORT_UNIX), second = tick__guest_name(TICK_SORT_UNIX);
    int *fds = (int *)a[3];
    const int error = tick_k_socketpair(TICK__K, (int)a[0], (int)a[1], (int)a[2], fds, &first, &second);
    return error < 0 ? error : tick__guest_settle_pair(fds, a[1] & SOCK_CLOEXEC);
}

long tick__call_bind(const long *a) {
    struct sockaddr_un own;
    socklen_t size = (socklen_t)a[2];
    const struct sockaddr *name = (const struct sockaddr *)a[1];
    const int found = tick__file_socket(name, &size, true, &own);
    return found < 0 ? found : tick_k_bind(TICK__K, (int)a[0], found ? (const struct sockaddr *)&own : name, size);
}

long tick__call_listen(const long *a) {
    return tick_k_listen(TICK__K, (int)a[0], (int)a[1]);
}

static long accept_with(const long *a, int flags) {
    if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
        return -EINVAL;
    struct tick__guest_blocking call = {.fd = (int)a[0], .events = POLLIN, .option = SO_RCVTIMEO};
    long fd;
    do
        fd = tick_k_accept4(TICK__K, (int)a[0], (struct sockaddr *)a[1], (socklen_t *)a[2], flags);
    while (tick__guest_tries(&call, &fd));
    if (fd >= 0)
        tick__guest_snapshot_sees(TICK_GUEST_AT_ACCEPT);
    return tick__guest_settle(fd, flags & SOCK_CLOEXEC);
}

long tick__call_accept(const long *a) {
    return accept_with(a, 0);
}

long tick__call_accept4(const long *a) {
    return accept_with(a, (int)a[3]);
}

// What a connect that was begun comes to, once the socket is writable.
static long connected(int fd) {
    struct tick__guest_blocking call = {.fd = fd, .events = POLLOUT, .option = SO_SNDTIMEO};
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    while (!tick_k_poll(TICK__K, &ready, 1)) {
        long result = -EAGAIN;
        if (!tick__guest_tries(&call, &result))
            return result == -EINTR ? result : -EINPROGRESS; // the limit has passed (connect(2))
    }
    int error = 0;
    socklen_t size = sizeof error;
    tick_k_getsockopt(TICK__K, fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return -error;
}

// A unix listener with a full queue says EAGAIN, and nothing tells when it has room: ask again from time to time.
#define ASK_AGAIN TICK_MS(1)

long tick__call_connect(const long *a) {
    const int fd = (int)a[0];
    struct tick_maker *maker = &tick__guest_self()->maker;
    const struct tick_kernel_name name = {.maker = maker, .maker_object = maker->object};
    struct sockaddr_un own;
    socklen_t size = (socklen_t)a[2];
    const struct sockaddr *to = (const struct sockaddr *)a[1];
    const int found = tick__file_socket(to, &size, false, &own);
    if (found < 0)
        return found;
    to = found ? (const struct sockaddr *)&own : to;
    for (;;) {
        const long result = tick__guest_lingered(tick_k_connect(TICK__K, fd, to, size, &name));
        if (result == 0 || result == -EINPROGRESS)
            tick__guest_snapshot_sees(TICK_GUEST_AT_CONNECT);
        if ((result != -EINPROGRESS && result != -EAGAIN) || tick__guest_is_nonblocking(fd))
            return result;
        if (result == -EINPROGRESS)
            return connected(fd);
        tick__guest_rest(ASK_AGAIN);
    }
}

long tick__call_shutdown(const long *a) {
    return tick_k_shutdown(TICK__K, (int)a[0], (int)a[1]);
}

long tick__call_getsockname(const long *a) {
    return tick_k_getsockname(TICK__K, (int)a[0], (struct sockaddr *)a[1], (socklen_t *)a[2]);
}

long tick__call_getpeername(const long *a) {
    return tick_k_getpeername(TICK__K, (int)a[0], (struct sockaddr *)a[1], (socklen_t *)a[2]);
}

long tick__call_getsockopt(const long *a) {
    (void)tick__guest_catch_up();
    return tick_k_getsockopt(TICK__K, (int)a[0], (int)a[1], (int)a[2], (void *)a[3], (socklen_t *)a[4]);
}

long tick__call_setsockopt(const long *a) {
    (void)tick__guest_catch_up();
    return tick_k_setsockopt(TICK__K, (int)a[0], (int)a[1], (int)a[2], (const void *)a[3], (socklen_t)a[4]);
}
