// Directories: paths, entries, and the journal of their changes. Every disk begins with / and /tmp.
#include "sim/kernel/disk_int.h"
#include <dirent.h>
#include <fcntl.h>

static int directory_make(struct tick_kernel *k, uint32_t host, const char *path, unsigned mode);

struct tick__inode *tick__inode_new(struct tick_kernel *k, uint32_t host, uint32_t mode) {
    struct tick__disk *disk = tick__disk_there(k, host);
    tick__ref ref = tick__arena_zero(k, sizeof(struct tick__inode));
    if (!ref)
        return NULL;
    struct tick__inode *inode = tick__inode(k, ref);
    inode->ref = ref;
    inode->host = host;
    inode->mode = mode;
    inode->number = ++disk->numbers;
    inode->changed = tick_kernel_wall(k, (int)host);
    inode->next = disk->inodes;
    if (disk->inodes)
        tick__inode(k, disk->inodes)->prev = ref;
    disk->inodes = ref;
    return inode;
}

void tick__inode_release(struct tick_kernel *k, struct tick__inode *inode) {
    if (--inode->refs)
        return;
    struct tick__disk *disk = tick__disk_there(k, inode->host);
    tick__inode_pages_free(k, inode);
    tick__file_names_free(k, inode);
    if (inode->prev)
        tick__inode(k, inode->prev)->next = inode->next;
    else
        disk->inodes = inode->next;
    if (inode->next)
        tick__inode(k, inode->next)->prev = inode->prev;
    tick__arena_give(k, inode->ref, sizeof *inode);
}

struct tick__disk *tick__disk(struct tick_kernel *k, uint32_t host) {
    struct tick__host *h = tick__host(k, host);
    if (h->disk)
        return TICK__AT(k, tick__disk, h->disk);
    tick__ref ref = tick__arena_zero(k, sizeof(struct tick__disk));
    if (!ref)
        return NULL;
    h->disk = ref;
    struct tick__disk *disk = TICK__AT(k, tick__disk, ref);
    struct tick__inode *root = tick__inode_new(k, host, S_IFDIR | 0755);
    if (!root) {
        h->disk = 0;
        tick__arena_give(k, ref, sizeof *disk);
        return NULL;
    }
    root->id = tick_id_disk(tick__host(k, host)->id);
    root->refs = root->links = 1;
    root->parent = root->ref;
    disk->root = root->ref;
    if (directory_make(k, host, "/tmp", 01777) == 0)
        tick__journal_commit(k, disk);
    return disk;
}

// --- entries and the journal ---

static size_t entry_size(const struct tick__entry *entry) {
    return sizeof *entry + entry->size;
}

struct tick__entry *tick__entry_find(const struct tick_kernel *k, const struct tick__inode *directory, const char *name, size_t size) {
    for (tick__ref ref = directory->first; ref; ref = tick__entry(k, ref)->next) {
        struct tick__entry *entry = tick__entry(k, ref);
        if (entry->size == size && entry->now && !memcmp(entry->name, name, size))
            return entry;
    }
    return NULL;
}

static tick__ref ref_of(const struct tick_kernel *k, const void *object) {
    return (tick__ref)((size_t)((const uint8_t *)object - k->base) / TICK__GRANULE);
}

struct tick__entry *tick__entry_new(struct tick_kernel *k, struct tick__inode *directory, const char *name, size_t size) {
    tick__ref ref = tick__arena_take(k, sizeof(struct tick__entry) + size);
    if (!ref)
        return NULL;
    struct tick__entry *entry = tick__entry(k, ref);
    *entry = (struct tick__entry){.directory = directory->ref, .size = (uint16_t)size};
    entry->order = ++tick__disk_there(k, directory->host)->orders;
    memcpy(entry->name, name, size);
    if (directory->last)
        tick__entry(k, directory->last)->next = ref;
    else
        directory->first = ref;
    directory->last = ref;
    return entry;
}

void tick__entry_free(struct tick_kernel *k, struct tick__entry *entry) {
    struct tick__inode *directory = tick__inode(k, entry->directory);
    tick__ref ref = ref_of(k, entry), before = 0;
    for (tick__ref at = directory->first; at != ref; at = tick__entry(k, at)->next)
        before = at;
    if (before)
        tick__entry(k, before)->next = entry->next;
    else
        directory->first = entry->next;
    if (directory->last == ref)
        directory->last = before;
    tick__arena_give(k, ref, entry_size(entry));
}

static void hold(struct tick_kernel *k, tick__ref inode) {
    if (inode)
        tick__inode(k, inode)->refs++;
}

static void unhold(struct tick_kernel *k, tick__ref inode) {
    if (inode)
        tick__inode_release(k, tick__inode(k, inode));
}

void tick__entry_point(struct tick_kernel *k, struct tick__entry *entry, tick__ref to) {
    tick__ref before = entry->now;
    hold(k, to);
    entry->now = to;
    if (to) {
        tick__inode(k, to)->links++;
        if (S_ISDIR(tick__inode(k, to)->mode))
            tick__inode(k, to)->parent = entry->directory;
    }
    if (before) {
        tick__inode(k, before)->links--;
        unhold(k, before);
    }
}

bool tick__entry_change(struct tick_kernel *k, struct tick__disk *disk, struct tick__entry *entry, tick__ref to, bool joined) {
    tick__ref ref = tick__arena_zero(k, sizeof(struct tick__change));
    if (!ref)
        return false;
    struct tick__change *c = TICK__AT(k, tick__change, ref);
    *c = (struct tick__change){.prev = disk->latest, .entry = ref_of(k, entry), .before = entry->now, .after = to, .joined = joined};
    if (disk->latest)
        TICK__AT(k, tick__change, disk->latest)->next = ref;
    else
        disk->oldest = ref;
    disk->latest = ref;
    entry->mentions++;
    hold(k, entry->directory);
    hold(k, c->before);
    hold(k, to);
    tick__entry_point(k, entry, to);
    tick__inode(k, entry->directory)->changed = tick_kernel_wall(k, (int)tick__inode(k, entry->directory)->host);
    return true;
}

// The change is forgotten: what it held goes.
static void forget(struct tick_kernel *k, tick__ref ref) {
    const struct tick__change c = *TICK__AT(k, tick__change, ref);
    struct tick__entry *entry = tick__entry(k, c.entry);
    tick__ref directory = entry->directory;
    if (--entry->mentions == 0 && !entry->now)
        tick__entry_free(k, entry);
    unhold(k, c.before);
    unhold(k, c.after);
    unhold(k, directory);
    tick__arena_give(k, ref, sizeof c);
}

void tick__journal_commit(struct tick_kernel *k, struct tick__disk *disk) {
    tick__ref ref = disk->oldest;
    disk->oldest = disk->latest = 0;
    while (ref) {
        tick__ref next = TICK__AT(k, tick__change, ref)->next;
        forget(k, ref);
        ref = next;
    }
}

void tick__journal_undo(struct tick_kernel *k, struct tick__disk *disk, tick__ref from) {
    for (tick__ref ref = disk->latest, prev; ref; ref = prev) {
        const struct tick__change *c = TICK__AT(k, tick__change, ref);
        prev = c->prev;
        tick__entry_point(k, tick__entry(k, c->entry), c->before);
        bool last = ref == from;
        disk->latest = prev;
        if (prev)
            TICK__AT(k, tick__change, prev)->next = 0;
        else
            disk->oldest = 0;
        forget(k, ref);
        if (last)
            break;
    }
}

// --- paths ---

static bool is_dots(const char *name, size_t size) {
    return size && size <= 2 && name[0] == '.' && name[size - 1] == '.';
}

// Whatever stands there, even with a slash behind a file.
int tick__disk_walk(struct tick_kernel *k, uint32_t host, const char *path, struct tick__place *at) {
    *at = (struct tick__place){.disk = tick__disk(k, host)};
    if (!at->disk)
        return -ENOMEM;
    if (!*path)
        return -ENOENT;
    if (strlen(path) >= TICK__PATH_MOST)
        return -ENAMETOOLONG;
    const tick__ref folder = *path == '/' ? 0 : tick__host(k, host)->folder;
    struct tick__inode *inode = at->directory = tick__inode(k, folder ? folder : at->disk->root);
    for (const char *p = path;;) {
        bool slash = *p == '/';
        while (*p == '/')
            p++;
        if (!*p) {
            at->slash = slash;
            break;
        }
        if (!inode)
            return -ENOENT;
        if (!S_ISDIR(inode->mode))
            return -ENOTDIR;
        size_t size = strcspn(p, "/");
        if (size > TICK__NAME_MOST)
            return -ENAMETOOLONG;
        at->directory = inode;
        at->name = p;
        at->size = size;
        at->entry = NULL;
        at->dots = is_dots(p, size);
        if (at->dots) {
            inode = size == 2 ? tick__inode(k, inode->parent) : inode;
        } else {
            at->entry = tick__entry_find(k, inode, p, size);
            inode = at->entry ? tick__entry_inode(k, at->entry) : NULL;
        }
        p += size;
    }
    at->inode = inode;
    return 0;
}

static int walk(struct tick_kernel *k, uint32_t host, const char *path, struct tick__place *at) {
    TICK_TRY(tick__disk_walk(k, host, path, at));
    return at->slash && at->inode && !S_ISDIR(at->inode->mode) ? -ENOTDIR : 0;
}

int tick__file_make(struct tick_kernel *k, struct tick__place *at, uint32_t mode) {
    struct tick__file_name name;
    TICK_TRY(tick__file_name(k, at->directory, at->name, at->size, &name));
    TICK_TRY((int)tick__disk_ask_about(k, at->directory->host, TICK_DISK_NAME, name.id, name.tried));
    struct tick__inode *inode = tick__inode_new(k, at->directory->host, mode);
    struct tick__entry *entry = at->entry; // of something hidden
    if (inode && !entry)
        entry = tick__entry_new(k, at->directory, at->name, at->size);
    if (!inode || !entry || !tick__entry_change(k, at->disk, entry, inode->ref, false)) {
        if (entry && !at->entry)
            tick__entry_free(k, entry);
        if (inode) {
            inode->refs = 1;
            tick__inode_release(k, inode);
        }
        return -ENOMEM;
    }
    tick__file_made(k, at->directory, inode, &name);
    at->inode = inode;
    return 0;
}

int tick__disk_open(struct tick_kernel *k, uint32_t host, const char *path, int flags, unsigned mode, struct tick__inode **out) {
    struct tick__place at;
    if ((flags & O_CREAT) && (flags & O_DIRECTORY)) // since 6.4; before, it made a file
        return -EINVAL;
    TICK_TRY(tick__disk_walk(k, host, path, &at));
    if (at.slash && !at.dots && at.size && (flags & O_CREAT))
        return -EISDIR;
    if (at.slash && at.inode && !S_ISDIR(at.inode->mode))
        return -ENOTDIR;
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
    if (!at.inode) {
        if (!(flags & O_CREAT))
            return -ENOENT;
        TICK_TRY(tick__file_make(k, &at, S_IFREG | (mode & 07777)));
    } else if ((flags & O_CREAT) && (flags & O_EXCL)) {
        return -EEXIST;
    } else if (S_ISDIR(at.inode->mode) && (writes || (flags & O_CREAT))) {
        return -EISDIR;
    } else if (S_ISSOCK(at.inode->mode)) {
        return -ENXIO;
    } else if (S_ISLNK(at.inode->mode)) { // whoever has links follows them
        return -ELOOP;
    } else if ((flags & O_DIRECTORY) && !S_ISDIR(at.inode->mode)) {
        return -ENOTDIR;
    }
    if ((flags & O_TRUNC) && S_ISREG(at.inode->mode) && at.inode->size)
        TICK_TRY(tick__inode_truncate(k, at.inode, 0));
    *out = at.inode;
    return 0;
}

static int directory_make(struct tick_kernel *k, uint32_t host, const char *path, unsigned mode) {
    struct tick__place at;
    TICK_TRY(tick__disk_walk(k, host, path, &at));
    return at.inode ? -EEXIST : tick__file_make(k, &at, S_IFDIR | (mode & 01777));
}

int tick_k_mkdir(struct tick_kernel *k, int process, const char *path, unsigned mode) {
    return directory_make(k, tick__process_host(k, process), path, mode);
}

static int drop(struct tick_kernel *k, struct tick__place *at, bool hides) {
    int64_t asked = tick__disk_ask(k, at->inode, TICK_DISK_NAME, 0, 0);
    if (asked < 0)
        return (int)asked;
    const tick__ref after = hides ? tick__disk_nothing(k, at->disk, at->inode->host) : 0;
    return (!hides || after) && tick__entry_change(k, at->disk, at->entry, after, false) ? 0 : -ENOMEM;
}

bool tick__directory_empty(const struct tick_kernel *k, const struct tick__inode *directory) {
    for (tick__ref ref = directory->first; ref; ref = tick__entry(k, ref)->next)
        if (tick__entry_inode(k, tick__entry(k, ref)))
            return false;
    return true;
}

int tick__disk_unlink(struct tick_kernel *k, uint32_t host, const char *path, bool hides) {
    struct tick__place at;
    TICK_TRY(walk(k, host, path, &at));
    if (!at.inode)
        return -ENOENT;
    return S_ISDIR(at.inode->mode) ? -EISDIR : drop(k, &at, hides);
}

int tick_k_unlink(struct tick_kernel *k, int process, const char *path) {
    return tick__disk_unlink(k, tick__process_host(k, process), path, false);
}

int tick__disk_rmdir(struct tick_kernel *k, uint32_t host, const char *path, bool hides) {
    struct tick__place at;
    TICK_TRY(walk(k, host, path, &at));
    if (!at.size)
        return -EBUSY;
    if (at.dots)
        return at.size == 1 ? -EINVAL : -ENOTEMPTY;
    if (!at.inode)
        return -ENOENT;
    if (!S_ISDIR(at.inode->mode))
        return -ENOTDIR;
    return tick__directory_empty(k, at.inode) ? drop(k, &at, hides) : -ENOTEMPTY;
}

int tick_k_rmdir(struct tick_kernel *k, int process, const char *path) {
    return tick__disk_rmdir(k, tick__process_host(k, process), path, false);
}

static bool within(const struct tick_kernel *k, const struct tick__inode *inner, const struct tick__inode *outer) {
    while (inner != outer && inner->parent != inner->ref)
        inner = tick__inode(k, inner->parent);
    return inner == outer;
}

// What rename(2) refuses; 1: there is nothing to do.
static int rename_check(struct tick_kernel *k, const struct tick__place *old, const struct tick__place *new) {
    if (!old->size || !new->size || old->dots || new->dots)
        return -EBUSY;
    if (!old->inode)
        return -ENOENT;
    bool directory = S_ISDIR(old->inode->mode);
    if (!directory && (old->slash || new->slash))
        return -ENOTDIR;
    if (directory && within(k, new->directory, old->inode))
        return -EINVAL;
    if (new->inode == old->inode)
        return 1;
    if (new->inode && within(k, old->directory, new->inode))
        return -ENOTEMPTY;
    if (new->inode && S_ISDIR(new->inode->mode) != directory)
        return directory ? -ENOTDIR : -EISDIR;
    return new->inode && directory && !tick__directory_empty(k, new->inode) ? -ENOTEMPTY : 0;
}

int tick__disk_rename(struct tick_kernel *k, uint32_t host, const char *from, const char *to, bool hides) {
    struct tick__place old, new;
    TICK_TRY(tick__disk_walk(k, host, from, &old));
    TICK_TRY(tick__disk_walk(k, host, to, &new));
    const int refused = rename_check(k, &old, &new);
    if (refused)
        return refused < 0 ? refused : 0;
    int64_t asked = tick__disk_ask(k, old.inode, TICK_DISK_NAME, 0, 0);
    if (asked < 0)
        return (int)asked;
    const tick__ref after = hides ? tick__disk_nothing(k, new.disk, host) : 0;
    struct tick__entry *entry = new.entry ? new.entry : tick__entry_new(k, new.directory, new.name, new.size);
    if (!entry)
        return -ENOMEM;
    tick__ref inode = old.inode->ref;
    if ((hides && !after) || !tick__entry_change(k, new.disk, old.entry, after, false)) { // the journal holds the inode
        if (!new.entry)
            tick__entry_free(k, entry);
        return -ENOMEM;
    }
    if (!tick__entry_change(k, new.disk, entry, inode, true)) {
        tick__journal_undo(k, new.disk, new.disk->latest);
        if (!new.entry)
            tick__entry_free(k, entry);
        return -ENOMEM;
    }
    return 0;
}

int tick_k_rename(struct tick_kernel *k, int process, const char *from, const char *to) {
    return tick__disk_rename(k, tick__process_host(k, process), from, to, false);
}

// --- what others ask of names ---

int tick__disk_socket_add(struct tick_kernel *k, uint32_t host, const char *path, tick__ref *inode) {
    struct tick__place at;
    TICK_TRY(tick__disk_walk(k, host, path, &at));
    if (at.inode)
        return -EADDRINUSE;
    if (at.slash)
        return -ENOENT;
    TICK_TRY(tick__file_make(k, &at, S_IFSOCK | 0755));
    *inode = at.inode->ref;
    return 0;
}

int tick__disk_socket_find(struct tick_kernel *k, uint32_t host, const char *path, tick__ref *inode) {
    struct tick__place at;
    TICK_TRY(walk(k, host, path, &at));
    if (!at.inode)
        return -ENOENT;
    if (!S_ISSOCK(at.inode->mode))
        return -ECONNREFUSED;
    *inode = at.inode->ref;
    return 0;
}

void tick__inode_describe(const struct tick_kernel *k, const struct tick__inode *inode, struct stat *out) {
    memset(out, 0, sizeof *out);
    out->st_ino = inode->number;
    out->st_mode = inode->mode;
    out->st_nlink = inode->links;
    if (S_ISDIR(inode->mode)) {
        out->st_nlink = inode->links ? 2 : 0;
        for (tick__ref ref = inode->first; ref; ref = tick__entry(k, ref)->next) {
            const struct tick__inode *now = tick__entry_inode(k, tick__entry(k, ref));
            out->st_nlink += now && S_ISDIR(now->mode);
        }
    }
    out->st_size = S_ISDIR(inode->mode) ? TICK__PAGE : (off_t)inode->size;
    out->st_blksize = TICK__PAGE;
    for (uint32_t i = 0; i < inode->page_most; i++)
        out->st_blocks += TICK__ARRAY(k, struct tick__page, inode->pages)[i].now ? TICK__PAGE / 512 : 0;
    out->st_mtim.tv_sec = inode->changed / 1000000000;
    out->st_mtim.tv_nsec = inode->changed % 1000000000;
    out->st_atim = out->st_ctim = out->st_mtim;
}

int tick_k_stat(struct tick_kernel *k, int process, const char *path, struct stat *out) {
    struct tick__place at;
    TICK_TRY(walk(k, tick__process_host(k, process), path, &at));
    if (!at.inode)
        return -ENOENT;
    tick__inode_describe(k, at.inode, out);
    return 0;
}

static void entry_out(struct tick_sys_entry *out, const char *name, size_t size, const struct tick__inode *inode) {
    memset(out, 0, sizeof *out);
    memcpy(out->name, name, size);
    out->inode = inode->number;
    out->type = (uint8_t)IFTODT(inode->mode);
}

// offset: 0 and 1 are the dots, then 2 + the order of the entry that was given last.
int tick__directory_list(struct tick_kernel *k, struct tick__file *file, struct tick_sys_entry *out, int most) {
    struct tick__open *open = (struct tick__open *)file;
    const struct tick__inode *directory = tick__inode(k, open->inode);
    if (!S_ISDIR(directory->mode))
        return -ENOTDIR;
    int count = 0;
    if (!directory->links) // removed
        return -ENOENT;
    for (; open->offset < 2 && count < most; open->offset++)
        entry_out(&out[count++], "..", (size_t)open->offset + 1, open->offset ? tick__inode(k, directory->parent) : directory);
    for (tick__ref ref = directory->first; ref && count < most; ref = tick__entry(k, ref)->next) {
        const struct tick__entry *entry = tick__entry(k, ref);
        if (!tick__entry_inode(k, entry) || entry->order + 2 <= (uint64_t)open->offset)
            continue;
        entry_out(&out[count++], entry->name, entry->size, tick__entry_inode(k, entry));
        open->offset = (int64_t)entry->order + 2;
    }
    return count;
}
