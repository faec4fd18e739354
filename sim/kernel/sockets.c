// The calls on sockets, handed on by what the fd is; and what Linux checks before it asks the protocol.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>
#include <netinet/in.h>

int tick__object_new(struct tick_kernel *k, int process, enum tick__file_type type, size_t size, uint32_t flags,
    const struct tick_kernel_name *name, const char *key, tick__ref *out) {
    tick__ref ref = tick__arena_zero(k, size);
    if (!ref)
        return -ENOMEM;
    struct tick__file *file = TICK__AT(k, tick__file, ref);
    file->id = name->id;
    file->fd = -1;
    file->type = type;
    file->ref = ref;
    file->host = (uint16_t)tick__process_host(k, process);
    file->status = flags & ~(uint32_t)O_CLOEXEC;
    int fd = tick__fd_give(k, process, file);
    if (fd < 0) {
        tick__arena_give(k, ref, size);
        return fd;
    }
    tick__fd_cloexec(k, process, fd, (flags & O_CLOEXEC) != 0);
    tick__tell_fd(k, file, name, key);
    *out = ref;
    return fd;
}

// The file behind fd if it is a socket: 0, -EBADF or -ENOTSOCK.
static inline int socket_of(const struct tick_kernel *k, int process, int fd, struct tick__file **out) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    if (!tick__ops(file)->bind)
        return -ENOTSOCK;
    *out = file;
    return 0;
}

int tick_k_socket(struct tick_kernel *k, int process, int domain, int type, int protocol, const struct tick_kernel_name *name) {
    int kind = type & 0xf, flags = type & ~0xf;
    if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
        return -EINVAL;
    if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX)
        return -EAFNOSUPPORT;
    if (kind > SOCK_PACKET)
        return -EINVAL;
    int fd;
    if (domain == AF_UNIX) {
        if (protocol && protocol != PF_UNIX)
            return -EPROTONOSUPPORT;
        if (kind != SOCK_STREAM && kind != SOCK_DGRAM && kind != SOCK_SEQPACKET)
            return -ESOCKTNOSUPPORT;
        fd = tick__unix_socket(k, process, kind, flags, name);
    } else if (kind == SOCK_STREAM) {
        if (protocol && protocol != IPPROTO_TCP)
            return -EPROTONOSUPPORT;
        fd = tick__tcp_socket(k, process, domain, flags, name);
    } else if (kind == SOCK_DGRAM) {
        if (protocol && protocol != IPPROTO_UDP)
            return -EPROTONOSUPPORT;
        fd = tick__udp_socket(k, process, domain, flags, name);
    } else {
        return -ESOCKTNOSUPPORT;
    }
    if (fd >= 0)
        tick__fd_cloexec(k, process, fd, (flags & SOCK_CLOEXEC) != 0);
    return fd;
}

int tick_k_bind(struct tick_kernel *k, int process, int fd, const struct sockaddr *address, socklen_t size) {
    struct tick__file *file;
    TICK_TRY(socket_of(k, process, fd, &file));
    return tick__ops(file)->bind(k, file, address, size);
}

int tick_k_listen(struct tick_kernel *k, int process, int fd, int backlog) {
    struct tick__file *file;
    TICK_TRY(socket_of(k, process, fd, &file));
    k->caller = (uint32_t)process;
    return tick__ops(file)->listen(k, file, backlog);
}

int tick__socket_no_listen(struct tick_kernel *k, struct tick__file *file, int backlog) {
    (void)k, (void)file, (void)backlog;
    return -EOPNOTSUPP;
}

int tick_k_accept(struct tick_kernel *k, int process, int fd, struct sockaddr *address, socklen_t *size) {
    struct tick__file *file;
    TICK_TRY(socket_of(k, process, fd, &file));
    return tick__ops(file)->accept(k, process, file, address, size);
}

int tick_k_accept4(struct tick_kernel *k, int process, int fd, struct sockaddr *address, socklen_t *size, int flags) {
    if (!tick__file(k, process, fd))
        return -EBADF;
    if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
        return -EINVAL;
    const int made = tick_k_accept(k, process, fd, address, size);
    if (made >= 0) {
        tick__fd_cloexec(k, process, made, (flags & SOCK_CLOEXEC) != 0);
        tick__file(k, process, made)->status &= ~(flags & SOCK_NONBLOCK ? 0u : (uint32_t)O_NONBLOCK);
    }
    return made;
}

int tick__socket_no_accept(struct tick_kernel *k, int process, struct tick__file *file, struct sockaddr *address, socklen_t *size) {
    (void)k, (void)process, (void)file, (void)address, (void)size;
    return -EOPNOTSUPP;
}

int tick_k_connect(
    struct tick_kernel *k, int process, int fd, const struct sockaddr *address, socklen_t size, const struct tick_kernel_name *connection) {
    struct tick__file *file;
    TICK_TRY(socket_of(k, process, fd, &file));
    k->caller = (uint32_t)process;
    return tick__ops(file)->connect(k, file, address, size, connection);
}

int tick_k_shutdown(struct tick_kernel *k, int process, int fd, int how) {
    struct tick__file *file;
    TICK_TRY(socket_of(k, process, fd, &file));
    return how < SHUT_RD || how > SHUT_RDWR ? -EINVAL : tick__ops(file)->shutdown(k, file, how);
}

static int name_of(struct tick_kernel *k, int process, int fd, bool peer, struct sockaddr *address, socklen_t *size) {
    struct tick__file *file;
    TICK_TRY(socket_of(k, process, fd, &file));
    return tick__ops(file)->name(k, file, peer, address, size);
}

int tick_k_getsockname(struct tick_kernel *k, int process, int fd, struct sockaddr *address, socklen_t *size) {
    return name_of(k, process, fd, false, address, size);
}

int tick_k_getpeername(struct tick_kernel *k, int process, int fd, struct sockaddr *address, socklen_t *size) {
    return name_of(k, process, fd, true, address, size);
}

int tick_k_getsockopt(struct tick_kernel *k, int process, int fd, int level, int name, void *value, socklen_t *size) {
    struct tick__file *file;
    TICK_TRY(socket_of(k, process, fd, &file));
    return tick__ops(file)->getsockopt(k, file, level, name, value, size);
}

int tick_k_setsockopt(struct tick_kernel *k, int process, int fd, int level, int name, const void *value, socklen_t size) {
    struct tick__file *file;
    TICK_TRY(socket_of(k, process, fd, &file));
    return tick__ops(file)->setsockopt(k, file, level, name, value, size);
}

// --- bytes ---

ssize_t tick__socket_read(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count) {
    return count ? tick__ops(file)->recv(k, file, bytes, count, 0, NULL) : 0;
}

ssize_t tick__socket_write(struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count) {
    return tick__ops(file)->send(k, file, bytes, count, 0, NULL);
}

ssize_t tick_k_sendto(
    struct tick_kernel *k, int process, int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size) {
    struct tick__file *file;
    TICK_TRY(socket_of(k, process, fd, &file));
    const struct tick__beside beside = {.to = to, .size = size};
    k->caller = (uint32_t)process;
    return tick__ops(file)->send(k, file, bytes, count, flags, &beside);
}

ssize_t tick_k_send(struct tick_kernel *k, int process, int fd, const void *bytes, size_t count, int flags) {
    struct tick__file *file;
    TICK_TRY(socket_of(k, process, fd, &file));
    k->caller = (uint32_t)process;
    return tick__ops(file)->send(k, file, bytes, count, flags, NULL);
}

ssize_t tick_k_recv(struct tick_kernel *k, int process, int fd, void *bytes, size_t count, int flags) {
    struct tick__file *file;
    TICK_TRY(socket_of(k, process, fd, &file));
    return tick__ops(file)->recv(k, file, bytes, count, flags, NULL);
}

static ssize_t receive(
    struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count, int flags, struct tick__received *received) {
    received->from_size = 0;
    received->flags = 0;
    received->rights = 0;
    received->creds = TICK__CREDS_UNASKED;
    return tick__ops(file)->recv(k, file, bytes, count, flags, received);
}

ssize_t tick_k_recvfrom(
    struct tick_kernel *k, int process, int fd, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *size) {
    struct tick__file *file;
    struct tick__received received;
    TICK_TRY(socket_of(k, process, fd, &file));
    received.control = NULL;
    ssize_t got = receive(k, file, bytes, count, flags, &received);
    if (received.rights && !(flags & MSG_PEEK)) // without room for fds: those that come are closed
        tick__rights_drop(k, received.rights);
    if (got < 0 || !from)
        return got;
    if ((int)*size < 0)
        return -EINVAL;
    memcpy(from, &received.from, *size < received.from_size ? *size : received.from_size);
    *size = received.from_size;
    return got;
}

// --- many parts in one call ---

#define MOST_PARTS 1024
#define MOST_BYTES 0x7ffff000u // MAX_RW_COUNT

// The parts' bytes together, or -EINVAL.
static ssize_t total(const struct iovec *parts, size_t count) {
    if (count > MOST_PARTS)
        return -EINVAL;
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if ((ssize_t)parts[i].iov_len < 0)
            return -EINVAL;
        if (parts[i].iov_len > MOST_BYTES - sum)
            return (ssize_t)MOST_BYTES;
        sum += parts[i].iov_len;
    }
    return (ssize_t)sum;
}

// The parts as one piece: the part itself if it is one, else memory of the arena, for the call. Only as many bytes of it are there as the
// file could move.
struct piece {
    uint8_t *bytes;
    size_t count, size; // size: what is there, where the parts are copied
    tick__ref ref;
};

static int piece_open(
    struct tick_kernel *k, struct piece *piece, const struct tick__file *file, const struct iovec *parts, size_t count, bool writes) {
    const ssize_t sum = total(parts, count);
    *piece = (struct piece){.count = sum < 0 ? 0 : (size_t)sum};
    if (sum < 0)
        return (int)sum;
    if (count == 1) {
        piece->bytes = parts[0].iov_base;
        return 0;
    }
    const size_t most = tick__ops(file)->most ? tick__ops(file)->most(k, file, writes) : piece->count;
    piece->size = most < piece->count ? most : piece->count;
    piece->ref = tick__arena_take(k, piece->size);
    if (!piece->ref)
        return -ENOMEM;
    piece->bytes = TICK__ARRAY(k, uint8_t, piece->ref);
    return 0;
}

static void piece_close(struct tick_kernel *k, const struct piece *piece) {
    if (piece->ref)
        tick__arena_give(k, piece->ref, piece->size);
}

static int gather(struct tick_kernel *k, struct piece *piece, const struct tick__file *file, const struct iovec *parts, size_t count) {
    TICK_TRY(piece_open(k, piece, file, parts, count, true));
    size_t at = 0;
    for (size_t i = 0; piece->ref && at < piece->size; i++) {
        size_t part = parts[i].iov_len < piece->size - at ? parts[i].iov_len : piece->size - at;
        if (part)
            memcpy(piece->bytes + at, parts[i].iov_base, part);
        at += part;
    }
    return 0;
}

static ssize_t scatter(struct tick_kernel *k, const struct piece *piece, const struct iovec *parts, ssize_t got) {
    size_t left = got > 0 && piece->ref ? (size_t)got : 0, at = 0;
    if (left > piece->size) // MSG_TRUNC: the datagram was longer
        left = piece->size;
    for (size_t i = 0; left; i++) {
        size_t part = parts[i].iov_len < left ? parts[i].iov_len : left;
        if (part)
            memcpy(parts[i].iov_base, piece->bytes + at, part);
        at += part;
        left -= part;
    }
    piece_close(k, piece);
    return got;
}

ssize_t tick_k_sendmsg(struct tick_kernel *k, int process, int fd, const struct msghdr *message, int flags) {
    struct tick__file *file;
    struct piece piece;
    TICK_TRY(socket_of(k, process, fd, &file));
    if (message->msg_iovlen > MOST_PARTS)
        return -EMSGSIZE;
    TICK_TRY(gather(k, &piece, file, message->msg_iov, message->msg_iovlen));
    const struct tick__beside beside = {message->msg_name, message->msg_namelen, message->msg_controllen ? message : NULL};
    k->caller = (uint32_t)process;
    ssize_t sent = tick__ops(file)->send(k, file, piece.bytes, piece.count, flags, &beside);
    piece_close(k, &piece);
    return sent;
}

ssize_t tick_k_recvmsg(struct tick_kernel *k, int process, int fd, struct msghdr *message, int flags) {
    struct tick__file *file;
    struct piece piece;
    struct tick__control control = {message->msg_control, message->msg_controllen, 0, 0};
    struct tick__received received = {.control = &control};
    TICK_TRY(socket_of(k, process, fd, &file));
    if (message->msg_iovlen > MOST_PARTS)
        return -EMSGSIZE;
    TICK_TRY(piece_open(k, &piece, file, message->msg_iov, message->msg_iovlen, false));
    ssize_t got = scatter(k, &piece, message->msg_iov, receive(k, file, piece.bytes, piece.count, flags, &received));
    if (got < 0)
        return got;
    if (message->msg_name) {
        socklen_t size = message->msg_namelen < received.from_size ? message->msg_namelen : received.from_size;
        memcpy(message->msg_name, &received.from, size);
        message->msg_namelen = received.from_size;
    }
    tick__control_put_creds(&control, received.creds, received.pid);
    if (received.rights)
        tick__rights_give(k, process, received.rights, &control, flags);
    message->msg_controllen = control.used;
    message->msg_flags = received.flags | control.flags | (flags & MSG_CMSG_CLOEXEC);
    if (received.rights && !(flags & MSG_PEEK))
        tick__rights_drop(k, received.rights);
    return got;
}

// The bytes that a call with many parts is to move, or an error. Linux does not ask the file when there are none.
static ssize_t parts_of(const struct tick__file *file, const struct iovec *parts, int count, bool writes) {
    uint32_t way = file ? file->status & O_ACCMODE : 0;
    if (!file || way == (writes ? O_RDONLY : O_WRONLY))
        return -EBADF;
    if (count < 0 || !(writes ? tick__ops(file)->write != NULL : tick__ops(file)->read != NULL))
        return -EINVAL;
    return total(parts, (size_t)count);
}

// As to an eventfd.
static ssize_t one_by_one(struct tick_kernel *k, int process, int fd, const struct iovec *parts, size_t count) {
    ssize_t done = 0;
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].iov_len)
            continue;
        ssize_t written = tick_k_write(k, process, fd, parts[i].iov_base, parts[i].iov_len);
        if (written < 0)
            return done ? done : written;
        done += written;
        if ((size_t)written != parts[i].iov_len)
            break;
    }
    return done;
}

ssize_t tick_k_writev(struct tick_kernel *k, int process, int fd, const struct iovec *parts, int count) {
    struct piece piece;
    const struct tick__file *file = tick__file(k, process, fd);
    const ssize_t sum = parts_of(file, parts, count, true);
    if (sum <= 0)
        return sum;
    if (tick__ops(file)->writes_parts)
        return one_by_one(k, process, fd, parts, (size_t)count);
    TICK_TRY(gather(k, &piece, file, parts, (size_t)count));
    ssize_t written = tick_k_write(k, process, fd, piece.bytes, piece.count);
    piece_close(k, &piece);
    return written;
}

ssize_t tick_k_readv(struct tick_kernel *k, int process, int fd, const struct iovec *parts, int count) {
    struct piece piece;
    const struct tick__file *file = tick__file(k, process, fd);
    const ssize_t sum = parts_of(file, parts, count, false);
    if (sum <= 0)
        return sum;
    TICK_TRY(piece_open(k, &piece, file, parts, (size_t)count, false));
    return scatter(k, &piece, parts, tick_k_read(k, process, fd, piece.bytes, piece.count));
}
