// The numbers of our own fds, out of the way of the program's.
#ifndef RETICK_PLACES_INT_H
#define RETICK_PLACES_INT_H

#include "sim/guest/raw_int.h"
#include <errno.h>
#include <fcntl.h>

#define TICK__PLACES 1000 // the first; the control block's memfd lies there
#define TICK__AT_PAGEMAP 1001
#define TICK__AT_UFFD 1002
#define TICK__AT_SIZES 1003
#define TICK__AT_FOLDER 1004
#define TICK__AT_KEPT 1024 // here and above: copies of the program's fds

// Moves fd there; it is closed if that cannot be. The number, or a negated errno.
static inline int tick__place_fd(int fd, int place) {
    if (fd < 0)
        return fd;
    const long rc = tick__raw(SYS_dup3, fd, place, O_CLOEXEC);
    tick__raw(SYS_close, fd);
    return (int)rc;
}

#endif
