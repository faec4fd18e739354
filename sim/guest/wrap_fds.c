// libc's names: fds, and what makes those that are no sockets.
#include "sim/guest/wrap_int.h"
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

EXPORT int pipe(int fds[2]) {
    return (int)CALL(SYS_pipe2, fds, 0);
}
ALSO(pipe, __pipe)

EXPORT int pipe2(int fds[2], int flags) {
    return (int)CALL(SYS_pipe2, fds, flags);
}

EXPORT int eventfd(unsigned initial, int flags) {
    return (int)CALL(SYS_eventfd2, initial, flags);
}

EXPORT int timerfd_create(clockid_t clock, int flags) {
    return (int)CALL(SYS_timerfd_create, clock, flags);
}

EXPORT int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old) {
    return (int)CALL(SYS_timerfd_settime, fd, flags, value, old);
}

EXPORT int timerfd_gettime(int fd, struct itimerspec *value) {
    return (int)CALL(SYS_timerfd_gettime, fd, value);
}

EXPORT int close(int fd) {
    return (int)CALL(SYS_close, fd);
}
ALSO(close, __close)

EXPORT int close_range(unsigned first, unsigned last, int flags) {
    return (int)CALL(SYS_close_range, first, last, flags);
}

EXPORT void closefrom(int first) {
    const int error = errno;
    (void)CALL(SYS_close_range, first < 0 ? 0 : first, ~0u, 0);
    errno = error;
}

EXPORT int dup(int fd) {
    return (int)CALL(SYS_dup, fd);
}

EXPORT int dup2(int fd, int to) {
    return (int)CALL(SYS_dup2, fd, to);
}
ALSO(dup2, __dup2)

EXPORT int dup3(int fd, int to, int flags) {
    return (int)CALL(SYS_dup3, fd, to, flags);
}

EXPORT int fcntl(int fd, int command, ...) {
    va_list list;
    va_start(list, command);
    const long argument = va_arg(list, long);
    va_end(list);
    return (int)CALL(SYS_fcntl, fd, command, argument);
}
ALSO(fcntl, fcntl64)
ALSO(fcntl, __fcntl)

EXPORT int ioctl(int fd, unsigned long request, ...) {
    va_list list;
    va_start(list, request);
    const long argument = va_arg(list, long);
    va_end(list);
    return (int)CALL(SYS_ioctl, fd, request, argument);
}

EXPORT int fstat(int fd, struct stat *out) {
    return (int)CALL(SYS_fstat, fd, out);
}

EXPORT int fstat64(int fd, struct stat64 *out) {
    return (int)CALL(SYS_fstat, fd, out);
}

// As programs call it that were linked with a libc before 2.33.
EXPORT int __fxstat(int version, int fd, struct stat *out);
EXPORT int __fxstat(int version, int fd, struct stat *out) {
    (void)version;
    return (int)CALL(SYS_fstat, fd, out);
}
ALSO(__fxstat, __fxstat64)

EXPORT int fstatat(int folder, const char *restrict path, struct stat *restrict out, int flags) {
    if (tick__guest_on && tick__guest_fd_is(folder) && (flags & AT_EMPTY_PATH) && !*path)
        return (int)CALL(SYS_fstat, folder, out);
    if (folder == AT_FDCWD && !(flags & ~AT_SYMLINK_NOFOLLOW))
        return flags ? lstat(path, out) : stat(path, out);
    return (int)CALL(SYS_newfstatat, folder, path, out, flags);
}

EXPORT int fstatat64(int folder, const char *restrict path, struct stat64 *restrict out, int flags) {
    return fstatat(folder, path, (struct stat *)out, flags);
}

static int statx_of(const struct stat *s, struct statx *out) {
    memset(out, 0, sizeof *out);
    out->stx_mask = STATX_BASIC_STATS;
    out->stx_blksize = (uint32_t)s->st_blksize;
    out->stx_nlink = (uint32_t)s->st_nlink;
    out->stx_uid = s->st_uid;
    out->stx_gid = s->st_gid;
    out->stx_mode = (uint16_t)s->st_mode;
    out->stx_ino = s->st_ino;
    out->stx_size = (uint64_t)s->st_size;
    out->stx_blocks = (uint64_t)s->st_blocks;
    out->stx_dev_minor = (uint32_t)s->st_dev;
    return 0;
}

EXPORT int statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict out) {
    struct stat s;
    if (tick__guest_on && tick__guest_fd_is(folder) && (flags & AT_EMPTY_PATH) && !*path)
        return CALL(SYS_fstat, folder, &s) < 0 ? -1 : statx_of(&s, out);
    return (int)CALL(SYS_statx, folder, path, flags, mask, out);
}

EXPORT off_t lseek(int fd, off_t offset, int whence) {
    return CALL(SYS_lseek, fd, offset, whence);
}
ALSO(lseek, lseek64)
ALSO(lseek, __lseek)

EXPORT int fsync(int fd) {
    return (int)CALL(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd) {
    return (int)CALL(SYS_fdatasync, fd);
}

EXPORT int ftruncate(int fd, off_t size) {
    return (int)CALL(SYS_ftruncate, fd, size);
}
ALSO(ftruncate, ftruncate64)
