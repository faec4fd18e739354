// The one entry of the library's calls, by system call number: libc's names (wrap_*.c), syscall(2) and whatever else comes all pass here.
#include "sim/guest/inside_int.h"
#include "sim/guest/tell_int.h"
#include "sim/guest/locks_int.h"

// Which arguments are numbers, as digests take them: N(0), N2(0, 2), ...
#define N1(a) (1u << (a))
#define N2(a, b) (N1(a) | N1(b))
#define N3(a, b, c) (N2(a, b) | N1(c))
#define N4(a, b, c, d) (N3(a, b, c) | N1(d))

#define ENTRY(name_, how_, numbers_, shape_, at_) \
    [SYS_##name_] = {.call = tick__call_##name_, .name = #name_, .how = (how_), .numbers = (numbers_), .shape = (shape_), .at = (at_)},

static const struct tick__guest_entry entries[] = {
    ENTRY(socket, TICK__MAKES, N3(0, 1, 2), TICK__PLAIN, 0) ENTRY(socketpair, TICK__MAKES, N3(0, 1, 2), TICK__TWO, 3) ENTRY(
        pipe, TICK__OF_ALL, 0, TICK__TWO, 0) ENTRY(pipe2, TICK__OF_ALL, N1(1), TICK__TWO, 0) ENTRY(eventfd, TICK__MAKES, N1(0), TICK__PLAIN,
        0) ENTRY(eventfd2, TICK__MAKES, N2(0, 1), TICK__PLAIN, 0) ENTRY(timerfd_create, TICK__MAKES, N2(0, 1), TICK__PLAIN,
        0) ENTRY(epoll_create, TICK__OF_ALL, N1(0), TICK__PLAIN, 0) ENTRY(epoll_create1, TICK__OF_ALL, N1(0), TICK__PLAIN, 0) ENTRY(bind,
        TICK__OF_FD, N2(0, 2), TICK__PLAIN,
        0) ENTRY(listen, TICK__OF_FD, N2(0, 1), TICK__PLAIN, 0) ENTRY(accept, TICK__OF_FD, N1(0), TICK__PLAIN, 0) ENTRY(accept4,
        TICK__OF_FD, N2(0, 3), TICK__PLAIN, 0) ENTRY(connect, TICK__OF_FD, N2(0, 2), TICK__PLAIN, 0) ENTRY(shutdown, TICK__OF_FD, N2(0, 1),
        TICK__PLAIN, 0) ENTRY(getsockname, TICK__OF_FD, N1(0), TICK__PLAIN, 0) ENTRY(getpeername, TICK__OF_FD, N1(0), TICK__PLAIN,
        0) ENTRY(getsockopt, TICK__OF_FD, N3(0, 1, 2), TICK__PLAIN, 0) ENTRY(setsockopt, TICK__OF_FD, N4(0, 1, 2, 4), TICK__PLAIN, 0)
        ENTRY(sendto, TICK__OF_FD, N3(0, 2, 3), TICK__BYTES, 1) ENTRY(recvfrom, TICK__OF_FD, N3(0, 2, 3), TICK__BYTES, 1) ENTRY(sendmsg,
            TICK__OF_FD, N2(0, 2), TICK__MESSAGE, 1) ENTRY(recvmsg, TICK__OF_FD, N2(0, 2), TICK__MESSAGE, 1) ENTRY(sendmmsg, TICK__OF_FD,
            N3(0, 2, 3), TICK__PLAIN, 0) ENTRY(recvmmsg, TICK__OF_FD, N3(0, 2, 3), TICK__PLAIN, 0) ENTRY(read, TICK__OF_ALL, N2(0, 2),
            TICK__BYTES, 1) ENTRY(write, TICK__OF_ALL, N2(0, 2), TICK__BYTES, 1) ENTRY(readv, TICK__OF_FD, N2(0, 2), TICK__PARTS,
            1) ENTRY(writev, TICK__OF_ALL, N2(0, 2), TICK__PARTS, 1) ENTRY(pread64, TICK__OF_FD, N3(0, 2, 3), TICK__BYTES, 1)
            ENTRY(pwrite64, TICK__OF_FD, N3(0, 2, 3), TICK__BYTES, 1) ENTRY(preadv, TICK__OF_FD, N3(0, 2, 3), TICK__PARTS, 1) ENTRY(pwritev,
                TICK__OF_FD, N3(0, 2, 3), TICK__PARTS, 1) ENTRY(sendfile, TICK__OF_ALL, N3(0, 1, 3), TICK__PLAIN,
                0) ENTRY(timerfd_settime, TICK__OF_FD, N2(0, 1), TICK__PLAIN, 0) ENTRY(timerfd_gettime, TICK__OF_FD, N1(0), TICK__PLAIN, 0)
                ENTRY(epoll_ctl, TICK__OF_ALL, N3(0, 1, 2), TICK__PLAIN, 0) ENTRY(epoll_wait, TICK__OF_FD, N3(0, 2, 3), TICK__PLAIN, 0)
                    ENTRY(epoll_pwait, TICK__OF_FD, N3(0, 2, 3), TICK__PLAIN, 0) ENTRY(epoll_pwait2, TICK__OF_FD, N2(0, 2), TICK__PLAIN, 0)
                        ENTRY(poll, TICK__OF_ALL, N2(1, 2), TICK__PLAIN, 0) ENTRY(ppoll, TICK__OF_ALL, N1(1), TICK__PLAIN, 0) ENTRY(
                            select, TICK__OF_ALL, N1(0), TICK__PLAIN, 0) ENTRY(pselect6, TICK__OF_ALL, N1(0), TICK__PLAIN, 0) ENTRY(close,
                            TICK__OF_ALL, N1(0), TICK__PLAIN, 0) ENTRY(close_range, TICK__OF_ALL, N3(0, 1, 2), TICK__PLAIN, 0) ENTRY(dup,
                            TICK__OF_ALL, N1(0), TICK__PLAIN, 0) ENTRY(dup2, TICK__OF_ALL, N2(0, 1), TICK__PLAIN, 0) ENTRY(dup3,
                            TICK__OF_ALL, N3(0, 1, 2), TICK__PLAIN, 0) ENTRY(fcntl, TICK__OF_ALL, N2(0, 1), TICK__PLAIN, 0) ENTRY(ioctl,
                            TICK__OF_FD, N2(0, 1), TICK__PLAIN, 0) ENTRY(fstat, TICK__OF_FD, N1(0), TICK__PLAIN, 0) ENTRY(lseek,
                            TICK__OF_FD, N3(0, 1, 2), TICK__PLAIN, 0) ENTRY(fsync, TICK__OF_FD, N1(0), TICK__PLAIN, 0)
                            ENTRY(fdatasync, TICK__OF_FD, N1(0), TICK__PLAIN, 0) ENTRY(ftruncate, TICK__OF_FD, N2(0, 1), TICK__PLAIN, 0)
                                ENTRY(clock_gettime, TICK__OF_ALL, N1(0), TICK__PLAIN, 0) ENTRY(clock_getres, TICK__OF_ALL, N1(0),
                                    TICK__PLAIN, 0) ENTRY(gettimeofday, TICK__OF_ALL, 0, TICK__PLAIN, 0) ENTRY(time, TICK__OF_ALL, 0,
                                    TICK__PLAIN, 0) ENTRY(times, TICK__OF_ALL, 0, TICK__PLAIN, 0) ENTRY(nanosleep, TICK__MAKES, 0,
                                    TICK__PLAIN, 0) ENTRY(clock_nanosleep, TICK__MAKES, N2(0, 1), TICK__PLAIN, 0)
                                    ENTRY(getrandom, TICK__OF_ALL, N2(1, 2), TICK__BYTES, 0) ENTRY(getpid, TICK__OF_ALL, 0, TICK__PLAIN, 0)
                                        ENTRY(getppid, TICK__OF_ALL, 0, TICK__PLAIN, 0) ENTRY(gettid, TICK__OF_ALL, 0, TICK__PLAIN, 0)
                                            ENTRY(getuid, TICK__OF_ALL, 0, TICK__PLAIN, 0) ENTRY(getgid, TICK__OF_ALL, 0, TICK__PLAIN, 0)
                                                ENTRY(uname, TICK__OF_ALL, 0, TICK__PLAIN, 0) ENTRY(sched_getaffinity, TICK__OF_ALL, N1(1),
                                                    TICK__PLAIN, 0) ENTRY(sched_yield, TICK__OF_ALL, 0, TICK__PLAIN, 0) ENTRY(getrusage,
                                                    TICK__OF_ALL, N1(0), TICK__PLAIN, 0) ENTRY(kill, TICK__OF_ALL, N2(0, 1), TICK__PLAIN, 0)
                                                    ENTRY(tgkill, TICK__OF_ALL, N3(0, 1, 2), TICK__PLAIN, 0)[SYS_futex] =
                                                        {.call = tick__guest_futex, .name = "futex", .how = TICK__OF_ALL, .numbers = N1(1)},
    ENTRY(exit_group, TICK__OF_ALL, N1(0), TICK__PLAIN, 0)};

const struct tick__guest_entry *tick__guest_entry(long nr) {
    return (unsigned long)nr < sizeof entries / sizeof *entries && entries[nr].call ? &entries[nr] : NULL;
}

static inline bool is_simulated(const struct tick__guest_entry *entry, long first) {
    switch (entry->how) {
    case TICK__OF_FD:
        return tick__guest_fd_is(first);
    case TICK__MAKES:
        return tick__guest_inside();
    default:
        return entry->how == TICK__OF_ALL;
    }
}

long tick__guest_call(long nr, long a, long b, long c, long d, long e, long f) {
    const struct tick__guest_entry *entry = tick__guest_on ? tick__guest_entry(nr) : NULL;
    if (!entry || !is_simulated(entry, a))
        return tick__raw6(nr, a, b, c, d, e, f);
    const long args[] = {a, b, c, d, e, f};
    if (__builtin_expect(tick__guest_probe != NULL, 0))
        tick__guest_tell_calls(entry->name);
    const long result = entry->call(args);
    if (__builtin_expect(tick__guest_probe != NULL, 0))
        tick__guest_tell_took((int)a, result);
    tick__guest_counts();
    if (__builtin_expect(tick__guest_observed, 0))
        tick__guest_digest_call(nr, args, result);
    return result;
}
