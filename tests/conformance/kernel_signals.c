// signalfd on Linux, where the test blocks signals and sends them to itself, and on the simulated kernel, which is told of those that are
// pending.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static bool real(void) {
    return sys == &linux_calls.sys;
}

static uint64_t bits(const int *signals, size_t count) {
    uint64_t set = 0;
    for (size_t i = 0; i < count; i++)
        set |= (uint64_t)1 << (signals[i] - 1);
    return set;
}
#define SET(...) bits((const int[]){__VA_ARGS__}, sizeof(int[]){__VA_ARGS__} / sizeof(int))

static int signalfd_of(int fd, uint64_t set, int flags) {
    const struct tick_kernel_name name = sim_name(&sim_calls.sys);
    if (!real())
        return tick_k_signalfd(sim_calls.kernel, 0, fd, set, flags, &name);
    sigset_t mask;
    sigemptyset(&mask);
    for (int i = 0; i < 64; i++)
        if (set >> i & 1)
            sigaddset(&mask, i + 1);
    const int made = signalfd(fd, &mask, flags);
    return made < 0 ? -errno : made;
}

static void sends(int number, int value) {
    if (real()) {
        assert_int_equal(sigqueue(getpid(), number, (union sigval){.sival_int = value}), 0);
        return;
    }
    const struct signalfd_siginfo info = {
        .ssi_signo = (uint32_t)number, .ssi_code = SI_QUEUE, .ssi_pid = (uint32_t)getpid(), .ssi_uid = getuid(), .ssi_int = value};
    assert_int_equal(tick_kernel_signal(sim_calls.kernel, 0, &info), 0);
}

// They are blocked, and none is left over.
static int begin(void **state) {
    sigset_t all;
    sigemptyset(&all);
    for (int i = 1; i <= 64; i++)
        if (i == SIGUSR1 || i == SIGUSR2 || i == SIGHUP || i >= SIGRTMIN)
            sigaddset(&all, i);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    (void)state;
    return 0;
}

static int on_linux_blocked(void **state) {
    return begin(state) || on_linux(state);
}

static size_t reads(int fd, struct signalfd_siginfo *out, size_t most) {
    const ssize_t n = sys->ops->read(sys, fd, out, most * sizeof *out);
    assert_true(n == -EAGAIN || (n > 0 && (size_t)n % sizeof *out == 0));
    return n < 0 ? 0 : (size_t)n / sizeof *out;
}

// The numbers of all that it reads, in turn, as text.
static const char *all_of(int fd) {
    static char text[128];
    struct signalfd_siginfo info;
    size_t at = 0;
    text[0] = 0;
    while (reads(fd, &info, 1))
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%u", at ? " " : "", info.ssi_signo);
    return text;
}

static void a_signal_is_read(void **state) {
    (void)state;
    struct signalfd_siginfo info;
    int fd = signalfd_of(-1, SET(SIGUSR1, SIGUSR2), SFD_NONBLOCK | SFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(sys->ops->fcntl(sys, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
    assert_int_equal(sys->ops->fcntl(sys, fd, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(mask(fd), 0);
    assert_int_equal(reads(fd, &info, 1), 0);
    sends(SIGUSR1, 42);
    assert_int_equal(mask(fd), EPOLLIN);
    assert_int_equal(mask(fd), EPOLLIN);
    assert_int_equal(sys->ops->read(sys, fd, &info, sizeof info - 1), -EINVAL);
    assert_int_equal(reads(fd, &info, 1), 1);
    assert_int_equal(info.ssi_signo, SIGUSR1);
    assert_int_equal(info.ssi_code, SI_QUEUE);
    assert_int_equal(info.ssi_int, 42);
    assert_int_equal(info.ssi_pid, getpid());
    assert_int_equal(info.ssi_uid, getuid());
    assert_int_equal(mask(fd), 0);
    assert_int_equal(sys->ops->write(sys, fd, &info, sizeof info), -EINVAL);
    closed(fd);
}

static void in_which_order(void **state) {
    (void)state;
    struct signalfd_siginfo info[4];
    const int low = SIGRTMIN, high = SIGRTMIN + 1;
    char wanted[64];
    int fd = signalfd_of(-1, SET(SIGUSR1, SIGUSR2, SIGHUP, low, high), SFD_NONBLOCK);
    sends(SIGUSR2, 1);
    sends(SIGUSR1, 1);
    sends(SIGUSR2, 2); // pending already
    sends(SIGHUP, 1);
    assert_string_equal(all_of(fd), "1 10 12");
    sends(high, 1);
    sends(low, 2);
    sends(high, 3);
    sends(low, 4);
    snprintf(wanted, sizeof wanted, "%d %d %d %d", low, low, high, high);
    assert_int_equal(reads(fd, info, 3), 3);
    assert_int_equal(info[0].ssi_int, 2);
    assert_int_equal(info[1].ssi_int, 4);
    assert_int_equal(info[2].ssi_int, 1);
    assert_int_equal(reads(fd, info, 4), 1);
    assert_int_equal(info[0].ssi_int, 3);
    assert_int_equal(info[0].ssi_signo, high);
    closed(fd);
}

// Each reads what it wants; the rest stays for others.
static void several_signalfds(void **state) {
    (void)state;
    int one = signalfd_of(-1, SET(SIGUSR1), SFD_NONBLOCK), both = signalfd_of(-1, SET(SIGUSR1, SIGUSR2), SFD_NONBLOCK);
    sends(SIGUSR2, 1);
    assert_int_equal(mask(one), 0);
    assert_int_equal(mask(both), EPOLLIN);
    sends(SIGUSR1, 1);
    assert_int_equal(mask(one), EPOLLIN);
    assert_string_equal(all_of(one), "10");
    assert_int_equal(mask(one), 0);
    assert_string_equal(all_of(both), "12");
    assert_int_equal(mask(both), 0);
    closed(one);
    sends(SIGUSR1, 1);
    assert_string_equal(all_of(both), "10");
    closed(both);
}

static void what_it_wants_may_change(void **state) {
    (void)state;
    int fd = signalfd_of(-1, SET(SIGUSR1, SIGKILL, SIGSTOP), SFD_NONBLOCK), other = sys->ops->eventfd(sys, 0, 0);
    int epfd = sys->ops->epoll_create(sys);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET), 0);
    sends(SIGUSR2, 1);
    assert_int_equal(report(epfd, 0), 0);
    assert_int_equal(signalfd_of(fd, SET(SIGUSR2), 0), fd);
    assert_int_equal(sys->ops->fcntl(sys, fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
    assert_int_equal(report(epfd, 0), EPOLLIN);
    assert_int_equal(report(epfd, 0), 0);
    assert_string_equal(all_of(fd), "12");
    sends(SIGUSR2, 1);
    assert_int_equal(report(epfd, 0), EPOLLIN);
    assert_string_equal(all_of(fd), "12");
    assert_int_equal(signalfd_of(other, SET(SIGUSR2), 0), -EINVAL);
    assert_int_equal(signalfd_of(999, SET(SIGUSR2), 0), -EBADF);
    assert_int_equal(signalfd_of(-1, SET(SIGUSR2), O_APPEND), -EINVAL);
    closed(epfd);
    closed(other);
    closed(fd);
}

#define BLOCKED(test) \
    {"linux: " #test, test, on_linux_blocked, NULL, NULL}, { \
        "sim: " #test, test, on_sim, NULL, NULL \
    }

// Without a counterpart: who takes them otherwise, and that they end with their process.
static void they_are_taken_otherwise(void **state) {
    (void)state;
    struct tick_kernel *k = sim_calls.kernel;
    struct signalfd_siginfo info = {.ssi_signo = 65};
    assert_int_equal(tick_kernel_signal(k, 0, &info), -EINVAL);
    info.ssi_signo = 0;
    assert_int_equal(tick_kernel_signal(k, 0, &info), -EINVAL);
    int fd = signalfd_of(-1, SET(SIGUSR1, SIGUSR2), SFD_NONBLOCK), child = tick_kernel_process_start(k, 0);
    sends(SIGUSR2, 1);
    sends(SIGUSR1, 7);
    assert_true(tick_kernel_signals(k, 0) == SET(SIGUSR1, SIGUSR2));
    assert_true(tick_kernel_signals(k, child) == 0);
    assert_int_equal(tick_kernel_signal_take(k, 0, SET(SIGHUP), &info), 0);
    assert_int_equal(tick_kernel_signal_take(k, 0, SET(SIGHUP, SIGUSR1, SIGUSR2), &info), SIGUSR1);
    assert_int_equal(info.ssi_int, 7);
    assert_string_equal(all_of(fd), "12");
    sends(SIGHUP, 1);
    sends(SIGSEGV, 1); // what the program itself did wrong goes first
    assert_int_equal(tick_kernel_signal_take(k, 0, UINT64_MAX, &info), SIGSEGV);
    assert_int_equal(tick_kernel_signal_take(k, 0, UINT64_MAX, &info), SIGHUP);
    info.ssi_signo = 64; // 64 is the last
    for (int i = 0; i < 3; i++)
        assert_int_equal(tick_kernel_signal(k, child, &info), 0);
    assert_true(tick_kernel_signals(k, child) == (uint64_t)1 << 63);
    assert_int_equal(mask(fd), 0); // another process's
    tick_kernel_process_exit(k, child);
    assert_int_equal(tick_kernel_process_start(k, 0), child);
    assert_true(tick_kernel_signals(k, child) == 0);
    closed(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BLOCKED(a_signal_is_read),
        BLOCKED(in_which_order),
        BLOCKED(several_signalfds),
        BLOCKED(what_it_wants_may_change),
        {"sim: they_are_taken_otherwise", they_are_taken_otherwise, on_sim, NULL, NULL},
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
