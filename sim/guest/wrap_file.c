// libc's names: files by their names. All pass: reading real ones is what a program that starts does. Still lacking: files that are written
// are the machine's own, so that runs see each other's; a disk of the simulated host is to take them.
//
// Only the devices of random bytes are simulated: what reads from them draws from the world.
#include "sim/guest/wrap_int.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool is_random(const char *path) {
    return tick__guest_on && path && (!strcmp(path, "/dev/urandom") || !strcmp(path, "/dev/random"));
}

static int open_as(int folder, const char *path, int flags, unsigned mode) {
    const int fd = (int)CALL(SYS_openat, folder, path, flags, mode);
    return fd >= 0 && is_random(path) ? tick__guest_number_random(fd) : fd;
}

static unsigned mode_of(int flags, va_list list) {
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(list, unsigned) : 0;
}

EXPORT int open(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    const unsigned mode = mode_of(flags, list);
    va_end(list);
    return open_as(AT_FDCWD, path, flags, mode);
}
ALSO(open, open64)
ALSO(open, __open)
ALSO(open, __open64)

EXPORT int openat(int folder, const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    const unsigned mode = mode_of(flags, list);
    va_end(list);
    return open_as(folder, path, flags, mode);
}
ALSO(openat, openat64)

EXPORT int creat(const char *path, mode_t mode) {
    return open_as(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
ALSO(creat, creat64)

EXPORT int __open_2(const char *path, int flags);
EXPORT int __open_2(const char *path, int flags) {
    return open_as(AT_FDCWD, path, flags, 0);
}
ALSO(__open_2, __open64_2)

EXPORT int __openat_2(int folder, const char *path, int flags);
EXPORT int __openat_2(int folder, const char *path, int flags) {
    return open_as(folder, path, flags, 0);
}
ALSO(__openat_2, __openat64_2)
