// libc's names: sockets. Their addresses come as libc's headers declare them, as unions of all kinds.
#include "sim/guest/wrap_int.h"
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

EXPORT int socket(int domain, int type, int protocol) {
    return (int)CALL(SYS_socket, domain, type, protocol);
}

ALSO(socket, __socket)

EXPORT int socketpair(int domain, int type, int protocol, int fds[2]) {
    return (int)CALL(SYS_socketpair, domain, type, protocol, fds);
}

EXPORT int bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t size) {
    return (int)CALL(SYS_bind, fd, address.__sockaddr__, size);
}

EXPORT int listen(int fd, int backlog) {
    return (int)CALL(SYS_listen, fd, backlog);
}

EXPORT int accept(int fd, __SOCKADDR_ARG address, socklen_t *restrict size) {
    return (int)CALL(SYS_accept, fd, address.__sockaddr__, size);
}

EXPORT int accept4(int fd, __SOCKADDR_ARG address, socklen_t *restrict size, int flags) {
    return (int)CALL(SYS_accept4, fd, address.__sockaddr__, size, flags);
}

EXPORT int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t size) {
    return (int)CALL(SYS_connect, fd, address.__sockaddr__, size);
}
ALSO(connect, __connect)

EXPORT int shutdown(int fd, int how) {
    return (int)CALL(SYS_shutdown, fd, how);
}

EXPORT int getsockname(int fd, __SOCKADDR_ARG address, socklen_t *restrict size) {
    return (int)CALL(SYS_getsockname, fd, address.__sockaddr__, size);
}

EXPORT int getpeername(int fd, __SOCKADDR_ARG address, socklen_t *restrict size) {
    return (int)CALL(SYS_getpeername, fd, address.__sockaddr__, size);
}

EXPORT int getsockopt(int fd, int level, int name, void *value, socklen_t *size) {
    return (int)CALL(SYS_getsockopt, fd, level, name, value, size);
}

EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t size) {
    return (int)CALL(SYS_setsockopt, fd, level, name, value, size);
}

EXPORT ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    return CALL(SYS_sendto, fd, bytes, count, flags);
}
ALSO(send, __send)

EXPORT ssize_t sendto(int fd, const void *bytes, size_t count, int flags, __CONST_SOCKADDR_ARG to, socklen_t size) {
    return CALL(SYS_sendto, fd, bytes, count, flags, to.__sockaddr__, size);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    return CALL(SYS_sendmsg, fd, message, flags);
}

EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
    return (int)CALL(SYS_sendmmsg, fd, messages, count, flags);
}
ALSO(sendmmsg, __sendmmsg)

EXPORT ssize_t recv(int fd, void *bytes, size_t count, int flags) {
    return CALL(SYS_recvfrom, fd, bytes, count, flags);
}

ALSO(recv, __recv)

EXPORT ssize_t recvfrom(int fd, void *bytes, size_t count, int flags, __SOCKADDR_ARG from, socklen_t *restrict size) {
    return CALL(SYS_recvfrom, fd, bytes, count, flags, from.__sockaddr__, size);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    return CALL(SYS_recvmsg, fd, message, flags);
}

EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *limit) {
    return (int)CALL(SYS_recvmmsg, fd, messages, count, flags, limit);
}

EXPORT int sockatmark(int fd) {
    int value = 0;
    return CALL(SYS_ioctl, fd, SIOCATMARK, &value) < 0 ? -1 : value;
}

EXPORT int isfdtype(int fd, int type) {
    struct stat s;
    return CALL(SYS_fstat, fd, &s) < 0 ? -1 : (int)(s.st_mode & S_IFMT) == type;
}

// With the sizes that a compiler knew of; none of these is ever too small where its caller is right.
EXPORT ssize_t __recv_chk(int fd, void *bytes, size_t count, size_t room, int flags);
EXPORT ssize_t __recv_chk(int fd, void *bytes, size_t count, size_t room, int flags) {
    return count > room ? tick__guest_overflow() : CALL(SYS_recvfrom, fd, bytes, count, flags);
}

EXPORT ssize_t __recvfrom_chk(int fd, void *bytes, size_t count, size_t room, int flags, struct sockaddr *from, socklen_t *size);
EXPORT ssize_t __recvfrom_chk(int fd, void *bytes, size_t count, size_t room, int flags, struct sockaddr *from, socklen_t *size) {
    return count > room ? tick__guest_overflow() : CALL(SYS_recvfrom, fd, bytes, count, flags, from, size);
}
