// Waits: a call that would block gives up the turn until the simulated kernel wakes it, and is tried again; poll, and sleeps. Each is a
// point at which the world goes on.
//
// A program that never waits, but looks at clocks or polls again and again, would stand still in time for ever: so many looks at one moment
// let a millisecond pass.
#include "sim/guest/inside_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/tell_int.h"
#include "sim/kernel/file_ops_int.h"
#include "src/base/line.h"
#include "src/base/outside.h"
#include "src/base/times.h"
#include <fcntl.h>
#include <string.h>
#include <sys/time.h>

#define CLOCK_LOOKS 2000u
#define POLLS 5000u
#define SPUN TICK_MS(1)
#define POLLS_ALONE 16u
#define LATE TICK_US(1)

int64_t tick__guest_deadline(int64_t timeout) {
    return timeout < 0 ? TICK_NEVER : tick__after(tick_kernel_now(tick__guest_kernel), timeout);
}

bool tick__guest_is_nonblocking(int fd) {
    return (tick_k_fcntl(TICK__K, fd, F_GETFL, 0) & O_NONBLOCK) != 0;
}

static int64_t limit_of(int fd, int option) {
    struct timeval limit = {0};
    socklen_t size = sizeof limit;
    if (!option || tick_k_getsockopt(TICK__K, fd, SOL_SOCKET, option, &limit, &size) < 0 || (!limit.tv_sec && !limit.tv_usec))
        return -1;
    return tick__of_parts(limit.tv_sec, tick__times(limit.tv_usec, 1000));
}

// Parks until something is ready (1), the deadline comes (0), or a signal or a cancellation (-EINTR).
static int park_on(const struct pollfd *fds, size_t count, int64_t deadline) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_FDS,
        .fd = count == 1 ? fds[0].fd : -1,
        .interruptible = true,
        .place = tick__guest_caller,
        .fds = fds,
        .fd_count = count > 1 ? (uint32_t)count : 0};
    uint32_t key;
    if (tick_kernel_watch_fds(TICK__K, fds, count, tick__guest_waiter(), &key) < 0)
        tick__guest_end(TICK_GUEST_NO_MEMORY, 0, "the simulated kernel's memory is full");
    const int woken = tick__guest_park(&wait, deadline);
    tick_kernel_unwatch_fds(tick__guest_kernel, key);
    return woken;
}

bool tick__guest_tries(struct tick__guest_blocking *call, long *result) {
    if (*result == -EAGAIN && tick__guest_catch_up())
        return true; // what was sent just now may have come
    if (*result != -EAGAIN || (call->flags & MSG_DONTWAIT) || tick__guest_is_nonblocking(call->fd))
        return false;
    if (!call->begun) {
        call->deadline = tick__guest_deadline(limit_of(call->fd, call->option));
        call->begun = true;
    } else if (tick_kernel_now(tick__guest_kernel) >= call->deadline) {
        return false;
    }
    const struct pollfd fd = {.fd = call->fd, .events = call->events};
    if (park_on(&fd, 1, call->deadline) < 0) {
        *result = -EINTR;
        return call->deadline == TICK_NEVER && tick__guest_restarts();
    }
    return true; // once more after the deadline: it may be ready just then
}

long tick__guest_lingers(long result) {
    int64_t most;
    for (uint32_t key; (key = tick_kernel_lingers(tick__guest_kernel, tick__guest_waiter(), &most));) {
        const int64_t deadline = tick__guest_deadline(most == TICK_NEVER ? -1 : most);
        const struct tick__guest_wait wait = {.what = TICK__WAITS_FDS, .fd = -1, .interruptible = true};
        while (tick_kernel_linger_on(tick__guest_kernel, key) && tick__guest_park(&wait, deadline) > 0)
            continue;
        tick_kernel_linger_end(tick__guest_kernel, key);
    }
    return result;
}

// --- spinning ---

static int64_t moment = -1;
static uint32_t looks, polls;

static void let_time_pass(void) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_SLEEP, .fd = -1};
    tick__guest_control->outcome.spun++;
    (void)tick__guest_park(&wait, tick__guest_deadline(SPUN));
}

static bool spins(uint32_t *count, uint32_t most) {
    const int64_t now = tick_kernel_now(tick__guest_kernel);
    if (now != moment) {
        moment = now;
        looks = polls = 0;
    }
    if (++*count < most)
        return false;
    *count = 0;
    return true;
}

// Looking at a clock begins no world: who imports much looks often. Nobody else is there for whom time could pass.
void tick__guest_spins_clock(void) {
    if (!spins(&looks, CLOCK_LOOKS))
        return;
    if (tick__guest_begun || (tick__guest_shared && tick__guest_begin())) // the clock is not only ours
        let_time_pass();
    else
        tick_kernel_clock_to(tick__guest_kernel, tick__guest_deadline(SPUN));
}

// Time passes while a program polls, and loops count on that: libev fires the timers whose times are past, and polls without a wait as long
// as it is the very time of one. Once until the program does something else, or waits.
static int64_t polled_at = -1;
static uint64_t acts_then;
static uint32_t polls_then;

static bool only_polls(void) {
    const int64_t now = tick_kernel_now(tick__guest_kernel);
    if (now != polled_at || tick__guest_acts != acts_then) {
        polled_at = now;
        acts_then = tick__guest_acts;
        polls_then = 0;
    }
    if (++polls_then != POLLS_ALONE)
        return false;
    polled_at = tick__after(now, LATE);
    return true;
}

void tick__guest_spins_poll(void) {
    if (spins(&polls, POLLS)) {
        let_time_pass();
    } else if (only_polls()) {
        tick__guest_control->outcome.spun++;
        tick__guest_lets_pass(LATE);
    }
}

// --- poll ---

// The real ones among them: how many are ready. In `ours` these are left out.
static int poll_real(struct pollfd *fds, size_t count, bool *any) {
    int ready = 0;
    for (size_t i = 0; i < count; i++) {
        if (fds[i].fd < 0 || tick__guest_fd_is(fds[i].fd))
            continue;
        *any = true;
        if (tick__raw(SYS_poll, &fds[i], 1, 0) > 0)
            ready++;
    }
    return ready;
}

static int poll_both(struct pollfd *fds, size_t count, struct pollfd *ours, bool *mixed) {
    *mixed = false;
    for (size_t i = 0; i < count && !*mixed; i++)
        *mixed = fds[i].fd >= 0 && !tick__guest_fd_is(fds[i].fd);
    if (!*mixed)
        return tick_k_poll(TICK__K, fds, count);
    for (size_t i = 0; i < count; i++)
        ours[i] = (struct pollfd){.fd = tick__guest_fd_is(fds[i].fd) ? fds[i].fd : -1, .events = fds[i].events};
    int ready = tick_k_poll(TICK__K, ours, count);
    for (size_t i = 0; i < count; i++)
        fds[i].revents = ours[i].revents;
    return ready + poll_real(fds, count, mixed);
}

static long poll_until(struct pollfd *fds, size_t count, struct pollfd *ours, int64_t timeout) {
    const int64_t deadline = tick__guest_deadline(timeout);
    tick__guest_point();
    for (bool over = timeout == 0;;) {
        bool mixed;
        const int ready = poll_both(fds, count, ours, &mixed);
        if (ready || over)
            return ready;
        const int woken = park_on(mixed ? ours : fds, count, deadline);
        if (woken < 0)
            return woken;
        over = !woken;
    }
}

long tick__guest_wait_fds(struct pollfd *fds, size_t count, int64_t timeout) {
    struct pollfd few[64], *ours = few;
    if (!timeout)
        tick__guest_spins_poll();
    if (count > TICK_GUEST_FDS)
        return -EINVAL;
    if (count > sizeof few / sizeof *few && !(ours = tick__outside_alloc(count * sizeof *ours)))
        return -ENOMEM;
    const long ready = poll_until(fds, count, ours, timeout);
    if (ours != few)
        tick__outside_free(ours);
    return ready;
}

static int rest(int64_t ns, bool interruptible) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_SLEEP, .fd = -1, .interruptible = interruptible, .place = tick__guest_caller};
    const int64_t deadline = tick__guest_deadline(ns < 0 ? 0 : ns);
    int woken = 1;
    tick__guest_point();
    while (woken > 0 && tick_kernel_now(tick__guest_kernel) < deadline)
        woken = tick__guest_park(&wait, deadline);
    return woken < 0 ? woken : 0;
}

long tick__guest_sleep(int64_t ns) {
    return rest(ns, true);
}

void tick__guest_rest(int64_t ns) {
    (void)rest(ns, false);
}

// --- in words ---

const char *tick__guest_fd_words(int fd) {
    static const char *const words[] = {[TICK__SOCK] = "a TCP socket",
        [TICK__EPOLL] = "an epoll",
        [TICK__EVENTFD] = "an eventfd",
        [TICK__PIPE] = "a pipe",
        [TICK__TIMERFD] = "a timerfd",
        [TICK__UNIX] = "a unix socket",
        [TICK__UDP] = "a UDP socket",
        [TICK__DISK] = "a file"};
    const struct tick__file *file = fd < 0 ? NULL : tick__file(TICK__K, fd);
    return file && file->type < sizeof words / sizeof *words && words[file->type] ? words[file->type] : "a file";
}

void tick__guest_wait_words(const struct tick__guest_wait *wait, char *text, size_t size) {
    struct tick__line line = {text, size, 0};
    static const char *const words[] = {[TICK__WAITS_NOTHING] = "nothing",
#define WORDS(name, words) [name] = words,
        TICK__WAITS(WORDS)
#undef WORDS
    };
    if (wait->what != TICK__WAITS_FDS || wait->fd < 0) {
        tick__line_put(&line, wait->what == TICK__WAITS_FDS ? "one of several fds" : words[wait->what]);
    } else {
        tick__line_put(&line, "fd ");
        tick__line_number(&line, (uint64_t)wait->fd);
        tick__line_put(&line, ", ");
        tick__line_put(&line, tick__guest_fd_words(wait->fd));
    }
    tick__guest_wait_details(wait, &line);
}
