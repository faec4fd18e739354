// What the files of the real kernel's seam share: each function is the slot of its name.
#ifndef RETICK_LINUX_INT_H
#define RETICK_LINUX_INT_H

#include "src/os/linux.h"
#include <errno.h>

static inline int tick__os_result(int value) {
    return value < 0 ? -errno : value;
}
static inline ssize_t tick__os_sized(ssize_t value) {
    return value < 0 ? -errno : value;
}
int tick__os_lookup_error(int error); // getaddrinfo's

int tick__os_dup(struct tick_sys *self, int fd);
int tick__os_dup2(struct tick_sys *self, int fd, int to);
int tick__os_dup3(struct tick_sys *self, int fd, int to, int flags);
int tick__os_fcntl(struct tick_sys *self, int fd, int command, int64_t argument);
int tick__os_ioctl(struct tick_sys *self, int fd, unsigned long request, int *value);
int tick__os_pipe(struct tick_sys *self, int fds[2]);
int tick__os_socketpair(struct tick_sys *self, int domain, int type, int protocol, int fds[2]);
int tick__os_timerfd(struct tick_sys *self, int clock);
int tick__os_timerfd_settime(
    struct tick_sys *self, int fd, int flags, int64_t value, int64_t interval, int64_t *old_value, int64_t *old_interval);
int tick__os_timerfd_gettime(struct tick_sys *self, int fd, int64_t *value, int64_t *interval);
ssize_t tick__os_sendto(
    struct tick_sys *self, int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size);
ssize_t tick__os_recvfrom(struct tick_sys *self, int fd, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *size);
ssize_t tick__os_sendmsg(struct tick_sys *self, int fd, const struct msghdr *message, int flags);
ssize_t tick__os_recvmsg(struct tick_sys *self, int fd, struct msghdr *message, int flags);
ssize_t tick__os_readv(struct tick_sys *self, int fd, const struct iovec *parts, int count);
ssize_t tick__os_writev(struct tick_sys *self, int fd, const struct iovec *parts, int count);
int tick__os_poll(struct tick_sys *self, struct pollfd *fds, size_t count, int64_t timeout);
int tick__os_select(struct tick_sys *self, int count, fd_set *reads, fd_set *writes, fd_set *excepts, int64_t timeout);
int tick__os_sleep(struct tick_sys *self, int64_t ns);
int tick__os_clock(struct tick_sys *self, int clock, int64_t *ns);
int tick__os_open(struct tick_sys *self, const char *path, int flags, unsigned mode);
ssize_t tick__os_pread(struct tick_sys *self, int fd, void *bytes, size_t count, int64_t offset);
ssize_t tick__os_pwrite(struct tick_sys *self, int fd, const void *bytes, size_t count, int64_t offset);
int64_t tick__os_lseek(struct tick_sys *self, int fd, int64_t offset, int whence);
int tick__os_fsync(struct tick_sys *self, int fd);
int tick__os_fdatasync(struct tick_sys *self, int fd);
int tick__os_ftruncate(struct tick_sys *self, int fd, int64_t size);
int tick__os_fstat(struct tick_sys *self, int fd, struct stat *out);
int tick__os_stat(struct tick_sys *self, const char *path, struct stat *out);
int tick__os_mkdir(struct tick_sys *self, const char *path, unsigned mode);
int tick__os_rmdir(struct tick_sys *self, const char *path);
int tick__os_unlink(struct tick_sys *self, const char *path);
int tick__os_rename(struct tick_sys *self, const char *from, const char *to);
int tick__os_readdir(struct tick_sys *self, int fd, struct tick_sys_entry *out, int most);
int tick__os_resolve_all(struct tick_sys *self, const char *host, uint16_t port, struct sockaddr_storage *out, uint32_t most);
int tick__os_threads_new(struct tick_sys *self, uint32_t most, struct tick_sys_threads **out);
int tick__os_threads_run(struct tick_sys *self, struct tick_sys_threads *threads, struct tick_sys_job *job);
bool tick__os_threads_withdraw(struct tick_sys *self, struct tick_sys_threads *threads, struct tick_sys_job *job);
void tick__os_threads_free(struct tick_sys *self, struct tick_sys_threads *threads, bool wait);

#endif
