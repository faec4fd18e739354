// Files: their bytes, in pages, and the open descriptions that read and write them.
#include "sim/kernel/disk_int.h"
#include <fcntl.h>

#define MOST_OFFSET ((int64_t)TICK__MOST_PAGES * TICK__PAGE - 1)

static struct tick__page *page_at(const struct tick_kernel *k, const struct tick__inode *inode, uint64_t number) {
    return &TICK__ARRAY(k, struct tick__page, inode->pages)[number];
}

void tick__page_give(struct tick_kernel *k, struct tick__disk *disk, tick__ref page) {
    if (!page)
        return;
    tick__arena_give(k, page, TICK__PAGE);
    disk->used -= TICK__PAGE;
}

static int page_new(struct tick_kernel *k, struct tick__disk *disk, tick__ref *out) {
    if (disk->limit && disk->used + TICK__PAGE > disk->limit)
        return -ENOSPC;
    *out = tick__arena_take(k, TICK__PAGE);
    if (!*out)
        return -ENOSPC;
    disk->used += TICK__PAGE;
    return 0;
}

void tick__inode_pages_free(struct tick_kernel *k, struct tick__inode *inode) {
    struct tick__disk *disk = tick__disk_there(k, inode->host);
    for (uint32_t i = 0; i < inode->page_most; i++) {
        const struct tick__page *page = page_at(k, inode, i);
        if (page->durable != page->now)
            tick__page_give(k, disk, page->durable);
        tick__page_give(k, disk, page->now);
    }
    if (inode->page_most)
        tick__arena_give(k, inode->pages, inode->page_most * sizeof(struct tick__page));
    inode->page_most = 0;
}

// Room in the table for page number `number`.
static int table(struct tick_kernel *k, struct tick__inode *inode, uint64_t number) {
    while (number >= inode->page_most) {
        uint32_t before = inode->page_most;
        if (number >= TICK__MOST_PAGES)
            return -EFBIG;
        if (!tick__arena_grow(k, &inode->pages, &inode->page_most, 4, before, sizeof(struct tick__page)))
            return -ENOSPC;
        memset(page_at(k, inode, before), 0, (inode->page_most - before) * sizeof(struct tick__page));
    }
    return 0;
}

// What is on the disk stays as it is: a page of its own for what is written.
static __attribute__((noinline)) int page_own(struct tick_kernel *k, struct tick__inode *inode, uint64_t number) {
    TICK_TRY(table(k, inode, number));
    struct tick__page *page = page_at(k, inode, number);
    if (page->now && page->now != page->durable)
        return 0;
    tick__ref fresh;
    TICK_TRY(page_new(k, tick__disk_there(k, inode->host), &fresh));
    if (page->now)
        memcpy(TICK__ARRAY(k, uint8_t, fresh), TICK__ARRAY(k, uint8_t, page->now), TICK__PAGE);
    else
        memset(TICK__ARRAY(k, uint8_t, fresh), 0, TICK__PAGE);
    page->now = fresh;
    return 0;
}

// The page's bytes, to be written.
static inline int page_open(struct tick_kernel *k, struct tick__inode *inode, uint64_t number, uint8_t **bytes) {
    struct tick__page *page = number < inode->page_most ? page_at(k, inode, number) : NULL;
    if (!page || !page->now || page->now == page->durable) {
        TICK_TRY(page_own(k, inode, number));
        page = page_at(k, inode, number);
    }
    page->dirty = true;
    *bytes = TICK__ARRAY(k, uint8_t, page->now);
    return 0;
}

static struct tick__inode *inode_of(const struct tick_kernel *k, const struct tick__file *file) {
    return tick__inode(k, ((const struct tick__open *)file)->inode);
}

int64_t tick__disk_ask(struct tick_kernel *k, struct tick__inode *inode, enum tick_disk_op op, uint64_t offset, size_t count) {
    inode->asked[op]++;
    if (!k->env.disk)
        return (int64_t)count;
    return k->env.disk(k->env.ctx, (int)inode->host, op, inode->id, inode->asked[op], offset, count);
}

int64_t tick__disk_ask_about(struct tick_kernel *k, uint32_t host, enum tick_disk_op op, tick_id file, uint64_t ordinal) {
    return k->env.disk ? k->env.disk(k->env.ctx, (int)host, op, file, ordinal, 0, 0) : 0;
}

static ssize_t read_at(struct tick_kernel *k, struct tick__inode *inode, void *bytes, size_t count, uint64_t offset) {
    if (!count || offset >= inode->size)
        return 0;
    if (count > inode->size - offset)
        count = (size_t)(inode->size - offset);
    int64_t asked = tick__disk_ask(k, inode, TICK_DISK_READ, offset, count);
    if (asked < 0)
        return (ssize_t)asked;
    count = (size_t)asked < count ? (size_t)asked : count;
    for (size_t done = 0; done < count;) {
        uint64_t at = offset + done, number = at / TICK__PAGE;
        size_t from = at % TICK__PAGE, part = TICK__PAGE - from < count - done ? TICK__PAGE - from : count - done;
        tick__ref page = number < inode->page_most ? page_at(k, inode, number)->now : 0;
        if (page)
            memcpy((uint8_t *)bytes + done, TICK__ARRAY(k, uint8_t, page) + from, part);
        else
            memset((uint8_t *)bytes + done, 0, part);
        done += part;
    }
    return (ssize_t)count;
}

static ssize_t write_at(struct tick_kernel *k, const struct tick__file *file, const void *bytes, size_t count, uint64_t offset) {
    struct tick__inode *inode = inode_of(k, file);
    if (!count)
        return 0;
    int64_t asked = tick__disk_ask(k, inode, TICK_DISK_WRITE, offset, count);
    if (asked < 0)
        return (ssize_t)asked;
    count = (size_t)asked < count ? (size_t)asked : count;
    size_t done = 0;
    while (done < count) {
        uint64_t at = offset + done;
        size_t to = at % TICK__PAGE, part = TICK__PAGE - to < count - done ? TICK__PAGE - to : count - done;
        uint8_t *page;
        int error = page_open(k, inode, at / TICK__PAGE, &page);
        if (error && !done)
            return error;
        if (error)
            break;
        memcpy(page + to, (const uint8_t *)bytes + done, part);
        done += part;
    }
    if (offset + done > inode->size)
        inode->size = offset + done;
    inode->changed = tick_kernel_wall(k, (int)inode->host);
    tick__tell_written(k, file, offset, bytes, done);
    return (ssize_t)done;
}

int tick__inode_fill(struct tick_kernel *k, struct tick__inode *inode, const void *bytes, size_t count, uint64_t offset) {
    for (size_t done = 0; done < count;) {
        const uint64_t at = offset + done;
        const size_t to = at % TICK__PAGE, part = TICK__PAGE - to < count - done ? TICK__PAGE - to : count - done;
        uint8_t *page;
        TICK_TRY(page_open(k, inode, at / TICK__PAGE, &page));
        memcpy(page + to, (const uint8_t *)bytes + done, part);
        struct tick__page *of = page_at(k, inode, at / TICK__PAGE);
        tick__page_give(k, tick__disk_there(k, inode->host), of->durable != of->now ? of->durable : 0);
        of->durable = of->now;
        of->dirty = false;
        done += part;
    }
    if (offset + count > inode->size)
        inode->size = inode->durable_size = inode->cut = offset + count;
    return 0;
}

int tick__inode_truncate(struct tick_kernel *k, struct tick__inode *inode, uint64_t size) {
    if (size / TICK__PAGE >= TICK__MOST_PAGES)
        return -EFBIG;
    if (size < inode->size) {
        struct tick__disk *disk = tick__disk_there(k, inode->host);
        uint64_t first = (size + TICK__PAGE - 1) / TICK__PAGE;
        if (size % TICK__PAGE && size / TICK__PAGE < inode->page_most && page_at(k, inode, size / TICK__PAGE)->now) {
            uint8_t *page;
            TICK_TRY(page_open(k, inode, size / TICK__PAGE, &page));
            memset(page + size % TICK__PAGE, 0, TICK__PAGE - size % TICK__PAGE);
        }
        for (uint64_t i = first; i < inode->page_most; i++) {
            struct tick__page *page = page_at(k, inode, i);
            if (page->now != page->durable)
                tick__page_give(k, disk, page->now);
            page->dirty = page->durable != 0;
            page->now = 0;
        }
    }
    inode->size = size;
    inode->cut = size < inode->cut ? size : inode->cut;
    inode->changed = tick_kernel_wall(k, (int)inode->host);
    return 0;
}

void tick__inode_sync(struct tick_kernel *k, struct tick__inode *inode) {
    for (uint32_t i = 0; i < inode->page_most; i++) {
        struct tick__page *page = page_at(k, inode, i);
        if (!page->dirty)
            continue;
        if (page->durable != page->now)
            tick__page_give(k, tick__disk_there(k, inode->host), page->durable);
        page->durable = page->now;
        page->dirty = false;
    }
    inode->durable_size = inode->cut = inode->size;
}

// --- calls ---

int tick_k_open(struct tick_kernel *k, int process, const char *path, int flags, unsigned mode, const struct tick_kernel_name *name) {
    if ((flags & O_ACCMODE) == O_ACCMODE || (flags & O_TMPFILE) == O_TMPFILE)
        return -EINVAL;
    if (flags & O_PATH)
        return -ENOSYS;
    struct tick__inode *inode;
    TICK_TRY(tick__disk_open(k, tick__process_host(k, process), path, flags, mode, &inode));
    tick__ref ref;
    const uint32_t kept = O_ACCMODE | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_SYNC | O_DSYNC;
    int fd = tick__object_new(k, process, TICK__DISK, sizeof(struct tick__open), (uint32_t)flags & kept, name, path, &ref);
    if (fd < 0)
        return fd;
    TICK__AT(k, tick__open, ref)->inode = inode->ref;
    inode->refs++;
    return fd;
}

static void disk_close(struct tick_kernel *k, struct tick__file *file) {
    tick__inode_release(k, tick__inode(k, ((struct tick__open *)file)->inode));
    tick__arena_give(k, file->ref, sizeof(struct tick__open));
}

static ssize_t disk_read(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count) {
    struct tick__inode *inode = inode_of(k, file);
    struct tick__open *open = (struct tick__open *)file;
    if (S_ISDIR(inode->mode))
        return -EISDIR;
    ssize_t got = read_at(k, inode, bytes, count, (uint64_t)open->offset);
    if (got > 0)
        open->offset += got;
    return got;
}

static int inode_sync(struct tick_kernel *k, struct tick__inode *inode) {
    int64_t asked = tick__disk_ask(k, inode, TICK_DISK_SYNC, 0, 0);
    if (k->env.probe && inode->object)
        tick_emit(k->env.probe, TICK_EV_FILE_SYNC, inode->object, k->env.probe->here, asked < 0 ? asked : 0, NULL);
    if (asked < 0) {
        for (uint32_t i = 0; i < inode->page_most; i++)
            page_at(k, inode, i)->dirty = false; // given up, though programs go on reading it
        return (int)asked;
    }
    if (S_ISDIR(inode->mode))
        tick__journal_commit(k, tick__disk_there(k, inode->host));
    else
        tick__inode_sync(k, inode);
    return 0;
}

// O_SYNC: what it wrote is durable when it returns.
static ssize_t synced(struct tick_kernel *k, struct tick__file *file, ssize_t count) {
    int error = count > 0 ? inode_sync(k, inode_of(k, file)) : 0;
    return error ? error : count;
}

static ssize_t disk_write(struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count) {
    struct tick__inode *inode = inode_of(k, file);
    struct tick__open *open = (struct tick__open *)file;
    if (count && (file->status & O_APPEND))
        open->offset = (int64_t)inode->size;
    ssize_t put = write_at(k, file, bytes, count, (uint64_t)open->offset);
    if (put > 0)
        open->offset += put;
    return file->status & O_DSYNC ? synced(k, file, put) : put;
}

static int disk_unread(struct tick_kernel *k, struct tick__file *file, int *value) {
    const struct tick__inode *inode = inode_of(k, file);
    if (!S_ISREG(inode->mode))
        return -ENOTTY;
    *value = (int)((int64_t)inode->size - ((struct tick__open *)file)->offset);
    return 0;
}

static ssize_t disk_pread(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count, int64_t offset) {
    struct tick__inode *inode = inode_of(k, file);
    return S_ISDIR(inode->mode) ? -EISDIR : read_at(k, inode, bytes, count, (uint64_t)offset);
}

// Linux appends with O_APPEND, whatever the offset (pwrite(2), BUGS).
static ssize_t disk_pwrite(struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count, int64_t offset) {
    uint64_t at = file->status & O_APPEND ? inode_of(k, file)->size : (uint64_t)offset;
    return file->status & O_DSYNC ? synced(k, file, write_at(k, file, bytes, count, at)) : write_at(k, file, bytes, count, at);
}

// From offset on: where the next page that has been written begins, or the next that has not; the file ends with a hole.
static int64_t seek_part(struct tick_kernel *k, struct tick__open *open, const struct tick__inode *inode, int64_t offset, bool data) {
    if (offset < 0 || (uint64_t)offset >= inode->size)
        return -ENXIO;
    uint64_t at = (uint64_t)offset;
    for (; at < inode->size; at = (at / TICK__PAGE + 1) * TICK__PAGE) {
        uint64_t number = at / TICK__PAGE;
        if ((number < inode->page_most && page_at(k, inode, number)->now != 0) == data)
            return open->offset = (int64_t)at;
    }
    return data ? -ENXIO : (open->offset = (int64_t)inode->size);
}

static int64_t disk_seek(struct tick_kernel *k, struct tick__file *file, int64_t offset, int whence) {
    struct tick__open *open = (struct tick__open *)file;
    const struct tick__inode *inode = inode_of(k, file);
    int64_t base = whence == SEEK_CUR ? open->offset : whence == SEEK_END ? (int64_t)inode->size : 0, to;
    if (whence == SEEK_DATA || whence == SEEK_HOLE)
        return S_ISDIR(inode->mode) ? -EINVAL : seek_part(k, open, inode, offset, whence == SEEK_DATA);
    if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
        return -EINVAL;
    if (__builtin_add_overflow(base, offset, &to) || to < 0 || (to > MOST_OFFSET && !S_ISDIR(inode->mode)))
        return -EINVAL;
    return open->offset = to;
}

static int disk_sync(struct tick_kernel *k, struct tick__file *file) {
    return inode_sync(k, inode_of(k, file));
}

static int disk_truncate(struct tick_kernel *k, struct tick__file *file, int64_t size) {
    return tick__inode_truncate(k, inode_of(k, file), (uint64_t)size);
}

static void disk_stat(const struct tick_kernel *k, const struct tick__file *file, struct stat *out) {
    tick__inode_describe(k, inode_of(k, file), out);
}

const struct tick__file_ops tick__disk_ops = {
    .read = disk_read,
    .write = disk_write,
    .close = disk_close,
    .pread = disk_pread,
    .pwrite = disk_pwrite,
    .seek = disk_seek,
    .sync = disk_sync,
    .truncate = disk_truncate,
    .list = tick__directory_list,
    .stat = disk_stat,
    .unread = disk_unread,
};
