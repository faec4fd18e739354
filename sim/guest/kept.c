// All of it stands far from where the kernel puts a program's own mappings: where these come to lie does not depend on what we keep, nor on
// how runs are begun, and so neither does anything that a program sorts by address.
#include "sim/guest/kept_int.h"
#include "src/base/keep.h"
#include <errno.h>

#define BASE UINT64_C(0x200000000000)
#define STEP UINT64_C(0x200000)
#define FIXED_NOREPLACE 0x100000

TICK_KEEP static uintptr_t next; // only moves before the snapshot

static long map_apart(size_t size, int flags) {
    if (!next)
        next = BASE;
    for (int tries = 0; tries < 1000; tries++) {
        const uintptr_t at = next;
        next += (size + 2 * STEP - 1) / STEP * STEP;
        const long rc = tick__raw(SYS_mmap, at, size, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE | FIXED_NOREPLACE, -1, 0);
        if (rc != -EEXIST)
            return rc;
    }
    return -ENOMEM;
}

static void *map(size_t size, int flags) {
    const long at = map_apart(size, flags | MAP_ANONYMOUS);
    return at < 0 && at > -4096 ? NULL : (void *)at;
}

void *tick__kept_new(size_t size) {
    return map(size, MAP_SHARED);
}

void *tick__kept_private(size_t size) {
    return map(size, MAP_PRIVATE);
}

void *tick__kept_large(size_t size) {
    void *const memory = map(size, MAP_PRIVATE);
    if (memory)
        (void)tick__raw(SYS_madvise, memory, size, MADV_HUGEPAGE); // where the system has none: small ones
    return memory;
}

bool tick__is_kept(uintptr_t at) {
    return at >= BASE && at < next;
}

void tick__kept_free(void *memory, size_t size) {
    if (memory)
        tick__raw(SYS_munmap, memory, size);
}
