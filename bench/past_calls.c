// What a system call past libc's names costs a guest, beside the real kernel's: trapped, passed, or made by the library itself. Prints ns
// a call. On Linux it is run as it is; as a guest, and as one without the backstop:
//     build/release/tests/guest_by_hand -u build/release/bench/bench_past_calls
//     build/release/tests/guest_by_hand -u -b build/release/bench/bench_past_calls
#include "bench/host_clock.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static long past(long nr, long a, long b, long c, long d) {
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
#else
    return syscall(nr, a, b, c, d);
#endif
}

int main(void) {
    int fds[2];
    char byte;
    const int zero = open("/dev/zero", O_RDONLY);
    if (zero < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0) // the world begins
        return 1;
    MEASURE("getpgrp, which passes", 200000, past(SYS_getpgrp, 0, 0, 0, 0));
    MEASURE("madvise, which passes", 200000, past(SYS_madvise, 0, 0, 0, 0));
    MEASURE("getppid, which is trapped", 100000, past(SYS_getppid, 0, 0, 0, 0));
    MEASURE("getppid by syscall(2)", 200000, syscall(SYS_getppid));
    MEASURE("read of a real fd, by its name", 200000, (void)!read(zero, &byte, 1));
    MEASURE("read of a real fd, trapped", 100000, past(SYS_read, zero, (long)&byte, 1, 0));
    MEASURE("rt_sigprocmask, asked", 200000, past(SYS_rt_sigprocmask, 0, 0, (long)&fds, 8));
    MEASURE("dup and close, by their names", 100000, close(dup(zero)));
    return 0;
}
