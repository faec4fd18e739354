// libc's names that end the run in words once the world has begun (libc_names.h says which, and why). Before that, and outside, they are
// what they are: all of them take up to eight numbers or pointers, which are handed on as they came.
#include "sim/guest/guest_int.h"
#include "sim/guest/libc_names.h"
#include "sim/guest/originals_int.h"
#include "sim/guest/tell_int.h"
#include <string.h>

typedef long libc_fn(long, long, long, long, long, long, long, long);

static long hand_on(libc_fn **known, const char *name, const char *why, const void *caller, const long *a) {
    tick__guest_caller = caller;
    if (tick__guest_on && tick__guest_begun)
        tick__guest_unsupported(name, why);
    if (!*known) {
        void *found = tick__original_named(name);
        memcpy(known, &found, sizeof found);
    }
    return (*known)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
}

#define REFUSED(name, why) \
    TICK_GUEST_EXPORT long tick__refused_##name(long a, long b, long c, long d, long e, long f, long g, long h) __asm__(#name); \
    long tick__refused_##name(long a, long b, long c, long d, long e, long f, long g, long h) { \
        static libc_fn *known; \
        const long args[] = {a, b, c, d, e, f, g, h}; \
        return hand_on(&known, #name, why, __builtin_return_address(0), args); \
    }
TICK__LIBC_REFUSED(REFUSED)
