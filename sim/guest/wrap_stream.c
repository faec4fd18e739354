// libc's names: stdio's streams. Inside libc they read and write past its own names, so that those of a program are made here over the same
// calls as all else: a stream's fd may be a file of the machine's when it is opened, and one of the world's disk later.
#include "sim/guest/files_int.h"
#include "sim/guest/wrap_int.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssize_t stream_read(void *fd, char *bytes, size_t count) {
    return CALL(SYS_read, (long)fd, bytes, count);
}

static ssize_t stream_write(void *fd, const char *bytes, size_t count) {
    const ssize_t result = CALL(SYS_write, (long)fd, bytes, count);
    return result < 0 ? 0 : result; // fopencookie(3)
}

static int stream_seek(void *fd, off64_t *offset, int whence) {
    const long at = CALL(SYS_lseek, (long)fd, *offset, whence);
    if (at < 0)
        return -1;
    *offset = at;
    return 0;
}

static int stream_close(void *fd) {
    return (int)CALL(SYS_close, (long)fd);
}

static const cookie_io_functions_t calls = {stream_read, stream_write, stream_seek, stream_close};

static FILE *stream(int fd, const char *mode) {
    FILE *file = fopencookie((void *)(long)fd, mode, calls);
    if (!file)
        return NULL;
    file->_fileno = fd;
    // Its reads and writes may wait for other threads, which would find libc's own lock of it taken, and wait in reality (as would a flush
    // of all streams at the end of the run).
    if (tick__guest_fd_is(fd))
        (void)__fsetlocking(file, FSETLOCKING_BYCALLER);
    return file;
}

// "r+", "wx", "ae", ...: open(2)'s flags; -1: it is none.
static int flags_of(const char *mode) {
    int flags = *mode == 'r' ? O_RDONLY : *mode == 'w' ? O_WRONLY | O_CREAT | O_TRUNC : *mode == 'a' ? O_WRONLY | O_CREAT | O_APPEND : -1;
    if (flags < 0)
        return -1;
    for (mode++; *mode && *mode != ','; mode++)
        if (*mode == '+')
            flags = (flags & ~O_ACCMODE) | O_RDWR;
        else if (*mode == 'x')
            flags |= O_EXCL;
        else if (*mode == 'e')
            flags |= O_CLOEXEC;
    return flags;
}

// libc's own converts wide characters where the mode says so: that one reads and writes the machine's files alone.
static bool is_ours(const char *mode) {
    return tick__guest_on && mode && !strstr(mode, ",ccs=");
}

EXPORT FILE *fopen(const char *restrict path, const char *restrict mode) {
    const int flags = mode ? flags_of(mode) : -1;
    if (!is_ours(mode) || flags < 0)
        return ORIGINAL(fopen)(path, mode);
    const int fd = (int)CALL(SYS_openat, AT_FDCWD, path, flags, 0666);
    if (fd < 0)
        return NULL;
    FILE *file = stream(fd, mode);
    if (!file)
        (void)CALL(SYS_close, fd);
    else if (flags & O_APPEND && (flags & O_ACCMODE) == O_WRONLY)
        (void)CALL(SYS_lseek, fd, 0, SEEK_END); // where ftell says it is
    return file;
}
ALSO(fopen, fopen64)

// Before the world begins an fd is the machine's for as long as a child may have it, and libc's own stream does.
EXPORT FILE *fdopen(int fd, const char *mode) {
    const int flags = mode ? flags_of(mode) : -1;
    if (!is_ours(mode) || flags < 0 || (!tick__guest_fd_is(fd) && !tick__guest_begun))
        return ORIGINAL(fdopen)(fd, mode);
    const int how = (int)CALL(SYS_fcntl, fd, F_GETFL);
    if (how < 0)
        return NULL;
    if ((how & O_ACCMODE) != O_RDWR && (how & O_ACCMODE) != (flags & O_ACCMODE)) {
        errno = EINVAL;
        return NULL;
    }
    if (flags & O_APPEND && !(how & O_APPEND))
        (void)CALL(SYS_fcntl, fd, F_SETFL, how | O_APPEND);
    return stream(fd, mode);
}

// One of ours keeps its fd's number, which becomes the other file's. libc's own, such as stdin, does as well.
EXPORT FILE *freopen(const char *restrict path, const char *restrict mode, FILE *restrict file) {
    const int flags = mode ? flags_of(mode) : -1, number = file->_fileno;
    if (!is_ours(mode) || flags < 0 || number < 0 || !path)
        return ORIGINAL(freopen)(path, mode, file);
    (void)fflush(file);
    const int fd = (int)CALL(SYS_openat, AT_FDCWD, path, flags, 0666);
    if (fd < 0) {
        const int error = errno;
        (void)fclose(file);
        errno = error;
        return NULL;
    }
    if (fd != number) {
        (void)CALL(SYS_dup3, fd, number, flags & O_CLOEXEC);
        (void)CALL(SYS_close, fd);
    }
    __fpurge(file);
    clearerr(file);
    file->_offset = -1;
    file->_flags &= ~(4 | 8 | 0x1000); // _IO_NO_READS, _IO_NO_WRITES, _IO_IS_APPENDING
    file->_flags |= (flags & O_ACCMODE) == O_RDONLY ? 8 : (flags & O_ACCMODE) == O_WRONLY ? 4 : 0;
    file->_flags |= flags & O_APPEND ? 0x1000 : 0;
    return file;
}
ALSO(freopen, freopen64)

// --- files of the moment ---

#define TRIES 100

// Six letters of the world's random ones.
static void letters(char *to) {
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    unsigned char random[6];
    (void)CALL(SYS_getrandom, random, sizeof random, 0);
    for (size_t i = 0; i < sizeof random; i++)
        to[i] = all[random[i] % (sizeof all - 1)];
}

static char *place_of(char *name, int behind) {
    const size_t size = strlen(name);
    if (behind < 0 || size < (size_t)behind + 6 || memcmp(name + size - (size_t)behind - 6, "XXXXXX", 6) != 0) {
        errno = EINVAL;
        return NULL;
    }
    return name + size - behind - 6;
}

EXPORT int mkostemps(char *name, int behind, int flags) {
    char *const at = place_of(name, behind);
    for (int tries = 0; at && tries < TRIES; tries++) {
        letters(at);
        const int fd = (int)CALL(SYS_openat, AT_FDCWD, name, (flags & ~O_ACCMODE) | O_RDWR | O_CREAT | O_EXCL, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}
ALSO(mkostemps, mkostemps64)

EXPORT int mkstemp(char *name) {
    return mkostemps(name, 0, 0);
}
ALSO(mkstemp, mkstemp64)

EXPORT int mkstemps(char *name, int behind) {
    return mkostemps(name, behind, 0);
}
ALSO(mkstemps, mkstemps64)

EXPORT int mkostemp(char *name, int flags) {
    return mkostemps(name, 0, flags);
}
ALSO(mkostemp, mkostemp64)

EXPORT char *mkdtemp(char *name) {
    char *const at = place_of(name, 0);
    for (int tries = 0; at && tries < TRIES; tries++) {
        letters(at);
        if (CALL(SYS_mkdirat, AT_FDCWD, name, 0700) == 0)
            return name;
        if (errno != EEXIST)
            return NULL;
    }
    return NULL;
}

EXPORT FILE *tmpfile(void) {
    if (!tick__files_on())
        return ORIGINAL(tmpfile)();
    const int fd = (int)CALL(SYS_openat, AT_FDCWD, "/tmp", O_RDWR | O_TMPFILE, 0600);
    FILE *file = fd < 0 ? NULL : stream(fd, "w+");
    if (!file && fd >= 0)
        (void)CALL(SYS_close, fd);
    return file;
}
ALSO(tmpfile, tmpfile64)

// Names that nothing has yet, as far as one can tell.
EXPORT char *mktemp(char *name);
EXPORT char *mktemp(char *name) {
    char *const at = place_of(name, 0);
    for (int tries = 0; at && tries < TRIES; tries++) {
        letters(at);
        if (CALL(SYS_faccessat, AT_FDCWD, name, F_OK) < 0)
            return name;
    }
    *name = 0;
    return name;
}

static char *unused_name(char *name) {
    return mktemp(strcpy(name, "/tmp/fileXXXXXX"));
}

EXPORT char *tmpnam_r(char name[L_tmpnam]);
EXPORT char *tmpnam_r(char name[L_tmpnam]) {
    return name ? unused_name(name) : NULL;
}

EXPORT char *tmpnam(char name[L_tmpnam]);
EXPORT char *tmpnam(char name[L_tmpnam]) {
    static char own[L_tmpnam];
    return unused_name(name ? name : own);
}

EXPORT char *tempnam(const char *folder, const char *prefix);
EXPORT char *tempnam(const char *folder, const char *prefix) {
    const char *set = getenv("TMPDIR");
    const char *in = set && CALL(SYS_faccessat, AT_FDCWD, set, W_OK) == 0 ? set : folder ? folder : "/tmp";
    char *name = malloc(strlen(in) + 32);
    if (!name)
        return NULL;
    char *at = stpcpy(stpcpy(name, in), "/");
    strcpy(at + snprintf(at, 6, "%.5s", prefix ? prefix : "file"), "XXXXXX");
    return mktemp(name);
}
