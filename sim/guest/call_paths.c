// Handlers: files by their paths. Where the world's disk has nothing of its own, they are the machine's, and the call is the real one; what
// would change one copies it first.
#include "sim/guest/files_int.h"
#include <errno.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#define OURS 1000 // whose files are on the disk: the program's
#define DEVICE 9  // of what is simulated

typedef struct tick__file_place place;

static const char *text(long address) {
    return (const char *)address;
}

// Whether a call that only looks is the real one as it is: nothing has been written yet.
static bool untouched(void) {
    return !tick__files_on() || !tick__files_changed();
}

static bool is_random(const char *path) {
    return path && (!strcmp(path, "/dev/urandom") || !strcmp(path, "/dev/random"));
}

static bool exists(const place *at) {
    return at->what != TICK__FILE_NOTHING;
}

static bool is_ours(const place *at) {
    return at->what == TICK__FILE_SIMULATED;
}

static bool is_real(const place *at) {
    return at->what == TICK__FILE_REAL;
}

// --- opened ---

static bool writes(int flags) {
    return (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC) || (flags & O_TMPFILE) == O_TMPFILE;
}

// What is read where it is, is told as what is opened on the disk is.
static long open_real(long folder, const char *path, int flags, unsigned mode) {
    const long fd = tick__raw(SYS_openat, folder, path, flags, mode);
    if (fd < 0)
        return fd;
    if (is_random(path))
        return tick__guest_number_random((int)fd);
    struct stat s;
    if (!tick__files_on() || tick__raw(SYS_fstat, fd, &s) < 0 || !S_ISREG(s.st_mode))
        return fd;
    const struct tick_kernel_name name = tick__guest_name(TICK_OBJECT_FD);
    const struct tick_probe *probe = tick__guest_probe;
    if (probe) {
        const struct tick_object object = {.type = TICK_OBJECT_FD,
            .id = name.id,
            .parent = name.maker_object,
            .key = path,
            .host = tick__host(tick__guest_kernel, TICK__HOST)->object,
            .kth = name.kth};
        (void)probe->ops->object(tick__guest_probe, &object);
    }
    return fd;
}

// By the file's own rights, which are the program's.
static int may_open(const place *at, int flags) {
    const int how = flags & O_ACCMODE;
    const bool reads = how == O_RDONLY || how == O_RDWR, alters = how != O_RDONLY || flags & O_TRUNC;
    return (reads && !(at->stat.st_mode & S_IRUSR)) || (alters && !(at->stat.st_mode & S_IWUSR)) ? -EACCES : 0;
}

static int open_to_write(place *at, int flags) {
    struct stat s;
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return -EEXIST;
    const long error = tick__raw(SYS_stat, at->path, &s);
    if (error < 0)
        return (int)error;
    if (S_ISDIR(s.st_mode) && writes(flags))
        return -EISDIR;
    if (!S_ISREG(s.st_mode) || ((flags & O_ACCMODE) == O_RDONLY && !(flags & O_TRUNC)))
        return 1;
    if (tick__raw(SYS_faccessat, AT_FDCWD, at->path, W_OK) < 0)
        return -EACCES;
    return tick__file_copy("open", at, flags & O_TRUNC ? TICK__COPY_EMPTY : TICK__COPY_BYTES);
}

static int make_new(const place *at, int flags, unsigned mode) {
    char folder[TICK__PATH_SIZE];
    const size_t size = strlen(at->path) - strlen(strrchr(at->path, '/'));
    memcpy(folder, at->path, size);
    folder[size] = 0;
    int error = tick__file_folders(at->path);
    if (!error && tick__file_under(folder) && tick__raw(SYS_faccessat, AT_FDCWD, size ? folder : "/", W_OK) < 0)
        error = -EACCES;
    return error ? error : tick__file_open(at->path, flags, mode & ~tick__file_umask());
}

long tick__call_openat(const long *a) {
    const int flags = (int)a[2];
    const unsigned mode = (unsigned)a[3];
    place at;
    if (!tick__files_on() || !text(a[1]) || (!writes(flags) && !tick__files_changed()))
        return open_real(a[0], text(a[1]), flags, mode);
    if ((flags & O_CREAT) && (flags & O_DIRECTORY))
        return -EINVAL;
    if ((flags & O_TMPFILE) == O_TMPFILE && (flags & O_ACCMODE) == O_RDONLY)
        return -EINVAL;
    int error = tick__file_find(a[0], text(a[1]), !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL), &at);
    if ((flags & O_CREAT) && at.ended && text(a[1])[strlen(text(a[1])) - 1] == '/')
        return -EISDIR;
    if (error < 0)
        return error;
    if (at.what == TICK__FILE_PASSED)
        return open_real(AT_FDCWD, at.path, flags, mode);
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return exists(&at) ? tick__file_settle(tick__file_anonymous(flags), flags & O_CLOEXEC) : -ENOENT;
    if (is_real(&at)) {
        error = writes(flags) ? open_to_write(&at, flags) : 1;
        if (error == 1)
            return open_real(AT_FDCWD, at.path, flags, mode);
    } else if (!exists(&at) && (flags & O_CREAT)) {
        const int made = make_new(&at, flags, mode);
        return tick__file_settle(made, flags & O_CLOEXEC);
    }
    if (!error && is_ours(&at))
        error = (flags & O_CREAT) && (flags & O_EXCL) ? -EEXIST : S_ISLNK(at.stat.st_mode) ? -ELOOP : may_open(&at, flags);
    if (error < 0)
        return error;
    return tick__file_settle(tick__file_open(at.path, flags & O_PATH ? flags & ~(O_ACCMODE | O_TRUNC) : flags, 0), flags & O_CLOEXEC);
}

long tick__call_open(const long *a) {
    return tick__call_openat((const long[]){AT_FDCWD, a[0], a[1], a[2]});
}

long tick__call_creat(const long *a) {
    return tick__call_openat((const long[]){AT_FDCWD, a[0], O_WRONLY | O_CREAT | O_TRUNC, a[1]});
}

// --- looked at ---

static void describe(const place *at, struct stat *out) {
    *out = at->stat;
    out->st_dev = DEVICE;
    out->st_uid = out->st_gid = OURS;
}

long tick__call_newfstatat(const long *a) {
    struct stat *out = (struct stat *)a[2];
    place at;
    if (a[3] & AT_EMPTY_PATH && tick__guest_fd_is(a[0]) && !*text(a[1]))
        return tick__call_fstat((const long[]){a[0], a[2]});
    if (untouched() || !text(a[1]) || (a[3] & AT_EMPTY_PATH && !*text(a[1])))
        return tick__raw(SYS_newfstatat, a[0], a[1], a[2], a[3]);
    const int error = tick__file_find(a[0], text(a[1]), !(a[3] & AT_SYMLINK_NOFOLLOW), &at);
    if (error < 0)
        return error;
    if (!exists(&at))
        return -ENOENT;
    if (is_ours(&at)) {
        describe(&at, out);
        return 0;
    }
    const long result = tick__raw(SYS_newfstatat, AT_FDCWD, at.path, out, a[3] & ~AT_EMPTY_PATH);
    if (!result && at.covered)
        out->st_mode = at.stat.st_mode;
    return result;
}

long tick__call_stat(const long *a) {
    return tick__call_newfstatat((const long[]){AT_FDCWD, a[0], a[1], 0});
}

long tick__call_lstat(const long *a) {
    return tick__call_newfstatat((const long[]){AT_FDCWD, a[0], a[1], AT_SYMLINK_NOFOLLOW});
}

static void extend(const struct stat *s, struct statx *out) {
    memset(out, 0, sizeof *out);
    out->stx_mask = STATX_BASIC_STATS;
    out->stx_blksize = (uint32_t)s->st_blksize;
    out->stx_nlink = (uint32_t)s->st_nlink;
    out->stx_uid = s->st_uid;
    out->stx_gid = s->st_gid;
    out->stx_mode = (uint16_t)s->st_mode;
    out->stx_ino = s->st_ino;
    out->stx_size = (uint64_t)s->st_size;
    out->stx_blocks = (uint64_t)s->st_blocks;
    out->stx_mtime.tv_sec = s->st_mtim.tv_sec;
    out->stx_mtime.tv_nsec = (uint32_t)s->st_mtim.tv_nsec;
    out->stx_atime = out->stx_ctime = out->stx_mtime;
    out->stx_dev_minor = (uint32_t)s->st_dev;
}

long tick__call_statx(const long *a) {
    struct stat s;
    place at;
    const int flags = (int)a[2];
    if (flags & AT_EMPTY_PATH && tick__guest_fd_is(a[0]) && !*text(a[1])) {
        const long error = tick__call_fstat((const long[]){a[0], (long)&s});
        if (!error)
            extend(&s, (struct statx *)a[4]);
        return error;
    }
    if (untouched() || !text(a[1]) || (flags & AT_EMPTY_PATH && !*text(a[1])))
        return tick__raw(SYS_statx, a[0], a[1], a[2], a[3], a[4]);
    const int error = tick__file_find(a[0], text(a[1]), !(flags & AT_SYMLINK_NOFOLLOW), &at);
    if (error < 0 || !exists(&at))
        return error < 0 ? error : -ENOENT;
    if (!is_ours(&at))
        return tick__raw(SYS_statx, AT_FDCWD, at.path, flags, a[3], a[4]);
    describe(&at, &s);
    extend(&s, (struct statx *)a[4]);
    return 0;
}

static long access_as(long folder, const char *path, int how, bool follows) {
    place at;
    if (untouched() || !path)
        return tick__raw(SYS_faccessat, folder, path, how);
    const int error = tick__file_find(folder, path, follows, &at);
    if (error < 0 || !exists(&at))
        return error < 0 ? error : -ENOENT;
    if (!is_ours(&at))
        return tick__raw(SYS_faccessat, AT_FDCWD, at.path, how);
    return (unsigned)how & ~(at.stat.st_mode >> 6) & 7 ? -EACCES : 0;
}

long tick__call_access(const long *a) {
    return access_as(AT_FDCWD, text(a[0]), (int)a[1], true);
}

long tick__call_faccessat(const long *a) {
    return access_as(a[0], text(a[1]), (int)a[2], true);
}

long tick__call_faccessat2(const long *a) {
    return access_as(a[0], text(a[1]), (int)a[2], !(a[3] & AT_SYMLINK_NOFOLLOW));
}

long tick__call_readlinkat(const long *a) {
    place at;
    if (untouched() || !text(a[1]))
        return tick__raw(SYS_readlinkat, a[0], a[1], a[2], a[3]);
    const int error = tick__file_find(a[0], text(a[1]), false, &at);
    if (error < 0 || !exists(&at))
        return error < 0 ? error : -ENOENT;
    return is_ours(&at) ? tick_k_readlink(TICK__K, at.path, (char *)a[2], (size_t)a[3])
                        : tick__raw(SYS_readlinkat, AT_FDCWD, at.path, a[2], a[3]);
}

long tick__call_readlink(const long *a) {
    return tick__call_readlinkat((const long[]){AT_FDCWD, a[0], a[1], a[2]});
}

// Of the world's disk: what does not depend on the machine.
static long describe_disk(struct statfs *out) {
    memset(out, 0, sizeof *out);
    out->f_type = 0xef53;
    out->f_bsize = out->f_frsize = 4096;
    out->f_blocks = 1 << 20;
    out->f_bfree = out->f_bavail = 1 << 19;
    out->f_files = 1 << 18;
    out->f_ffree = 1 << 17;
    out->f_namelen = 255;
    return 0;
}

long tick__call_statfs(const long *a) {
    place at;
    if (!tick__files_on() || !text(a[0]))
        return tick__raw(SYS_statfs, a[0], a[1]);
    const int error = tick__file_find(AT_FDCWD, text(a[0]), true, &at);
    if (error < 0 || !exists(&at))
        return error < 0 ? error : -ENOENT;
    return at.what == TICK__FILE_PASSED ? tick__raw(SYS_statfs, at.path, a[1]) : describe_disk((struct statfs *)a[1]);
}

long tick__call_fstatfs(const long *a) {
    return tick__guest_fd_is(a[0]) ? describe_disk((struct statfs *)a[1]) : tick__raw(SYS_fstatfs, a[0], a[1]);
}

// --- where one stands ---

long tick__call_chdir(const long *a) {
    struct stat s;
    place at;
    if (!tick__files_on() || !text(a[0]))
        return tick__raw(SYS_chdir, a[0]);
    const int error = tick__file_find(AT_FDCWD, text(a[0]), true, &at);
    if (error < 0 || !exists(&at))
        return error < 0 ? error : -ENOENT;
    if (is_ours(&at))
        return S_ISDIR(at.stat.st_mode) ? tick__file_enter(at.path, false) : -ENOTDIR;
    const long result = tick__raw(SYS_chdir, at.path);
    if (result < 0)
        return result;
    if (tick__raw(SYS_getcwd, at.path, sizeof at.path) < 0 || tick__raw(SYS_stat, ".", &s) < 0)
        return -ENOENT;
    return tick__file_enter(at.path, true);
}

long tick__call_fchdir(const long *a) {
    char path[TICK__PATH_SIZE];
    if (!tick__files_on())
        return tick__raw(SYS_fchdir, a[0]);
    const int error = tick__file_folder_of(a[0], path);
    return error < 0 ? error : tick__call_chdir((const long[]){(long)path});
}

long tick__call_getcwd(const long *a) {
    bool real;
    const char *folder = tick__file_working_folder(&real);
    if (!tick__files_on() || real)
        return tick__raw(SYS_getcwd, a[0], a[1]);
    const size_t size = strlen(folder) + 1;
    if (size > (size_t)a[1])
        return -ERANGE;
    memcpy((char *)a[0], folder, size);
    return (long)size;
}
