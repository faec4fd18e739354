// How libc's names are written over the one entry: wrap_*.c hold nothing but such lines. A result that is a negated errno goes to errno.
#ifndef RETICK_WRAP_INT_H
#define RETICK_WRAP_INT_H

#include "sim/guest/inside_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/originals_int.h"
#include "sim/guest/tell_int.h"
#include <errno.h>

#define EXPORT TICK_GUEST_EXPORT

static inline long tick__guest_answer(long result) {
    if (__builtin_expect(result < 0 && result > -4096, 0)) {
        if (result == -EINTR && tick__guest_on && tick__guest_begun)
            tick__guest_interrupted(); // handlers run; who is cancelled does not come back
        errno = (int)-result;
        return -1;
    }
    return result;
}

// CALL(SYS_read, fd, bytes, count): as read(2) answers, -1 and errno.
#define CALL_(nr, a, b, c, d, e, f, ...) \
    tick__guest_answer( \
        (tick__guest_caller = __builtin_return_address(0), \
            tick__guest_call((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))))
#define CALL(...) CALL_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

// What libc has behind a name that is ours: found once.
#define ORIGINAL(name) \
    __extension__({ \
        static __typeof__(&name) original_; \
        if (!original_) \
            original_ = (__typeof__(&name))tick__original_named(#name); \
        original_; \
    })

// A second name of one of ours, as libc exports it.
#if defined(__has_attribute) && __has_attribute(copy)
#define LIKE(name) , copy(name)
#else
#define LIKE(name)
#endif
#define ALSO(name, also) extern __typeof__(name) also __attribute__((alias(#name), visibility("default") LIKE(name)));

#endif
