// The arena: granules handed out from a bump pointer, and a free list for each size. A reset is two assignments and the lists' heads.
#include "sim/kernel/kernel_int.h"

static uint32_t class_of(size_t size, uint32_t *granules) {
    uint32_t count = size ? (uint32_t)((size + TICK__GRANULE - 1) / TICK__GRANULE) : 1;
    if (count <= TICK__SMALL_CLASSES) {
        *granules = count;
        return count - 1;
    }
    uint32_t log = 32 - (uint32_t)__builtin_clz(count - 1);
    *granules = 1u << log;
    return TICK__SMALL_CLASSES + log - 4;
}

tick__ref tick__arena_take(struct tick_kernel *k, size_t size) {
    struct tick__root *root = k->root;
    if (size > (size_t)root->limit * TICK__GRANULE)
        return 0;
    uint32_t granules, class = class_of(size, &granules);
    tick__ref ref = root->free[class];
    if (ref) {
        root->free[class] = *TICK__ARRAY(k, tick__ref, ref);
        return ref;
    }
    if (root->limit - root->bump < granules)
        return 0;
    ref = root->bump;
    root->bump += granules;
    return ref;
}

tick__ref tick__arena_zero(struct tick_kernel *k, size_t size) {
    tick__ref ref = tick__arena_take(k, size);
    if (ref)
        memset(TICK__ARRAY(k, uint8_t, ref), 0, size);
    return ref;
}

void tick__arena_give(struct tick_kernel *k, tick__ref ref, size_t size) {
    uint32_t granules, class = class_of(size, &granules);
    *TICK__ARRAY(k, tick__ref, ref) = k->root->free[class];
    k->root->free[class] = ref;
}

bool tick__arena_grow(struct tick_kernel *k, tick__ref *array, uint32_t *most, uint32_t first, uint32_t used, size_t element) {
    uint32_t wanted = *most ? *most * 2 : first;
    tick__ref grown = tick__arena_take(k, wanted * element);
    if (!grown)
        return false;
    if (*most) {
        memcpy(TICK__ARRAY(k, uint8_t, grown), TICK__ARRAY(k, uint8_t, *array), used * element);
        tick__arena_give(k, *array, *most * element);
    }
    *array = grown;
    *most = wanted;
    return true;
}
