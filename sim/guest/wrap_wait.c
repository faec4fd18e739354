// libc's names: epoll, poll, select. The signal mask that some of them take means nothing here: signals come where the program raises them.
#include "sim/guest/wrap_int.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

EXPORT int epoll_create(int size) {
    return (int)CALL(SYS_epoll_create, size);
}

EXPORT int epoll_create1(int flags) {
    return (int)CALL(SYS_epoll_create1, flags);
}

EXPORT int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event) {
    return (int)CALL(SYS_epoll_ctl, epfd, op, fd, event);
}

EXPORT int epoll_wait(int epfd, struct epoll_event *events, int most, int timeout) {
    return (int)CALL(SYS_epoll_wait, epfd, events, most, timeout);
}

EXPORT int epoll_pwait(int epfd, struct epoll_event *events, int most, int timeout, const sigset_t *mask) {
    return (int)CALL(SYS_epoll_pwait, epfd, events, most, timeout, mask, 8);
}

EXPORT int epoll_pwait2(int epfd, struct epoll_event *events, int most, const struct timespec *timeout, const sigset_t *mask) {
    return (int)CALL(SYS_epoll_pwait2, epfd, events, most, timeout, mask, 8);
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout) {
    return (int)CALL(SYS_poll, fds, count, timeout);
}
ALSO(poll, __poll)

// libc keeps the caller's time-out as it was, and so does this (it is handed over as a copy).
EXPORT int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
    struct timespec copy = timeout ? *timeout : (struct timespec){0};
    return (int)CALL(SYS_ppoll, fds, count, timeout ? &copy : NULL, mask, 8);
}

EXPORT int select(int count, fd_set *restrict reads, fd_set *restrict writes, fd_set *restrict excepts, struct timeval *restrict timeout) {
    return (int)CALL(SYS_select, count, reads, writes, excepts, timeout);
}
ALSO(select, __select)

EXPORT int pselect(int count, fd_set *restrict reads, fd_set *restrict writes, fd_set *restrict excepts,
    const struct timespec *restrict timeout, const sigset_t *restrict mask) {
    struct timespec copy = timeout ? *timeout : (struct timespec){0};
    const struct {
        const sigset_t *mask;
        size_t size;
    } masked = {mask, 8};
    return (int)CALL(SYS_pselect6, count, reads, writes, excepts, timeout ? &copy : NULL, &masked);
}

EXPORT int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
EXPORT int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room) {
    return room / sizeof *fds < count ? (int)tick__guest_overflow() : poll(fds, count, timeout);
}

EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room);
EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room) {
    return room / sizeof *fds < count ? (int)tick__guest_overflow() : ppoll(fds, count, timeout, mask);
}
