// Handlers: open files. What changes a file of the machine's by an fd that was opened to read takes the file to the world's disk first.
#include "sim/guest/files_int.h"
#include <dirent.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/file.h>

#define OURS 1000 // whose files are on the disk: the program's

// Whether the fd is of a file on the disk, or is from now on.
static bool is_own(long fd) {
    return tick__guest_fd_is(fd) || (tick__files_on() && tick__file_adopt((int)fd) == 0);
}

long tick__call_fchmod(const long *a) {
    return is_own(a[0]) ? tick_k_fchmod(TICK__K, (int)a[0], (unsigned)a[1]) : tick__raw(SYS_fchmod, a[0], a[1]);
}

long tick__call_fchown(const long *a) {
    if (!is_own(a[0]))
        return tick__raw(SYS_fchown, a[0], a[1], a[2]);
    return ((int)a[1] == -1 || (int)a[1] == OURS) && ((int)a[2] == -1 || (int)a[2] == OURS) ? 0 : -EPERM;
}

// Room is there as long as the disk has some; what is punched or zeroed becomes zeros.
static long zeros(int fd, off_t from, off_t count) {
    static const char none[4096];
    struct stat s;
    if (tick_k_fstat(TICK__K, fd, &s) < 0)
        return -EBADF;
    for (off_t at = from, end = from + count < s.st_size ? from + count : s.st_size; at < end;) {
        const ssize_t put = tick_k_pwrite(TICK__K, fd, none, (size_t)(end - at < 4096 ? end - at : 4096), at);
        if (put <= 0)
            return put;
        at += put;
    }
    return 0;
}

long tick__call_fallocate(const long *a) {
    struct stat s;
    const int fd = (int)a[0], mode = (int)a[1];
    if (!tick__guest_fd_is(fd))
        return tick__raw(SYS_fallocate, a[0], a[1], a[2], a[3]);
    if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
        return -EOPNOTSUPP;
    if (a[2] < 0 || a[3] <= 0)
        return -EINVAL;
    int error = tick_k_fstat(TICK__K, fd, &s);
    if (error < 0)
        return error;
    if (!S_ISREG(s.st_mode))
        return S_ISDIR(s.st_mode) ? -EISDIR : S_ISFIFO(s.st_mode) ? -ESPIPE : -ENODEV;
    if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
        error = (int)zeros(fd, a[2], a[3]);
    if (!error && !(mode & FALLOC_FL_KEEP_SIZE) && a[2] + a[3] > s.st_size)
        error = tick_k_ftruncate(TICK__K, fd, a[2] + a[3]);
    tick__file_maps_push(fd);
    return error == -EINVAL ? -EBADF : error; // it is not open for writing
}

// Locks of files that others may read stay within the world.
long tick__call_flock(const long *a) {
    return is_own(a[0]) ? tick__file_flock((int)a[0], (int)a[1]) : tick__raw(SYS_flock, a[0], a[1]);
}

struct linux_dirent { // getdents64
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

// Of a folder of the disk, and of one that it covers: its offset counts names.
long tick__call_getdents64(const long *a) {
    struct tick__file_place place;
    struct tick__listing listing;
    char path[TICK__PATH_SIZE];
    if (!tick__guest_fd_is(a[0]) && (!tick__files_on() || !tick__files_changed()))
        return tick__raw(SYS_getdents64, a[0], a[1], a[2]);
    int error = tick__file_folder_of(a[0], path);
    if (!error)
        error = tick__file_find(AT_FDCWD, path, false, &place);
    if (error < 0 || place.what == TICK__FILE_PASSED)
        return tick__guest_fd_is(a[0]) ? error : tick__raw(SYS_getdents64, a[0], a[1], a[2]);
    error = tick__listing_read(&place, &listing);
    if (error < 0)
        return error;
    const bool own = tick__guest_fd_is(a[0]);
    off_t at = own ? tick_k_lseek(TICK__K, (int)a[0], 0, SEEK_CUR) : tick__raw(SYS_lseek, a[0], 0, SEEK_CUR);
    long used = 0;
    for (; at >= 0 && at < (off_t)listing.count; at++) {
        const size_t name = strlen(listing.all[at].name), size = (sizeof(struct linux_dirent) + name + 1 + 7) & ~(size_t)7;
        struct linux_dirent *out = (void *)(a[1] + used);
        if (used + (long)size > a[2])
            break;
        *out = (struct linux_dirent){listing.all[at].inode, at + 1, (unsigned short)size, listing.all[at].type};
        memcpy(out->name, listing.all[at].name, name + 1);
        used += (long)size;
    }
    const bool full = at < (off_t)listing.count && !used;
    (void)(own ? tick_k_lseek(TICK__K, (int)a[0], at, SEEK_SET) : tick__raw(SYS_lseek, a[0], at, SEEK_SET));
    tick__listing_free(&listing);
    return full ? -EINVAL : used;
}

// In memory, but of no other world: its bytes go back with a run's, as files do.
long tick__call_memfd_create(const long *a) {
    if (!tick__files_on())
        return tick__raw(SYS_memfd_create, a[0], a[1]);
    return tick__file_settle(tick__file_anonymous(O_RDWR), a[1] & 1 /* MFD_CLOEXEC */);
}

// Between files, one of which is on the disk. Linux may say for any two that it cannot, and programs go on by reading and writing.
long tick__call_copy_file_range(const long *a) {
    if (tick__guest_fd_is(a[0]) || tick__guest_fd_is(a[2]))
        return -EXDEV;
    return tick__raw6(SYS_copy_file_range, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// --- nothing to be done, on a disk that is memory ---

long tick__call_readahead(const long *a) {
    (void)a;
    return 0;
}

long tick__call_fadvise64(const long *a) {
    (void)a;
    return 0;
}

long tick__call_sync_file_range(const long *a) {
    (void)a;
    return 0;
}

long tick__call_sync(const long *a) {
    (void)a;
    if (!tick__files_on())
        return tick__raw(SYS_sync);
    tick_kernel_disk_sync(tick__guest_kernel, TICK__HOST);
    return 0;
}

long tick__call_syncfs(const long *a) {
    return tick__call_sync(a);
}

// --- what is kept beside files: the world's disk has no room for it, as some of Linux's have none ---

#define NO_ROOM(name) \
    long tick__call_##name(const long *a) { \
        return tick__files_on() ? -EOPNOTSUPP : tick__raw6(SYS_##name, a[0], a[1], a[2], a[3], a[4], 0); \
    }
NO_ROOM(setxattr)
NO_ROOM(lsetxattr)
NO_ROOM(fsetxattr)
NO_ROOM(getxattr)
NO_ROOM(lgetxattr)
NO_ROOM(fgetxattr)
NO_ROOM(listxattr)
NO_ROOM(llistxattr)
NO_ROOM(flistxattr)
NO_ROOM(removexattr)
NO_ROOM(lremovexattr)
NO_ROOM(fremovexattr)
