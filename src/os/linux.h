// The seam over the real Linux kernel: each slot is one system call.
#ifndef RETICK_LINUX_H
#define RETICK_LINUX_H

#include <retick/sys.h>

#define TICK_LINUX_NAMES 64
#define TICK_LINUX_HOST 256 // bytes of a name that is looked up

// Storage is the caller's; holds nothing that must be given back.
struct tick_linux {
    struct tick_sys sys; // what the loop is given; its maker is the loop's to keep
    unsigned name_count;
    struct {
        char name[64], host[TICK_LINUX_HOST]; // host is looked up in its place, whenever it is asked for
        uint16_t port;                        // 0: the port that is asked for
    } names[TICK_LINUX_NAMES];
};

int tick_linux_init(struct tick_linux *self); // 0
static inline struct tick_sys *tick_linux_sys(struct tick_linux *self) {
    return &self->sys;
}
// Lets a scenario's host name stand for a real host: "localhost:6379", "127.0.0.1:6379", "[::1]:6379", or without a port (the one asked for
// is kept). A name given again is replaced. -EINVAL for what is none of these or too long, -ENOSPC after TICK_LINUX_NAMES names.
int tick_linux_map(struct tick_linux *self, const char *name, const char *address);

#endif
