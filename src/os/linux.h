// The seam over the real Linux kernel: each slot is one system call.
#ifndef RETICK_LINUX_H
#define RETICK_LINUX_H

#include <retick/sys.h>

#define TICK_LINUX_NAMES 16

// Storage is the caller's; holds nothing that must be given back.
struct tick_linux {
    struct tick_sys sys; // what the loop is given; its maker is the loop's to keep
    unsigned name_count;
    struct {
        char name[64];
        struct sockaddr_storage address;
        socklen_t size;
        uint16_t port; // 0: the port that is asked for
    } names[TICK_LINUX_NAMES];
};

int tick_linux_init(struct tick_linux *self); // 0
static inline struct tick_sys *tick_linux_sys(struct tick_linux *self) {
    return &self->sys;
}
// Lets a scenario's host name stand for a real IPv4 address: "127.0.0.1:6379", or "127.0.0.1" (the port asked for is kept). A name given
// again is replaced. -EINVAL for what is no address or too long a name, -ENOSPC after TICK_LINUX_NAMES names.
int tick_linux_map(struct tick_linux *self, const char *name, const char *address);

#endif
