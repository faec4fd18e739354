// What disks do wrong: errors, short writes, syncs that fail, slowness, and what a crash leaves of what was not synced.
//
// An operation's address is its file and its count; each kind of operation has counts of its own, so that the operation enters the ordinal.
#include "sim/world/world_int.h"
#include <errno.h>
#include <retick/faults.h>

#define SECTOR 512u // a disk writes it whole or not at all

int64_t tick__disk_fault(void *ctx, int index, enum tick_disk_op op, tick_id file, uint64_t ordinal, uint64_t offset, size_t count) {
    (void)offset;
    struct tick_world *w = ctx;
    struct tick_host *host = tick__world_host(w, (size_t)index);
    const struct tick_disk *disk = &host->disk;
    uint64_t occasion = ordinal * TICK_DISK_OPS + op;
    if (disk->late)
        host->tenant->busy(
            host, tick_scale_capped(
                      tick__world_choose(w, TICK_CHOICE_DISK_LATE, file, occasion, tick_scale_count(disk->late), disk->late), disk->late));
    if (w->quiet)
        return (int64_t)count;
    if (op == TICK_DISK_SYNC)
        return disk->syncs && tick__world_choose(w, TICK_CHOICE_DISK_SYNC, file, ordinal, 2, 0) ? -EIO : (int64_t)count;
    if (disk->errors && tick__world_choose(w, TICK_CHOICE_DISK_ERROR, file, occasion, 2, 0))
        return -EIO;
    if (op == TICK_DISK_WRITE && disk->shorts && count > 1) {
        uint32_t taken = tick__world_choose(w, TICK_CHOICE_DISK_SHORT, file, ordinal, count < 16 ? (uint32_t)count : 16, 0);
        return taken ? taken : (int64_t)count;
    }
    return (int64_t)count;
}

// How much of an unsynced page is on the disk. The life that ends enters the ordinal, as a page is asked for at each crash; so does which
// of the changes of the file's name it is about.
static uint32_t kept(void *ctx, tick_id file, uint64_t page, uint32_t size) {
    const struct tick_host *host = ctx;
    const uint64_t what = page == TICK_DISK_ENTRY  ? (uint64_t)(size - 1) << TICK_DISK_CHANGE_SHIFT
                          : page == TICK_DISK_SIZE ? TICK_DISK_SIZE_PLACE
                                                   : page + 1;
    const uint64_t ordinal = (uint64_t)host->lives << TICK_DISK_LIFE_SHIFT | what;
    const bool whole = page == TICK_DISK_ENTRY || page == TICK_DISK_SIZE;
    uint32_t sectors = whole ? 1 : (size + SECTOR - 1) / SECTOR;
    uint32_t value = tick__world_choose(host->world, TICK_CHOICE_DISK_KEPT, file, ordinal, sectors + 1, 0);
    return whole ? value : value * SECTOR < size ? value * SECTOR : size;
}

void tick__disk_crash(struct tick_host *host) {
    tick_kernel_disk_crash(host->world->kernel, host->index, kept, host);
}

void tick_disk_at(struct tick_world *w, struct tick_host *host, const struct tick_disk *disk) {
    if (disk->late < 0) {
        tick__world_bad(w, NULL, "a disk takes no negative times");
        return;
    }
    for (size_t i = 0; i < w->host_count; i++) {
        struct tick_host *each = tick__world_host(w, i);
        if (host && each != host)
            continue;
        if (each->index >= 0)
            tick_kernel_disk_limit(w->kernel, each->index, disk->space); // may make the disk, of which nothing is asked
        each->disk = *disk;
    }
}
