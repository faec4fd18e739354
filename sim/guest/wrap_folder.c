// libc's names: folders. What is in one is listed when it is opened, sorted by name; inside libc, folders are read past its own names.
#include "sim/guest/files_int.h"
#include "sim/guest/trap_int.h"
#include "sim/guest/wrap_int.h"
#include <dirent.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OURS 0x7469636b // where libc's own has its fd

struct folder {
    int ours, fd;
    uint32_t at;
    struct tick__listing listing;
    struct dirent entry;
};

static struct folder *own(DIR *dir) {
    struct folder *folder = (struct folder *)(void *)dir;
    return folder->ours == OURS ? folder : NULL;
}

// From the fd's own path, which may be on the disk by now.
static int list(struct folder *folder) {
    char path[TICK__PATH_SIZE];
    struct tick__file_place place = {.what = TICK__FILE_REAL};
    int error = tick__file_folder_of(folder->fd, path);
    if (!error && tick__files_on())
        error = tick__file_find(AT_FDCWD, path, false, &place);
    else if (!error)
        memcpy(place.path, path, sizeof path);
    return error ? error : tick__listing_read(&place, &folder->listing);
}

static DIR *folder_of(int fd) {
    struct folder *folder = tick__outside_alloc(sizeof *folder);
    if (!folder) {
        errno = ENOMEM;
        return NULL;
    }
    *folder = (struct folder){.ours = OURS, .fd = fd};
    const int error = list(folder);
    if (!error)
        return (DIR *)folder;
    tick__outside_free(folder);
    errno = -error;
    return NULL;
}

EXPORT DIR *opendir(const char *path) {
    if (!tick__guest_on)
        return ORIGINAL(opendir)(path);
    const int fd = (int)CALL(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK, 0);
    DIR *dir = fd < 0 ? NULL : folder_of(fd);
    if (fd >= 0 && !dir) {
        const int error = errno;
        (void)CALL(SYS_close, fd);
        errno = error;
    }
    return dir;
}

EXPORT DIR *fdopendir(int fd) {
    struct stat s;
    if (!tick__guest_on)
        return ORIGINAL(fdopendir)(fd);
    if (CALL(SYS_fstat, fd, &s) < 0)
        return NULL;
    if (!S_ISDIR(s.st_mode)) {
        errno = ENOTDIR;
        return NULL;
    }
    return folder_of(fd);
}

static struct dirent *next(struct folder *folder) {
    if (folder->at == folder->listing.count)
        return NULL;
    const struct tick__listed *listed = &folder->listing.all[folder->at++];
    struct dirent *entry = &folder->entry;
    const size_t size = strlen(listed->name);
    entry->d_ino = listed->inode;
    entry->d_off = (off_t)folder->at;
    entry->d_type = listed->type;
    entry->d_reclen = (unsigned short)((offsetof(struct dirent, d_name) + size + 1 + 7) & ~(size_t)7);
    memcpy(entry->d_name, listed->name, size + 1);
    return entry;
}

EXPORT struct dirent *readdir(DIR *dir) {
    struct folder *folder = own(dir);
    return folder ? next(folder) : ORIGINAL(readdir)(dir);
}

EXPORT struct dirent64 *readdir64(DIR *dir) {
    return (struct dirent64 *)readdir(dir);
}

static int next_into(DIR *dir, struct dirent *out, struct dirent **result) {
    const struct dirent *entry = readdir(dir);
    if (entry)
        memcpy(out, entry, entry->d_reclen);
    *result = entry ? out : NULL;
    return 0;
}

EXPORT int readdir_r(DIR *restrict dir, struct dirent *restrict out, struct dirent **restrict result);
EXPORT int readdir_r(DIR *restrict dir, struct dirent *restrict out, struct dirent **restrict result) {
    return next_into(dir, out, result);
}

EXPORT int readdir64_r(DIR *restrict dir, struct dirent64 *restrict out, struct dirent64 **restrict result);
EXPORT int readdir64_r(DIR *restrict dir, struct dirent64 *restrict out, struct dirent64 **restrict result) {
    return next_into(dir, (struct dirent *)out, (struct dirent **)result);
}

EXPORT int closedir(DIR *dir) {
    struct folder *folder = own(dir);
    if (!folder)
        return ORIGINAL(closedir)(dir);
    const int fd = folder->fd;
    tick__listing_free(&folder->listing);
    folder->ours = 0;
    tick__outside_free(folder);
    return (int)CALL(SYS_close, fd);
}

EXPORT int dirfd(DIR *dir) {
    const struct folder *folder = own(dir);
    return folder ? folder->fd : ORIGINAL(dirfd)(dir);
}

EXPORT void rewinddir(DIR *dir) {
    struct folder *folder = own(dir);
    if (!folder) {
        ORIGINAL(rewinddir)(dir);
        return;
    }
    tick__listing_free(&folder->listing);
    (void)list(folder);
    folder->at = 0;
}

EXPORT long telldir(DIR *dir) {
    const struct folder *folder = own(dir);
    return folder ? (long)folder->at : ORIGINAL(telldir)(dir);
}

EXPORT void seekdir(DIR *dir, long at) {
    struct folder *folder = own(dir);
    if (!folder)
        ORIGINAL(seekdir)(dir, at);
    else
        folder->at = at < 0 || at > (long)folder->listing.count ? folder->listing.count : (uint32_t)at;
}

EXPORT ssize_t getdents64(int fd, void *out, size_t size) {
    return CALL(SYS_getdents64, fd, out, size);
}

// --- what reads folders inside libc ---

static int scan(
    DIR *dir, struct dirent ***names, int (*wanted)(const struct dirent *), int (*order)(const struct dirent **, const struct dirent **)) {
    struct dirent **all = NULL;
    int count = 0, room = 0;
    for (const struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        if (wanted && !wanted(entry))
            continue;
        if (count == room) {
            struct dirent **more = realloc(all, (size_t)(room = room ? 2 * room : 16) * sizeof *more);
            if (!more)
                break;
            all = more;
        }
        all[count] = malloc(entry->d_reclen);
        if (!all[count])
            break;
        memcpy(all[count++], entry, entry->d_reclen);
    }
    if (!dir)
        return -1;
    closedir(dir);
    if (order)
        qsort(all, (size_t)count, sizeof *all, (int (*)(const void *, const void *))order);
    *names = all;
    return count;
}

EXPORT int scandir(const char *restrict path, struct dirent ***restrict names, int (*wanted)(const struct dirent *),
    int (*order)(const struct dirent **, const struct dirent **)) {
    return scan(opendir(path), names, wanted, order);
}

EXPORT int scandir64(const char *restrict path, struct dirent64 ***restrict names, int (*wanted)(const struct dirent64 *),
    int (*order)(const struct dirent64 **, const struct dirent64 **)) {
    return scan(opendir(path), (struct dirent ***)names, (int (*)(const struct dirent *))wanted,
        (int (*)(const struct dirent **, const struct dirent **))order);
}

EXPORT int scandirat(int folder, const char *restrict path, struct dirent ***restrict names, int (*wanted)(const struct dirent *),
    int (*order)(const struct dirent **, const struct dirent **)) {
    const int fd = (int)CALL(SYS_openat, folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    return fd < 0 ? -1 : scan(fdopendir(fd), names, wanted, order);
}

EXPORT int scandirat64(int folder, const char *restrict path, struct dirent64 ***restrict names, int (*wanted)(const struct dirent64 *),
    int (*order)(const struct dirent64 **, const struct dirent64 **)) {
    return scandirat(folder, path, (struct dirent ***)names, (int (*)(const struct dirent *))wanted,
        (int (*)(const struct dirent **, const struct dirent **))order);
}

static void *glob_open(const char *path) {
    return opendir(path);
}

static struct dirent *glob_next(void *dir) {
    return readdir(dir);
}

static void glob_close(void *dir) {
    closedir(dir);
}

EXPORT int glob(const char *restrict pattern, int flags, int (*failed)(const char *, int), glob_t *restrict out) {
    if (!tick__guest_on || flags & GLOB_ALTDIRFUNC)
        return ORIGINAL(glob)(pattern, flags, failed, out);
    out->gl_opendir = glob_open;
    out->gl_readdir = glob_next;
    out->gl_closedir = glob_close;
    out->gl_stat = stat;
    out->gl_lstat = lstat;
    const int result = ORIGINAL(glob)(pattern, flags | GLOB_ALTDIRFUNC, failed, out);
    out->gl_flags &= ~GLOB_ALTDIRFUNC;
    return result;
}

EXPORT int glob64(const char *restrict pattern, int flags, int (*failed)(const char *, int), glob64_t *restrict out) {
    return glob(pattern, flags, failed, (glob_t *)out);
}

// These walk inside libc, which nobody sees where calls are not trapped.
static void refuse_walk(const char *name) {
    if (!tick__trap_kept && tick__files_on() && tick__files_changed())
        tick__guest_unsupported(name, "it would not see the files that were written");
}

EXPORT int ftw(const char *path, int (*fn)(const char *, const struct stat *, int), int fds) {
    refuse_walk("ftw");
    return ORIGINAL(ftw)(path, fn, fds);
}

EXPORT int ftw64(const char *path, int (*fn)(const char *, const struct stat64 *, int), int fds) {
    refuse_walk("ftw");
    return ORIGINAL(ftw64)(path, fn, fds);
}

EXPORT int nftw(const char *path, int (*fn)(const char *, const struct stat *, int, struct FTW *), int fds, int flags) {
    refuse_walk("nftw");
    return ORIGINAL(nftw)(path, fn, fds, flags);
}

EXPORT int nftw64(const char *path, int (*fn)(const char *, const struct stat64 *, int, struct FTW *), int fds, int flags) {
    refuse_walk("nftw");
    return ORIGINAL(nftw64)(path, fn, fds, flags);
}

EXPORT FTS *fts_open(char *const *paths, int options, int (*order)(const FTSENT **, const FTSENT **)) {
    refuse_walk("fts_open");
    return ORIGINAL(fts_open)(paths, options, order);
}

EXPORT FTS64 *fts64_open(char *const *paths, int options, int (*order)(const FTSENT64 **, const FTSENT64 **)) {
    refuse_walk("fts_open");
    return ORIGINAL(fts64_open)(paths, options, order);
}
