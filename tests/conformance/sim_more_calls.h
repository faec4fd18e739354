// The rest of the seam over the simulated world of sim_calls.h: what a call sets off on the loopback has happened when it returns, and
// waits move the clock.
#ifndef RETICK_TEST_SIM_MORE_CALLS_H
#define RETICK_TEST_SIM_MORE_CALLS_H

#include "sim/kernel/kernel.h"
#include <fcntl.h>
#include <poll.h>

struct sim_calls;
static inline struct tick_kernel *sim_kernel(struct tick_sys *self);
static inline int sim_process(struct tick_sys *self);
static inline struct tick_kernel_name sim_name(struct tick_sys *self);
static inline ssize_t sim_settled(struct tick_sys *self, ssize_t result);
static inline bool sim_next(struct tick_sys *self, struct tick_posted *posted);

static inline int sim_dup(struct tick_sys *self, int fd) {
    return tick_k_dup(sim_kernel(self), sim_process(self), fd);
}

static inline int sim_dup2(struct tick_sys *self, int fd, int to) {
    return (int)sim_settled(self, tick_k_dup2(sim_kernel(self), sim_process(self), fd, to));
}

static inline int sim_dup3(struct tick_sys *self, int fd, int to, int flags) {
    return (int)sim_settled(self, tick_k_dup3(sim_kernel(self), sim_process(self), fd, to, flags));
}

static inline int sim_ioctl(struct tick_sys *self, int fd, unsigned long request, int *value) {
    return tick_k_ioctl(sim_kernel(self), sim_process(self), fd, request, value);
}

static inline int sim_timerfd_settime(
    struct tick_sys *self, int fd, int flags, int64_t value, int64_t interval, int64_t *old_value, int64_t *old_interval) {
    const int process = sim_process(self);
    return (int)sim_settled(
        self, tick_k_timerfd_settime(sim_kernel(self), process, fd, flags, value, interval, old_value, old_interval));
}

static inline int sim_timerfd_gettime(struct tick_sys *self, int fd, int64_t *value, int64_t *interval) {
    return tick_k_timerfd_gettime(sim_kernel(self), sim_process(self), fd, value, interval);
}

static inline int sim_clock(struct tick_sys *self, int clock, int64_t *ns) {
    return tick_k_clock(sim_kernel(self), sim_process(self), clock, ns);
}

static inline ssize_t sim_pread(struct tick_sys *self, int fd, void *bytes, size_t count, int64_t offset) {
    return tick_k_pread(sim_kernel(self), sim_process(self), fd, bytes, count, offset);
}

static inline ssize_t sim_pwrite(struct tick_sys *self, int fd, const void *bytes, size_t count, int64_t offset) {
    return tick_k_pwrite(sim_kernel(self), sim_process(self), fd, bytes, count, offset);
}

static inline int64_t sim_lseek(struct tick_sys *self, int fd, int64_t offset, int whence) {
    return tick_k_lseek(sim_kernel(self), sim_process(self), fd, offset, whence);
}

static inline int sim_ftruncate(struct tick_sys *self, int fd, int64_t size) {
    return tick_k_ftruncate(sim_kernel(self), sim_process(self), fd, size);
}

static inline int sim_fstat(struct tick_sys *self, int fd, struct stat *out) {
    return tick_k_fstat(sim_kernel(self), sim_process(self), fd, out);
}

static inline int sim_stat(struct tick_sys *self, const char *path, struct stat *out) {
    return tick_k_stat(sim_kernel(self), sim_process(self), path, out);
}

static inline int sim_mkdir(struct tick_sys *self, const char *path, unsigned mode) {
    return tick_k_mkdir(sim_kernel(self), sim_process(self), path, mode);
}

static inline int sim_rmdir(struct tick_sys *self, const char *path) {
    return tick_k_rmdir(sim_kernel(self), sim_process(self), path);
}

static inline int sim_unlink(struct tick_sys *self, const char *path) {
    return tick_k_unlink(sim_kernel(self), sim_process(self), path);
}

static inline int sim_rename(struct tick_sys *self, const char *from, const char *to) {
    return tick_k_rename(sim_kernel(self), sim_process(self), from, to);
}

static inline int sim_readdir(struct tick_sys *self, int fd, struct tick_sys_entry *out, int most) {
    return tick_k_readdir(sim_kernel(self), sim_process(self), fd, out, most);
}

static inline ssize_t sim_sendto(
    struct tick_sys *self, int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size) {
    return sim_settled(self, tick_k_sendto(sim_kernel(self), sim_process(self), fd, bytes, count, flags, to, size));
}

static inline ssize_t sim_recvfrom(
    struct tick_sys *self, int fd, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *size) {
    return sim_settled(self, tick_k_recvfrom(sim_kernel(self), sim_process(self), fd, bytes, count, flags, from, size));
}

static inline ssize_t sim_sendmsg(struct tick_sys *self, int fd, const struct msghdr *message, int flags) {
    return sim_settled(self, tick_k_sendmsg(sim_kernel(self), sim_process(self), fd, message, flags));
}

static inline ssize_t sim_recvmsg(struct tick_sys *self, int fd, struct msghdr *message, int flags) {
    return sim_settled(self, tick_k_recvmsg(sim_kernel(self), sim_process(self), fd, message, flags | MSG_CMSG_CLOEXEC));
}

static inline ssize_t sim_readv(struct tick_sys *self, int fd, const struct iovec *parts, int count) {
    return sim_settled(self, tick_k_readv(sim_kernel(self), sim_process(self), fd, parts, count));
}

static inline ssize_t sim_writev(struct tick_sys *self, int fd, const struct iovec *parts, int count) {
    return sim_settled(self, tick_k_writev(sim_kernel(self), sim_process(self), fd, parts, count));
}

static inline int sim_fcntl(struct tick_sys *self, int fd, int command, int64_t argument) {
    if (command == F_SETFL)
        argument |= O_NONBLOCK;
    return tick_k_fcntl(sim_kernel(self), sim_process(self), fd, command, argument);
}

static inline int sim_pipe(struct tick_sys *self, int fds[2]) {
    const struct tick_kernel_name first = sim_name(self), second = sim_name(self);
    return tick_k_pipe(sim_kernel(self), sim_process(self), fds, O_CLOEXEC | O_NONBLOCK, &first, &second);
}

static inline int sim_socketpair(struct tick_sys *self, int domain, int type, int protocol, int fds[2]) {
    const struct tick_kernel_name first = sim_name(self), second = sim_name(self);
    type |= SOCK_NONBLOCK | SOCK_CLOEXEC;
    return tick_k_socketpair(sim_kernel(self), sim_process(self), domain, type, protocol, fds, &first, &second);
}

static inline int sim_timerfd(struct tick_sys *self, int clock) {
    const struct tick_kernel_name name = sim_name(self);
    return tick_k_timerfd(sim_kernel(self), sim_process(self), clock, O_CLOEXEC | O_NONBLOCK, &name);
}

static inline int sim_open(struct tick_sys *self, const char *path, int flags, unsigned mode) {
    const struct tick_kernel_name name = sim_name(self);
    return tick_k_open(sim_kernel(self), sim_process(self), path, flags | O_CLOEXEC, mode, &name);
}

static inline int sim_fsync(struct tick_sys *self, int fd) {
    return tick_k_fsync(sim_kernel(self), sim_process(self), fd, false);
}

static inline int sim_fdatasync(struct tick_sys *self, int fd) {
    return tick_k_fsync(sim_kernel(self), sim_process(self), fd, true);
}

// Takes one event, but none after the deadline; false: the deadline has come.
static inline bool sim_step(struct tick_sys *self, int64_t deadline) {
    struct tick_kernel *k = sim_kernel(self);
    struct tick_posted posted;
    if (tick_kernel_next_at(k) <= deadline)
        return sim_next(self, &posted);
    tick_kernel_clock_to(k, deadline);
    return false;
}

// Not the end of time, which does not come: a wait in vain has to end.
static inline int64_t sim_deadline(const struct tick_kernel *k, int64_t timeout) {
    const int64_t at = timeout < 0 ? TICK_NEVER : tick__after(tick_kernel_now(k), timeout);
    return at < TICK_NEVER ? at : TICK_NEVER - 1;
}

static inline int sim_poll(struct tick_sys *self, struct pollfd *fds, size_t count, int64_t timeout) {
    struct tick_kernel *k = sim_kernel(self);
    int64_t deadline = sim_deadline(k, timeout);
    uint32_t key, waiter;
    int ready = tick_k_poll(k, sim_process(self), fds, count);
    while (!ready && timeout) {
        if (tick_kernel_watch_fds(k, sim_process(self), fds, count, 77, &key))
            return -ENOMEM;
        bool woken = false, more = true;
        while (!(woken = tick_kernel_woken(k, &waiter)) && more)
            more = sim_step(self, deadline);
        tick_kernel_unwatch_fds(k, key);
        ready = tick_k_poll(k, sim_process(self), fds, count);
        if (!woken)
            break;
    }
    return ready;
}

static inline int sim_select(struct tick_sys *self, int count, fd_set *reads, fd_set *writes, fd_set *excepts, int64_t timeout) {
    struct tick_kernel *k = sim_kernel(self);
    int64_t deadline = sim_deadline(k, timeout);
    fd_set none;
    FD_ZERO(&none);
    const fd_set r = reads ? *reads : none, w = writes ? *writes : none, e = excepts ? *excepts : none;
    for (;;) {
        int ready = tick_k_select(k, sim_process(self), count, reads, writes, excepts);
        if (ready || tick_kernel_now(k) >= deadline)
            return ready;
        sim_step(self, deadline);
        if (reads)
            *reads = r;
        if (writes)
            *writes = w;
        if (excepts)
            *excepts = e;
    }
}

static inline int sim_sleep(struct tick_sys *self, int64_t ns) {
    struct tick_kernel *k = sim_kernel(self);
    int64_t deadline = sim_deadline(k, ns < 0 ? 0 : ns);
    while (sim_step(self, deadline))
        ;
    return 0;
}

static inline int sim_resolve_all(struct tick_sys *self, const char *host, uint16_t port, struct sockaddr_storage *out, uint32_t most) {
    int64_t late;
    int count = tick_k_resolve(sim_kernel(self), sim_process(self), host, port, 1, 1, out, most, &late);
    (void)!sim_sleep(self, late);
    return count;
}

#endif
