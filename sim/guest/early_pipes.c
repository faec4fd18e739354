// Pipes from before the world began. They are real ones as long as a child that holds an end may be started; when the world begins, those
// that nobody else has become simulated, with the bytes that wait in them.
#include "sim/guest/inside_int.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define PIPES 64

static struct {
    int fds[2];
    uint32_t forks; // that there had been when it was made
} early[PIPES];
static uint32_t count, forks;

void tick__guest_forked(void) {
    forks++;
}

long tick__guest_pipe_real(int fds[2], int flags) {
    const long error = tick__raw(SYS_pipe2, fds, flags);
    if (!error && count < PIPES) {
        early[count].forks = forks;
        memcpy(early[count++].fds, fds, 2 * sizeof *fds);
    }
    return error;
}

// How many fds up to those that programs have so early are this pipe's; 0 if one of the two is not.
static int ends(const int fds[2]) {
    struct stat first, other;
    int found = 0;
    if (tick__raw(SYS_fstat, fds[0], &first) < 0 || !S_ISFIFO(first.st_mode) || tick__raw(SYS_fstat, fds[1], &other) < 0 ||
        other.st_ino != first.st_ino || other.st_dev != first.st_dev)
        return 0;
    for (int fd = 0; fd < TICK_GUEST_FD; fd++)
        found += tick__raw(SYS_fstat, fd, &other) == 0 && other.st_ino == first.st_ino && other.st_dev == first.st_dev;
    return found;
}

// The real one's bytes move over.
static void fill(int from, int to) {
    char bytes[4096];
    const long flags = tick__raw(SYS_fcntl, from, F_GETFL, 0);
    tick__raw(SYS_fcntl, from, F_SETFL, flags | O_NONBLOCK);
    for (long got; (got = tick__raw(SYS_read, from, bytes, sizeof bytes)) > 0;)
        (void)!tick_k_write(TICK__K, to, bytes, (size_t)got);
    tick__raw(SYS_fcntl, from, F_SETFL, flags);
}

static void enter(const int real[2]) {
    const struct tick_kernel_name first = tick__guest_name(TICK_SORT_PIPE), second = tick__guest_name(TICK_SORT_PIPE);
    int made[2];
    if (tick_k_pipe(TICK__K, made, O_NONBLOCK, &first, &second) < 0)
        return;
    fill(real[0], made[1]);
    for (int i = 0; i < 2; i++) {
        const long status = tick__raw(SYS_fcntl, real[i], F_GETFL, 0), flags = tick__raw(SYS_fcntl, real[i], F_GETFD, 0);
        tick_k_fcntl(TICK__K, made[i], F_SETFL, status & O_NONBLOCK);
        tick__guest_settle_over(made[i], real[i], flags & FD_CLOEXEC);
    }
}

void tick__guest_pipes_enter(void) {
    for (uint32_t i = 0; i < count; i++)
        if (early[i].forks == forks && ends(early[i].fds) == 2)
            enter(early[i].fds);
    count = 0;
}
