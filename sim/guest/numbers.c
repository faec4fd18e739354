// Numbers of fds: a simulated fd keeps the number that Linux would have given it. A placeholder (an O_PATH fd of /dev/null) takes it in the
// real kernel, and the simulated fd is put at the same one, so that nothing is translated: select's sets, SCM_RIGHTS, dup2 and close_range
// mean what they mean, real files and simulated ones share one row of numbers, and a call that escapes fails with EBADF.
#include "sim/guest/guest_int.h"
#include "sim/guest/files_int.h"
#include "sim/guest/inside_int.h"
#include <fcntl.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/socket.h>

uint8_t tick__guest_numbers[TICK_GUEST_FDS];

#define PLACEHOLDER (TICK_GUEST_FD + 5)
#define FAR_AWAY 40000 // where a simulated fd waits for its number

bool tick__guest_ours(long fd) {
    return fd >= TICK_GUEST_FD && fd < TICK_GUEST_FD + TICK__GUEST_OURS && tick__guest_control;
}

void tick__guest_numbers_begin(void) {
    tick__guest_numbers[1] = TICK__STDOUT;
    tick__guest_numbers[2] = TICK__STDERR;
    if (tick__raw(SYS_fcntl, PLACEHOLDER, F_GETFD) >= 0)
        return; // before an exec
    const long fd = tick__raw(SYS_openat, AT_FDCWD, "/dev/null", O_PATH);
    if (fd >= 0 && fd != PLACEHOLDER) {
        tick__raw(SYS_dup3, fd, PLACEHOLDER, 0);
        tick__raw(SYS_close, fd);
    }
}

// The lowest free number that is at least `least` and may be the program's, taken in the real kernel.
static long take(long least, bool cloexec) {
    const int command = cloexec ? F_DUPFD_CLOEXEC : F_DUPFD;
    long fd = tick__raw(SYS_fcntl, PLACEHOLDER, command, least);
    if (tick__guest_ours(fd)) {
        tick__raw(SYS_close, fd);
        fd = tick__raw(SYS_fcntl, PLACEHOLDER, command, TICK_GUEST_FD + TICK__GUEST_OURS);
    }
    if (fd >= FAR_AWAY) {
        tick__raw(SYS_close, fd);
        return -EMFILE;
    }
    return fd;
}

// The simulated fd moves to the number, which its placeholder has.
static void move(int simulated, int number, bool cloexec) {
    struct tick_kernel *k = tick__guest_kernel;
    if (simulated != number) {
        tick_k_dup3(k, TICK_GUEST_PROCESS, simulated, number, cloexec ? O_CLOEXEC : 0);
        tick_k_close(k, TICK_GUEST_PROCESS, simulated);
    } else {
        tick_k_fcntl(k, TICK_GUEST_PROCESS, number, F_SETFD, cloexec ? FD_CLOEXEC : 0);
    }
    tick__guest_numbers[number] = TICK__SIMULATED;
}

long tick__guest_settle_at(long simulated, long least, bool cloexec) {
    if (simulated < 0)
        return simulated;
    const long number = take(least, cloexec);
    if (number < 0) {
        tick_k_close(tick__guest_kernel, TICK_GUEST_PROCESS, (int)simulated);
        return number;
    }
    move((int)simulated, (int)number, cloexec);
    return number;
}

long tick__guest_settle(long simulated, bool cloexec) {
    return tick__guest_settle_at(simulated, 0, cloexec);
}

// Two at once. The second one may stand where the first one is to go.
long tick__guest_settle_pair(int fds[2], bool cloexec) {
    struct tick_kernel *k = tick__guest_kernel;
    const int second = (int)tick_k_fcntl(k, TICK_GUEST_PROCESS, fds[1], F_DUPFD, FAR_AWAY);
    tick_k_close(k, TICK_GUEST_PROCESS, fds[1]);
    if (second < 0) {
        tick_k_close(k, TICK_GUEST_PROCESS, fds[0]);
        return second;
    }
    const long a = tick__guest_settle(fds[0], cloexec);
    const long b = tick__guest_settle(second, cloexec);
    if (a < 0 || b < 0) {
        if (a >= 0)
            tick__guest_close((int)a);
        if (b >= 0)
            tick__guest_close((int)b);
        return a < 0 ? a : b;
    }
    fds[0] = (int)a;
    fds[1] = (int)b;
    return 0;
}

int tick__guest_close(int fd) {
    const bool simulated = tick__guest_fd_is(fd);
    if (simulated)
        tick__file_locks_closed(fd);
    if ((unsigned)fd < TICK_GUEST_FDS)
        tick__guest_numbers[fd] = TICK__REAL;
    const int result = simulated ? tick_k_close(TICK__K, fd) : 0;
    const long real = tick__raw(SYS_close, fd);
    return simulated ? result : (int)real;
}

// In place of a real fd, whose number it takes.
void tick__guest_settle_over(int simulated, int number, bool cloexec) {
    const int away = (int)tick_k_fcntl(TICK__K, simulated, F_DUPFD, FAR_AWAY); // its own number may be another's that comes after it
    tick_k_close(TICK__K, simulated);
    tick__raw(SYS_dup3, PLACEHOLDER, number, cloexec ? O_CLOEXEC : 0);
    if (away >= 0)
        move(away, number, cloexec);
}

// The kernel has given them its own lowest numbers, one of which may be where another one is to go: first all of them away, then each home.
void tick__guest_settle_rights(struct msghdr *message, bool cloexec) {
    for (int homewards = 0; homewards < 2; homewards++)
        for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
            if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
                continue;
            const size_t fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (size_t i = 0; i < fds; i++) {
                int fd;
                unsigned char *at = CMSG_DATA(c) + i * sizeof fd;
                memcpy(&fd, at, sizeof fd);
                if (homewards) {
                    fd = (int)tick__guest_settle(fd, cloexec);
                } else {
                    const int away = (int)tick_k_fcntl(TICK__K, fd, F_DUPFD, FAR_AWAY);
                    tick_k_close(TICK__K, fd);
                    fd = away;
                }
                memcpy(at, &fd, sizeof fd);
            }
        }
}

// `to` (or an errno) is the same file from now on.
long tick__guest_number_copied(long from, long to) {
    if (to >= 0 && to < (long)TICK_GUEST_FDS)
        tick__guest_numbers[to] = (uint8_t)tick__guest_number(from);
    return to;
}

int tick__guest_number_random(int fd) {
    if ((unsigned)fd < TICK_GUEST_FDS)
        tick__guest_numbers[fd] = TICK__RANDOM;
    return fd;
}
