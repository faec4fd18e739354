// What a folder has: the machine's names that show, and those of the world's disk, in the order of the names. So it depends neither on the
// machine's file system nor on when something was made.
#include "sim/guest/files_int.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

struct linux_dirent { // getdents64
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static void add(struct tick__listing *to, const char *name, size_t size, uint64_t inode, uint8_t type) {
    if (to->count == to->room) {
        const uint32_t room = to->room ? 2 * to->room : 16;
        struct tick__listed *more = tick__outside_realloc(to->all, room * sizeof *more);
        if (!more) {
            to->error = -ENOMEM;
            return;
        }
        to->all = more;
        to->room = room;
    }
    char *copy = tick__outside_alloc(size + 1);
    if (!copy) {
        to->error = -ENOMEM;
        return;
    }
    memcpy(copy, name, size);
    copy[size] = 0;
    to->all[to->count++] = (struct tick__listed){inode, type, copy};
}

struct ours {
    struct tick__listing *here; // the disk's names; type DT_UNKNOWN: it hides the machine's
};

static void add_ours(void *ctx, const char *name, size_t size, uint64_t inode, unsigned mode) {
    add(((struct ours *)ctx)->here, name, size, inode, mode ? (uint8_t)IFTODT(mode) : DT_UNKNOWN);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct tick__listed *)a)->name, ((const struct tick__listed *)b)->name);
}

// By heap: qsort may ask for memory.
static void sift(struct tick__listed *all, uint32_t at, uint32_t count) {
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && by_name(&all[child], &all[child + 1]) < 0;
        if (by_name(&all[at], &all[child]) >= 0)
            break;
        const struct tick__listed swapped = all[at];
        all[at] = all[child];
        all[child] = swapped;
    }
}

static void sort(struct tick__listed *all, uint32_t count) {
    for (uint32_t at = count / 2; at-- > 0;)
        sift(all, at, count);
    for (uint32_t end = count; end > 1; end--) {
        const struct tick__listed swapped = all[0];
        all[0] = all[end - 1];
        all[end - 1] = swapped;
        sift(all, 0, end - 1);
    }
}

static const struct tick__listed *named(const struct tick__listing *sorted, const char *name) {
    uint32_t from = 0, to = sorted->count;
    while (from < to) {
        const uint32_t middle = from + (to - from) / 2;
        const int order = strcmp(sorted->all[middle].name, name);
        if (!order)
            return &sorted->all[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

// The machine's names, but for those that the disk has or hides.
static int add_real(struct tick__listing *to, const char *path, const struct tick__listing *ours) {
    const long fd = tick__raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *entries = tick__outside_alloc(32768);
    long got = fd < 0 ? fd : entries ? 1 : -ENOMEM;
    while (got > 0 && (got = tick__raw(SYS_getdents64, fd, entries, 32768)) > 0)
        for (long at = 0; at < got;) {
            const struct linux_dirent *entry = (const void *)(entries + at);
            const bool dots = !strcmp(entry->name, ".") || !strcmp(entry->name, "..");
            if (!dots && !named(ours, entry->name))
                add(to, entry->name, strlen(entry->name), entry->inode, entry->type);
            at += entry->length;
        }
    if (fd >= 0)
        tick__raw(SYS_close, fd);
    tick__outside_free(entries);
    return (int)got;
}

static int add_all(const struct tick__file_place *place, struct tick__listing *out, struct tick__listing *ours) {
    int error = 0;
    if (place->what == TICK__FILE_SIMULATED || place->covered) {
        struct ours ctx = {ours};
        error = tick_kernel_disk_names(tick__guest_kernel, TICK__HOST, place->path, add_ours, &ctx);
        sort(ours->all, ours->count);
    }
    if (!error && place->what != TICK__FILE_SIMULATED)
        error = add_real(out, place->path, ours);
    for (uint32_t i = 0; !error && i < ours->count; i++)
        if (ours->all[i].type != DT_UNKNOWN)
            add(out, ours->all[i].name, strlen(ours->all[i].name), ours->all[i].inode, ours->all[i].type);
    return error ? error : out->error ? out->error : ours->error;
}

int tick__listing_read(const struct tick__file_place *place, struct tick__listing *out) {
    struct tick__listing ours = {0};
    struct stat s;
    *out = (struct tick__listing){0};
    const bool real = place->what != TICK__FILE_SIMULATED && tick__raw(SYS_stat, place->path, &s) == 0;
    add(out, ".", 1, real ? s.st_ino : place->stat.st_ino, DT_DIR);
    add(out, "..", 2, 1, DT_DIR);
    const int error = add_all(place, out, &ours);
    tick__listing_free(&ours);
    if (error < 0)
        tick__listing_free(out);
    else
        sort(out->all + 2, out->count - 2);
    return error < 0 ? error : 0;
}

void tick__listing_free(struct tick__listing *listing) {
    for (uint32_t i = 0; i < listing->count; i++)
        tick__outside_free(listing->all[i].name);
    tick__outside_free(listing->all);
    *listing = (struct tick__listing){0};
}
