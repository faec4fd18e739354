// What a disk has beside files and directories: more names of a file, symbolic links, which whoever walks follows, and what a file says of
// itself.
#include "sim/kernel/disk_int.h"

int tick_k_symlink(struct tick_kernel *k, int process, const char *target, const char *path) {
    struct tick__place at;
    const size_t size = strlen(target);
    TICK_TRY(tick__disk_walk(k, tick__process_host(k, process), path, &at));
    if (at.inode)
        return -EEXIST;
    if (!size || at.slash)
        return -ENOENT;
    if (size >= TICK__PATH_MOST)
        return -ENAMETOOLONG;
    TICK_TRY(tick__file_make(k, &at, S_IFLNK | 0777));
    const int error = tick__inode_fill(k, at.inode, target, size, 0);
    if (error < 0)
        (void)tick__disk_unlink(k, tick__process_host(k, process), path, false);
    return error;
}

ssize_t tick_k_readlink(struct tick_kernel *k, int process, const char *path, char *out, size_t size) {
    struct tick__place at;
    TICK_TRY(tick__disk_walk(k, tick__process_host(k, process), path, &at));
    if (!at.inode)
        return -ENOENT;
    if (!S_ISLNK(at.inode->mode))
        return -EINVAL;
    const size_t count = at.inode->size < size ? (size_t)at.inode->size : size;
    memcpy(out, TICK__ARRAY(k, uint8_t, TICK__ARRAY(k, struct tick__page, at.inode->pages)->now), count);
    return (ssize_t)count;
}

int tick_k_link(struct tick_kernel *k, int process, const char *from, const char *to) {
    struct tick__place old, new;
    TICK_TRY(tick__disk_walk(k, tick__process_host(k, process), from, &old));
    TICK_TRY(tick__disk_walk(k, tick__process_host(k, process), to, &new));
    if (!old.inode || new.slash)
        return -ENOENT;
    if (new.inode)
        return -EEXIST;
    if (S_ISDIR(old.inode->mode))
        return -EPERM;
    const int64_t asked = tick__disk_ask(k, old.inode, TICK_DISK_NAME, 0, 0);
    if (asked < 0)
        return (int)asked;
    struct tick__entry *entry = new.entry ? new.entry : tick__entry_new(k, new.directory, new.name, new.size);
    if (entry && tick__entry_change(k, new.disk, entry, old.inode->ref, false))
        return 0;
    if (entry && !new.entry)
        tick__entry_free(k, entry);
    return -ENOMEM;
}

static void set_mode(struct tick__inode *inode, unsigned mode) {
    inode->mode = (inode->mode & S_IFMT) | (mode & 07777);
}

static int of_path(struct tick_kernel *k, int process, const char *path, struct tick__inode **out) {
    struct tick__place at;
    TICK_TRY(tick__disk_walk(k, tick__process_host(k, process), path, &at));
    *out = at.inode;
    return at.inode ? 0 : -ENOENT;
}

static int of_fd(struct tick_kernel *k, int process, int fd, struct tick__inode **out) {
    const struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    if (tick__ops(file) != &tick__disk_ops)
        return -EINVAL;
    *out = tick__inode(k, ((const struct tick__open *)file)->inode);
    return 0;
}

int tick_k_chmod(struct tick_kernel *k, int process, const char *path, unsigned mode) {
    struct tick__inode *inode;
    TICK_TRY(of_path(k, process, path, &inode));
    set_mode(inode, mode);
    return 0;
}

int tick_k_fchmod(struct tick_kernel *k, int process, int fd, unsigned mode) {
    struct tick__inode *inode;
    TICK_TRY(of_fd(k, process, fd, &inode));
    set_mode(inode, mode);
    return 0;
}

int tick_k_touch(struct tick_kernel *k, int process, const char *path, int64_t wall) {
    struct tick__inode *inode;
    TICK_TRY(of_path(k, process, path, &inode));
    inode->changed = wall;
    return 0;
}

int tick_k_ftouch(struct tick_kernel *k, int process, int fd, int64_t wall) {
    struct tick__inode *inode;
    TICK_TRY(of_fd(k, process, fd, &inode));
    inode->changed = wall;
    return 0;
}
