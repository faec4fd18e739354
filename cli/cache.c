#include "cli/cache.h"
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

// mkdir -p, with mode 0700 for what is new: 0 or a negated errno. Root may write anywhere but on a read-only file system, so ask by trying.
static int make_folder(const char *path) {
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length + 32 >= sizeof part)
        return -ENAMETOOLONG;
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return -errno;
        part[i] = path[i];
    }
    snprintf(part, sizeof part, "%s/.try-%ld", path, (long)getpid());
    FILE *file = fopen(part, "wxe");
    if (!file)
        return -errno;
    fclose(file);
    unlink(part);
    return 0;
}

// Whether nobody but the user and root can write there or put another folder in its place: the folder is the user's alone, and those
// above it are, or root's, or such that only who owns an entry may move it.
static bool is_private(const char *folder) {
    char path[PATH_MAX];
    struct stat about;
    if (!realpath(folder, path) || lstat(path, &about) != 0 || about.st_uid != geteuid() || (about.st_mode & 022))
        return false;
    for (char *slash; (slash = strrchr(path, '/'));) { // each above it
        slash[slash == path] = '\0';
        if (lstat(path, &about) != 0 || (about.st_uid != 0 && about.st_uid != geteuid()) ||
            ((about.st_mode & 022) && !(about.st_mode & S_ISVTX)))
            return false;
        if (slash == path)
            break;
    }
    return true;
}

const char *tick__temporary_folder(void) {
    const char *folder = getenv("TMPDIR");
    return folder && folder[0] == '/' ? folder : "/tmp";
}

int tick__cache_folder(char *folder, size_t size, struct tick_error *error) {
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int result = -ENOENT;
    if (base && base[0] == '/')
        snprintf(folder, size, "%s/retick", base);
    else if (home && home[0] == '/')
        snprintf(folder, size, "%s/.cache/retick", home);
    else
        folder[0] = '\0';
    if (folder[0] && make_folder(folder) == 0 && is_private(folder))
        return 0;
    snprintf(folder, size, "%s/retick-%ld", tick__temporary_folder(), (long)geteuid());
    result = make_folder(folder);
    if (result == 0 && is_private(folder))
        return 0;
    if (result == 0)
        return tick_error_set(error, -EPERM,
            "no folder for compiled scenarios is safe: others can write to %s, or to one above it; set XDG_CACHE_HOME or TMPDIR to one of "
            "your own",
            folder);
    return tick_error_set(error, result,
        "no folder for compiled scenarios can be written (last tried %s: %s); set XDG_CACHE_HOME or TMPDIR to one", folder,
        tick_error_text(result));
}

struct tick__cache_key {
    XXH3_state_t state;
};

int tick__cache_key_new(struct tick__cache_key **key) {
    *key = aligned_alloc(64, (sizeof **key + 63) & ~(size_t)63); // XXH3_state_t asks for 64 bytes' alignment
    if (!*key)
        return -ENOMEM;
    XXH3_INITSTATE(&(*key)->state);
    XXH3_128bits_reset(&(*key)->state);
    return 0;
}

void tick__cache_key_add(struct tick__cache_key *key, const void *bytes, size_t count) {
    uint64_t length = count;
    XXH3_128bits_update(&key->state, &length, sizeof length);
    XXH3_128bits_update(&key->state, bytes, count);
}

void tick__cache_key_finish(struct tick__cache_key *key, char hex[33]) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&key->state));
    for (int i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02x", canonical.digest[i]);
    free(key);
}
