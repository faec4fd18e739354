// libc's names: files by their names, and what is asked of them.
#include "sim/guest/files_int.h"
#include "sim/guest/wrap_int.h"
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

static unsigned mode_of(int flags, va_list list) {
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(list, unsigned) : 0;
}

EXPORT int open(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    const unsigned mode = mode_of(flags, list);
    va_end(list);
    return (int)CALL(SYS_openat, AT_FDCWD, path, flags, mode);
}
ALSO(open, open64)
ALSO(open, __open)
ALSO(open, __open64)

EXPORT int openat(int folder, const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    const unsigned mode = mode_of(flags, list);
    va_end(list);
    return (int)CALL(SYS_openat, folder, path, flags, mode);
}
ALSO(openat, openat64)

EXPORT int creat(const char *path, mode_t mode) {
    return (int)CALL(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
ALSO(creat, creat64)

EXPORT int __open_2(const char *path, int flags);
EXPORT int __open_2(const char *path, int flags) {
    return (int)CALL(SYS_openat, AT_FDCWD, path, flags, 0);
}
ALSO(__open_2, __open64_2)

EXPORT int __openat_2(int folder, const char *path, int flags);
EXPORT int __openat_2(int folder, const char *path, int flags) {
    return (int)CALL(SYS_openat, folder, path, flags, 0);
}
ALSO(__openat_2, __openat64_2)

EXPORT int shm_open(const char *name, int flags, mode_t mode) {
    char path[NAME_MAX + 16] = "/dev/shm/";
    name += strspn(name, "/");
    if (!*name || strchr(name, '/') || strlen(name) > NAME_MAX)
        return (int)tick__guest_answer(-EINVAL);
    memcpy(path + 9, name, strlen(name) + 1);
    return (int)CALL(SYS_openat, AT_FDCWD, path, flags | O_NOFOLLOW | O_CLOEXEC, mode);
}

EXPORT int shm_unlink(const char *name) {
    char path[NAME_MAX + 16] = "/dev/shm/";
    name += strspn(name, "/");
    if (!*name || strchr(name, '/') || strlen(name) > NAME_MAX)
        return (int)tick__guest_answer(-ENOENT);
    memcpy(path + 9, name, strlen(name) + 1);
    return (int)CALL(SYS_unlinkat, AT_FDCWD, path, 0);
}

EXPORT int memfd_create(const char *name, unsigned flags) {
    return (int)CALL(SYS_memfd_create, name, flags);
}

// --- looked at ---

EXPORT int fstatat(int folder, const char *restrict path, struct stat *restrict out, int flags) {
    return (int)CALL(SYS_newfstatat, folder, path, out, flags);
}

EXPORT int fstatat64(int folder, const char *restrict path, struct stat64 *restrict out, int flags) {
    return (int)CALL(SYS_newfstatat, folder, path, out, flags);
}

EXPORT int stat(const char *restrict path, struct stat *restrict out) {
    return (int)CALL(SYS_newfstatat, AT_FDCWD, path, out, 0);
}

EXPORT int stat64(const char *restrict path, struct stat64 *restrict out) {
    return (int)CALL(SYS_newfstatat, AT_FDCWD, path, out, 0);
}

EXPORT int lstat(const char *restrict path, struct stat *restrict out) {
    return (int)CALL(SYS_newfstatat, AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}

EXPORT int lstat64(const char *restrict path, struct stat64 *restrict out) {
    return (int)CALL(SYS_newfstatat, AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}

// As programs call them that were linked with a libc before 2.33.
EXPORT int __xstat(int version, const char *path, struct stat *out);
EXPORT int __xstat(int version, const char *path, struct stat *out) {
    (void)version;
    return (int)CALL(SYS_newfstatat, AT_FDCWD, path, out, 0);
}
ALSO(__xstat, __xstat64)

EXPORT int __lxstat(int version, const char *path, struct stat *out);
EXPORT int __lxstat(int version, const char *path, struct stat *out) {
    (void)version;
    return (int)CALL(SYS_newfstatat, AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}
ALSO(__lxstat, __lxstat64)

EXPORT int __fxstatat(int version, int folder, const char *path, struct stat *out, int flags);
EXPORT int __fxstatat(int version, int folder, const char *path, struct stat *out, int flags) {
    (void)version;
    return (int)CALL(SYS_newfstatat, folder, path, out, flags);
}
ALSO(__fxstatat, __fxstatat64)

EXPORT int statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict out) {
    return (int)CALL(SYS_statx, folder, path, flags, mask, out);
}

EXPORT int access(const char *path, int how) {
    return (int)CALL(SYS_faccessat, AT_FDCWD, path, how);
}
ALSO(access, euidaccess)
ALSO(access, eaccess)

EXPORT int faccessat(int folder, const char *path, int how, int flags) {
    return flags & AT_SYMLINK_NOFOLLOW ? (int)CALL(SYS_faccessat2, folder, path, how, flags) : (int)CALL(SYS_faccessat, folder, path, how);
}

EXPORT ssize_t readlink(const char *restrict path, char *restrict out, size_t size) {
    return CALL(SYS_readlinkat, AT_FDCWD, path, out, size);
}

EXPORT ssize_t readlinkat(int folder, const char *restrict path, char *restrict out, size_t size) {
    return CALL(SYS_readlinkat, folder, path, out, size);
}

EXPORT ssize_t __readlink_chk(const char *path, char *out, size_t size, size_t room);
EXPORT ssize_t __readlink_chk(const char *path, char *out, size_t size, size_t room) {
    return size > room ? tick__guest_overflow() : CALL(SYS_readlinkat, AT_FDCWD, path, out, size);
}

EXPORT ssize_t __readlinkat_chk(int folder, const char *path, char *out, size_t size, size_t room);
EXPORT ssize_t __readlinkat_chk(int folder, const char *path, char *out, size_t size, size_t room) {
    return size > room ? tick__guest_overflow() : CALL(SYS_readlinkat, folder, path, out, size);
}

EXPORT int statfs(const char *path, struct statfs *out) {
    return (int)CALL(SYS_statfs, path, out);
}
ALSO(statfs, __statfs)

EXPORT int statfs64(const char *path, struct statfs64 *out) {
    return (int)CALL(SYS_statfs, path, out);
}

EXPORT int fstatfs(int fd, struct statfs *out) {
    return (int)CALL(SYS_fstatfs, fd, out);
}

EXPORT int fstatfs64(int fd, struct statfs64 *out) {
    return (int)CALL(SYS_fstatfs, fd, out);
}

static void as_statvfs(const struct statfs *s, struct statvfs *out) {
    memset(out, 0, sizeof *out);
    out->f_bsize = (unsigned long)s->f_bsize;
    out->f_frsize = (unsigned long)(s->f_frsize ? s->f_frsize : s->f_bsize);
    out->f_blocks = s->f_blocks;
    out->f_bfree = s->f_bfree;
    out->f_bavail = s->f_bavail;
    out->f_files = s->f_files;
    out->f_ffree = out->f_favail = s->f_ffree;
    out->f_flag = (unsigned long)s->f_flags;
    out->f_namemax = (unsigned long)s->f_namelen;
}

EXPORT int statvfs(const char *restrict path, struct statvfs *restrict out) {
    struct statfs s;
    if (statfs(path, &s) < 0)
        return -1;
    as_statvfs(&s, out);
    return 0;
}

EXPORT int statvfs64(const char *restrict path, struct statvfs64 *restrict out) {
    return statvfs(path, (struct statvfs *)out);
}

EXPORT int fstatvfs(int fd, struct statvfs *out) {
    struct statfs s;
    if (fstatfs(fd, &s) < 0)
        return -1;
    as_statvfs(&s, out);
    return 0;
}

EXPORT int fstatvfs64(int fd, struct statvfs64 *out) {
    return fstatvfs(fd, (struct statvfs *)out);
}

// --- where one stands ---

EXPORT int chdir(const char *path) {
    return (int)CALL(SYS_chdir, path);
}

EXPORT int fchdir(int fd) {
    return (int)CALL(SYS_fchdir, fd);
}

EXPORT char *getcwd(char *out, size_t size) {
    char path[PATH_MAX];
    const long length = CALL(SYS_getcwd, path, sizeof path);
    if (length < 0)
        return NULL;
    if (out && (!size || (size_t)length > size)) {
        errno = size ? ERANGE : EINVAL;
        return NULL;
    }
    if (!out && size && (size_t)length > size) {
        errno = ERANGE;
        return NULL;
    }
    if (!out)
        out = malloc(size ? size : (size_t)length);
    return out ? memcpy(out, path, (size_t)length) : NULL;
}

EXPORT char *__getcwd_chk(char *out, size_t size, size_t room);
EXPORT char *__getcwd_chk(char *out, size_t size, size_t room) {
    if (size > room)
        (void)tick__guest_overflow();
    return getcwd(out, size);
}

EXPORT char *getwd(char *out) {
    return getcwd(out, PATH_MAX);
}

EXPORT char *__getwd_chk(char *out, size_t room);
EXPORT char *__getwd_chk(char *out, size_t room) {
    return getcwd(out, room);
}

EXPORT char *get_current_dir_name(void) {
    return getcwd(NULL, 0);
}

// The path without links and dots of what is there.
EXPORT char *realpath(const char *restrict path, char *restrict out) {
    struct tick__file_place place;
    if (!tick__files_on() || !tick__files_changed() || !path)
        return ORIGINAL(realpath)(path, out);
    int error = tick__file_find(AT_FDCWD, path, true, &place);
    if (!error && place.what == TICK__FILE_PASSED)
        return ORIGINAL(realpath)(place.path, out);
    if (!error && place.what == TICK__FILE_NOTHING)
        error = -ENOENT;
    if (error < 0) {
        errno = -error;
        return NULL;
    }
    return out ? strcpy(out, place.path) : strdup(place.path);
}

EXPORT char *__realpath_chk(const char *path, char *out, size_t room);
EXPORT char *__realpath_chk(const char *path, char *out, size_t room) {
    if (room < PATH_MAX)
        (void)tick__guest_overflow();
    return realpath(path, out);
}

EXPORT char *canonicalize_file_name(const char *path) {
    return realpath(path, NULL);
}

// --- names ---

EXPORT int unlink(const char *path) {
    return (int)CALL(SYS_unlinkat, AT_FDCWD, path, 0);
}

EXPORT int unlinkat(int folder, const char *path, int flags) {
    return (int)CALL(SYS_unlinkat, folder, path, flags);
}

EXPORT int rmdir(const char *path) {
    return (int)CALL(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

EXPORT int remove(const char *path) {
    const int result = (int)CALL(SYS_unlinkat, AT_FDCWD, path, 0);
    return result < 0 && errno == EISDIR ? (int)CALL(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR) : result;
}

EXPORT int mkdir(const char *path, mode_t mode) {
    return (int)CALL(SYS_mkdirat, AT_FDCWD, path, mode);
}

EXPORT int mkdirat(int folder, const char *path, mode_t mode) {
    return (int)CALL(SYS_mkdirat, folder, path, mode);
}

EXPORT int mknod(const char *path, mode_t mode, dev_t device) {
    return (int)CALL(SYS_mknodat, AT_FDCWD, path, mode, device);
}

EXPORT int mknodat(int folder, const char *path, mode_t mode, dev_t device) {
    return (int)CALL(SYS_mknodat, folder, path, mode, device);
}

// As programs call them that were linked with a libc before 2.33.
EXPORT int __xmknod(int version, const char *path, mode_t mode, dev_t *device);
EXPORT int __xmknod(int version, const char *path, mode_t mode, dev_t *device) {
    (void)version;
    return (int)CALL(SYS_mknodat, AT_FDCWD, path, mode, *device);
}

EXPORT int __xmknodat(int version, int folder, const char *path, mode_t mode, dev_t *device);
EXPORT int __xmknodat(int version, int folder, const char *path, mode_t mode, dev_t *device) {
    (void)version;
    return (int)CALL(SYS_mknodat, folder, path, mode, *device);
}

EXPORT int mkfifo(const char *path, mode_t mode) {
    return (int)CALL(SYS_mknodat, AT_FDCWD, path, (mode & 07777) | S_IFIFO, 0);
}

EXPORT int mkfifoat(int folder, const char *path, mode_t mode) {
    return (int)CALL(SYS_mknodat, folder, path, (mode & 07777) | S_IFIFO, 0);
}

EXPORT int symlink(const char *target, const char *path) {
    return (int)CALL(SYS_symlinkat, target, AT_FDCWD, path);
}

EXPORT int symlinkat(const char *target, int folder, const char *path) {
    return (int)CALL(SYS_symlinkat, target, folder, path);
}

EXPORT int link(const char *from, const char *to) {
    return (int)CALL(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int linkat(int folder, const char *from, int folder_to, const char *to, int flags) {
    return (int)CALL(SYS_linkat, folder, from, folder_to, to, flags);
}

EXPORT int rename(const char *from, const char *to) {
    return (int)CALL(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

EXPORT int renameat(int folder, const char *from, int folder_to, const char *to) {
    return (int)CALL(SYS_renameat, folder, from, folder_to, to);
}

EXPORT int renameat2(int folder, const char *from, int folder_to, const char *to, unsigned flags) {
    return (int)CALL(SYS_renameat2, folder, from, folder_to, to, flags);
}

// --- rights, owners, times, sizes ---

EXPORT int chmod(const char *path, mode_t mode) {
    return (int)CALL(SYS_fchmodat, AT_FDCWD, path, mode);
}

EXPORT int fchmodat(int folder, const char *path, mode_t mode, int flags) {
    return flags ? (int)tick__guest_answer(-EOPNOTSUPP) : (int)CALL(SYS_fchmodat, folder, path, mode);
}

EXPORT int lchmod(const char *path, mode_t mode) {
    struct stat s;
    if (lstat(path, &s) < 0)
        return -1;
    return S_ISLNK(s.st_mode) ? (int)tick__guest_answer(-EOPNOTSUPP) : chmod(path, mode);
}

EXPORT int fchmod(int fd, mode_t mode) {
    return (int)CALL(SYS_fchmod, fd, mode);
}

EXPORT int chown(const char *path, uid_t user, gid_t group) {
    return (int)CALL(SYS_fchownat, AT_FDCWD, path, user, group, 0);
}

EXPORT int lchown(const char *path, uid_t user, gid_t group) {
    return (int)CALL(SYS_fchownat, AT_FDCWD, path, user, group, AT_SYMLINK_NOFOLLOW);
}

EXPORT int fchown(int fd, uid_t user, gid_t group) {
    return (int)CALL(SYS_fchown, fd, user, group);
}

EXPORT int fchownat(int folder, const char *path, uid_t user, gid_t group, int flags) {
    return (int)CALL(SYS_fchownat, folder, path, user, group, flags);
}

EXPORT int utimensat(int folder, const char *path, const struct timespec times[2], int flags) {
    return (int)CALL(SYS_utimensat, folder, path, times, flags);
}

EXPORT int futimens(int fd, const struct timespec times[2]) {
    return (int)CALL(SYS_utimensat, fd, 0, times, 0);
}

EXPORT int utime(const char *path, const struct utimbuf *times) {
    return (int)CALL(SYS_utime, path, times);
}

EXPORT int utimes(const char *path, const struct timeval times[2]) {
    return (int)CALL(SYS_utimes, path, times);
}

EXPORT int futimesat(int folder, const char *path, const struct timeval times[2]) {
    return (int)CALL(SYS_futimesat, folder, path, times);
}

EXPORT int futimes(int fd, const struct timeval times[2]) {
    return (int)CALL(SYS_futimesat, fd, 0, times);
}

EXPORT int lutimes(const char *path, const struct timeval times[2]) {
    if (!times)
        return (int)CALL(SYS_utimensat, AT_FDCWD, path, 0, AT_SYMLINK_NOFOLLOW);
    const struct timespec both[2] = {{times[0].tv_sec, times[0].tv_usec * 1000}, {times[1].tv_sec, times[1].tv_usec * 1000}};
    return (int)CALL(SYS_utimensat, AT_FDCWD, path, both, AT_SYMLINK_NOFOLLOW);
}

EXPORT int truncate(const char *path, off_t size) {
    return (int)CALL(SYS_truncate, path, size);
}
ALSO(truncate, truncate64)

EXPORT int fallocate(int fd, int mode, off_t offset, off_t size) {
    return (int)CALL(SYS_fallocate, fd, mode, offset, size);
}
ALSO(fallocate, fallocate64)

EXPORT int posix_fallocate(int fd, off_t offset, off_t size) {
    const int error = errno;
    const int result = (int)CALL(SYS_fallocate, fd, 0, offset, size) < 0 ? errno : 0;
    errno = error;
    return result;
}
ALSO(posix_fallocate, posix_fallocate64)

EXPORT int posix_fadvise(int fd, off_t offset, off_t size, int advice) {
    return (int)-tick__guest_call(SYS_fadvise64, fd, offset, size, advice, 0, 0);
}
ALSO(posix_fadvise, posix_fadvise64)

EXPORT ssize_t readahead(int fd, off64_t offset, size_t size) {
    return CALL(SYS_readahead, fd, offset, size);
}

EXPORT int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
    return (int)CALL(SYS_sync_file_range, fd, offset, size, flags);
}

EXPORT void sync(void) {
    (void)CALL(SYS_sync);
}

EXPORT int syncfs(int fd) {
    return (int)CALL(SYS_syncfs, fd);
}

EXPORT int flock(int fd, int operation) {
    return (int)CALL(SYS_flock, fd, operation);
}

EXPORT int lockf(int fd, int command, off_t size) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_len = size};
    switch (command) {
    case F_ULOCK:
        lock.l_type = F_UNLCK;
        __attribute__((fallthrough));
    case F_TLOCK:
        return (int)CALL(SYS_fcntl, fd, F_SETLK, &lock);
    case F_LOCK:
        return (int)CALL(SYS_fcntl, fd, F_SETLKW, &lock);
    case F_TEST:
        if (CALL(SYS_fcntl, fd, F_GETLK, &lock) < 0)
            return -1;
        return lock.l_type == F_UNLCK ? 0 : (int)tick__guest_answer(-EACCES);
    default:
        return (int)tick__guest_answer(-EINVAL);
    }
}
ALSO(lockf, lockf64)

// --- attributes ---

#define ATTRIBUTES(sets, gets, lists, removes, type) \
    EXPORT int sets(type file, const char *name, const void *value, size_t size, int flags) { \
        return (int)CALL(SYS_##sets, file, name, value, size, flags); \
    } \
    EXPORT ssize_t gets(type file, const char *name, void *value, size_t size) { \
        return CALL(SYS_##gets, file, name, value, size); \
    } \
    EXPORT ssize_t lists(type file, char *names, size_t size) { \
        return CALL(SYS_##lists, file, names, size); \
    } \
    EXPORT int removes(type file, const char *name) { \
        return (int)CALL(SYS_##removes, file, name); \
    }
typedef const char *path;
ATTRIBUTES(setxattr, getxattr, listxattr, removexattr, path)
ATTRIBUTES(lsetxattr, lgetxattr, llistxattr, lremovexattr, path)
ATTRIBUTES(fsetxattr, fgetxattr, flistxattr, fremovexattr, int)
