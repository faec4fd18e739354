// The seam: everything that code above it learns from the outside, or does to it, goes through this table.
// Below stands the real Linux kernel (src/os) or a simulated one (sim/kernel).
//
// Slots answer as the system call of their name does, except: errors come as negated errno, and times are int64 ns.
// No slot blocks but epoll_wait and resolve. Each slot writes only to the out parameters that it names.
#ifndef RETICK_SYS_H
#define RETICK_SYS_H

#include <retick/choice.h>
#include <retick/id.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

struct tick_sys {
    const struct tick_sys_ops *ops;
    // Who acts now, for the identity of what the call makes. Kept by the loop; NULL outside of any task or callback.
    struct tick_maker *maker;
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

    // One stream address for a host's name or number and a port's number. Real: getaddrinfo (may block); simulated: the world's hosts.
    // -ENOENT if there is no such host.
    int (*resolve)(struct tick_sys *self, const char *host, uint16_t port, struct sockaddr_storage *address, socklen_t *size);
    int (*random)(struct tick_sys *self, void *bytes, size_t count); // getrandom

    // The identity of the connection that fd is an end of: its stable id and its probe object. NULL: not known here (the real world).
    void (*connection)(struct tick_sys *self, int fd, tick_id *id, uint32_t *object);

    // A decision of the outside world (retick/choice.h). NULL: always calm, as in the real world.
    uint32_t (*choose)(struct tick_sys *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most);
};

#endif
