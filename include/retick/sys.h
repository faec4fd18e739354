// The seam: everything that code above it learns from the outside, or does to it, goes through this table.
// Below stands the real Linux kernel (src/os) or a simulated one (sim/kernel).
//
// Slots answer as the system call of their name does, except: errors come as negated errno, and times are int64 ns.
// No slot blocks but epoll_wait, poll, select, sleep, resolve, resolve_all, and what closes a connection with SO_LINGER. Each slot writes
// only to the out parameters that it names.
#ifndef RETICK_SYS_H
#define RETICK_SYS_H

#include <retick/choice.h>
#include <retick/id.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pollfd; // <poll.h>

struct tick_sys {
    const struct tick_sys_ops *ops;
    // Who acts now, for the identity of what the call makes. Kept by the loop; NULL outside of any task or callback.
    struct tick_maker *maker;
    uint64_t calm; // kinds that `choose` need not be asked about (retick/choice.h)
};

struct tick_sys_event {
    uint32_t events; // EPOLLIN, EPOLLOUT, ...
    uint64_t data;   // as given to epoll_ctl: index and generation, never a pointer
};

// An entry of a directory.
struct tick_sys_entry {
    uint64_t inode;
    char name[256];
    uint8_t type; // DT_REG, DT_DIR, DT_SOCK, ...
};

// Work for another thread; its storage is the submitter's until it is dropped.
struct tick_sys_job {
    struct tick_sys_job *next;              // the seam's, while it is queued
    int64_t takes;                          // ns, where time is virtual
    void (*run)(struct tick_sys_job *job);  // on another thread
    void (*ran)(struct tick_sys_job *job);  // there, after run, unless the threads were freed meanwhile. Must be brief and not submit
    void (*drop)(struct tick_sys_job *job); // last, on any thread, whether it was run or not: the seam will not touch it again
};
struct tick_sys_threads;

struct tick_sys_ops {
    const char *name; // "linux", "sim"

    int64_t (*now)(struct tick_sys *self);  // CLOCK_MONOTONIC, ns; never goes back
    int64_t (*wall)(struct tick_sys *self); // CLOCK_REALTIME, ns since 1970

    int (*epoll_create)(struct tick_sys *self); // EPOLL_CLOEXEC
    // event is ignored by EPOLL_CTL_DEL and may be NULL there.
    int (*epoll_ctl)(struct tick_sys *self, int epfd, int op, int fd, const struct tick_sys_event *event);
    // timeout in ns: 0 polls, negative waits without limit; never returns early. Writes at most `most` events to out. May switch hosts and
    // move the clock (a world point). timer is the id of the timer that bounded the timeout, 0 for none: the address of its lateness.
    int (*epoll_wait)(struct tick_sys *self, int epfd, struct tick_sys_event *out, int most, int64_t timeout, tick_id timer);
    int (*eventfd)(struct tick_sys *self, unsigned initial, int flags);

    // Sockets: always non-blocking and close-on-exec, whatever type says.
    int (*socket)(struct tick_sys *self, int domain, int type, int protocol);
    int (*bind)(struct tick_sys *self, int fd, const struct sockaddr *address, socklen_t size);
    int (*listen)(struct tick_sys *self, int fd, int backlog);
    int (*accept)(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size); // address may be NULL
    int (*connect)(struct tick_sys *self, int fd, const struct sockaddr *address, socklen_t size);
    ssize_t (*send)(struct tick_sys *self, int fd, const void *bytes, size_t count, int flags); // MSG_NOSIGNAL is implied
    ssize_t (*recv)(struct tick_sys *self, int fd, void *bytes, size_t count, int flags);
    int (*shutdown)(struct tick_sys *self, int fd, int how);
    int (*getsockopt)(struct tick_sys *self, int fd, int level, int name, void *value, socklen_t *size);
    int (*setsockopt)(struct tick_sys *self, int fd, int level, int name, const void *value, socklen_t size);
    int (*getsockname)(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size);
    int (*getpeername)(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size);

    ssize_t (*read)(struct tick_sys *self, int fd, void *bytes, size_t count);
    ssize_t (*write)(struct tick_sys *self, int fd, const void *bytes, size_t count);
    int (*close)(struct tick_sys *self, int fd);

    // --- fds ---
    int (*dup)(struct tick_sys *self, int fd);
    int (*dup2)(struct tick_sys *self, int fd, int to);
    int (*dup3)(struct tick_sys *self, int fd, int to, int flags);
    // F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL (O_NONBLOCK stays set), F_GETPIPE_SZ, F_SETPIPE_SZ.
    int (*fcntl)(struct tick_sys *self, int fd, int command, int64_t argument);
    int (*ioctl)(struct tick_sys *self, int fd, unsigned long request, int *value); // FIONREAD, SIOCOUTQ, FIONBIO, FIOCLEX, FIONCLEX

    // --- what makes fds; all non-blocking and close-on-exec ---
    int (*pipe)(struct tick_sys *self, int fds[2]);
    int (*socketpair)(struct tick_sys *self, int domain, int type, int protocol, int fds[2]);
    int (*timerfd)(struct tick_sys *self, int clock);
    // value 0 disarms; flags: TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET. The old setting goes to *old_value, *old_interval unless NULL.
    int (*timerfd_settime)(
        struct tick_sys *self, int fd, int flags, int64_t value, int64_t interval, int64_t *old_value, int64_t *old_interval);
    int (*timerfd_gettime)(struct tick_sys *self, int fd, int64_t *value, int64_t *interval);

    // --- messages and parts; MSG_NOSIGNAL is implied ---
    // to, from: may be NULL.
    ssize_t (*sendto)(struct tick_sys *self, int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size);
    ssize_t (*recvfrom)(struct tick_sys *self, int fd, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *size);
    // Ancillary data: docs/KERNEL.md tells which the simulated kernel has; fds that come are close-on-exec.
    ssize_t (*sendmsg)(struct tick_sys *self, int fd, const struct msghdr *message, int flags);
    ssize_t (*recvmsg)(struct tick_sys *self, int fd, struct msghdr *message, int flags);
    ssize_t (*readv)(struct tick_sys *self, int fd, const struct iovec *parts, int count);
    ssize_t (*writev)(struct tick_sys *self, int fd, const struct iovec *parts, int count);

    // --- waiting; timeouts as epoll_wait's ---
    int (*poll)(struct tick_sys *self, struct pollfd *fds, size_t count, int64_t timeout);
    int (*select)(struct tick_sys *self, int count, fd_set *reads, fd_set *writes, fd_set *excepts, int64_t timeout);
    int (*sleep)(struct tick_sys *self, int64_t ns);             // CLOCK_MONOTONIC; 0, or -EINTR
    int (*clock)(struct tick_sys *self, int clock, int64_t *ns); // clock_gettime

    // --- files ---
    int (*open)(struct tick_sys *self, const char *path, int flags, unsigned mode); // O_CLOEXEC is implied
    ssize_t (*pread)(struct tick_sys *self, int fd, void *bytes, size_t count, int64_t offset);
    ssize_t (*pwrite)(struct tick_sys *self, int fd, const void *bytes, size_t count, int64_t offset);
    int64_t (*lseek)(struct tick_sys *self, int fd, int64_t offset, int whence);
    int (*fsync)(struct tick_sys *self, int fd);
    int (*fdatasync)(struct tick_sys *self, int fd);
    int (*ftruncate)(struct tick_sys *self, int fd, int64_t size);
    int (*fstat)(struct tick_sys *self, int fd, struct stat *out);
    int (*stat)(struct tick_sys *self, const char *path, struct stat *out);
    int (*mkdir)(struct tick_sys *self, const char *path, unsigned mode);
    int (*rmdir)(struct tick_sys *self, const char *path);
    int (*unlink)(struct tick_sys *self, const char *path);
    int (*rename)(struct tick_sys *self, const char *from, const char *to);
    // The next entries of a directory's fd, at most `most`: how many; 0 at the end. "." and ".." are among them.
    int (*readdir)(struct tick_sys *self, int fd, struct tick_sys_entry *out, int most);

    // --- names ---
    // All addresses of a host, at most `most`: how many. -ENOENT: there is no such name; -EAGAIN: no answer; -EIO: a broken server.
    int (*resolve_all)(struct tick_sys *self, const char *host, uint16_t port, struct sockaddr_storage *out, uint32_t most);
    // One stream address for a host's name or number and a port's number. Real: getaddrinfo (may block); simulated: the world's hosts.
    // -ENOENT if there is no such host.
    int (*resolve)(struct tick_sys *self, const char *host, uint16_t port, struct sockaddr_storage *address, socklen_t *size);
    int (*random)(struct tick_sys *self, void *bytes, size_t count); // getrandom

    // The running task is to wait until fd has something to read, and will then go on with the object at `object`, and what it reads at
    // `bytes`. For those who fetch memory in advance; NULL: nobody does.
    void (*waits)(struct tick_sys *self, int fd, const void *object, const void *bytes);

    // The identity of the connection that fd is an end of: its stable id and its probe object. NULL: not known here (the real world).
    void (*connection)(struct tick_sys *self, int fd, tick_id *id, uint32_t *object);

    // --- threads; all four NULL: there are none, and the loop carries jobs out by itself (src/loop/executor.c) ---
    // At most `most` of them (0: the CPUs + 4, at most 32), started when jobs come. 0 or -ENOMEM.
    int (*threads_new)(struct tick_sys *self, uint32_t most, struct tick_sys_threads **out);
    // Queues the job, first come, first served. 0, or what the first thread could not be started for (the job is not dropped then).
    int (*threads_run)(struct tick_sys *self, struct tick_sys_threads *threads, struct tick_sys_job *job);
    // Drops a job that is still queued: true. One that runs, or is over: false.
    bool (*threads_withdraw)(struct tick_sys *self, struct tick_sys_threads *threads, struct tick_sys_job *job);
    // Drops what is queued; what runs is waited for, or left alone to its end. NULL is allowed.
    void (*threads_free)(struct tick_sys *self, struct tick_sys_threads *threads, bool wait);

    // A decision of the outside world (retick/choice.h). NULL: always calm, as in the real world.
    uint32_t (*choose)(struct tick_sys *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most);
};

#ifdef __cplusplus
}
#endif

#endif
