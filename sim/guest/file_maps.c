// Mappings of files on the world's disk: memory of the program's own, with the file's bytes. Of a shared one what is stored comes to the
// file before that is read, synced or unmapped, and what is written to the file comes to memory.
#include "sim/guest/files_int.h"
#include "sim/guest/map_int.h"
#include <string.h>

#define MOST 64
#define AWAY 50000 // the kernel's fds of mapped files, which may be closed by the program

static struct map {
    uintptr_t start, size;
    off_t offset;
    uint64_t inode;
    int fd; // the kernel's
    bool writes;
} maps[MOST];
uint32_t tick__file_maps;

static uint64_t inode_of(int fd) {
    struct stat s;
    return tick_k_fstat(TICK__K, fd, &s) < 0 || !S_ISREG(s.st_mode) ? 0 : s.st_ino;
}

// What the file has there; behind its end, zeros.
static void load(uintptr_t at, size_t size, int fd, off_t offset) {
    size_t done = 0;
    for (ssize_t got = 1; done < size && got > 0; done += got > 0 ? (size_t)got : 0)
        got = tick_k_pread(TICK__K, fd, (char *)at + done, size - done, offset + (off_t)done);
    memset((char *)at + done, 0, size - done);
}

static void store(const struct map *map) {
    struct stat s;
    char had[4096];
    if (!map->writes || tick_k_fstat(TICK__K, map->fd, &s) < 0)
        return;
    for (uintptr_t done = 0; done < map->size && map->offset + (off_t)done < s.st_size; done += sizeof had) {
        const off_t left = s.st_size - map->offset - (off_t)done;
        const size_t part = left < (off_t)sizeof had ? (size_t)left : sizeof had;
        const char *at = (const char *)map->start + done;
        const ssize_t got = tick_k_pread(TICK__K, map->fd, had, part, map->offset + (off_t)done);
        if (got != (ssize_t)part || memcmp(had, at, part) != 0)
            (void)tick_k_pwrite(TICK__K, map->fd, at, part, map->offset + (off_t)done);
    }
}

static int add(uintptr_t start, size_t size, int fd, off_t offset, bool writes) {
    const uint64_t inode = inode_of(fd);
    for (uint32_t i = 0; i < tick__file_maps; i++)
        if (maps[i].inode == inode && (maps[i].writes || writes) && maps[i].offset < offset + (off_t)size &&
            offset < maps[i].offset + (off_t)maps[i].size)
            tick__guest_unsupported("mmap", "a part of a file is mapped twice, shared, to be written");
    if (tick__file_maps == MOST)
        return -ENOMEM;
    const int kept = tick_k_fcntl(TICK__K, fd, F_DUPFD, AWAY);
    if (kept < 0)
        return kept;
    maps[tick__file_maps++] = (struct map){start, size, offset, inode, kept, writes};
    return 0;
}

#define TAKEN (MAP_TYPE | MAP_SHARED_VALIDATE | MAP_SYNC)

long tick__file_map(long at, long size, long prot, long flags, long fd_, long offset) {
    const int fd = (int)fd_, status = tick_k_fcntl(TICK__K, fd, F_GETFL, 0), how = status & O_ACCMODE;
    const bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
    if (!inode_of(fd))
        return -ENODEV;
    if (how == O_WRONLY || (shared && prot & PROT_WRITE && how != O_RDWR))
        return -EACCES;
    if (offset < 0 || offset % 4096)
        return -EINVAL;
    const long memory =
        tick__map_call(SYS_mmap, at, size, PROT_READ | PROT_WRITE, (flags & ~(long)TAKEN) | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory < 0 && memory > -4096)
        return memory;
    tick__file_maps_pull(fd);
    load((uintptr_t)memory, (size_t)size, fd, offset);
    const int error = shared ? add((uintptr_t)memory, ((size_t)size + 4095) & ~(size_t)4095, fd, offset, how == O_RDWR) : 0;
    if (error < 0) {
        (void)tick__map_call(SYS_munmap, memory, size, 0, 0, 0, 0);
        return error;
    }
    const long wanted = shared ? prot | PROT_READ | PROT_WRITE : prot; // what is written to the file has to come there
    if (wanted != (PROT_READ | PROT_WRITE))
        (void)tick__map_call(SYS_mprotect, memory, size, wanted, 0, 0, 0);
    return memory;
}

void tick__file_maps_pull(int fd) {
    const uint64_t inode = tick__file_maps ? inode_of(fd) : 0;
    for (uint32_t i = 0; inode && i < tick__file_maps; i++)
        if (maps[i].inode == inode)
            store(&maps[i]);
}

void tick__file_maps_push(int fd) {
    const uint64_t inode = tick__file_maps ? inode_of(fd) : 0;
    for (uint32_t i = 0; inode && i < tick__file_maps; i++)
        if (maps[i].inode == inode)
            load(maps[i].start, maps[i].size, maps[i].fd, maps[i].offset);
}

static bool meets(const struct map *map, uintptr_t at, size_t size) {
    return map->start < at + size && at < map->start + map->size;
}

long tick__file_maps_sync(long at, long size) {
    bool any = false;
    for (uint32_t i = 0; i < tick__file_maps; i++)
        if (meets(&maps[i], (uintptr_t)at, (size_t)size)) {
            store(&maps[i]);
            (void)tick_k_fsync(TICK__K, maps[i].fd, true);
            any = true;
        }
    return any;
}

// Part of it may stay, on either side.
static void cut(uint32_t i, uintptr_t from, uintptr_t to) {
    const struct map was = maps[i];
    const uintptr_t end = was.start + was.size;
    maps[i] = maps[--tick__file_maps];
    if (was.start < from && tick__file_maps < MOST) {
        maps[tick__file_maps] = was;
        maps[tick__file_maps].fd = tick_k_fcntl(TICK__K, was.fd, F_DUPFD, AWAY);
        maps[tick__file_maps++].size = from - was.start;
    }
    if (to < end && tick__file_maps < MOST) {
        maps[tick__file_maps] = was;
        maps[tick__file_maps].fd = tick_k_fcntl(TICK__K, was.fd, F_DUPFD, AWAY);
        maps[tick__file_maps].offset += (off_t)(to - was.start);
        maps[tick__file_maps].start = to;
        maps[tick__file_maps++].size = end - to;
    }
    tick_k_close(TICK__K, was.fd);
}

void tick__file_maps_unmapped(long at_, long size, bool before) {
    const uintptr_t at = (uintptr_t)at_, end = at + (((uintptr_t)size + 4095) & ~(uintptr_t)4095);
    for (uint32_t i = tick__file_maps; i-- > 0;)
        if (meets(&maps[i], at, end - at)) {
            if (before)
                store(&maps[i]);
            else
                cut(i, at, end);
        }
}
