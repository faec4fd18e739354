// Handlers: signals. They reach the program itself; nobody else is in the world, and a number that the program made up would hit a
// stranger.
#include "sim/guest/inside_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/trap_int.h"
#include "src/base/times.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

static uint64_t word(const void *set) {
    uint64_t bits;
    memcpy(&bits, set, sizeof bits);
    return bits;
}

static bool is_us(long pid) {
    return (int)pid == TICK_GUEST_PID || (int)pid == 0 || (int)pid == -TICK_GUEST_PID;
}

// Sent to oneself, handlers run before the call returns.
static long sent(int error) {
    tick__guest_attend();
    return -error;
}

long tick__call_kill(const long *a) {
    if (!tick__guest_begun)
        return tick__raw(SYS_kill, tick__guest_pid_in((int)a[0]), a[1]);
    if (!is_us(a[0]))
        return (int)a[0] == -1 ? -EPERM : -ESRCH;
    return sent(tick__guest_signal_process((int)a[1], NULL));
}

static struct tick__guest_thread *thread_of(long tid) {
    const long index = tid - TICK_GUEST_PID;
    return index >= 0 && index < (long)tick__guest_turns->count ? &tick__guest_turns->threads[index] : NULL;
}

long tick__call_tgkill(const long *a) {
    if (!tick__guest_begun)
        return tick__raw(SYS_tgkill, a[0], a[1], a[2]);
    struct tick__guest_thread *thread = (int)a[0] == TICK_GUEST_PID ? thread_of(a[1]) : NULL;
    return thread ? -tick__guest_signal(thread, (int)a[2], NULL) : -ESRCH;
}

long tick__call_tkill(const long *a) {
    return tick__guest_begun ? tick__call_tgkill((const long[]){TICK_GUEST_PID, a[0], a[1]}) : tick__raw(SYS_tkill, a[0], a[1]);
}

static struct tick__guest_sent queued(const siginfo_t *info) {
    return (struct tick__guest_sent){.code = info->si_code, .value = info->si_value};
}

long tick__call_rt_sigqueueinfo(const long *a) {
    if (!tick__guest_begun)
        return tick__raw(SYS_rt_sigqueueinfo, tick__guest_pid_in((int)a[0]), a[1], a[2]);
    const struct tick__guest_sent with = queued((const siginfo_t *)a[2]);
    return is_us(a[0]) ? sent(tick__guest_signal_process((int)a[1], &with)) : -ESRCH;
}

long tick__call_rt_tgsigqueueinfo(const long *a) {
    if (!tick__guest_begun)
        return tick__raw(SYS_rt_tgsigqueueinfo, a[0], a[1], a[2], a[3]);
    const struct tick__guest_sent with = queued((const siginfo_t *)a[3]);
    struct tick__guest_thread *thread = (int)a[0] == TICK_GUEST_PID ? thread_of(a[1]) : NULL;
    return thread ? -tick__guest_signal(thread, (int)a[2], &with) : -ESRCH;
}

// The kernel thread's mask is the running thread's: what it is afterwards is kept for the thread.
long tick__call_rt_sigprocmask(const long *a) {
    const long result = tick__trap_sigprocmask(a);
    uint64_t mask;
    if (!result && a[1] && tick__raw(SYS_rt_sigprocmask, SIG_BLOCK, 0, &mask, sizeof mask) == 0)
        tick__guest_mask_is(mask);
    return result;
}

long tick__call_rt_sigpending(const long *a) {
    uint64_t set = 0;
    const long result = tick__raw(SYS_rt_sigpending, &set, sizeof set);
    set |= tick__guest_pending();
    if ((size_t)a[1] > sizeof set)
        return -EINVAL;
    memcpy((void *)a[0], &set, (size_t)a[1]);
    return result;
}

long tick__call_rt_sigtimedwait(const long *a) {
    const struct timespec *timeout = (const struct timespec *)a[2];
    if (timeout && (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= TICK_SEC(1)))
        return -EINVAL;
    return tick__guest_signal_wait(word((const void *)a[0]), (siginfo_t *)a[1], timeout ? tick__guest_ns(timeout) : -1);
}

long tick__call_rt_sigsuspend(const long *a) {
    return tick__guest_suspend(word((const void *)a[0]));
}

long tick__call_pause(const long *a) {
    (void)a;
    return tick__guest_suspend(tick__guest_self()->life.mask);
}

long tick__call_signalfd4(const long *a) {
    const int fd = (int)a[0], flags = (int)a[3];
    if (fd != -1)
        return tick__guest_fd_is(fd) ? tick_k_signalfd(TICK__K, fd, word((const void *)a[1]), flags, NULL)
               : tick__raw(SYS_fcntl, fd, F_GETFD) < 0 ? -EBADF
                                                        : -EINVAL;
    const struct tick_kernel_name name = tick__guest_name(TICK_SORT_EVENTFD);
    return tick__guest_settle(tick_k_signalfd(TICK__K, -1, word((const void *)a[1]), flags, &name), flags & SFD_CLOEXEC);
}

long tick__call_signalfd(const long *a) {
    return tick__call_signalfd4((const long[]){a[0], a[1], a[2], 0});
}
