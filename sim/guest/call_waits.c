// Handlers: epoll, poll, select. Each is a point at which the world goes on, also where it does not wait.
#include "sim/guest/inside_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/tell_int.h"
#include "src/base/times.h"
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <time.h>

int64_t tick__guest_ns(const struct timespec *t) {
    return tick__of_parts(t->tv_sec, t->tv_nsec);
}

struct timespec tick__guest_interval(int64_t ns) {
    return (struct timespec){ns / TICK_SEC(1), ns % TICK_SEC(1)};
}

static bool is_time(const struct timespec *t) {
    return !t || (t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < TICK_SEC(1));
}

static int64_t of_ms(int ms) {
    return ms < 0 ? -1 : TICK_MS((int64_t)ms);
}

// --- epoll ---

long tick__call_epoll_create1(const long *a) {
    if (a[0] & ~(long)EPOLL_CLOEXEC)
        return -EINVAL;
    if (!tick__guest_begun)
        return tick__guest_epoll_real((int)a[0]);
    const struct tick_kernel_name name = tick__guest_name(TICK_SORT_EPOLL);
    return tick__guest_settle(tick_k_epoll_create(TICK__K, &name), a[0] & EPOLL_CLOEXEC);
}

long tick__call_epoll_create(const long *a) {
    return (int)a[0] <= 0 ? -EINVAL : tick__call_epoll_create1((const long[]){0});
}

// A real fd: what epoll(7) says to files; others never become ready here.
static long watch_real(int fd) {
    struct stat s;
    if (tick__raw(SYS_fstat, fd, &s) < 0)
        return -EBADF;
    return S_ISREG(s.st_mode) || S_ISDIR(s.st_mode) || S_ISCHR(s.st_mode) ? -EPERM : 0;
}

long tick__call_epoll_ctl(const long *a) {
    const struct epoll_event *asked = (const struct epoll_event *)a[3];
    const int fd = (int)a[2];
    struct tick_sys_event event = {0};
    if (!tick__guest_begun && tick__guest_epoll_is_early(a[0]))
        (void)tick__guest_begin();
    if (!tick__guest_fd_is(a[0])) { // no epoll of the world's
        if (!tick__guest_fd_is(fd))
            return tick__raw(SYS_epoll_ctl, a[0], a[1], a[2], a[3]);
        return tick__raw(SYS_fcntl, a[0], F_GETFD) < 0 ? -EBADF : -EINVAL;
    }
    if (asked && (int)a[1] != EPOLL_CTL_DEL)
        event = (struct tick_sys_event){.events = asked->events, .data = asked->data.u64};
    if (!tick__guest_fd_is(fd) && (int)a[1] != EPOLL_CTL_DEL) {
        const long error = watch_real(fd);
        if (error != -EBADF)
            return error;
    }
    return tick_k_epoll_ctl(TICK__K, (int)a[0], (int)a[1], fd, asked ? &event : NULL);
}

#define EVENTS 256

static long report(const struct tick_sys_event *from, long count, struct epoll_event *to) {
    for (long i = 0; i < count; i++) {
        to[i].events = from[i].events;
        to[i].data.u64 = from[i].data;
    }
    return count;
}

static long wait_epoll(const long *a, int64_t timeout) {
    struct tick_sys_event events[EVENTS];
    const int epfd = (int)a[0], most = (int)a[2] < EVENTS ? (int)a[2] : EVENTS;
    const struct tick__guest_wait wait = {.what = TICK__WAITS_FDS, .fd = epfd, .interruptible = true, .place = tick__guest_caller};
    if (most <= 0)
        return -EINVAL;
    if (!timeout)
        tick__guest_spins_poll();
    const int64_t deadline = tick__guest_deadline(timeout);
    tick__guest_point();
    for (bool over = timeout == 0;;) {
        const int count = tick_k_epoll_wait(TICK__K, epfd, events, most, !over);
        if (count || over)
            return count > 0 ? report(events, count, (struct epoll_event *)a[1]) : count;
        const int watched = tick_kernel_watch(TICK__K, epfd, tick__guest_waiter());
        if (watched < 0)
            return watched;
        const int woken = tick__guest_park(&wait, deadline);
        if (woken <= 0)
            tick_kernel_unwatch(TICK__K, epfd, tick__guest_waiter());
        if (woken < 0)
            return woken;
        over = !woken;
    }
}

long tick__call_epoll_wait(const long *a) {
    return wait_epoll(a, of_ms((int)a[3]));
}

// With a mask of signals for as long as it waits.
static long under_mask(const void *mask, tick__guest_fn *call, const long *a) {
    uint64_t set;
    if (!mask || !tick__guest_begun)
        return call(a);
    memcpy(&set, mask, sizeof set);
    const uint64_t before = tick__guest_mask_wait(set);
    return tick__guest_mask_back(before, call(a));
}

long tick__call_epoll_pwait(const long *a) {
    return under_mask((const void *)a[4], tick__call_epoll_wait, a);
}

static long wait_epoll_ns(const long *a) {
    const struct timespec *timeout = (const struct timespec *)a[3];
    return wait_epoll(a, timeout ? tick__guest_ns(timeout) : -1);
}

long tick__call_epoll_pwait2(const long *a) {
    return is_time((const struct timespec *)a[3]) ? under_mask((const void *)a[4], wait_epoll_ns, a) : -EINVAL;
}

// --- poll ---

// Nothing of it is simulated, and no world has begun: a child that was started before may be what it waits for.
static bool only_real(const struct pollfd *fds, size_t count) {
    return !tick__guest_begun && count && fds;
}

static long poll_for(const long *a, int64_t timeout) {
    return tick__guest_wait_fds((struct pollfd *)a[0], (size_t)a[1], timeout);
}

long tick__call_poll(const long *a) {
    if (only_real((const struct pollfd *)a[0], (size_t)a[1]) || !tick__guest_inside())
        return tick__raw(SYS_poll, a[0], a[1], a[2]);
    return poll_for(a, of_ms((int)a[2]));
}

// Of a signal that is there when nothing is ready they tell even without a wait; an epoll does not.
static long unless_called_on(long ready) {
    return !ready && tick__guest_begun && tick__guest_called_on() ? -EINTR : ready;
}

static long poll_ns(const long *a) {
    const struct timespec *timeout = (const struct timespec *)a[2];
    return unless_called_on(poll_for(a, timeout ? tick__guest_ns(timeout) : -1));
}

long tick__call_ppoll(const long *a) {
    const struct timespec *timeout = (const struct timespec *)a[2];
    if (only_real((const struct pollfd *)a[0], (size_t)a[1]) || !tick__guest_inside())
        return tick__raw(SYS_ppoll, a[0], a[1], a[2], a[3], a[4]);
    return is_time(timeout) ? under_mask((const void *)a[3], poll_ns, a) : -EINVAL;
}

// --- select ---

struct sets {
    fd_set *of[3]; // to read, to write, exceptions
};

static size_t asked_for(int count, const struct sets *sets, struct pollfd *fds, bool *real) {
    static const short events[] = {POLLIN | POLLRDNORM | POLLRDBAND, POLLOUT | POLLWRNORM | POLLWRBAND, POLLPRI};
    size_t used = 0;
    for (int fd = 0; fd < count && fd < FD_SETSIZE; fd++) {
        short of = 0;
        for (int i = 0; i < 3; i++)
            of = (short)(of | (sets->of[i] && FD_ISSET(fd, sets->of[i]) ? events[i] : 0));
        if (!of)
            continue;
        *real |= !tick__guest_fd_is(fd);
        fds[used++] = (struct pollfd){.fd = fd, .events = of};
    }
    return used;
}

// With real fds among them, by way of poll.
static long by_poll(int count, struct sets *sets, struct pollfd *fds, size_t used, int64_t timeout) {
    static const short holds[] = {
        POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR, POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR, POLLPRI};
    const long ready = tick__guest_wait_fds(fds, used, timeout);
    long bits = 0;
    for (size_t i = 0; i < used; i++)
        if (fds[i].revents & POLLNVAL)
            return -EBADF;
    for (size_t i = 0; i < used && ready >= 0; i++)
        for (int set = 0; set < 3; set++) {
            if (!sets->of[set] || !FD_ISSET(fds[i].fd, sets->of[set]))
                continue;
            if (fds[i].revents & holds[set])
                bits++;
            else
                FD_CLR(fds[i].fd, sets->of[set]);
        }
    for (int set = 0; set < 3 && ready >= 0; set++) // Linux gives back whole words
        for (int fd = count; sets->of[set] && fd % NFDBITS; fd++)
            FD_CLR(fd, sets->of[set]);
    return ready < 0 ? ready : bits;
}

static long select_until(int count, struct sets *sets, struct pollfd *fds, size_t used, int64_t timeout) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_FDS,
        .fd = used == 1 ? fds[0].fd : -1,
        .interruptible = true,
        .place = tick__guest_caller,
        .fds = fds,
        .fd_count = used > 1 ? (uint32_t)used : 0};
    const int64_t deadline = tick__guest_deadline(timeout);
    fd_set kept[3];
    for (int i = 0; i < 3; i++)
        if (sets->of[i])
            kept[i] = *sets->of[i];
    tick__guest_point();
    for (bool over = timeout == 0;;) {
        const int ready = tick_k_select(TICK__K, count, sets->of[0], sets->of[1], sets->of[2]);
        if (ready || over)
            return ready;
        for (int i = 0; i < 3; i++)
            if (sets->of[i])
                *sets->of[i] = kept[i];
        uint32_t key;
        if (tick_kernel_watch_fds(TICK__K, fds, used, tick__guest_waiter(), &key) < 0)
            return -ENOMEM;
        const int woken = tick__guest_park(&wait, deadline);
        tick_kernel_unwatch_fds(tick__guest_kernel, key);
        if (woken < 0)
            return woken;
        over = !woken;
    }
}

static long wait_sets(const long *a, int64_t timeout) {
    const int count = (int)a[0] < FD_SETSIZE ? (int)a[0] : FD_SETSIZE;
    struct sets sets = {{(fd_set *)a[1], (fd_set *)a[2], (fd_set *)a[3]}};
    struct pollfd fds[FD_SETSIZE];
    bool real = false;
    if (count < 0)
        return -EINVAL;
    if (!timeout)
        tick__guest_spins_poll();
    const size_t used = asked_for(count, &sets, fds, &real);
    return real ? by_poll(count, &sets, fds, used, timeout) : select_until(count, &sets, fds, used, timeout);
}

// Only waits for real fds before the world has begun.
static bool sets_only_real(const long *a) {
    struct sets sets = {{(fd_set *)a[1], (fd_set *)a[2], (fd_set *)a[3]}};
    struct pollfd fds[FD_SETSIZE];
    bool real = false;
    return !tick__guest_begun && asked_for((int)a[0], &sets, fds, &real) > 0;
}

long tick__call_select(const long *a) {
    struct timeval *timeout = (struct timeval *)a[4];
    if (sets_only_real(a) || !tick__guest_inside())
        return tick__raw(SYS_select, a[0], a[1], a[2], a[3], a[4]);
    if (!timeout)
        return wait_sets(a, -1);
    if (timeout->tv_sec < 0 || timeout->tv_usec < 0)
        return -EINVAL;
    const int64_t deadline = tick__guest_deadline(tick__of_parts(timeout->tv_sec, tick__times(timeout->tv_usec, 1000)));
    const long ready = wait_sets(a, tick__until(deadline, tick_kernel_now(tick__guest_kernel)));
    const int64_t left = tick__until(deadline, tick_kernel_now(tick__guest_kernel)); // select(2): Linux says what is left
    if (ready >= 0)
        *timeout = (struct timeval){left / TICK_SEC(1), left % TICK_SEC(1) / 1000};
    return ready;
}

static long select_ns(const long *a) {
    const struct timespec *timeout = (const struct timespec *)a[4];
    return unless_called_on(wait_sets(a, timeout ? tick__guest_ns(timeout) : -1));
}

long tick__call_pselect6(const long *a) {
    const struct timespec *timeout = (const struct timespec *)a[4];
    const void *const *mask = (const void *const *)a[5]; // a pair: the mask, and its size
    if (sets_only_real(a) || !tick__guest_inside())
        return tick__raw(SYS_pselect6, a[0], a[1], a[2], a[3], a[4], a[5]);
    return is_time(timeout) ? under_mask(mask ? *mask : NULL, select_ns, a) : -EINVAL;
}
