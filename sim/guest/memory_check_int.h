// Whether all of memory is what it was: each page's hash, taken apart from the copies that a rewind puts back.
#ifndef RETICK_MEMORY_CHECK_INT_H
#define RETICK_MEMORY_CHECK_INT_H

#include "sim/guest/mappings_int.h"

struct tick__hashed {
    uintptr_t start;
    uint64_t hash;
};

struct tick__memory_check {
    size_t count, most;
    struct tick__hashed *pages; // by address; pages of nothing but zeros are left out
};

int tick__memory_check_new(struct tick__memory_check *check); // before anything of the process is copied
int tick__memory_check_take(struct tick__memory_check *check, const struct tick__mappings *mappings);
// NULL, or in words what is different, with the address. `now` is filled with the mappings of now.
const char *tick__memory_check(
    const struct tick__memory_check *check, const struct tick__mappings *were, struct tick__mappings *now, uintptr_t *at);
void tick__memory_check_drop(struct tick__memory_check *check);

#endif
