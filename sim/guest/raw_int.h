// System calls past libc, whose names the preload library has itself: a result, or a negated errno.
#ifndef RETICK_RAW_INT_H
#define RETICK_RAW_INT_H

#include <sys/syscall.h>

#if !defined(__x86_64__)
#error "guests run on x86-64 only"
#endif

static inline long tick__raw6(long nr, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}

// tick__raw(SYS_read, fd, bytes, count): up to six arguments, numbers or pointers.
#define TICK__RAW_(nr, a, b, c, d, e, f, ...) tick__raw6((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define tick__raw(...) TICK__RAW_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

#endif
