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
void *tick__kept_new(size_t size);
void *tick__kept_private(size_t size); // in the same place, but private
// Private, and in large pages: for what is written once, and read after each run. To be made once the process's mappings have been listed,
// as it is no part of what goes back.
void *tick__kept_large(size_t size);
bool tick__is_kept(uintptr_t at); // in memory of one of these
void tick__kept_free(void *memory, size_t size);

#endif
