// The seam's simulated side: files.
#include "sim/native/sim_sys_int.h"
#include <fcntl.h>

int tick__sim_open(struct tick_sys *self, const char *path, int flags, unsigned mode) {
    const struct tick_kernel_name name = tick__sim_name(self, TICK_OBJECT_FD);
    return tick_k_open(KERNEL(self), PROCESS(self), path, flags | O_CLOEXEC, mode, &name);
}

ssize_t tick__sim_pread(struct tick_sys *self, int fd, void *bytes, size_t count, int64_t offset) {
    return tick_k_pread(KERNEL(self), PROCESS(self), fd, bytes, count, offset);
}

ssize_t tick__sim_pwrite(struct tick_sys *self, int fd, const void *bytes, size_t count, int64_t offset) {
    return tick_k_pwrite(KERNEL(self), PROCESS(self), fd, bytes, count, offset);
}

int64_t tick__sim_lseek(struct tick_sys *self, int fd, int64_t offset, int whence) {
    return tick_k_lseek(KERNEL(self), PROCESS(self), fd, offset, whence);
}

int tick__sim_fsync(struct tick_sys *self, int fd) {
    return tick_k_fsync(KERNEL(self), PROCESS(self), fd, false);
}

int tick__sim_fdatasync(struct tick_sys *self, int fd) {
    return tick_k_fsync(KERNEL(self), PROCESS(self), fd, true);
}

int tick__sim_ftruncate(struct tick_sys *self, int fd, int64_t size) {
    return tick_k_ftruncate(KERNEL(self), PROCESS(self), fd, size);
}

int tick__sim_fstat(struct tick_sys *self, int fd, struct stat *out) {
    return tick_k_fstat(KERNEL(self), PROCESS(self), fd, out);
}

int tick__sim_stat(struct tick_sys *self, const char *path, struct stat *out) {
    return tick_k_stat(KERNEL(self), PROCESS(self), path, out);
}

int tick__sim_mkdir(struct tick_sys *self, const char *path, unsigned mode) {
    return tick_k_mkdir(KERNEL(self), PROCESS(self), path, mode);
}

int tick__sim_rmdir(struct tick_sys *self, const char *path) {
    return tick_k_rmdir(KERNEL(self), PROCESS(self), path);
}

int tick__sim_unlink(struct tick_sys *self, const char *path) {
    return tick_k_unlink(KERNEL(self), PROCESS(self), path);
}

int tick__sim_rename(struct tick_sys *self, const char *from, const char *to) {
    return tick_k_rename(KERNEL(self), PROCESS(self), from, to);
}

int tick__sim_readdir(struct tick_sys *self, int fd, struct tick_sys_entry *out, int most) {
    return tick_k_readdir(KERNEL(self), PROCESS(self), fd, out, most);
}
