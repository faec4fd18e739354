// Finds what libc has behind our names, all at once: at the first that is asked for, which may be before any constructor of ours.
//
// dlsym is a name of ours, too (stray.c), so libc's own is found by dlvsym, which is not.
#include "sim/guest/originals_int.h"
#include "src/base/keep.h"
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

TICK_KEEP struct tick__originals tick__originals;

typedef void *find_fn(void *, const char *);

static find_fn *finder(void) {
    static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17"};
    void *found = NULL;
    for (size_t i = 0; !found && i < sizeof versions / sizeof *versions; i++)
        found = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
    find_fn *find;
    memcpy(&find, &found, sizeof find);
    return find;
}

void *tick__original_named(const char *name) {
    find_fn *find = finder();
    return find ? find(RTLD_NEXT, name) : NULL;
}

void tick__originals_find(void) {
    static const struct {
        const char *name;
        size_t offset;
    } names[] = {
#define TICK__ORIGINAL_PLACE(name) {#name, offsetof(struct tick__originals, name)},
        TICK__ORIGINALS(TICK__ORIGINAL_PLACE)
#undef TICK__ORIGINAL_PLACE
    };
    find_fn *find = finder();
    for (size_t i = 0; find && i < sizeof names / sizeof *names; i++) {
        void *found = find(RTLD_NEXT, names[i].name);
        memcpy((char *)&tick__originals + names[i].offset, &found, sizeof found);
    }
    tick__originals.found = true;
}
