// What the kernel's files beside TCP share: pipes, timerfds, unix sockets, UDP, disks.
#ifndef RETICK_KERNEL_OBJECTS_INT_H
#define RETICK_KERNEL_OBJECTS_INT_H

#include "sim/kernel/file_ops_int.h"
#include "sim/kernel/kernel_int.h"

#define TICK__READABLE (EPOLLIN | EPOLLRDNORM)
#define TICK__WRITABLE (EPOLLOUT | EPOLLWRNORM)
#define TICK__WRITABLE_BAND (EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND)

// A new description with an fd, of `size` bytes that begin with a struct tick__file. Its fd, or -EMFILE, -ENOMEM. flags: O_CLOEXEC,
// and the status.
int tick__object_new(struct tick_kernel *k, int process, enum tick__file_type type, size_t size, uint32_t flags,
    const struct tick_kernel_name *name, const char *key, tick__ref *out);

// signalfd.c
void tick__signals_end(struct tick_kernel *k, uint32_t process); // its pending ones are nobody's any more

// timerfd.c
void tick__timerfd_expired(struct tick_kernel *k, tick__ref ref);

// --- datagrams: bytes with where they come from, in the queue of a socket or on their way ---
struct tick__datagram {
    tick__ref next, sender; // sender: of a unix one, for the name that it is given
    uint32_t size;
    uint32_t refs; // on its way, twice if it is duplicated
    tick_id id;    // of the sending socket, and the datagram's number there: the address of choices about it
    uint64_t ordinal;
    uint64_t told; // message object << 32 | seq of its msg_send; in a UDP socket's queue: of its msg_recv
    union {
        struct tick__address from; // UDP
        tick__ref rights;          // unix: the fds that come with it
    };
    struct tick__address to;
    uint32_t from_host;
    uint32_t pid; // unix: who sent it, if it tells
    uint8_t ttl, tos;
    bool corrupt;
    bool informed; // whoever got it asked for IP_PKTINFO already
    uint8_t bytes[];
};
struct tick__queue {
    tick__ref first, last;
    uint32_t count, bytes;
};
static inline struct tick__datagram *tick__datagram(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, tick__datagram, ref);
}
tick__ref tick__datagram_new(struct tick_kernel *k, const void *bytes, size_t count);
void tick__datagram_free(struct tick_kernel *k, tick__ref ref);
void tick__queue_add(struct tick_kernel *k, struct tick__queue *queue, tick__ref ref);
tick__ref tick__queue_take(struct tick_kernel *k, struct tick__queue *queue);
void tick__queue_clear(struct tick_kernel *k, struct tick__queue *queue);

struct tick__unix;

// --- control.c: ancillary data ---
struct tick__header {
    int level, type;
    const void *data;
    size_t size;
};
// The next one of the message's control data, at *at, which moves on: 1, 0 (no more), or -EINVAL.
int tick__control_next(const struct msghdr *message, size_t *at, struct tick__header *out);
int tick__control_creds(const struct tick__header *header, uint32_t pid); // 0: they are that process's own; else -EINVAL, -EPERM
int tick__control_tcp(const struct msghdr *message);                      // 0, -EINVAL, -ENOSYS
// What a datagram is sent with beside its bytes. from: the source, 0: any. strict: one that is not the host's is -EINVAL.
struct tick__sending {
    uint32_t from;
    int ttl, tos;
    bool strict;
};
int tick__control_udp(const struct msghdr *message, bool inet6, bool six, struct tick__sending *out);
struct tick__control {
    char *bytes;
    size_t room, used;
    int flags; // MSG_CTRUNC
};
void tick__control_put(struct tick__control *c, int level, int type, const void *data, size_t size);
enum tick__creds { TICK__CREDS_UNASKED, TICK__CREDS_TOLD, TICK__CREDS_NONE };
void tick__control_put_creds(struct tick__control *c, enum tick__creds creds, uint32_t pid);
struct tick__udp;
void tick__control_put_udp(const struct tick_kernel *k, struct tick__control *c, const struct tick__udp *u, const struct tick__datagram *d);
struct ucred;
void tick__control_peer(uint32_t pid, struct ucred *out); // for SO_PEERCRED; 0: nobody is known

// What recvmsg says beside the bytes.
struct tick__received {
    struct sockaddr_storage from;
    socklen_t from_size;           // 0: no address
    int flags;                     // MSG_TRUNC
    tick__ref rights;              // fds; the caller's to drop, unless it peeked
    enum tick__creds creds;        // of unix sockets:
    uint32_t pid;                  // TICK__CREDS_TOLD: who sent it; 0: that is unknown
    struct tick__control *control; // where UDP puts what it was asked for; NULL: nobody wants it
};

// --- rights.c: fds in messages between unix sockets ---
struct tick__rights;
// Those of a message that is sent (NULL: none), whom it has from now on: 0 and *out, which may be 0; -EINVAL, -EBADF, -EPERM, -ENOMEM.
// *tells: it says who sends it.
int tick__rights_take(struct tick_kernel *k, const struct tick__beside *beside, tick__ref *out, bool *tells);
// It stands in the holder's queue; in a stream with those bytes, in a list of rights.
void tick__rights_hold(struct tick_kernel *k, tick__ref rights, tick__ref holder, uint64_t begin, uint64_t end);
void tick__rights_append(struct tick_kernel *k, tick__ref *list, tick__ref rights);
tick__ref tick__rights_shift(const struct tick_kernel *k, tick__ref *list);
// How many of `count` bytes from `at` on one read takes: it does not go on beyond bytes that came with fds. *with: it takes such.
size_t tick__rights_reach(const struct tick_kernel *k, tick__ref first, uint64_t at, size_t count, bool peeks, bool *with);
uint32_t tick__rights_count(const struct tick_kernel *k, tick__ref rights); // how many fds they are
// Gives the process fds of them, as many as there is room for in the message's control data.
void tick__rights_give(struct tick_kernel *k, int process, tick__ref rights, struct tick__control *c, int flags);
void tick__rights_drop(struct tick_kernel *k, tick__ref rights); // the message is gone: closes what nobody else has
void tick__rights_go_on(struct tick_kernel *k, tick__ref list);  // after one of them has lingered, with those that were to follow it
void tick__rights_collect(struct tick_kernel *k, uint32_t host); // those that nobody can receive any more
// A walk over the files that only messages have, each once: where it begins; the next, from *place of *rights on, or NULL.
tick__ref tick__rights_first(const struct tick_kernel *k, uint32_t host);
struct tick__file *tick__rights_next(const struct tick_kernel *k, tick__ref *rights, uint32_t *place);
void tick__rights_renamed(struct tick_kernel *k, uint32_t host, tick__ref from, tick__ref to); // a file has moved
void tick__unix_forget_rights(struct tick_kernel *k, struct tick__unix *u, tick__ref rights);  // its message lost them

// --- unix sockets: unix_sock.c (their life, names), unix_calls.c (bytes) ---
#define TICK__UNIX_NAME 108u
struct tick__unix {
    struct tick__file file;
    uint8_t type;  // SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET
    uint8_t stage; // enum tick__unix_stage
    uint8_t shut;
    bool nospace, dead, reuse;
    int32_t error;
    uint32_t refs; // its fd or place in a queue, and those that it is peer to
    uint32_t sndbuf, rcvbuf;
    tick__ref options;
    tick__ref peer;
    tick__ref queue_next, queue_first, queue_last; // a listener's embryos
    uint32_t queue_count, backlog;
    tick__ref listener; // of one that is not accepted yet
    tick__ref next;     // among the named ones of its host
    tick__ref inode;    // bound to a path
    uint8_t name_size;  // of sun_path; abstract: with the leading 0
    char name[TICK__UNIX_NAME];
    // A stream's bytes, and where its sends begin matters to nobody: those that came in.
    struct tick__chain in;
    uint64_t in_written, in_read;
    tick__ref rights;          // the fds that came with some of them
    tick__ref marks;           // where those of another sender begin, or of one that is not told
    uint64_t first_end;        // where the send ends that found the stream empty
    tick__ref ends, ends_last; // and those behind it, whose sender is watched
    uint32_t reads_from;       // pid of the sender of the first unread byte; 0: it does not tell
    uint32_t writes_from;      // and of the latest
    uint32_t met;              // SO_PEERCRED: pid of who made the other end, or listened; 0: not known
    struct tick__queue queue;  // datagrams
    uint64_t sent;             // datagrams so far
    uint32_t unread;           // datagrams of it that others have not received: bytes
};
enum tick__unix_stage { TICK__UNIX_CLOSE, TICK__UNIX_LISTEN, TICK__UNIX_CONNECTED };
int tick__unix_socket(struct tick_kernel *k, int process, int type, int flags, const struct tick_kernel_name *name);
void tick__unix_release(struct tick_kernel *k, struct tick__unix *u);
void tick__unix_drop_datagram(struct tick_kernel *k, tick__ref ref);             // out of a queue, and out of its sender's account
void tick__unix_tell_waiting(struct tick_kernel *k, const struct tick__unix *u); // its queue has room, or it is dead
void tick__unix_name_out(const void *name, size_t name_size, struct sockaddr *address, socklen_t *size);
void tick__unix_marks_free(struct tick_kernel *k, struct tick__unix *u); // marks and ends
void tick__unix_introduce(struct tick_kernel *k, struct tick__unix *u);  // SO_PASSCRED: gets a name, if it has none
// The socket that a name stands for: 0, -EINVAL, -ENOENT, -ECONNREFUSED, -EPROTOTYPE.
int tick__unix_find(
    struct tick_kernel *k, uint32_t host, const struct sockaddr *address, socklen_t size, uint8_t type, struct tick__unix **out);
// A datagram socket gets another peer, or none: what it had got from the old one is lost, which the old one learns.
void tick__unix_turn_away(struct tick_kernel *k, struct tick__unix *u, struct tick__unix *to);
// unix_calls.c, for the table in unix_sock.c
uint32_t tick__unix_mask(struct tick_kernel *k, struct tick__file *file);
size_t tick__unix_most(const struct tick_kernel *k, const struct tick__file *file, bool writes);
int tick__unix_unread(struct tick_kernel *k, struct tick__file *file, int *value);
int tick__unix_unsent(struct tick_kernel *k, struct tick__file *file, int *value);
ssize_t tick__unix_send(
    struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count, int flags, const struct tick__beside *beside);
ssize_t tick__unix_recv(
    struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count, int flags, struct tick__received *received);
static inline struct tick__unix *tick__unix(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, tick__unix, ref);
}

// --- udp.c, udp_calls.c ---
struct tick__udp {
    struct tick__file file;
    tick__ref next; // of its host's
    uint8_t shut;
    bool inet6, v6only, connected, bound, port_asked, reuse, reuse_port;
    tick__ref options;
    int32_t error;
    uint32_t sndbuf, rcvbuf;
    struct tick__address local, remote;
    struct tick__queue queue;
    uint64_t sent;
    int64_t last_at; // when the latest datagram that keeps its order arrives
};
int tick__udp_socket(struct tick_kernel *k, int process, int domain, int flags, const struct tick_kernel_name *name);
void tick__udp_arrived(struct tick_kernel *k, tick__ref datagram, uint32_t host);
void tick__udp_unreachable(struct tick_kernel *k, tick__ref datagram, uint32_t host);
int tick__udp_autobind(struct tick_kernel *k, struct tick__udp *u);
// udp_calls.c, for the table in udp.c
int tick__udp_unread(struct tick_kernel *k, struct tick__file *file, int *value);
ssize_t tick__udp_send(
    struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count, int flags, const struct tick__beside *beside);
ssize_t tick__udp_recv(
    struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count, int flags, struct tick__received *received);

// What read(2) and write(2) are to a socket.
ssize_t tick__socket_read(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count);
ssize_t tick__socket_write(struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count);
int tick__socket_no_listen(struct tick_kernel *k, struct tick__file *file, int backlog); // -EOPNOTSUPP
int tick__socket_no_accept(struct tick_kernel *k, int process, struct tick__file *file, struct sockaddr *address, socklen_t *size);

// common_options.c: what all sockets keep. The caller has looked at the size to get: it is not negative.
enum tick__option {
    TICK__BROADCAST,
    TICK__DONTROUTE,
    TICK__OOBINLINE,
    TICK__KEEPALIVE_UNUSED, // not TCP's
    TICK__PRIORITY,
    TICK__PASSCRED,
    TICK__TOS,
    TICK__TTL,
    TICK__MTU_DISCOVER,
    TICK__PKTINFO,
    TICK__RECVTTL,
    TICK__RECVTOS,
    TICK__NO_PORT,
    TICK__HOPS6,
    TICK__TCLASS6,
    TICK__MTU_DISCOVER6,
    TICK__PKTINFO6,
    TICK__RECVHOPS6,
    TICK__RECVTCLASS6,
    TICK__SYNCNT,
    TICK__LINGER2,
    TICK__USER_TIMEOUT,
    TICK__FASTOPEN,
    TICK__NO_CHECK,
    TICK__INCOMING_CPU,
    TICK__OPTIONS
};
void tick__option_pass(struct tick_kernel *k, tick__ref from, enum tick__option option, tick__ref *to); // an embryo has its listener's
int32_t tick__option_of(const struct tick_kernel *k, tick__ref options, enum tick__option option);
int tick__option_get(const struct tick_kernel *k, struct tick__file *file, int level, int name, void *value, socklen_t *size);
// The number that is to be set: 0, or what Linux says to its size, or to a level that is not the socket's.
int tick__option_number(struct tick__file *file, int level, int name, const void *value, socklen_t size, int32_t *out);
int tick__option_set(struct tick_kernel *k, struct tick__file *file, int level, int name, int32_t asked, const void *value, socklen_t size);

// plain_options.c: those of unix and UDP sockets
int tick__plain_getsockopt(struct tick_kernel *k, struct tick__file *file, int level, int name, void *value, socklen_t *size);
int tick__plain_setsockopt(struct tick_kernel *k, struct tick__file *file, int level, int name, const void *value, socklen_t size);
uint32_t tick__buffer_size(int asked, uint32_t least);

// --- disk_names.c ---
// A socket's name on the disk: makes it (-EADDRINUSE if there is something), or finds it (-ENOENT, -ECONNREFUSED).
int tick__disk_socket_add(struct tick_kernel *k, uint32_t host, const char *path, tick__ref *inode);
int tick__disk_socket_find(struct tick_kernel *k, uint32_t host, const char *path, tick__ref *inode);

#endif
