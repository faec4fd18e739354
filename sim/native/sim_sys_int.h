// What the files of the seam's simulated side share: each function is the slot of its name.
#ifndef RETICK_SIM_SYS_INT_H
#define RETICK_SIM_SYS_INT_H

#include "sim/kernel/kernel_int.h"
#include "sim/native/harness_int.h"

static inline struct native *tick__native_of(struct tick_sys *self) {
    return (struct native *)((char *)self - offsetof(struct native, sys));
}
#define KERNEL(self) (tick__native_of(self)->host.kernel)
#define PROCESS(self) (tick__native_of(self)->host.process) // of its present life

// Who acts: a task or callback, else the host.
static inline struct tick_maker *tick__sim_maker(struct tick_sys *self) {
    return self->maker ? self->maker : &tick__native_of(self)->outside;
}

// The identity of what a call makes.
static inline struct tick_kernel_name tick__sim_name(struct tick_sys *self, uint32_t sort) {
    struct tick_maker *maker = tick__sim_maker(self);
    struct tick_kernel_name name = {.maker_object = maker->object};
    name.id = tick_maker_next(maker, sort, &name.kth);
    return name;
}

// Parks the running host until its waiter is woken or the deadline has come. 0 or -ENOMEM; native->host.timed_out says which.
int tick__sim_park(struct native *native, int64_t deadline);
// Whether a signal cuts a wait short that has nothing to report: never on a host without handlers. Then *deadline is when it comes, at the
// latest when it was; what is ready before that is told as ever.
bool tick__sim_interrupted(struct tick_sys *self, int64_t timeout, int64_t *deadline);
// Counts an iteration against the limits, and lets the others have their turn: what waits begin with.
void tick__sim_wait_begins(struct native *native, int64_t timeout);
// Of a call that has closed something: waits for that, if it lingers (SO_LINGER). Its result.
ssize_t tick__sim_lingered(struct tick_sys *self, ssize_t result);
// The result of a call that may close something; no world but one with SO_LINGER has to look.
#define TICK__MAY_LINGER(self, call) (__builtin_expect(KERNEL(self)->root->may_linger, 0) ? tick__sim_lingered((self), (call)) : (call))

// Tells of a call by which the program itself has taken in what a message brought; its result.
ssize_t tick__sim_took(struct tick_sys *self, int fd, ssize_t result);
// The result of a call that may be such a one. What an operation of the I/O layer takes in, that tells itself.
#define TICK__TAKES(self, fd, call) \
    __extension__({ \
        struct tick_probe *const takes_ = tick__native_of(self)->host.world->probe; \
        if (takes_) \
            takes_->arrived = 0; \
        const ssize_t took_ = (call); \
        takes_ && takes_->arrived && !takes_->trying ? tick__sim_took((self), (fd), took_) : took_; \
    })

ssize_t tick__sim_written(struct tick_sys *self, int fd, ssize_t result); // what a write gave: it may be the program's end
int tick__sim_dup(struct tick_sys *self, int fd);
int tick__sim_dup2(struct tick_sys *self, int fd, int to);
int tick__sim_dup3(struct tick_sys *self, int fd, int to, int flags);
int tick__sim_fcntl(struct tick_sys *self, int fd, int command, int64_t argument);
int tick__sim_ioctl(struct tick_sys *self, int fd, unsigned long request, int *value);
int tick__sim_pipe(struct tick_sys *self, int fds[2]);
int tick__sim_socketpair(struct tick_sys *self, int domain, int type, int protocol, int fds[2]);
int tick__sim_timerfd(struct tick_sys *self, int clock);
int tick__sim_timerfd_settime(
    struct tick_sys *self, int fd, int flags, int64_t value, int64_t interval, int64_t *old_value, int64_t *old_interval);
int tick__sim_timerfd_gettime(struct tick_sys *self, int fd, int64_t *value, int64_t *interval);
ssize_t tick__sim_sendto(
    struct tick_sys *self, int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size);
ssize_t tick__sim_recvfrom(struct tick_sys *self, int fd, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *size);
ssize_t tick__sim_sendmsg(struct tick_sys *self, int fd, const struct msghdr *message, int flags);
ssize_t tick__sim_recvmsg(struct tick_sys *self, int fd, struct msghdr *message, int flags);
ssize_t tick__sim_readv(struct tick_sys *self, int fd, const struct iovec *parts, int count);
ssize_t tick__sim_writev(struct tick_sys *self, int fd, const struct iovec *parts, int count);
int tick__sim_poll(struct tick_sys *self, struct pollfd *fds, size_t count, int64_t timeout);
int tick__sim_select(struct tick_sys *self, int count, fd_set *reads, fd_set *writes, fd_set *excepts, int64_t timeout);
int tick__sim_sleep(struct tick_sys *self, int64_t ns);
int tick__sim_clock(struct tick_sys *self, int clock, int64_t *ns);
int tick__sim_open(struct tick_sys *self, const char *path, int flags, unsigned mode);
ssize_t tick__sim_pread(struct tick_sys *self, int fd, void *bytes, size_t count, int64_t offset);
ssize_t tick__sim_pwrite(struct tick_sys *self, int fd, const void *bytes, size_t count, int64_t offset);
int64_t tick__sim_lseek(struct tick_sys *self, int fd, int64_t offset, int whence);
int tick__sim_fsync(struct tick_sys *self, int fd);
int tick__sim_fdatasync(struct tick_sys *self, int fd);
int tick__sim_ftruncate(struct tick_sys *self, int fd, int64_t size);
int tick__sim_fstat(struct tick_sys *self, int fd, struct stat *out);
int tick__sim_stat(struct tick_sys *self, const char *path, struct stat *out);
int tick__sim_mkdir(struct tick_sys *self, const char *path, unsigned mode);
int tick__sim_rmdir(struct tick_sys *self, const char *path);
int tick__sim_unlink(struct tick_sys *self, const char *path);
int tick__sim_rename(struct tick_sys *self, const char *from, const char *to);
int tick__sim_readdir(struct tick_sys *self, int fd, struct tick_sys_entry *out, int most);
int tick__sim_resolve_all(struct tick_sys *self, const char *host, uint16_t port, struct sockaddr_storage *out, uint32_t most);

#endif
