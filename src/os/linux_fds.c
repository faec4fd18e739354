// The real kernel: what makes, names and waits for fds, messages, clocks, names.
#include "src/base/times.h"
#include "src/os/linux_int.h"
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000LL

static struct timespec span_of(int64_t ns) {
    return (struct timespec){(time_t)(ns / NS), (long)(ns % NS)};
}

static int64_t ns_of(struct timespec ts) {
    return tick__of_parts(ts.tv_sec, ts.tv_nsec);
}

int tick__os_dup(struct tick_sys *self, int fd) {
    (void)self;
    return tick__os_result(dup(fd));
}

int tick__os_dup2(struct tick_sys *self, int fd, int to) {
    (void)self;
    return tick__os_result(dup2(fd, to));
}

int tick__os_dup3(struct tick_sys *self, int fd, int to, int flags) {
    (void)self;
    return tick__os_result(dup3(fd, to, flags));
}

int tick__os_fcntl(struct tick_sys *self, int fd, int command, int64_t argument) {
    (void)self;
    if (command == F_SETFL)
        argument |= O_NONBLOCK;
    return tick__os_result(fcntl(fd, command, (long)argument));
}

int tick__os_ioctl(struct tick_sys *self, int fd, unsigned long request, int *value) {
    (void)self;
    return tick__os_result(ioctl(fd, request, value));
}

int tick__os_pipe(struct tick_sys *self, int fds[2]) {
    (void)self;
    return tick__os_result(pipe2(fds, O_CLOEXEC | O_NONBLOCK));
}

int tick__os_socketpair(struct tick_sys *self, int domain, int type, int protocol, int fds[2]) {
    (void)self;
    return tick__os_result(socketpair(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol, fds));
}

int tick__os_timerfd(struct tick_sys *self, int clock) {
    (void)self;
    return tick__os_result(timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK));
}

int tick__os_timerfd_settime(
    struct tick_sys *self, int fd, int flags, int64_t value, int64_t interval, int64_t *old_value, int64_t *old_interval) {
    (void)self;
    const struct itimerspec new = {.it_value = span_of(value), .it_interval = span_of(interval)};
    struct itimerspec old;
    if (timerfd_settime(fd, flags, &new, &old) < 0)
        return -errno;
    if (old_value)
        *old_value = ns_of(old.it_value);
    if (old_interval)
        *old_interval = ns_of(old.it_interval);
    return 0;
}

int tick__os_timerfd_gettime(struct tick_sys *self, int fd, int64_t *value, int64_t *interval) {
    (void)self;
    struct itimerspec now;
    if (timerfd_gettime(fd, &now) < 0)
        return -errno;
    *value = ns_of(now.it_value);
    *interval = ns_of(now.it_interval);
    return 0;
}

ssize_t tick__os_sendto(
    struct tick_sys *self, int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size) {
    (void)self;
    return tick__os_sized(sendto(fd, bytes, count, flags | MSG_NOSIGNAL, to, size));
}

ssize_t tick__os_recvfrom(struct tick_sys *self, int fd, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *size) {
    (void)self;
    return tick__os_sized(recvfrom(fd, bytes, count, flags, from, size));
}

ssize_t tick__os_sendmsg(struct tick_sys *self, int fd, const struct msghdr *message, int flags) {
    (void)self;
    return tick__os_sized(sendmsg(fd, message, flags | MSG_NOSIGNAL));
}

ssize_t tick__os_recvmsg(struct tick_sys *self, int fd, struct msghdr *message, int flags) {
    (void)self;
    return tick__os_sized(recvmsg(fd, message, flags | MSG_CMSG_CLOEXEC));
}

ssize_t tick__os_readv(struct tick_sys *self, int fd, const struct iovec *parts, int count) {
    (void)self;
    return tick__os_sized(readv(fd, parts, count));
}

// On sockets use sendmsg: writev would raise SIGPIPE.
ssize_t tick__os_writev(struct tick_sys *self, int fd, const struct iovec *parts, int count) {
    (void)self;
    return tick__os_sized(writev(fd, parts, count));
}

int tick__os_poll(struct tick_sys *self, struct pollfd *fds, size_t count, int64_t timeout) {
    (void)self;
    const struct timespec ts = span_of(timeout < 0 ? 0 : timeout);
    return tick__os_result(ppoll(fds, count, timeout < 0 ? NULL : &ts, NULL));
}

int tick__os_select(struct tick_sys *self, int count, fd_set *reads, fd_set *writes, fd_set *excepts, int64_t timeout) {
    (void)self;
    const struct timespec ts = span_of(timeout < 0 ? 0 : timeout);
    return tick__os_result(pselect(count, reads, writes, excepts, timeout < 0 ? NULL : &ts, NULL));
}

int tick__os_sleep(struct tick_sys *self, int64_t ns) {
    (void)self;
    const struct timespec ts = span_of(ns < 0 ? 0 : ns);
    return -clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}

int tick__os_clock(struct tick_sys *self, int clock, int64_t *ns) {
    (void)self;
    struct timespec ts;
    if (clock_gettime(clock, &ts) < 0)
        return -errno;
    *ns = ns_of(ts);
    return 0;
}

int tick__os_resolve_all(struct tick_sys *self, const char *host, uint16_t port, struct sockaddr_storage *out, uint32_t most) {
    const struct tick_linux *linux_ = (const struct tick_linux *)self;
    if (!most)
        return -EINVAL;
    for (unsigned i = 0; i < linux_->name_count; i++)
        if (!strcmp(linux_->names[i].name, host)) {
            socklen_t size;
            int error = self->ops->resolve(self, host, port, out, &size);
            return error ? error : 1;
        }
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, service, &hints, &found);
    if (error)
        return tick__os_lookup_error(error);
    uint32_t count = 0;
    for (const struct addrinfo *at = found; at && count < most; at = at->ai_next)
        memcpy(&out[count++], at->ai_addr, at->ai_addrlen);
    freeaddrinfo(found);
    return (int)count;
}
