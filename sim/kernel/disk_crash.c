// What a loss of power leaves on a disk.
#include "sim/kernel/disk_int.h"

// How many bytes of the page programs could have read: the file may end in it.
static uint32_t bytes_of(const struct tick__inode *inode, uint64_t number) {
    uint64_t begin = number * TICK__PAGE;
    if (inode->size <= begin)
        return 0;
    return inode->size - begin < TICK__PAGE ? (uint32_t)(inode->size - begin) : TICK__PAGE;
}

// The file was truncated, and its new size is on the disk, though nothing of it was synced: what was beyond is gone.
static void cut(struct tick_kernel *k, struct tick__inode *inode) {
    struct tick__disk *disk = tick__disk_there(k, inode->host);
    inode->durable_size = inode->cut;
    for (uint64_t number = inode->cut / TICK__PAGE; number < inode->page_most; number++) {
        struct tick__page *page = &TICK__ARRAY(k, struct tick__page, inode->pages)[number];
        const uint32_t left = number * TICK__PAGE < inode->cut ? (uint32_t)(inode->cut % TICK__PAGE) : 0;
        if (page->durable && left) {
            memset(TICK__ARRAY(k, uint8_t, page->durable) + left, 0, TICK__PAGE - left);
        } else if (page->durable) {
            if (page->now == page->durable)
                page->now = 0;
            tick__page_give(k, disk, page->durable);
            page->durable = 0;
        }
    }
}

static void page_crash(struct tick_kernel *k, struct tick__inode *inode, uint64_t number, tick_disk_kept_fn *kept, void *ctx) {
    struct tick__page *page = &TICK__ARRAY(k, struct tick__page, inode->pages)[number];
    struct tick__disk *disk = tick__disk_there(k, inode->host);
    uint32_t size = bytes_of(inode, number), torn = 0;
    if (page->dirty && kept && page->now && size) {
        torn = kept(ctx, inode->id, number, size);
        torn = torn < size ? torn : size;
    }
    if (torn && page->now != page->durable) {
        uint8_t *bytes = TICK__ARRAY(k, uint8_t, page->now);
        if (page->durable)
            memcpy(bytes + torn, TICK__ARRAY(k, uint8_t, page->durable) + torn, TICK__PAGE - torn);
        else
            memset(bytes + torn, 0, TICK__PAGE - torn);
        tick__page_give(k, disk, page->durable);
        page->durable = page->now;
        if (number * TICK__PAGE + torn > inode->durable_size)
            inode->durable_size = number * TICK__PAGE + torn;
    } else if (page->now != page->durable) {
        tick__page_give(k, disk, page->now);
        page->now = page->durable;
    }
    page->dirty = false;
}

void tick_kernel_disk_crash(struct tick_kernel *k, int host, tick_disk_kept_fn *kept, void *ctx) {
    struct tick__disk *disk = tick__disk_there(k, (uint32_t)host);
    if (!disk)
        return;
    for (tick__ref ref = disk->inodes; ref; ref = tick__inode(k, ref)->next) {
        struct tick__inode *inode = tick__inode(k, ref);
        if (inode->cut < inode->durable_size && kept && kept(ctx, inode->id, TICK_DISK_SIZE, 1))
            cut(k, inode);
        for (uint64_t i = 0; i < inode->page_most; i++)
            page_crash(k, inode, i, kept, ctx);
        inode->asked_lost = 0;
        inode->size = inode->cut = inode->durable_size;
    }
    // The journal's changes from the first one that is lost are undone; a rename is lost or kept as a whole.
    for (tick__ref ref = disk->oldest, next; ref; ref = next) {
        const struct tick__change *change = TICK__AT(k, tick__change, ref);
        next = change->next;
        const bool ends = !change->after || (change->after == disk->nothing && change->before);
        struct tick__inode *inode = tick__inode(k, ends ? change->before : change->after);
        if (change->joined || (kept && kept(ctx, inode->id, TICK_DISK_ENTRY, ++inode->asked_lost)))
            continue;
        tick__journal_undo(k, disk, ref);
        break;
    }
    tick__journal_commit(k, disk);
}

void tick_kernel_disk_sync_names(struct tick_kernel *k, int host) {
    struct tick__disk *disk = tick__disk_there(k, (uint32_t)host);
    if (disk)
        tick__journal_commit(k, disk);
}

void tick_kernel_disk_sync(struct tick_kernel *k, int host) {
    struct tick__disk *disk = tick__disk_there(k, (uint32_t)host);
    if (!disk)
        return;
    for (tick__ref ref = disk->inodes; ref; ref = tick__inode(k, ref)->next)
        tick__inode_sync(k, tick__inode(k, ref));
    tick__journal_commit(k, disk);
}

void tick_kernel_disk_limit(struct tick_kernel *k, int host, uint64_t bytes) {
    struct tick__disk *disk = tick__disk(k, (uint32_t)host);
    if (disk)
        disk->limit = bytes;
}
