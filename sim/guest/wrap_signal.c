// libc's names: signals, and the timers that send them.
#include "sim/guest/life_int.h"
#include "sim/guest/originals_int.h"
#include "sim/guest/turn_int.h"
#include "sim/guest/wrap_int.h"
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static bool is_inside(void) {
    return tick__guest_on && tick__guest_begun;
}

// --- sending ---

EXPORT int kill(pid_t pid, int signal) {
    return (int)CALL(SYS_kill, pid, signal);
}

EXPORT int killpg(pid_t group, int signal) {
    if (!is_inside())
        return ORIGINAL(killpg)(group, signal);
    return group == 0 || group == TICK_GUEST_PID ? kill(TICK_GUEST_PID, signal) : (int)tick__guest_answer(-ESRCH);
}

EXPORT int tgkill(pid_t pid, pid_t thread, int signal) {
    return (int)CALL(SYS_tgkill, pid, thread, signal);
}

EXPORT int sigqueue(pid_t pid, int number, const union sigval value) {
    siginfo_t info = {.si_signo = number, .si_code = SI_QUEUE};
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value = value;
    return (int)CALL(SYS_rt_sigqueueinfo, pid, number, &info);
}

EXPORT int raise(int number) {
    if (!is_inside())
        return ORIGINAL(raise)(number);
    return (int)tick__guest_answer(-tick__guest_signal(tick__guest_self(), number, NULL));
}

EXPORT int tick__gsignal(int number) __asm__("gsignal"); // raise by another name
int tick__gsignal(int number) {
    return raise(number);
}

// libc's own would send it to the kernel thread of whoever runs, which is another one's here.
EXPORT void abort(void) {
    if (is_inside()) {
        const uint64_t bit = (uint64_t)1 << (SIGABRT - 1);
        (void)CALL(SYS_rt_sigprocmask, SIG_UNBLOCK, &bit, NULL, sizeof bit);
        (void)raise(SIGABRT);
        (void)signal(SIGABRT, SIG_DFL);
        (void)raise(SIGABRT);
    }
    ORIGINAL(abort)();
    for (;;)
        continue;
}

static struct tick__guest_thread *known(pthread_t pthread) {
    return tick__guest_on ? tick__guest_thread_of(pthread) : NULL;
}

EXPORT int pthread_kill(pthread_t pthread, int number) {
    struct tick__guest_thread *thread = known(pthread);
    return thread ? tick__guest_signal(thread, number, NULL) : TICK__ORIGINAL(pthread_kill)(pthread, number);
}

EXPORT int pthread_sigqueue(pthread_t pthread, int number, const union sigval value) {
    struct tick__guest_thread *thread = known(pthread);
    const struct tick__guest_sent sent = {.code = SI_QUEUE, .value = value};
    return thread ? tick__guest_signal(thread, number, &sent) : TICK__ORIGINAL(pthread_sigqueue)(pthread, number, value);
}

// --- handlers: the kernel's affair, but for those of ours (crashes.c), which nobody sees ---

EXPORT int sigaction(int number, const struct sigaction *restrict action, struct sigaction *restrict old) {
    const int failed = ORIGINAL(sigaction)(number, action, old);
    if (!failed && old && tick__guest_is_crash_handler(old->sa_handler))
        *old = (struct sigaction){.sa_handler = SIG_DFL};
    if (!failed && action)
        tick__guest_crash_handler_stays(number);
    return failed;
}
ALSO(sigaction, __sigaction)

EXPORT sighandler_t signal(int number, sighandler_t handler) {
    const sighandler_t old = ORIGINAL(signal)(number, handler);
    if (old != SIG_ERR)
        tick__guest_crash_handler_stays(number);
    return tick__guest_is_crash_handler(old) ? SIG_DFL : old;
}

// --- masks ---

// What libc keeps for itself is in no mask, as it says.
#define LIBCS ((uint64_t)3 << 31) // 32 and 33

static int change_mask(int how, const sigset_t *set, sigset_t *old) {
    uint64_t mask = 0;
    if (set) {
        memcpy(&mask, set, sizeof mask);
        mask &= how == SIG_UNBLOCK ? mask : ~LIBCS;
    }
    return (int)-tick__call_rt_sigprocmask((const long[]){how, set ? (long)&mask : 0, (long)old, sizeof mask});
}

// libc's other functions change the kernel thread's: what it is afterwards is the running thread's.
static void mask_changed(void) {
    uint64_t mask;
    if (tick__guest_on && tick__raw(SYS_rt_sigprocmask, SIG_BLOCK, 0, &mask, sizeof mask) == 0)
        tick__guest_mask_is(mask);
}

EXPORT int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict old) {
    return tick__guest_on ? change_mask(how, set, old) : TICK__ORIGINAL(pthread_sigmask)(how, set, old);
}

EXPORT int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict old) {
    return tick__guest_on ? (int)tick__guest_answer(-change_mask(how, set, old)) : TICK__ORIGINAL(sigprocmask)(how, set, old);
}

#define CHANGES_MASK(name) \
    EXPORT int tick__mask_##name(int argument) __asm__(#name); \
    int tick__mask_##name(int argument) { \
        static int (*libc)(int); \
        void *found = libc ? NULL : tick__original_named(#name); \
        if (!libc) \
            memcpy(&libc, &found, sizeof libc); \
        const int result = libc(argument); \
        mask_changed(); \
        return result; \
    }
CHANGES_MASK(sigblock)
CHANGES_MASK(sigsetmask)
CHANGES_MASK(sighold)
CHANGES_MASK(sigrelse)

EXPORT int sigpending(sigset_t *set) {
    return (int)CALL(SYS_rt_sigpending, set, 8);
}

// A jump that puts back a mask.
#define JUMPS(name, signature_name) \
    EXPORT _Noreturn void signature_name(struct __jmp_buf_tag *env, int value) __asm__(#name); \
    void signature_name(struct __jmp_buf_tag *env, int value) { \
        static void (*libc)(struct __jmp_buf_tag *, int) __attribute__((noreturn)); \
        void *found = libc ? NULL : tick__original_named(#name); \
        if (!libc) \
            memcpy(&libc, &found, sizeof libc); \
        if (!tick__guest_on || !env->__mask_was_saved) \
            libc(env, value); \
        struct __jmp_buf_tag without = *env; /* libc would set the mask once more */ \
        without.__mask_was_saved = 0; \
        (void)change_mask(SIG_SETMASK, &env->__saved_mask, NULL); \
        libc(&without, value); \
    }
JUMPS(siglongjmp, tick__siglongjmp)
JUMPS(longjmp, tick__longjmp)
JUMPS(__longjmp_chk, tick__longjmp_chk)

// --- waiting ---

EXPORT int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info, const struct timespec *restrict timeout) {
    return (int)CALL(SYS_rt_sigtimedwait, set, info, timeout, 8);
}
ALSO(sigtimedwait, __sigtimedwait)

EXPORT int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info) {
    return (int)CALL(SYS_rt_sigtimedwait, set, info, NULL, 8);
}

EXPORT int sigwait(const sigset_t *restrict set, int *restrict number) {
    const int before = errno;
    long got;
    do
        got = CALL(SYS_rt_sigtimedwait, set, NULL, NULL, 8);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno;
    errno = before;
    *number = (int)got;
    return 0;
}

EXPORT int sigsuspend(const sigset_t *set) {
    return (int)CALL(SYS_rt_sigsuspend, set, 8);
}
ALSO(sigsuspend, __sigsuspend)

static int pause_without(int number, bool is_mask) {
    uint64_t mask = (uint64_t)(unsigned)number;
    if (!is_mask) {
        (void)tick__raw(SYS_rt_sigprocmask, SIG_BLOCK, 0, &mask, sizeof mask);
        mask &= ~((uint64_t)1 << (number - 1));
    }
    return (int)CALL(SYS_rt_sigsuspend, &mask, 8);
}

EXPORT int tick__sigpause(int mask) __asm__("sigpause"); // BSD's: a mask
int tick__sigpause(int mask) {
    return pause_without(mask, true);
}

EXPORT int __sigpause(int number_or_mask, int is_number);
EXPORT int __sigpause(int number_or_mask, int is_number) {
    return pause_without(number_or_mask, !is_number);
}

EXPORT int __xpg_sigpause(int number);
EXPORT int __xpg_sigpause(int number) {
    return pause_without(number, false);
}

EXPORT int pause(void) {
    return (int)CALL(SYS_pause);
}

EXPORT int signalfd(int fd, const sigset_t *mask, int flags) {
    return (int)CALL(SYS_signalfd4, fd, mask, 8, flags);
}

// --- timers. One that is not armed begins no world by being put out ---

EXPORT unsigned alarm(unsigned seconds) {
    if (!seconds && !is_inside())
        return (unsigned)tick__raw(SYS_alarm, 0);
    return (unsigned)CALL(SYS_alarm, seconds);
}

EXPORT int setitimer(__itimer_which_t which, const struct itimerval *restrict value, struct itimerval *restrict old) {
    if (!is_inside() && (!value || (!value->it_value.tv_sec && !value->it_value.tv_usec)))
        return (int)tick__guest_answer(tick__raw(SYS_setitimer, which, value, old));
    return (int)CALL(SYS_setitimer, which, value, old);
}

EXPORT int getitimer(__itimer_which_t which, struct itimerval *value) {
    return (int)CALL(SYS_getitimer, which, value);
}

EXPORT useconds_t ualarm(useconds_t value, useconds_t interval) {
    const struct itimerval wanted = {{interval / 1000000, interval % 1000000}, {value / 1000000, value % 1000000}};
    struct itimerval old;
    return setitimer(ITIMER_REAL, &wanted, &old) < 0 ? (useconds_t)-1 : (useconds_t)(old.it_value.tv_sec * 1000000 + old.it_value.tv_usec);
}

EXPORT int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict out) {
    if (!tick__guest_inside_alone())
        return ORIGINAL(timer_create)(clock, event, out);
    const long made = tick__guest_timer_new(clock, event);
    if (made >= 0)
        *out = (timer_t)made; // NOLINT: libc's are no pointers either
    return made < 0 ? (int)tick__guest_answer(made) : 0;
}

EXPORT int timer_settime(timer_t timer, int flags, const struct itimerspec *restrict value, struct itimerspec *restrict old) {
    return is_inside() ? (int)CALL(SYS_timer_settime, timer, flags, value, old) : ORIGINAL(timer_settime)(timer, flags, value, old);
}

EXPORT int timer_gettime(timer_t timer, struct itimerspec *value) {
    return is_inside() ? (int)CALL(SYS_timer_gettime, timer, value) : ORIGINAL(timer_gettime)(timer, value);
}

EXPORT int timer_getoverrun(timer_t timer) {
    return is_inside() ? (int)CALL(SYS_timer_getoverrun, timer) : ORIGINAL(timer_getoverrun)(timer);
}

EXPORT int timer_delete(timer_t timer) {
    return is_inside() ? (int)CALL(SYS_timer_delete, timer) : ORIGINAL(timer_delete)(timer);
}
