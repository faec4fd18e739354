// Epolls from before the world began. Importing Python's selectors makes one, to see whether it can, and closes it: that begins no world.
// They are real ones, with nothing in them: the first fd that is to be watched begins the world, and with it those that are still there
// become simulated.
#include "sim/guest/inside_int.h"
#include <fcntl.h>
#include <sys/stat.h>

#define EPOLLS 64

static int early[EPOLLS];
static uint32_t count;

long tick__guest_epoll_real(int flags) {
    const long fd = tick__raw(SYS_epoll_create1, flags);
    if (fd >= 0 && count < EPOLLS)
        early[count++] = (int)fd;
    return fd;
}

// Of what programs have fds of, epolls and their like alone are of no type.
bool tick__guest_epoll_is_early(long fd) {
    struct stat about;
    bool is = false;
    for (uint32_t i = 0; i < count; i++)
        is |= early[i] == fd;
    return is && tick__raw(SYS_fstat, fd, &about) == 0 && (about.st_mode & S_IFMT) == 0;
}

void tick__guest_epolls_enter(void) {
    for (uint32_t i = 0; i < count; i++) {
        const struct tick_kernel_name name = tick__guest_name(TICK_SORT_EPOLL);
        int made;
        if (tick__guest_epoll_is_early(early[i]) && !tick__guest_fd_is(early[i]) && (made = tick_k_epoll_create(TICK__K, &name)) >= 0)
            tick__guest_settle_over(made, early[i], tick__raw(SYS_fcntl, early[i], F_GETFD, 0) & FD_CLOEXEC);
    }
    count = 0;
}
