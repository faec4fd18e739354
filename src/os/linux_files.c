// The real kernel: files.
#include "src/os/linux_int.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int tick__os_open(struct tick_sys *self, const char *path, int flags, unsigned mode) {
    (void)self;
    return tick__os_result(open(path, flags | O_CLOEXEC, mode));
}

ssize_t tick__os_pread(struct tick_sys *self, int fd, void *bytes, size_t count, int64_t offset) {
    (void)self;
    return tick__os_sized(pread(fd, bytes, count, offset));
}

ssize_t tick__os_pwrite(struct tick_sys *self, int fd, const void *bytes, size_t count, int64_t offset) {
    (void)self;
    return tick__os_sized(pwrite(fd, bytes, count, offset));
}

int64_t tick__os_lseek(struct tick_sys *self, int fd, int64_t offset, int whence) {
    (void)self;
    return tick__os_sized(lseek(fd, offset, whence));
}

int tick__os_fsync(struct tick_sys *self, int fd) {
    (void)self;
    return tick__os_result(fsync(fd));
}

int tick__os_fdatasync(struct tick_sys *self, int fd) {
    (void)self;
    return tick__os_result(fdatasync(fd));
}

int tick__os_ftruncate(struct tick_sys *self, int fd, int64_t size) {
    (void)self;
    return tick__os_result(ftruncate(fd, size));
}

int tick__os_fstat(struct tick_sys *self, int fd, struct stat *out) {
    (void)self;
    return tick__os_result(fstat(fd, out));
}

int tick__os_stat(struct tick_sys *self, const char *path, struct stat *out) {
    (void)self;
    return tick__os_result(stat(path, out));
}

int tick__os_mkdir(struct tick_sys *self, const char *path, unsigned mode) {
    (void)self;
    return tick__os_result(mkdir(path, mode));
}

int tick__os_rmdir(struct tick_sys *self, const char *path) {
    (void)self;
    return tick__os_result(rmdir(path));
}

int tick__os_unlink(struct tick_sys *self, const char *path) {
    (void)self;
    return tick__os_result(unlink(path));
}

int tick__os_rename(struct tick_sys *self, const char *from, const char *to) {
    (void)self;
    return tick__os_result(rename(from, to));
}

// As the kernel lays it out (getdents64(2)).
struct record {
    uint64_t inode;
    int64_t next; // where the directory stands behind this entry
    uint16_t size;
    uint8_t type;
    char name[];
};

int tick__os_readdir(struct tick_sys *self, int fd, struct tick_sys_entry *out, int most) {
    (void)self;
    _Alignas(struct record) char block[4096];
    int count = 0;
    while (count < most) {
        ssize_t got = syscall(SYS_getdents64, fd, block, sizeof block);
        if (got < 0)
            return count ? count : -errno;
        if (!got)
            break;
        for (ssize_t at = 0; at < got;) {
            const struct record *record = (const struct record *)(const void *)(block + at);
            memset(&out[count], 0, sizeof out[count]);
            out[count].inode = record->inode;
            out[count].type = record->type;
            snprintf(out[count].name, sizeof out[count].name, "%s", record->name);
            at += record->size;
            if (++count == most && at < got && lseek(fd, record->next, SEEK_SET) < 0) // the rest is read again
                return -errno;
            if (count == most)
                break;
        }
    }
    return count;
}
