// What is about to change comes to the world's disk, with its bytes, as it is at this moment. Fds that the program has of it come along.
#include "sim/guest/files_int.h"
#include "sim/guest/process_state_int.h"
#include "src/base/line.h"
#include <string.h>

#define FILE_MOST ((off_t)256 << 20) // bytes that are copied of one file
#define PIECE 65536
#define AWAY 40000 // kernel's fds that no program has are here

static int real_stat(const char *path, struct stat *s) {
    return (int)tick__raw(SYS_lstat, path, s);
}

int tick__file_folders(const char *path) {
    char above[TICK__PATH_SIZE];
    struct stat s;
    bool through;
    int error = 0;
    for (const char *slash = strchr(path + 1, '/'); slash && !error; slash = strchr(slash + 1, '/')) {
        const size_t size = (size_t)(slash - path);
        memcpy(above, path, size);
        above[size] = 0;
        if (tick_kernel_disk_look(tick__guest_kernel, TICK__HOST, above, &s, &through) == TICK_DISK_UNKNOWN) {
            error = through ? real_stat(above, &s) : -ENOENT;
            if (!error)
                error = S_ISDIR(s.st_mode) ? tick_kernel_disk_cover(tick__guest_kernel, TICK__HOST, above, s.st_mode, tick__file_wall())
                                           : -ENOTDIR;
        }
    }
    tick__files_change();
    return error;
}

// --- bytes ---

static int fill(uint32_t file, int fd, off_t size) {
    char *bytes = tick__outside_alloc(PIECE);
    long got = bytes ? 1 : -ENOMEM;
    int error = 0;
    for (off_t at = 0; !error && got > 0 && at < size; at += got) {
        got = tick__raw(SYS_pread64, fd, bytes, PIECE, at);
        if (got > 0)
            error = tick_kernel_disk_fill(tick__guest_kernel, file, bytes, (size_t)got, (uint64_t)at);
    }
    tick__outside_free(bytes);
    return error ? error : got < 0 ? (int)got : 0;
}

static void refuse_size(const char *call, const char *path, off_t size) {
    char text[TICK_GUEST_TEXT];
    struct tick__line line = {text, sizeof text, 0};
    if (size <= FILE_MOST)
        return;
    tick__line_put(&line, path);
    tick__line_put(&line, " has more than 256 MiB, which is what the world's disk takes of a file. Let it be written where it is: --pass ");
    tick__line_put(&line, path);
    tick__guest_unsupported(call, text);
}

// What a program may not write it may not write on the world's disk, either.
static int copy_file(const char *call, const char *path, const struct stat *s, bool bytes) {
    uint32_t file;
    const long fd = tick__raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && bytes)
        return (int)fd;
    if (bytes)
        refuse_size(call, path, s->st_size);
    int error = tick_kernel_disk_copy(tick__guest_kernel, TICK__HOST, path, S_IFREG | (s->st_mode & 07777), tick__file_wall(), &file);
    if (!error && bytes && s->st_size) {
        error = fill(file, (int)fd, s->st_size);
        if (error < 0)
            tick_kernel_disk_forget(tick__guest_kernel, TICK__HOST, path);
    }
    if (fd >= 0)
        tick__raw(SYS_close, fd);
    return error;
}

static int copy_link(const char *path) {
    char target[TICK__PATH_SIZE];
    uint32_t file;
    const long size = tick__raw(SYS_readlink, path, target, sizeof target);
    if (size < 0)
        return (int)size;
    const int error = tick_kernel_disk_copy(tick__guest_kernel, TICK__HOST, path, S_IFLNK | 0777, tick__file_wall(), &file);
    return error ? error : tick_kernel_disk_fill(tick__guest_kernel, file, target, (size_t)size, 0);
}

// --- fds ---

struct fds_of {
    const struct stat *s; // of this file; NULL: of any that is written
    int fds[TICK__FDS_MOST];
    uint32_t count;
};

static bool concerns(const struct fds_of *of, int fd) {
    struct stat s;
    if (tick__guest_number(fd) != TICK__REAL || tick__guest_ours(fd) || tick__raw(SYS_fstat, fd, &s) < 0 || !S_ISREG(s.st_mode))
        return false;
    const long flags = tick__raw(SYS_fcntl, fd, F_GETFL);
    if (flags < 0 || flags & O_PATH)
        return false;
    return of->s ? s.st_dev == of->s->st_dev && s.st_ino == of->s->st_ino : (flags & O_ACCMODE) != O_RDONLY;
}

struct linux_dirent { // getdents64
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static void list_fds(struct fds_of *of) {
    char entries[4096];
    const long folder = tick__raw(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long got;
    of->count = 0;
    while (folder >= 0 && (got = tick__raw(SYS_getdents64, folder, entries, sizeof entries)) > 0)
        for (long at = 0; at < got;) {
            const struct linux_dirent *entry = (const void *)(entries + at);
            int fd = 0;
            for (const char *c = entry->name; *c >= '0' && *c <= '9'; c++)
                fd = fd * 10 + (*c - '0');
            if (entry->name[0] != '.' && fd != folder && of->count < TICK__FDS_MOST && concerns(of, fd))
                of->fds[of->count++] = fd;
            at += entry->length;
        }
    if (folder >= 0)
        tick__raw(SYS_close, folder);
}

// The real fd is the simulated file's from now on, at the place and with the flags that it had.
static int replace(int fd, int simulated) {
    if (simulated < 0)
        return simulated;
    const long offset = tick__raw(SYS_lseek, fd, 0, SEEK_CUR), flags = tick__raw(SYS_fcntl, fd, F_GETFD);
    tick_k_fcntl(TICK__K, simulated, F_SETFL, (int)tick__raw(SYS_fcntl, fd, F_GETFL));
    if (offset > 0)
        (void)tick_k_lseek(TICK__K, simulated, offset, SEEK_SET);
    tick__guest_settle_over(simulated, fd, flags & FD_CLOEXEC);
    return 0;
}

#define KEPT (O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC)

static int open_as(const char *path, int fd) {
    return tick__file_open(path, (int)tick__raw(SYS_fcntl, fd, F_GETFL) & KEPT, 0);
}

static void bring_fds(const char *path, const struct stat *s) {
    struct fds_of *of = tick__outside_alloc(sizeof *of);
    if (!of)
        return;
    of->s = s;
    list_fds(of);
    for (uint32_t i = 0; i < of->count; i++)
        (void)replace(of->fds[i], open_as(path, of->fds[i]));
    tick__outside_free(of);
}

static void found(struct tick__file_place *place) {
    bool through;
    place->what = TICK__FILE_SIMULATED;
    (void)tick_kernel_disk_look(tick__guest_kernel, TICK__HOST, place->path, &place->stat, &through);
}

int tick__file_copy(const char *call, struct tick__file_place *place, enum tick__file_copied how) {
    struct stat s;
    int error = real_stat(place->path, &s);
    if (!error)
        error = tick__file_folders(place->path);
    if (error < 0)
        return error;
    if (S_ISDIR(s.st_mode)) {
        error = place->covered ? 0 : tick_kernel_disk_cover(tick__guest_kernel, TICK__HOST, place->path, s.st_mode, tick__file_wall());
        place->covered = true;
        return error;
    }
    error = S_ISREG(s.st_mode)   ? copy_file(call, place->path, &s, how == TICK__COPY_BYTES)
            : S_ISLNK(s.st_mode) ? copy_link(place->path)
                                 : -EXDEV;
    if (error < 0)
        return error;
    found(place);
    if (S_ISREG(s.st_mode) && how != TICK__COPY_NAME)
        bring_fds(place->path, &s);
    return 0;
}

int tick__file_copy_all(const char *call, struct tick__file_place *place) {
    struct tick__listing listing;
    if (place->what == TICK__FILE_REAL) {
        const int error = tick__file_copy(call, place, TICK__COPY_BYTES);
        if (error < 0 || place->what == TICK__FILE_SIMULATED)
            return error;
    }
    if (place->what == TICK__FILE_SIMULATED && !S_ISDIR(place->stat.st_mode))
        return 0;
    int error = tick__listing_read(place, &listing);
    struct tick__file_place *inner = error ? NULL : tick__outside_alloc(sizeof *inner);
    if (!error && !inner)
        error = -ENOMEM;
    const size_t size = strlen(place->path);
    for (uint32_t i = 2; i < listing.count && !error; i++) {
        char path[TICK__PATH_SIZE];
        const size_t more = strlen(listing.all[i].name);
        if (size + more + 2 > sizeof path)
            error = -ENAMETOOLONG;
        if (error)
            break;
        memcpy(path, place->path, size);
        path[size] = '/';
        memcpy(path + size + 1, listing.all[i].name, more + 1);
        error = tick__file_find(AT_FDCWD, path, false, inner);
        if (!error)
            error = tick__file_copy_all(call, inner);
    }
    tick__outside_free(inner);
    tick__listing_free(&listing);
    if (!error && place->what == TICK__FILE_REAL) {
        error = tick_kernel_disk_opaque(tick__guest_kernel, TICK__HOST, place->path);
        place->covered = false;
        found(place);
    }
    return error;
}

// --- files without a name, and those of real fds ---

int tick__file_anonymous(int flags) {
    static uint32_t count; // its number never shows
    char path[] = "/tmp/.retick-00000000";
    count++;
    for (uint32_t rest = count, at = sizeof path - 2; rest; rest /= 10, at--)
        path[at] = (char)('0' + rest % 10);
    const int fd = tick__file_open(path, (flags & KEPT) | O_CREAT | O_EXCL, 0600);
    if (fd >= 0)
        (void)tick_kernel_disk_unlink(tick__guest_kernel, TICK__HOST, path, false);
    return fd;
}

static int without_name(int fd, const struct stat *s) {
    const int file = tick__file_anonymous(O_RDWR);
    char *bytes = tick__outside_alloc(PIECE);
    long got = bytes && file >= 0 ? 1 : -ENOMEM;
    for (off_t at = 0; got > 0 && at < s->st_size; at += got) {
        got = tick__raw(SYS_pread64, fd, bytes, PIECE, at);
        if (got > 0)
            got = tick_k_pwrite(TICK__K, file, bytes, (size_t)got, at);
    }
    tick__outside_free(bytes);
    if (got < 0 && file >= 0)
        tick_k_close(TICK__K, file);
    return got < 0 ? (int)got : file;
}

// A file whose name is gone, or another's by now, has the bytes alone.
int tick__file_adopt(int fd) {
    struct stat s, named;
    struct tick__file_place *place = tick__outside_alloc(sizeof *place);
    char *path = tick__outside_alloc(TICK__PATH_SIZE);
    int error = place && path ? (int)tick__raw(SYS_fstat, fd, &s) : -ENOMEM;
    if (!error && (tick__guest_number(fd) != TICK__REAL || !S_ISREG(s.st_mode)))
        error = -EINVAL;
    if (!error)
        error = tick__file_folder_of(fd, path);
    if (!error && tick__file_passes(path))
        error = -EINVAL;
    if (!error) {
        const bool there = tick__file_find(AT_FDCWD, path, false, place) == 0 && place->what == TICK__FILE_REAL &&
                           real_stat(place->path, &named) == 0 && named.st_dev == s.st_dev && named.st_ino == s.st_ino;
        refuse_size("open", path, s.st_size);
        error = there ? tick__file_copy("open", place, TICK__COPY_BYTES) : replace(fd, without_name(fd, &s));
        tick__files_change();
    }
    tick__outside_free(path);
    tick__outside_free(place);
    return error;
}

// Of those that were opened for writing before the world began, what is written from now on goes to the disk.
void tick__files_adopt_writers(void) {
    struct fds_of *of = tick__outside_alloc(sizeof *of);
    if (!of)
        return;
    of->s = NULL;
    list_fds(of);
    for (uint32_t i = 0; i < of->count; i++)
        if (tick__guest_number(of->fds[i]) == TICK__REAL) // it may have come along with another one
            (void)tick__file_adopt(of->fds[i]);
    tick__outside_free(of);
}

unsigned tick__file_umask(void) {
    const long mask = tick__raw(SYS_umask, 0);
    tick__raw(SYS_umask, mask);
    return (unsigned)mask;
}

// The name of an fd counts its maker's files, whether they are simulated or not.
int tick__file_open(const char *path, int flags, unsigned mode) {
    const struct tick_kernel_name name = tick__guest_name(TICK_OBJECT_FD);
    return tick_k_open(TICK__K, path, flags & ~(O_CLOEXEC | O_NOFOLLOW | O_PATH | O_NOCTTY | O_NOATIME | O_DIRECT | O_ASYNC), mode, &name);
}

long tick__file_settle(int fd, bool cloexec) {
    return tick__guest_settle(fd, cloexec);
}
