// Handlers: what changes files' names, rights and times. All of it happens on the world's disk, to which the file comes first.
#include "sim/guest/files_int.h"
#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/time.h>

#define OURS 1000 // whose files are on the disk: the program's

typedef struct tick__file_place place;

static bool is_folder(const place *at) {
    struct stat s;
    if (at->what == TICK__FILE_SIMULATED)
        return S_ISDIR(at->stat.st_mode);
    return at->what == TICK__FILE_REAL && tick__raw(SYS_lstat, at->path, &s) == 0 && S_ISDIR(s.st_mode);
}

static int folder_of(const char *path, char *folder) {
    const size_t size = strlen(path) - strlen(strrchr(path, '/'));
    memcpy(folder, path, size ? size : 1);
    folder[size ? size : 1] = 0;
    return 0;
}

// Whether the program may change names there: the machine's own folders have rights.
static int may_change(const place *at) {
    char folder[TICK__PATH_SIZE];
    struct stat s;
    bool through;
    folder_of(at->path, folder);
    if (tick_kernel_disk_look(tick__guest_kernel, TICK__HOST, folder, &s, &through) == TICK_DISK_THERE && !through)
        return s.st_mode & S_IWUSR ? 0 : -EACCES;
    return tick__raw(SYS_faccessat, AT_FDCWD, folder, W_OK) < 0 ? -EACCES : 0;
}

static int walk(long folder, const char *path, place *at) {
    const int error = tick__file_find(folder, path, false, at);
    return error == -ENOTDIR && at->ended ? 0 : error;
}

// Where a name is to be changed: 1: by the real call, on the path that was found. What the disk needs above it is there, otherwise. That a
// slash follows what is no folder is for the caller to say.
static int find_name(long folder, const char *path, place *at) {
    int error = walk(folder, path, at);
    if (error < 0)
        return error;
    if (at->what == TICK__FILE_PASSED)
        return 1;
    if (!strcmp(at->path, "/"))
        return -EBUSY;
    error = may_change(at);
    return error ? error : tick__file_folders(at->path);
}

static bool is_empty(const place *at) {
    struct tick__listing listing;
    if (tick__listing_read(at, &listing) < 0)
        return false;
    const bool empty = listing.count == 2;
    tick__listing_free(&listing);
    return empty;
}

// --- gone ---

static long unlink_at(long folder, const char *path) {
    place at;
    if (!tick__files_on() || !path)
        return tick__raw(SYS_unlinkat, folder, path, 0);
    const int error = find_name(folder, path, &at);
    if (error)
        return error < 0 ? error : tick__raw(SYS_unlinkat, AT_FDCWD, at.path, 0);
    if (at.what == TICK__FILE_NOTHING)
        return -ENOENT;
    if (is_folder(&at))
        return -EISDIR;
    if (at.slash)
        return -ENOTDIR;
    return at.what == TICK__FILE_REAL ? tick_kernel_disk_hide(tick__guest_kernel, TICK__HOST, at.path)
                                      : tick_kernel_disk_unlink(tick__guest_kernel, TICK__HOST, at.path, tick__file_under(at.path));
}

static bool ends_in_dots(const char *path, const char *dots) {
    size_t size = strlen(path);
    const size_t more = strlen(dots);
    while (size > 1 && path[size - 1] == '/')
        size--;
    return size >= more && !strncmp(path + size - more, dots, more) && (size == more || path[size - more - 1] == '/');
}

static long rmdir_at(long folder, const char *path) {
    place at;
    if (!tick__files_on() || !path)
        return tick__raw(SYS_unlinkat, folder, path, AT_REMOVEDIR);
    if (ends_in_dots(path, "..") || ends_in_dots(path, ".")) {
        const int error = tick__file_find(folder, path, false, &at);
        return error < 0 ? error : ends_in_dots(path, "..") ? -ENOTEMPTY : -EINVAL;
    }
    const int error = find_name(folder, path, &at);
    if (error)
        return error < 0 ? error : tick__raw(SYS_unlinkat, AT_FDCWD, at.path, AT_REMOVEDIR);
    if (at.what == TICK__FILE_NOTHING)
        return -ENOENT;
    if (!is_folder(&at))
        return -ENOTDIR;
    if (!is_empty(&at))
        return -ENOTEMPTY;
    return at.what == TICK__FILE_REAL && !at.covered
               ? tick_kernel_disk_hide(tick__guest_kernel, TICK__HOST, at.path)
               : tick_kernel_disk_rmdir(tick__guest_kernel, TICK__HOST, at.path, tick__file_under(at.path));
}

long tick__call_unlinkat(const long *a) {
    if (a[2] & ~(long)AT_REMOVEDIR)
        return -EINVAL;
    return a[2] & AT_REMOVEDIR ? rmdir_at(a[0], (const char *)a[1]) : unlink_at(a[0], (const char *)a[1]);
}

long tick__call_unlink(const long *a) {
    return unlink_at(AT_FDCWD, (const char *)a[0]);
}

long tick__call_rmdir(const long *a) {
    return rmdir_at(AT_FDCWD, (const char *)a[0]);
}

// --- made ---

long tick__call_mkdirat(const long *a) {
    place at;
    if (!tick__files_on() || !a[1])
        return tick__raw(SYS_mkdirat, a[0], a[1], a[2]);
    int error = tick__file_find(a[0], (const char *)a[1], false, &at);
    if (at.ended && at.what != TICK__FILE_NOTHING && at.what != TICK__FILE_PASSED)
        return -EEXIST;
    if (!error)
        error = find_name(a[0], (const char *)a[1], &at);
    if (error)
        return error < 0 ? error : tick__raw(SYS_mkdirat, AT_FDCWD, at.path, a[2]);
    return tick_k_mkdir(TICK__K, at.path, (unsigned)a[2] & ~tick__file_umask() & 01777);
}

long tick__call_mkdir(const long *a) {
    return tick__call_mkdirat((const long[]){AT_FDCWD, a[0], a[1]});
}

long tick__call_mknodat(const long *a) {
    const mode_t mode = (mode_t)a[2];
    place at;
    if (!tick__files_on() || !a[1])
        return tick__raw(SYS_mknodat, a[0], a[1], a[2], a[3]);
    const int error = find_name(a[0], (const char *)a[1], &at);
    if (error)
        return error < 0 ? error : tick__raw(SYS_mknodat, AT_FDCWD, at.path, a[2], a[3]);
    if (at.what != TICK__FILE_NOTHING)
        return -EEXIST;
    if (at.slash)
        return -ENOENT;
    if (S_ISFIFO(mode))
        tick__guest_unsupported("mkfifo", "pipes with names are not simulated");
    if ((mode & S_IFMT) && !S_ISREG(mode))
        return -EPERM;
    const int fd = tick__file_open(at.path, O_WRONLY | O_CREAT | O_EXCL, mode & 07777 & ~tick__file_umask());
    return fd < 0 ? fd : tick_k_close(TICK__K, fd);
}

long tick__call_mknod(const long *a) {
    return tick__call_mknodat((const long[]){AT_FDCWD, a[0], a[1], a[2]});
}

long tick__call_symlinkat(const long *a) {
    place at;
    if (!tick__files_on() || !a[0] || !a[2])
        return tick__raw(SYS_symlinkat, a[0], a[1], a[2]);
    const int error = find_name(a[1], (const char *)a[2], &at);
    if (error)
        return error < 0 ? error : tick__raw(SYS_symlinkat, a[0], AT_FDCWD, at.path);
    if (at.what != TICK__FILE_NOTHING)
        return -EEXIST;
    return at.slash ? -ENOENT : tick_k_symlink(TICK__K, (const char *)a[0], at.path);
}

long tick__call_symlink(const long *a) {
    return tick__call_symlinkat((const long[]){a[0], AT_FDCWD, a[1]});
}

long tick__call_linkat(const long *a) {
    place from, to;
    if (!tick__files_on() || !a[1] || !a[3])
        return tick__raw(SYS_linkat, a[0], a[1], a[2], a[3], a[4]);
    int error = tick__file_find(a[0], (const char *)a[1], a[4] & AT_SYMLINK_FOLLOW, &from);
    if (error < 0)
        return error;
    error = find_name(a[2], (const char *)a[3], &to);
    if (error < 0)
        return error;
    if (from.what == TICK__FILE_PASSED || error)
        return from.what == TICK__FILE_PASSED && error ? tick__raw(SYS_linkat, AT_FDCWD, from.path, AT_FDCWD, to.path, 0) : -EXDEV;
    if (from.what == TICK__FILE_NOTHING)
        return -ENOENT;
    if (to.what != TICK__FILE_NOTHING)
        return -EEXIST;
    if (to.slash)
        return -ENOENT;
    if (is_folder(&from))
        return -EPERM;
    if (from.what == TICK__FILE_REAL)
        error = tick__file_copy("link", &from, TICK__COPY_BYTES);
    return error < 0 ? error : tick_k_link(TICK__K, from.path, to.path);
}

long tick__call_link(const long *a) {
    return tick__call_linkat((const long[]){AT_FDCWD, a[0], AT_FDCWD, a[1], 0});
}

// --- moved ---

// What is to be replaced, and is the machine's, comes to the disk as a name alone.
static int bring_target(const place *from, place *to) {
    if (to->what == TICK__FILE_NOTHING)
        return 0;
    if (is_folder(to) != is_folder(from))
        return is_folder(to) ? -EISDIR : -ENOTDIR;
    if (is_folder(to) && !is_empty(to))
        return -ENOTEMPTY;
    return to->what == TICK__FILE_REAL && !to->covered ? tick__file_copy("rename", to, TICK__COPY_NAME) : 0;
}

static bool names_a_place(const char *path) {
    return ends_in_dots(path, "..") || ends_in_dots(path, ".") || !path[strspn(path, "/")];
}

long tick__call_renameat2(const long *a) {
    place from, to;
    if (!tick__files_on() || !a[1] || !a[3])
        return tick__raw(SYS_renameat2, a[0], a[1], a[2], a[3], a[4]);
    if (names_a_place((const char *)a[1]) || names_a_place((const char *)a[3])) {
        const int walked = walk(a[0], (const char *)a[1], &from);
        const int other = walked < 0 ? walked : walk(a[2], (const char *)a[3], &to);
        return other < 0 ? other : -EBUSY;
    }
    const int first = find_name(a[0], (const char *)a[1], &from);
    if (first < 0)
        return first;
    const int second = find_name(a[2], (const char *)a[3], &to);
    if (second < 0)
        return second;
    if (first || second)
        return first && second ? tick__raw(SYS_renameat2, AT_FDCWD, from.path, AT_FDCWD, to.path, a[4]) : -EXDEV;
    if (a[4] & ~(long)RENAME_NOREPLACE)
        return -EINVAL;
    if (from.what == TICK__FILE_NOTHING)
        return -ENOENT;
    if (a[4] && to.what != TICK__FILE_NOTHING)
        return -EEXIST;
    if (!is_folder(&from) && (from.slash || to.slash))
        return -ENOTDIR;
    if (!strcmp(from.path, to.path))
        return 0;
    const size_t size = strlen(from.path);
    if (is_folder(&from) && !strncmp(to.path, from.path, size) && to.path[size] == '/')
        return -EINVAL;
    int error = bring_target(&from, &to);
    if (!error)
        error = tick__file_copy_all("rename", &from);
    return error < 0 ? error : tick_kernel_disk_rename(tick__guest_kernel, TICK__HOST, from.path, to.path, tick__file_under(from.path));
}

long tick__call_renameat(const long *a) {
    return tick__call_renameat2((const long[]){a[0], a[1], a[2], a[3], 0});
}

long tick__call_rename(const long *a) {
    return tick__call_renameat2((const long[]){AT_FDCWD, a[0], AT_FDCWD, a[1], 0});
}

// --- rights, owners, times, sizes ---

// The place, on the disk; 1: by the real call.
static int find_own(const char *call, long folder, const char *path, bool follows, place *at) {
    struct stat s;
    const int error = tick__file_find(folder, path, follows, at);
    if (error < 0)
        return error;
    if (at->what == TICK__FILE_NOTHING)
        return -ENOENT;
    if (at->what == TICK__FILE_PASSED)
        return 1;
    if (at->what == TICK__FILE_SIMULATED || at->covered)
        return 0;
    if (tick__raw(SYS_lstat, at->path, &s) == 0 && s.st_uid != tick__raw(SYS_geteuid) && tick__raw(SYS_geteuid) != 0)
        return -EPERM;
    return tick__file_copy(call, at, TICK__COPY_BYTES);
}

long tick__call_fchmodat(const long *a) {
    place at;
    if (!tick__files_on() || !a[1])
        return tick__raw(SYS_fchmodat, a[0], a[1], a[2]);
    const int error = find_own("chmod", a[0], (const char *)a[1], true, &at);
    if (error)
        return error < 0 ? error : tick__raw(SYS_fchmodat, AT_FDCWD, at.path, a[2]);
    return tick_k_chmod(TICK__K, at.path, (unsigned)a[2]);
}

long tick__call_chmod(const long *a) {
    return tick__call_fchmodat((const long[]){AT_FDCWD, a[0], a[1]});
}

// To whom it belongs already, or to nobody else: all else is denied to who is not root.
static long owned(long user, long group) {
    return ((int)user == -1 || (int)user == OURS) && ((int)group == -1 || (int)group == OURS) ? 0 : -EPERM;
}

long tick__call_fchownat(const long *a) {
    place at;
    if (!tick__files_on() || !a[1] || (a[4] & AT_EMPTY_PATH && !*(const char *)a[1]))
        return tick__guest_fd_is(a[0]) ? owned(a[2], a[3]) : tick__raw(SYS_fchownat, a[0], a[1], a[2], a[3], a[4]);
    const int error = find_own("chown", a[0], (const char *)a[1], !(a[4] & AT_SYMLINK_NOFOLLOW), &at);
    if (error)
        return error < 0 ? error : tick__raw(SYS_fchownat, AT_FDCWD, at.path, a[2], a[3], a[4]);
    return owned(a[2], a[3]);
}

long tick__call_chown(const long *a) {
    return tick__call_fchownat((const long[]){AT_FDCWD, a[0], a[1], a[2], 0});
}

long tick__call_lchown(const long *a) {
    return tick__call_fchownat((const long[]){AT_FDCWD, a[0], a[1], a[2], AT_SYMLINK_NOFOLLOW});
}

// The time of the last change that is asked for; false: it stays as it is.
static bool time_of(const struct timespec *times, int64_t *wall) {
    *wall = tick_kernel_wall(tick__guest_kernel, TICK__HOST);
    if (!times || times[1].tv_nsec == UTIME_NOW)
        return true;
    if (times[1].tv_nsec == UTIME_OMIT)
        return false;
    *wall = tick__guest_ns(&times[1]);
    return true;
}

long tick__call_utimensat(const long *a) {
    place at;
    int64_t wall;
    const bool sets = time_of((const struct timespec *)a[2], &wall);
    if (tick__guest_fd_is(a[0]) && !a[1])
        return sets ? tick_k_ftouch(TICK__K, (int)a[0], wall) : 0;
    if (tick__files_on() && !a[1] && tick__file_adopt((int)a[0]) == 0)
        return tick__call_utimensat(a);
    if (!tick__files_on() || !a[1])
        return tick__raw(SYS_utimensat, a[0], a[1], a[2], a[3]);
    const int error = find_own("utime", a[0], (const char *)a[1], !(a[3] & AT_SYMLINK_NOFOLLOW), &at);
    if (error)
        return error < 0 ? error : tick__raw(SYS_utimensat, AT_FDCWD, at.path, a[2], a[3]);
    return sets ? tick_k_touch(TICK__K, at.path, wall) : 0;
}

static long by_parts(long folder, long path, const struct timeval *times) {
    if (!times)
        return tick__call_utimensat((const long[]){folder, path, 0, 0});
    const struct timespec both[2] = {{times[0].tv_sec, times[0].tv_usec * 1000}, {times[1].tv_sec, times[1].tv_usec * 1000}};
    return tick__call_utimensat((const long[]){folder, path, (long)both, 0});
}

long tick__call_futimesat(const long *a) {
    return by_parts(a[0], a[1], (const struct timeval *)a[2]);
}

long tick__call_utimes(const long *a) {
    return by_parts(AT_FDCWD, a[0], (const struct timeval *)a[1]);
}

long tick__call_utime(const long *a) {
    const time_t *times = (const time_t *)a[1]; // struct utimbuf
    const struct timeval both[2] = {{times ? times[0] : 0, 0}, {times ? times[1] : 0, 0}};
    return by_parts(AT_FDCWD, a[0], times ? both : NULL);
}

long tick__call_truncate(const long *a) {
    place at;
    struct stat s;
    if (!tick__files_on() || !a[0])
        return tick__raw(SYS_truncate, a[0], a[1]);
    int error = tick__file_find(AT_FDCWD, (const char *)a[0], true, &at);
    if (error < 0)
        return error;
    if (at.what == TICK__FILE_NOTHING)
        return -ENOENT;
    if (at.what == TICK__FILE_PASSED)
        return tick__raw(SYS_truncate, at.path, a[1]);
    if (is_folder(&at))
        return -EISDIR;
    if (a[1] < 0)
        return -EINVAL;
    if (at.what == TICK__FILE_REAL) {
        if (tick__raw(SYS_faccessat, AT_FDCWD, at.path, W_OK) < 0 || tick__raw(SYS_stat, at.path, &s) < 0)
            return -EACCES;
        error = tick__file_copy("truncate", &at, TICK__COPY_BYTES);
    }
    const int fd = error < 0 ? error : tick__file_open(at.path, O_WRONLY, 0);
    if (fd < 0)
        return fd;
    error = tick_k_ftruncate(TICK__K, fd, a[1]);
    tick_k_close(TICK__K, fd);
    return error;
}
