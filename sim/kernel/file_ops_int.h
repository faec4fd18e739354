// What each type of file does: a table of operations a type, in the file that implements it. Who has a description goes by its table, and
// asks nobody for its type. All slots answer as the call of their name does: errors as negated errno, never blocking.
#ifndef RETICK_KERNEL_FILE_OPS_INT_H
#define RETICK_KERNEL_FILE_OPS_INT_H

#include "sim/kernel/kernel_int.h"

struct tick__received;

// What a message is sent with beside its bytes.
struct tick__beside {
    const struct sockaddr *to;
    socklen_t size;
    const struct msghdr *control; // whose ancillary data it has; NULL: none
};

struct tick__file_ops {
    // EPOLL* that hold now. NULL: as a file on a disk, always readable and writable, and no epoll takes it (EPERM).
    uint32_t (*mask)(struct tick_kernel *k, struct tick__file *file);
    // At the file's own position, if it has one; that it was opened for that is checked. NULL: -EINVAL.
    ssize_t (*read)(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count);
    ssize_t (*write)(struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count);
    // How many bytes a write, or a read, could move now at most: so many of its parts' does a writev or sendmsg gather, and has a readv or
    // recvmsg room for. NULL: all that it was given.
    size_t (*most)(const struct tick_kernel *k, const struct tick__file *file, bool writes);
    bool writes_parts; // a writev writes part after part, not all of them as one
    // Nobody has it any more: no fd, no message, no epoll. Frees it.
    void (*close)(struct tick_kernel *k, struct tick__file *file);
    // Its last fd is closed, but a message has it. NULL: nothing to do.
    void (*unnamed)(struct tick_kernel *k, struct tick__file *file);

    // At an offset that is not negative; opened for that. NULL: it has no position (-ESPIPE).
    ssize_t (*pread)(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count, int64_t offset);
    ssize_t (*pwrite)(struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count, int64_t offset);
    int64_t (*seek)(struct tick_kernel *k, struct tick__file *file, int64_t offset, int whence);
    int (*sync)(struct tick_kernel *k, struct tick__file *file);                   // NULL: -EINVAL
    int (*truncate)(struct tick_kernel *k, struct tick__file *file, int64_t size); // opened for writing, size not negative. NULL: -EINVAL
    int (*list)(struct tick_kernel *k, struct tick__file *file, struct tick_sys_entry *out, int most); // readdir. NULL: -ENOTDIR
    void (*stat)(const struct tick_kernel *k, const struct tick__file *file, struct stat *out);        // all of it. NULL: as `mode` says
    uint32_t mode; // st_mode: a socket's, a pipe's; 0600: of an anonymous inode, which all such files share
    tick_id (*inode)(const struct tick_kernel *k, const struct tick__file *file); // what st_ino is made of. NULL: its own id

    int (*unread)(struct tick_kernel *k, struct tick__file *file, int *value); // FIONREAD. NULL: -ENOTTY
    int (*unsent)(struct tick_kernel *k, struct tick__file *file, int *value); // SIOCOUTQ. NULL: -ENOTTY
    bool no_requests;                                                          // it knows none of its own: those are -EINVAL
    // F_GETPIPE_SZ, F_SETPIPE_SZ. NULL: -EBADF.
    int (*pipe_size)(struct tick_kernel *k, struct tick__file *file, bool set, int64_t argument);

    // Whether what made it ready came over a network (tick__from_outside), and may be held back (`ready_hold`). NULL: it never does.
    bool (*from_outside)(const struct tick_kernel *k, const struct tick__file *file);
    tick_id (*id)(const struct tick__file *file); // the stable id that choices about it go by. NULL: file->id
    void (*ended)(struct tick__file *file);       // the program was told EPOLLERR, HUP or RDHUP of it. NULL: nothing to do
    // The host's wall clock went on by `jump`; set: in a step, not by going too fast or too slow. NULL: nothing to do.
    void (*wall_moved)(struct tick_kernel *k, struct tick__file *file, int64_t jump, bool set);

    // Sockets have all of these; what is none, not one (-ENOTSOCK).
    int (*bind)(struct tick_kernel *k, struct tick__file *file, const struct sockaddr *address, socklen_t size);
    int (*listen)(struct tick_kernel *k, struct tick__file *file, int backlog);
    int (*accept)(
        struct tick_kernel *k, int process, struct tick__file *file, struct sockaddr *address, socklen_t *size); // its fd: process's
    int (*connect)(struct tick_kernel *k, struct tick__file *file, const struct sockaddr *address, socklen_t size,
        const struct tick_kernel_name *connection);
    ssize_t (*send)(struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count, int flags,
        const struct tick__beside *beside); // NULL: there is nothing beside the bytes
    ssize_t (*recv)(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count, int flags,
        struct tick__received *received); // NULL: only the bytes are wanted; fds that come with them are closed
    int (*shutdown)(struct tick_kernel *k, struct tick__file *file, int how); // how is one of the three
    int (*name)(struct tick_kernel *k, struct tick__file *file, bool peer, struct sockaddr *address, socklen_t *size);
    int (*getsockopt)(struct tick_kernel *k, struct tick__file *file, int level, int name, void *value, socklen_t *size);
    int (*setsockopt)(struct tick_kernel *k, struct tick__file *file, int level, int name, const void *value, socklen_t size);
};

extern const struct tick__file_ops tick__tcp_ops, tick__epoll_ops, tick__eventfd_ops, tick__pipe_ops, tick__timerfd_ops, tick__unix_ops,
    tick__udp_ops, tick__disk_ops, tick__signalfd_ops;
extern const struct tick__file_ops *const tick__file_types[]; // by enum tick__file_type

static inline const struct tick__file_ops *tick__ops(const struct tick__file *file) {
    return tick__file_types[file->type];
}

static inline uint32_t tick__file_mask(struct tick_kernel *k, struct tick__file *file) {
    const struct tick__file_ops *ops = tick__ops(file);
    return ops->mask ? ops->mask(k, file) : EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM;
}

// These events were reported to the program.
static inline void tick__file_reported(struct tick__file *file, uint32_t events) {
    if (__builtin_expect(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR), 0) && tick__ops(file)->ended)
        tick__ops(file)->ended(file);
}

#endif
