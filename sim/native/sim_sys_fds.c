// The seam's simulated side: what makes and names fds, messages and clocks.
#include "sim/native/sim_sys_int.h"
#include <errno.h>
#include <fcntl.h>

int tick__sim_dup(struct tick_sys *self, int fd) {
    return tick_k_dup(KERNEL(self), PROCESS(self), fd);
}

int tick__sim_dup2(struct tick_sys *self, int fd, int to) {
    return (int)TICK__MAY_LINGER(self, tick_k_dup2(KERNEL(self), PROCESS(self), fd, to));
}

int tick__sim_dup3(struct tick_sys *self, int fd, int to, int flags) {
    return (int)TICK__MAY_LINGER(self, tick_k_dup3(KERNEL(self), PROCESS(self), fd, to, flags));
}

int tick__sim_fcntl(struct tick_sys *self, int fd, int command, int64_t argument) {
    if (command == F_SETFL)
        argument |= O_NONBLOCK;
    return tick_k_fcntl(KERNEL(self), PROCESS(self), fd, command, argument);
}

int tick__sim_ioctl(struct tick_sys *self, int fd, unsigned long request, int *value) {
    return tick_k_ioctl(KERNEL(self), PROCESS(self), fd, request, value);
}

int tick__sim_pipe(struct tick_sys *self, int fds[2]) {
    const struct tick_kernel_name first = tick__sim_name(self, TICK_SORT_PIPE), second = tick__sim_name(self, TICK_SORT_PIPE);
    return tick_k_pipe(KERNEL(self), PROCESS(self), fds, O_CLOEXEC | O_NONBLOCK, &first, &second);
}

int tick__sim_socketpair(struct tick_sys *self, int domain, int type, int protocol, int fds[2]) {
    const struct tick_kernel_name first = tick__sim_name(self, TICK_SORT_UNIX), second = tick__sim_name(self, TICK_SORT_UNIX);
    return tick_k_socketpair(KERNEL(self), PROCESS(self), domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol, fds, &first, &second);
}

// As the I/O layer tells of its operations. A look (MSG_PEEK) takes nothing in.
ssize_t tick__sim_took(struct tick_sys *self, int fd, ssize_t result) {
    struct tick_probe *probe = tick__native_of(self)->host.world->probe;
    tick_emit(probe, TICK_EV_IO_COMPLETE, tick_k_object(KERNEL(self), PROCESS(self), fd), probe->arrived, result, NULL);
    return result;
}

// The host's wall clock, with its drift, as the kernel has to know it.
static void tell_wall(struct tick_sys *self) {
    tick_kernel_wall_drift(KERNEL(self), tick__native_of(self)->host.index, self->ops->wall(self));
}

int tick__sim_timerfd(struct tick_sys *self, int clock) {
    const struct tick_kernel_name name = tick__sim_name(self, TICK_SORT_TIMERFD);
    tell_wall(self);
    return tick_k_timerfd(KERNEL(self), PROCESS(self), clock, O_CLOEXEC | O_NONBLOCK, &name);
}

int tick__sim_timerfd_settime(
    struct tick_sys *self, int fd, int flags, int64_t value, int64_t interval, int64_t *old_value, int64_t *old_interval) {
    tell_wall(self);
    return tick_k_timerfd_settime(KERNEL(self), PROCESS(self), fd, flags, value, interval, old_value, old_interval);
}

int tick__sim_timerfd_gettime(struct tick_sys *self, int fd, int64_t *value, int64_t *interval) {
    return tick_k_timerfd_gettime(KERNEL(self), PROCESS(self), fd, value, interval);
}

int tick__sim_clock(struct tick_sys *self, int clock, int64_t *ns) {
    tell_wall(self);
    return tick_k_clock(KERNEL(self), PROCESS(self), clock, ns);
}

ssize_t tick__sim_sendto(
    struct tick_sys *self, int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size) {
    return TICK__MAY_LINGER(self, tick_k_sendto(KERNEL(self), PROCESS(self), fd, bytes, count, flags, to, size));
}

ssize_t tick__sim_recvfrom(struct tick_sys *self, int fd, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *size) {
    return TICK__TAKES(self, fd, TICK__MAY_LINGER(self, tick_k_recvfrom(KERNEL(self), PROCESS(self), fd, bytes, count, flags, from, size)));
}

ssize_t tick__sim_sendmsg(struct tick_sys *self, int fd, const struct msghdr *message, int flags) {
    return TICK__MAY_LINGER(self, tick_k_sendmsg(KERNEL(self), PROCESS(self), fd, message, flags));
}

ssize_t tick__sim_recvmsg(struct tick_sys *self, int fd, struct msghdr *message, int flags) {
    return TICK__TAKES(
        self, fd, TICK__MAY_LINGER(self, tick_k_recvmsg(KERNEL(self), PROCESS(self), fd, message, flags | MSG_CMSG_CLOEXEC)));
}

ssize_t tick__sim_readv(struct tick_sys *self, int fd, const struct iovec *parts, int count) {
    return TICK__TAKES(self, fd, TICK__MAY_LINGER(self, tick_k_readv(KERNEL(self), PROCESS(self), fd, parts, count)));
}

ssize_t tick__sim_writev(struct tick_sys *self, int fd, const struct iovec *parts, int count) {
    return tick__sim_written(self, fd, TICK__MAY_LINGER(self, tick_k_writev(KERNEL(self), PROCESS(self), fd, parts, count)));
}
