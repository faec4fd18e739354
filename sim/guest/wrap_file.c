// libc's names: files by their names. All pass: reading real ones is what a program that starts does. Still lacking: files that are written
// are the machine's own, so that runs see each other's; a disk of the simulated host is to take them.
//
// Simulated are the devices of random bytes, what reads from which draws from the world, and the names of unix sockets, which lie on the
// simulated disk.
#include "sim/guest/wrap_int.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

// --- names of unix sockets ---

static bool is_socket(const char *path, struct stat *s) {
    return tick__guest_on && tick__guest_begun && tick_k_stat(TICK__K, path, s) == 0 && S_ISSOCK(s->st_mode);
}

EXPORT int unlink(const char *path) {
    struct stat s;
    return is_socket(path, &s) ? (int)tick__guest_answer(tick_k_unlink(TICK__K, path)) : (int)CALL(SYS_unlink, path);
}

EXPORT int unlinkat(int folder, const char *path, int flags) {
    struct stat s;
    if (folder == AT_FDCWD && !(flags & AT_REMOVEDIR) && is_socket(path, &s))
        return (int)tick__guest_answer(tick_k_unlink(TICK__K, path));
    return (int)CALL(SYS_unlinkat, folder, path, flags);
}

EXPORT int remove(const char *path) {
    struct stat s;
    return is_socket(path, &s) ? unlink(path) : ORIGINAL(remove)(path);
}

EXPORT int stat(const char *restrict path, struct stat *restrict out) {
    return is_socket(path, out) ? 0 : (int)CALL(SYS_stat, path, out);
}

EXPORT int stat64(const char *restrict path, struct stat64 *restrict out) {
    return stat(path, (struct stat *)out);
}

EXPORT int lstat(const char *restrict path, struct stat *restrict out) {
    return is_socket(path, out) ? 0 : (int)CALL(SYS_lstat, path, out);
}

EXPORT int lstat64(const char *restrict path, struct stat64 *restrict out) {
    return lstat(path, (struct stat *)out);
}

EXPORT int access(const char *path, int how) {
    struct stat s;
    return is_socket(path, &s) ? 0 : (int)CALL(SYS_access, path, how);
}

EXPORT int chmod(const char *path, mode_t mode) {
    struct stat s;
    return is_socket(path, &s) ? 0 : (int)CALL(SYS_chmod, path, mode);
}
