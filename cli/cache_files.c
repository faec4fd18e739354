// The files of the cache: whether one may be loaded, how it gets there, when it goes.
#include "cli/cache.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define AGE_MOST ((time_t)30 * 24 * 3600) // seconds
#define AGE_OF_TEMPORARY ((time_t)3600)
#define SIZE_MOST ((int64_t)256 << 20)

// At the end of each file; the loader does not look beyond an object's last section.
struct seal {
    char magic[8];
    uint64_t size; // of what is before it
    XXH128_canonical_t sum;
};
static const char magic[8] = "retickso";

static struct seal seal_of(const void *bytes, size_t size, const char *name) {
    struct seal seal = {.size = size};
    memcpy(seal.magic, magic, sizeof magic);
    XXH128_canonicalFromHash(&seal.sum, XXH3_128bits_withSeed(bytes, size, XXH3_64bits(name, strlen(name))));
    return seal;
}

// The seal holds: then, if text is not NULL, *text is a copy of what is before it.
static bool is_whole(int fd, size_t size, const char *name, char **text) {
    struct seal expected;
    if (size <= sizeof expected)
        return false;
    const size_t inner = size - sizeof expected;
    const char *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return false;
    expected = seal_of(bytes, inner, name);
    bool whole = memcmp(bytes + inner, &expected, sizeof expected) == 0;
    if (whole && text) {
        *text = strndup(bytes, inner);
        whole = *text;
    }
    munmap((void *)(uintptr_t)bytes, size);
    return whole;
}

static bool find(const char *folder, const char *name, char **text) {
    char path[PATH_MAX];
    struct stat about;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    const bool ours = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid() && !(about.st_mode & 022);
    const bool usable = ours && is_whole(fd, (size_t)about.st_size, name, text);
    if (usable)
        (void)futimens(fd, NULL);
    close(fd);
    return usable;
}

bool tick__cache_has(const char *folder, const char *name) {
    return find(folder, name, NULL);
}

bool tick__cache_read(const char *folder, const char *name, char **text) {
    return find(folder, name, text);
}

static int add_seal(const char *path, const char *name) {
    struct stat about;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW), code = 0;
    if (fd < 0)
        return -errno;
    if (fstat(fd, &about) != 0 || fchmod(fd, 0700) != 0)
        code = -errno;
    const size_t size = code == 0 ? (size_t)about.st_size : 0;
    const void *bytes = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (code == 0 && bytes == MAP_FAILED)
        code = size ? -errno : TICK_EFORMAT;
    if (code == 0) {
        const struct seal seal = seal_of(bytes, size, name);
        const ssize_t written = pwrite(fd, &seal, sizeof seal, about.st_size);
        code = written == (ssize_t)sizeof seal ? 0 : written < 0 ? -errno : -ENOSPC;
        munmap((void *)(uintptr_t)bytes, size);
    }
    if (close(fd) != 0 && code == 0)
        code = -errno;
    return code;
}

int tick__cache_put(const char *folder, const char *temporary, const char *name) {
    char path[PATH_MAX];
    int code = snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path ? add_seal(temporary, name) : -ENAMETOOLONG;
    if (code == 0 && rename(temporary, path) != 0)
        code = -errno;
    if (code < 0)
        unlink(temporary);
    return code;
}

struct entry {
    char name[64];
    time_t used;
    int64_t size;
};

static int oldest_first(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    return x->used != y->used ? (x->used < y->used ? -1 : 1) : strcmp(x->name, y->name);
}

// "<32 hex digits>.so" or ".known", or, while it is being made, with a dot and a process's number behind it. Nothing else is the cache's.
static bool is_cached(const char *name, bool *temporary) {
    if (strspn(name, "0123456789abcdef") != 32)
        return false;
    const char *rest = name + 32;
    if (strncmp(rest, TICK__CACHE_OBJECT, strlen(TICK__CACHE_OBJECT)) == 0)
        rest += strlen(TICK__CACHE_OBJECT);
    else if (strncmp(rest, TICK__CACHE_KNOWN, strlen(TICK__CACHE_KNOWN)) == 0)
        rest += strlen(TICK__CACHE_KNOWN);
    else
        return false;
    *temporary = *rest == '.' && rest[1] && rest[1 + strspn(rest + 1, "0123456789")] == '\0';
    return *rest == '\0' || *temporary;
}

void tick__cache_prune(const char *folder, const char *name) {
    struct entry *entries = NULL;
    size_t count = 0, room = 0;
    int64_t total = 0;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    DIR *listing = opendir(folder);
    for (struct dirent *each; listing && (each = readdir(listing));) {
        struct stat about;
        bool temporary;
        if (!is_cached(each->d_name, &temporary) || strcmp(each->d_name, name) == 0 || strlen(each->d_name) >= sizeof entries->name ||
            fstatat(dirfd(listing), each->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode))
            continue;
        if (about.st_mtime < now.tv_sec - (temporary ? AGE_OF_TEMPORARY : AGE_MOST)) {
            unlinkat(dirfd(listing), each->d_name, 0);
            continue;
        }
        if (count == room) {
            struct entry *grown = realloc(entries, (room ? 2 * room : 64) * sizeof *grown);
            if (!grown)
                break; // the next compilation prunes again
            entries = grown;
            room = room ? 2 * room : 64;
        }
        entries[count] = (struct entry){.used = about.st_mtime, .size = about.st_size};
        snprintf(entries[count].name, sizeof entries->name, "%s", each->d_name);
        total += entries[count++].size;
    }
    if (count)
        qsort(entries, count, sizeof *entries, oldest_first);
    for (size_t i = 0; i < count && total > SIZE_MOST; total -= entries[i++].size)
        unlinkat(dirfd(listing), entries[i].name, 0);
    if (listing)
        closedir(listing);
    free(entries);
}
