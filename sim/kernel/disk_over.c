// A disk that lies over another one, such as a machine's own files: what is under it shows through where it has nothing of that name. It
// knows nothing of what that is. Whoever looks there asks the disk first, and copies to it what is to be changed.
//
// A directory that covers one under it is seen through; one that a program made is not. An entry that names `nothing` hides what is under
// it. What is copied up was there all the time: it is durable, and no change in the journal.
#include "sim/kernel/disk_int.h"

tick__ref tick__disk_nothing(struct tick_kernel *k, struct tick__disk *disk, uint32_t host) {
    if (!disk->nothing) {
        struct tick__inode *inode = tick__inode_new(k, host, S_IFCHR);
        if (!inode)
            return 0;
        inode->refs = 1;
        disk->nothing = inode->ref;
    }
    return disk->nothing;
}

bool tick_kernel_disk_has(const struct tick_kernel *k, int host) {
    const struct tick__disk *disk = tick__disk_there(k, (uint32_t)host);
    for (tick__ref ref = disk ? disk->inodes : 0; ref; ref = tick__inode(k, ref)->next)
        if (!tick__inode(k, ref)->covers)
            return true;
    return false;
}

int tick_kernel_disk_over(struct tick_kernel *k, int host) {
    struct tick__place tmp;
    struct tick__disk *disk = tick__disk(k, (uint32_t)host);
    if (!disk)
        return -ENOMEM;
    if (tick__inode(k, disk->root)->covers)
        return 1;
    tick__inode(k, disk->root)->covers = true;
    if (tick__disk_walk(k, (uint32_t)host, "/tmp", &tmp) == 0 && tmp.inode)
        tmp.inode->covers = true;
    return 0;
}

enum tick_disk_look tick_kernel_disk_look(struct tick_kernel *k, int host, const char *path, struct stat *out, bool *through) {
    const struct tick__disk *disk = tick__disk_there(k, (uint32_t)host);
    const struct tick__inode *inode = disk ? tick__inode(k, disk->root) : NULL;
    *through = !disk;
    while (inode) {
        *through = inode->covers;
        path += strspn(path, "/");
        if (!*path) {
            tick__inode_describe(k, inode, out);
            return TICK_DISK_THERE;
        }
        const size_t size = strcspn(path, "/");
        const struct tick__entry *entry = S_ISDIR(inode->mode) ? tick__entry_find(k, inode, path, size) : NULL;
        if (!entry)
            break;
        inode = tick__entry_inode(k, entry);
        if (!inode) {
            *through = false;
            return TICK_DISK_HIDDEN;
        }
        path += size;
    }
    return TICK_DISK_UNKNOWN;
}

// What was always there, of that mode.
static int put(struct tick_kernel *k, uint32_t host, const char *path, uint32_t mode, int64_t wall, struct tick__inode **out) {
    struct tick__place at;
    TICK_TRY(tick__disk_walk(k, host, path, &at));
    if (at.entry)
        return -EEXIST;
    struct tick__file_name name;
    TICK_TRY(tick__file_name(k, at.directory, at.name, at.size, &name));
    struct tick__inode *inode = tick__inode_new(k, host, mode);
    struct tick__entry *entry = inode ? tick__entry_new(k, at.directory, at.name, at.size) : NULL;
    if (!entry) {
        if (inode) {
            inode->refs = 1;
            tick__inode_release(k, inode);
        }
        return -ENOMEM;
    }
    tick__entry_point(k, entry, inode->ref);
    tick__file_made(k, at.directory, inode, &name);
    inode->changed = wall;
    *out = inode;
    return 0;
}

int tick_kernel_disk_cover(struct tick_kernel *k, int host, const char *path, unsigned mode, int64_t wall) {
    struct tick__inode *inode;
    TICK_TRY(put(k, (uint32_t)host, path, S_IFDIR | (mode & 07777), wall, &inode));
    inode->covers = true;
    return 0;
}

int tick_kernel_disk_copy(struct tick_kernel *k, int host, const char *path, unsigned mode, int64_t wall, uint32_t *file) {
    struct tick__inode *inode;
    TICK_TRY(put(k, (uint32_t)host, path, mode, wall, &inode));
    *file = inode->ref;
    return 0;
}

int tick_kernel_disk_fill(struct tick_kernel *k, uint32_t file, const void *bytes, size_t count, uint64_t offset) {
    return tick__inode_fill(k, tick__inode(k, file), bytes, count, offset);
}

void tick_kernel_disk_forget(struct tick_kernel *k, int host, const char *path) {
    struct tick__place at;
    if (tick__disk_walk(k, (uint32_t)host, path, &at) < 0 || !at.entry)
        return;
    tick__entry_point(k, at.entry, 0);
    if (!at.entry->mentions)
        tick__entry_free(k, at.entry);
}

int tick_kernel_disk_hide(struct tick_kernel *k, int host, const char *path) {
    struct tick__place at;
    TICK_TRY(tick__disk_walk(k, (uint32_t)host, path, &at));
    if (at.entry)
        return -EEXIST;
    const tick__ref nothing = tick__disk_nothing(k, at.disk, (uint32_t)host);
    struct tick__entry *entry = nothing ? tick__entry_new(k, at.directory, at.name, at.size) : NULL;
    if (!entry)
        return -ENOMEM;
    if (tick__entry_change(k, at.disk, entry, nothing, false))
        return 0;
    tick__entry_free(k, entry);
    return -ENOMEM;
}

int tick_kernel_disk_unlink(struct tick_kernel *k, int host, const char *path, bool hides) {
    return tick__disk_unlink(k, (uint32_t)host, path, hides);
}

int tick_kernel_disk_rmdir(struct tick_kernel *k, int host, const char *path, bool hides) {
    return tick__disk_rmdir(k, (uint32_t)host, path, hides);
}

int tick_kernel_disk_rename(struct tick_kernel *k, int host, const char *from, const char *to, bool hides) {
    return tick__disk_rename(k, (uint32_t)host, from, to, hides);
}

int tick_kernel_disk_opaque(struct tick_kernel *k, int host, const char *path) {
    struct tick__place at;
    TICK_TRY(tick__disk_walk(k, (uint32_t)host, path, &at));
    if (!at.inode)
        return -ENOENT;
    at.inode->covers = false;
    return 0;
}

int tick_kernel_disk_names(struct tick_kernel *k, int host, const char *path, tick_disk_name_fn *told, void *ctx) {
    struct tick__place at;
    TICK_TRY(tick__disk_walk(k, (uint32_t)host, path, &at));
    if (!at.inode || !S_ISDIR(at.inode->mode))
        return at.inode ? -ENOTDIR : -ENOENT;
    for (tick__ref ref = at.inode->first; ref; ref = tick__entry(k, ref)->next) {
        const struct tick__entry *entry = tick__entry(k, ref);
        const struct tick__inode *inode = tick__entry_inode(k, entry);
        if (entry->now)
            told(ctx, entry->name, entry->size, inode ? inode->number : 0, inode ? inode->mode : 0);
    }
    return 0;
}

int tick_kernel_disk_folder(struct tick_kernel *k, int host, const char *path) {
    struct tick__place at;
    struct tick__host *h = tick__host(k, (uint32_t)host);
    TICK_TRY(tick__disk_walk(k, (uint32_t)host, path, &at));
    if (!at.inode || !S_ISDIR(at.inode->mode))
        return at.inode ? -ENOTDIR : -ENOENT;
    at.inode->refs++;
    if (h->folder)
        tick__inode_release(k, tick__inode(k, h->folder));
    h->folder = at.inode->ref;
    return 0;
}

// The directory's path, written from its end on: where in `out` it begins, or a negated errno.
static int path_before(const struct tick_kernel *k, const struct tick__inode *inode, char *out, size_t size) {
    size_t at = size;
    if (!at)
        return -ERANGE;
    out[--at] = 0;
    while (inode->parent != inode->ref) {
        const struct tick__inode *parent = inode->parent ? tick__inode(k, inode->parent) : NULL;
        tick__ref ref = parent && inode->links ? parent->first : 0;
        while (ref && tick__entry(k, ref)->now != inode->ref)
            ref = tick__entry(k, ref)->next;
        if (!ref)
            return -ENOENT; // removed
        const struct tick__entry *entry = tick__entry(k, ref);
        if (at < (size_t)entry->size + 1)
            return -ERANGE;
        at -= entry->size;
        memcpy(out + at, entry->name, entry->size);
        out[--at] = '/';
        inode = parent;
    }
    if (at == size - 1) {
        if (!at)
            return -ERANGE;
        out[--at] = '/';
    }
    return (int)at;
}

int tick_k_directory_path(struct tick_kernel *k, int process, int fd, char *out, size_t size) {
    const struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    const struct tick__inode *inode = tick__ops(file) == &tick__disk_ops ? tick__inode(k, ((const struct tick__open *)file)->inode) : NULL;
    if (!inode || !S_ISDIR(inode->mode))
        return -ENOTDIR;
    const int at = path_before(k, inode, out, size);
    if (at < 0)
        return at;
    memmove(out, out + at, size - (size_t)at);
    return 0;
}
