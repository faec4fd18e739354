// Handlers: fds themselves, and what makes those that are no sockets.
#include "sim/guest/files_int.h"
#include <fcntl.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

// --- made ---

// Pipes are real until the world begins: children that the program starts before that hold their other ends.
long tick__call_pipe2(const long *a) {
    int *fds = (int *)a[0];
    if (!tick__guest_begun)
        return tick__guest_pipe_real(fds, (int)a[1]);
    const struct tick_kernel_name first = tick__guest_name(TICK_SORT_PIPE), second = tick__guest_name(TICK_SORT_PIPE);
    const int error = tick_k_pipe(TICK__K, fds, (int)a[1], &first, &second);
    return error < 0 ? error : tick__guest_settle_pair(fds, a[1] & O_CLOEXEC);
}

long tick__call_pipe(const long *a) {
    return tick__call_pipe2((const long[]){a[0], 0});
}

long tick__call_eventfd2(const long *a) {
    const struct tick_kernel_name name = tick__guest_name(TICK_SORT_EVENTFD);
    return tick__guest_settle(tick_k_eventfd(TICK__K, (unsigned)a[0], (int)a[1], &name), a[1] & EFD_CLOEXEC);
}

long tick__call_eventfd(const long *a) {
    return tick__call_eventfd2((const long[]){a[0], 0});
}

long tick__call_timerfd_create(const long *a) {
    const struct tick_kernel_name name = tick__guest_name(TICK_SORT_TIMERFD);
    return tick__guest_settle(tick_k_timerfd(TICK__K, (int)a[0], (int)a[1], &name), a[1] & TFD_CLOEXEC);
}

static struct itimerspec setting(int64_t value, int64_t interval) {
    return (struct itimerspec){tick__guest_interval(interval), tick__guest_interval(value)};
}

static bool is_time(const struct timespec *t) {
    return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < 1000000000;
}

long tick__call_timerfd_settime(const long *a) {
    const struct itimerspec *set = (const struct itimerspec *)a[2];
    struct itimerspec *old = (struct itimerspec *)a[3];
    int64_t value, interval;
    if (!is_time(&set->it_value) || !is_time(&set->it_interval))
        return -EINVAL;
    const int error = tick_k_timerfd_settime(
        TICK__K, (int)a[0], (int)a[1], tick__guest_ns(&set->it_value), tick__guest_ns(&set->it_interval), &value, &interval);
    if (!error && old)
        *old = setting(value, interval);
    return error;
}

long tick__call_timerfd_gettime(const long *a) {
    int64_t value, interval;
    const int error = tick_k_timerfd_gettime(TICK__K, (int)a[0], &value, &interval);
    if (!error)
        *(struct itimerspec *)a[1] = setting(value, interval);
    return error;
}

// --- closed ---

long tick__call_close(const long *a) {
    if (tick__guest_ours(a[0]))
        return -EBADF;
    return tick__guest_lingered(tick__guest_close((int)a[0]));
}

// The real ones from first to last, but for the library's own.
static long close_real(unsigned first, unsigned last, unsigned flags) {
    const unsigned ours = TICK_GUEST_FD, behind = TICK_GUEST_FD + TICK__GUEST_OURS;
    long error = 0;
    if (first < ours)
        error = tick__raw(SYS_close_range, first, last < ours ? last : ours - 1, flags);
    if (!error && last >= behind)
        error = tick__raw(SYS_close_range, first > behind ? first : behind, last, flags);
    return error;
}

long tick__call_close_range(const long *a) {
    const unsigned first = (unsigned)a[0], last = (unsigned)a[1];
    if (first > last || (a[2] & ~(long)(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE)))
        return -EINVAL;
    for (unsigned fd = first; fd <= last && fd < TICK_GUEST_FDS; fd++) {
        if (tick__guest_number(fd) == TICK__REAL)
            continue;
        if (!tick__guest_fd_is(fd)) {
            tick__guest_numbers[fd] = a[2] & CLOSE_RANGE_CLOEXEC ? tick__guest_numbers[fd] : TICK__REAL;
        } else if (a[2] & CLOSE_RANGE_CLOEXEC)
            tick_k_fcntl(TICK__K, (int)fd, F_SETFD, FD_CLOEXEC);
        else
            (void)tick__guest_lingered(tick__guest_close((int)fd));
    }
    return close_real(first, last, (unsigned)a[2]);
}

// --- doubled ---

long tick__call_dup(const long *a) {
    if (tick__guest_ours(a[0]))
        return -EBADF;
    if (tick__guest_fd_is(a[0]))
        return tick__guest_settle(tick_k_dup(TICK__K, (int)a[0]), false);
    return tick__guest_number_copied(a[0], tick__raw(SYS_dup, a[0]));
}

long tick__call_dup3(const long *a) {
    const long from = a[0], to = a[1];
    if (tick__guest_ours(from) || tick__guest_ours(to) || (tick__guest_fd_is(from) && to >= (long)TICK_GUEST_FDS))
        return -EBADF;
    const long number = tick__raw(SYS_dup3, from, to, a[2]); // of a placeholder: one more of them
    if (number < 0)
        return number;
    if (tick__guest_fd_is(to)) {
        tick__file_locks_closed((int)to);
        tick__guest_numbers[to] = TICK__REAL;
        (void)tick__guest_lingered(tick_k_close(TICK__K, (int)to));
    }
    if (tick__guest_fd_is(from))
        tick_k_dup3(TICK__K, (int)from, (int)to, (int)a[2]);
    return tick__guest_number_copied(from, number);
}

long tick__call_dup2(const long *a) {
    return a[0] == a[1] ? tick__raw(SYS_dup2, a[0], a[1]) : tick__call_dup3((const long[]){a[0], a[1], 0});
}

static long doubled(int fd, long least, bool cloexec) {
    const long copy = tick_k_fcntl(TICK__K, fd, F_DUPFD, least);
    return tick__guest_settle_at(copy, least, cloexec);
}

static bool is_lock(int command) {
    return command == F_GETLK || command == F_SETLK || command == F_SETLKW || command == F_OFD_GETLK || command == F_OFD_SETLK ||
           command == F_OFD_SETLKW;
}

// No signal tells that an fd is ready: for whom it would be may be said, but not that it is wanted.
static bool is_about_signals(int command) {
    return command == F_SETOWN || command == F_SETOWN_EX || command == F_SETSIG;
}

static void refuse_async(const char *call, bool wanted) {
    if (wanted)
        tick__guest_unsupported(call, "a signal for each fd that is ready (O_ASYNC)");
}

long tick__call_fcntl(const long *a) {
    const int fd = (int)a[0], command = (int)a[1];
    const bool doubles = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
    if (tick__guest_ours(fd))
        return -EBADF;
    if (is_lock(command) && tick__files_on() && (tick__guest_fd_is(fd) || tick__file_adopt(fd) == 0))
        return tick__file_lock(fd, command, (struct flock *)a[2]);
    if (!tick__guest_fd_is(fd)) {
        const long result = tick__raw(SYS_fcntl, fd, command, a[2]);
        return doubles ? tick__guest_number_copied(fd, result) : result;
    }
    if (doubles)
        return doubled(fd, (int)a[2], command == F_DUPFD_CLOEXEC);
    if (is_about_signals(command))
        return 0;
    refuse_async("fcntl", command == F_SETFL && (a[2] & O_ASYNC));
    if (command == F_SETFD)
        tick__raw(SYS_fcntl, fd, command, a[2]); // for an exec
    return tick_k_fcntl(TICK__K, fd, command, (int)a[2]);
}

long tick__call_ioctl(const long *a) {
    (void)tick__guest_catch_up();
    refuse_async("ioctl", (unsigned long)a[1] == FIOASYNC && a[2] && *(const int *)a[2]);
    return tick_k_ioctl(TICK__K, (int)a[0], (unsigned long)a[1], (int *)a[2]);
}

// --- as files ---

#define DEVICE 9  // of the world's disk
#define OURS 1000 // whose files those are

long tick__call_fstat(const long *a) {
    struct stat *s = (struct stat *)a[1];
    const int error = tick_k_fstat(TICK__K, (int)a[0], s);
    if (!error && !s->st_dev) { // of a disk
        s->st_dev = DEVICE;
        s->st_uid = s->st_gid = OURS;
    }
    return error;
}

long tick__call_lseek(const long *a) {
    return tick_k_lseek(TICK__K, (int)a[0], a[1], (int)a[2]);
}

// A folder of the machine's that shows through: what was made and renamed in it on the disk is durable from here on.
static long sync_real(long nr, long fd) {
    struct stat s;
    if (tick__files_on() && tick__files_changed() && tick__raw(SYS_fstat, fd, &s) == 0 && S_ISDIR(s.st_mode))
        tick_kernel_disk_sync_names(tick__guest_kernel, tick__guest_machine);
    return tick__raw(nr, fd);
}

long tick__call_fsync(const long *a) {
    if (!tick__guest_fd_is(a[0]))
        return sync_real(SYS_fsync, a[0]);
    tick__file_maps_pull((int)a[0]);
    return tick_k_fsync(TICK__K, (int)a[0], false);
}

long tick__call_fdatasync(const long *a) {
    if (!tick__guest_fd_is(a[0]))
        return sync_real(SYS_fdatasync, a[0]);
    tick__file_maps_pull((int)a[0]);
    return tick_k_fsync(TICK__K, (int)a[0], true);
}

long tick__call_ftruncate(const long *a) {
    const int error = tick_k_ftruncate(TICK__K, (int)a[0], a[1]);
    tick__file_maps_push((int)a[0]);
    return error;
}
