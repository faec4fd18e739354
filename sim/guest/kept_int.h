// Memory that a rewind leaves alone: shared mappings of the library's own. Whatever else is private in the process goes back with the rest,
// the library's statics among it, so that what has to outlive a run lies here, or in the control block.
#ifndef RETICK_KEPT_INT_H
#define RETICK_KEPT_INT_H

#include "sim/guest/raw_int.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define TICK__PAGE 4096ul

// Zeroed, and no memory until it is written. NULL: none left.
static inline void *tick__kept_new(size_t size) {
    const long at = tick__raw(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at < 0 && at > -4096 ? NULL : (void *)at;
}

static inline void tick__kept_free(void *memory, size_t size) {
    if (memory)
        tick__raw(SYS_munmap, memory, size);
}

#endif
