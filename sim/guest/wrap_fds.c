// libc's names: fds, and what makes those that are no sockets.
#include "sim/guest/wrap_int.h"
#include <fcntl.h>
#include <stdarg.h>
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

// Launchers close what they do not know before they start a program (Python's subprocess does), and would take its world from it.
#define OURS_END (TICK_GUEST_FD + TICK__GUEST_OURS)

EXPORT int close(int fd) {
    if (__builtin_expect(tick__guest_passes_on && fd >= TICK_GUEST_FD && fd < OURS_END, 0))
        return (int)tick__guest_answer(-EBADF);
    return (int)CALL(SYS_close, fd);
}
ALSO(close, __close)

EXPORT int close_range(unsigned first, unsigned last, int flags) {
    if (__builtin_expect(tick__guest_passes_on && first < OURS_END && last >= TICK_GUEST_FD, 0)) {
        const long below = first < TICK_GUEST_FD ? tick__raw(SYS_close_range, first, TICK_GUEST_FD - 1, flags) : 0;
        return (int)tick__guest_answer(below < 0 || last < OURS_END ? below : tick__raw(SYS_close_range, OURS_END, last, flags));
    }
    return (int)CALL(SYS_close_range, first, last, flags);
}

EXPORT void closefrom(int first) {
    const int error = errno;
    (void)close_range(first < 0 ? 0 : (unsigned)first, ~0u, 0);
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
