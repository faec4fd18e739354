// Handlers: what moves bytes. The simulated kernel moves what it can and never waits; who has a blocking fd gets what Linux gives: a send
// is done when all of it is, a receive when something came (all, with MSG_WAITALL).
#include "sim/guest/files_int.h"
#include "src/base/outside.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define TAKES(fd_, flags_) \
    { .fd = (fd_), .events = POLLIN, .option = SO_RCVTIMEO, .flags = (flags_) }
#define GIVES(fd_, flags_) \
    { .fd = (fd_), .events = POLLOUT, .option = SO_SNDTIMEO, .flags = (flags_) }

// A write that nobody can read any more: the signal comes before the call returns, as it does in Linux.
static long broken(long result, int flags) {
    if (result == -EPIPE && !(flags & MSG_NOSIGNAL))
        (void)tick__guest_signal(tick__guest_self(), SIGPIPE, NULL);
    return result;
}

// Of sockets only streams raise it.
static long broken_socket(int fd, long result, int flags) {
    int type = 0;
    socklen_t size = sizeof type;
    if (result == -EPIPE)
        tick_k_getsockopt(TICK__K, fd, SOL_SOCKET, SO_TYPE, &type, &size);
    return type == SOCK_STREAM ? broken(result, flags) : result;
}

static bool goes_on(const struct tick__guest_blocking *call, long result, size_t done, size_t count) {
    return result > 0 && done < count && !(call->flags & MSG_DONTWAIT) && !tick__guest_is_nonblocking(call->fd);
}

// Around what reads and writes files, of which some are mapped.
static inline void pull(int fd) {
    if (__builtin_expect(tick__file_maps != 0, 0))
        tick__file_maps_pull(fd);
}

static inline void push(int fd) {
    if (__builtin_expect(tick__file_maps != 0, 0))
        tick__file_maps_push(fd);
}

long tick__call_read(const long *a) {
    if (!tick__guest_fd_is(a[0]))
        return tick__guest_number(a[0]) == TICK__RANDOM ? tick__call_getrandom((const long[]){a[1], a[2], 0})
                                                        : tick__raw(SYS_read, a[0], a[1], a[2]);
    struct tick__guest_blocking call = TAKES((int)a[0], 0);
    long result;
    pull((int)a[0]);
    do
        result = tick__guest_lingered(tick_k_read(TICK__K, (int)a[0], (void *)a[1], (size_t)a[2]));
    while (tick__guest_tries(&call, &result));
    return result;
}

static bool is_pipe(int fd) {
    int type;
    socklen_t size = sizeof type;
    return tick_k_getsockopt(TICK__K, fd, SOL_SOCKET, SO_TYPE, &type, &size) == -ENOTSOCK;
}

long tick__call_write(const long *a) {
    const int fd = (int)a[0];
    if (!tick__guest_fd_is(fd))
        return tick__guest_output(fd, (const void *)a[1], (size_t)a[2]);
    struct tick__guest_blocking call = GIVES(fd, 0);
    const char *bytes = (const char *)a[1];
    const size_t count = (size_t)a[2];
    size_t done = 0;
    long result;
    pull(fd);
    do {
        result = tick__guest_lingered(tick_k_write(TICK__K, fd, bytes + done, count - done));
        done += result > 0 ? (size_t)result : 0;
    } while (goes_on(&call, result, done, count) || (done < count && tick__guest_tries(&call, &result)));
    push(fd);
    if (result < 0 && !done)
        return is_pipe(fd) ? broken(result, 0) : broken_socket(fd, result, 0);
    return (long)done;
}

long tick__call_sendto(const long *a) {
    const int fd = (int)a[0], flags = (int)a[3];
    struct tick__guest_blocking call = GIVES(fd, flags);
    const char *bytes = (const char *)a[1];
    const size_t count = (size_t)a[2];
    struct sockaddr_un own;
    socklen_t size = (socklen_t)a[5];
    const struct sockaddr *to = (const struct sockaddr *)a[4];
    const int found = to ? tick__file_socket(to, &size, false, &own) : 0;
    size_t done = 0;
    long result = found;
    if (found < 0)
        return found;
    to = found ? (const struct sockaddr *)&own : to;
    do {
        result = tick__guest_lingered(tick_k_sendto(TICK__K, fd, bytes + done, count - done, flags, to, size));
        done += result > 0 ? (size_t)result : 0;
    } while (goes_on(&call, result, done, count) || (done < count && tick__guest_tries(&call, &result)));
    return result < 0 && !done ? broken_socket(fd, result, flags) : (long)done;
}

long tick__call_recvfrom(const long *a) {
    const int fd = (int)a[0], flags = (int)a[3];
    struct tick__guest_blocking call = TAKES(fd, flags);
    char *bytes = (char *)a[1];
    const size_t count = (size_t)a[2];
    const bool all = (flags & MSG_WAITALL) && !(flags & MSG_PEEK);
    size_t done = 0;
    long result;
    do {
        result = tick__guest_lingered(
            tick_k_recvfrom(TICK__K, fd, bytes + done, count - done, flags, (struct sockaddr *)a[4], (socklen_t *)a[5]));
        done += result > 0 ? (size_t)result : 0;
    } while ((all && goes_on(&call, result, done, count)) || tick__guest_tries(&call, &result));
    return result < 0 && !done ? result : (long)done;
}

// --- messages and parts ---

// Takes the first `done` bytes off the parts: where they go on, in `rest` of at most IOV_MOST.
#define IOV_MOST 1024
static size_t cut(const struct iovec *parts, size_t count, size_t done, struct iovec *rest) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (done >= parts[i].iov_len) {
            done -= parts[i].iov_len;
            continue;
        }
        rest[used++] = (struct iovec){(char *)parts[i].iov_base + done, parts[i].iov_len - done};
        done = 0;
    }
    return used;
}

static size_t bytes_of(const struct iovec *parts, size_t count) {
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += parts[i].iov_len;
    return sum;
}

// Sends what a first send of the message, or write of the parts, left over: all of them in the end.
static long send_rest(struct tick__guest_blocking *call, const struct iovec *parts, size_t count, size_t done, bool writes) {
    const size_t all = bytes_of(parts, count);
    struct iovec *rest = tick__outside_alloc(IOV_MOST * sizeof *rest);
    long result = (long)done;
    while (rest && done < all && count <= IOV_MOST && (goes_on(call, result, done, all) || tick__guest_tries(call, &result))) {
        const struct msghdr message = {.msg_iov = rest, .msg_iovlen = cut(parts, count, done, rest)};
        result = writes ? tick_k_writev(TICK__K, call->fd, rest, (int)message.msg_iovlen)
                        : tick_k_sendmsg(TICK__K, call->fd, &message, call->flags);
        done += result > 0 ? (size_t)result : 0;
    }
    tick__outside_free(rest);
    return (long)done;
}

long tick__call_readv(const long *a) {
    struct tick__guest_blocking call = TAKES((int)a[0], 0);
    long result;
    pull((int)a[0]);
    do
        result = tick__guest_lingered(tick_k_readv(TICK__K, (int)a[0], (const struct iovec *)a[1], (int)a[2]));
    while (tick__guest_tries(&call, &result));
    return result;
}

// To what is not simulated: output, part by part.
static long put_parts(const long *a) {
    const struct iovec *parts = (const struct iovec *)a[1];
    if (tick__guest_number(a[0]) == TICK__REAL)
        return tick__raw(SYS_writev, a[0], a[1], a[2]);
    long done = 0;
    for (int i = 0; i < (int)a[2]; i++) {
        const long result = tick__guest_output((int)a[0], parts[i].iov_base, parts[i].iov_len);
        if (result < 0)
            return done ? done : result;
        done += result;
    }
    return done;
}

long tick__call_writev(const long *a) {
    const int fd = (int)a[0];
    if (!tick__guest_fd_is(fd))
        return put_parts(a);
    struct tick__guest_blocking call = GIVES(fd, 0);
    const struct iovec *parts = (const struct iovec *)a[1];
    long result;
    pull(fd);
    do
        result = tick__guest_lingered(tick_k_writev(TICK__K, fd, parts, (int)a[2]));
    while (tick__guest_tries(&call, &result));
    push(fd);
    if (result > 0 && (size_t)result < bytes_of(parts, (size_t)a[2]))
        result = send_rest(&call, parts, (size_t)a[2], (size_t)result, true);
    return is_pipe(fd) ? broken(result, 0) : broken_socket(fd, result, 0);
}

static long send_message(int fd, const struct msghdr *asked, int flags) {
    struct tick__guest_blocking call = GIVES(fd, flags);
    struct msghdr at_own = *asked;
    struct sockaddr_un own;
    const struct msghdr *message = asked;
    const int found = asked->msg_name ? tick__file_socket(asked->msg_name, &at_own.msg_namelen, false, &own) : 0;
    long result = found;
    if (found < 0)
        return found;
    if (found) {
        at_own.msg_name = &own;
        message = &at_own;
    }
    do
        result = tick__guest_lingered(tick_k_sendmsg(TICK__K, fd, message, flags));
    while (tick__guest_tries(&call, &result));
    if (result > 0 && (size_t)result < bytes_of(message->msg_iov, message->msg_iovlen))
        result = send_rest(&call, message->msg_iov, message->msg_iovlen, (size_t)result, false);
    return broken_socket(fd, result, flags);
}

long tick__call_sendmsg(const long *a) {
    return send_message((int)a[0], (const struct msghdr *)a[1], (int)a[2]);
}

static long receive_message(int fd, struct msghdr *message, int flags) {
    struct tick__guest_blocking call = TAKES(fd, flags);
    const struct msghdr asked = *message;
    long result;
    do {
        *message = asked;
        result = tick__guest_lingered(tick_k_recvmsg(TICK__K, fd, message, flags));
    } while (tick__guest_tries(&call, &result));
    if (result >= 0 && message->msg_controllen && asked.msg_control)
        tick__guest_settle_rights(message, flags & MSG_CMSG_CLOEXEC);
    return result;
}

long tick__call_recvmsg(const long *a) {
    return receive_message((int)a[0], (struct msghdr *)a[1], (int)a[2]);
}

long tick__call_sendmmsg(const long *a) {
    struct mmsghdr *messages = (struct mmsghdr *)a[1];
    long done = 0, result = 0;
    for (; done < (long)(unsigned)a[2] && result >= 0; done += result >= 0) {
        result = send_message((int)a[0], &messages[done].msg_hdr, (int)a[3]);
        if (result >= 0)
            messages[done].msg_len = (unsigned)result;
    }
    return done ? done : result;
}

// Its time limit is looked at between messages only, as Linux does (recvmmsg(2), BUGS).
long tick__call_recvmmsg(const long *a) {
    struct mmsghdr *messages = (struct mmsghdr *)a[1];
    const struct timespec *limit = (const struct timespec *)a[4];
    const int64_t deadline = limit ? tick__guest_deadline(tick__guest_ns(limit)) : TICK_NEVER;
    int flags = (int)a[3];
    long done = 0, result = 0;
    for (; done < (long)(unsigned)a[2] && result >= 0; done += result >= 0) {
        if (done && tick_kernel_now(tick__guest_kernel) >= deadline)
            break;
        result = receive_message((int)a[0], &messages[done].msg_hdr, flags & ~MSG_WAITFORONE);
        if (result >= 0)
            messages[done].msg_len = (unsigned)result;
        if (flags & MSG_WAITFORONE)
            flags |= MSG_DONTWAIT;
    }
    return done ? done : result;
}

// --- at a place ---

long tick__call_pread64(const long *a) {
    pull((int)a[0]);
    return tick_k_pread(TICK__K, (int)a[0], (void *)a[1], (size_t)a[2], a[3]);
}

long tick__call_pwrite64(const long *a) {
    pull((int)a[0]);
    const long result = tick_k_pwrite(TICK__K, (int)a[0], (const void *)a[1], (size_t)a[2], a[3]);
    push((int)a[0]);
    return result;
}

static long at_place(const long *a, bool writes) {
    const struct iovec *parts = (const struct iovec *)a[1];
    long done = 0;
    pull((int)a[0]);
    for (int i = 0; i < (int)a[2]; i++) {
        const long result = writes ? tick_k_pwrite(TICK__K, (int)a[0], parts[i].iov_base, parts[i].iov_len, a[3] + done)
                                   : tick_k_pread(TICK__K, (int)a[0], parts[i].iov_base, parts[i].iov_len, a[3] + done);
        if (result < 0)
            return done ? done : result;
        done += result;
        if ((size_t)result < parts[i].iov_len)
            break;
    }
    if (writes)
        push((int)a[0]);
    return done;
}

long tick__call_preadv(const long *a) {
    return at_place(a, false);
}

long tick__call_pwritev(const long *a) {
    return at_place(a, true);
}

// --- sendfile ---

#define PIECE 65536

// A piece of a file, real or simulated, at *offset, or at its own place: how many bytes, or a negated errno.
static long take_piece(int in, const off_t *offset, char *bytes, size_t count, off_t *place) {
    const long at = offset ? *offset : tick__guest_call(SYS_lseek, in, 0, SEEK_CUR, 0, 0, 0);
    *place = at;
    if (at < 0)
        return at == -ESPIPE ? -EINVAL : at;
    return tick__guest_call(SYS_pread64, in, (long)bytes, (long)(count < PIECE ? count : PIECE), at, 0, 0);
}

// Whether out is a simulated fd that takes no pieces: an eventfd, say, all of which are of no type, or a file that is appended to.
static bool takes_none(int out) {
    struct stat s;
    if (!tick__guest_fd_is(out) || tick__guest_call(SYS_fstat, out, (long)&s, 0, 0, 0, 0) != 0)
        return false;
    return !(s.st_mode & S_IFMT) || (S_ISREG(s.st_mode) && tick_k_fcntl(TICK__K, out, F_GETFL, 0) & O_APPEND);
}

// From a file, real or simulated, to what is simulated (a[0] is the one that is written to).
long tick__call_sendfile(const long *a) {
    const int out = (int)a[0], in = (int)a[1];
    off_t *offset = (off_t *)a[2], place;
    const size_t count = (size_t)a[3];
    if (tick__guest_number(out) == TICK__REAL && !tick__guest_fd_is(in))
        return tick__raw(SYS_sendfile, a[0], a[1], a[2], a[3]);
    if ((ssize_t)count < 0 || (offset && *offset < 0) || takes_none(out))
        return -EINVAL;
    char *bytes = tick__outside_alloc(PIECE);
    size_t done = 0;
    long result = bytes ? 0 : -ENOMEM;
    while (bytes && done < count) {
        const long got = take_piece(in, offset, bytes, count - done, &place);
        result = got > 0 ? tick__call_write((const long[]){out, (long)bytes, got}) : got;
        if (result <= 0)
            break;
        done += (size_t)result;
        if (offset)
            *offset = place + result;
        else
            (void)tick__guest_call(SYS_lseek, in, place + result, SEEK_SET, 0, 0, 0);
        if (result < got)
            break;
    }
    tick__outside_free(bytes);
    return done ? (long)done : result;
}
