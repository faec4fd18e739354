// The backstop: SIGSYS for calls past libc's names, from the moment on at which the world begins (before that, calls are real but for the
// names that say otherwise).
//
// The filter lies on the world's one kernel thread, and on those that it makes later on: sleepers, and whatever else libc makes. Those get
// the real calls here, as they do by the names. It stays for as long as the process lives, through all rewinding, and children of forks
// have it; what the handler needs is memory like any other.
//
// The handler runs where the call was made, on the thread's own stack, with the mask that the thread has (SA_NODEFER): the thread may wait
// in it, and others run meanwhile, as it would in a name of libc's. What it must leave alone is the kernel's doing: registers of all kinds,
// and the 128 bytes below the stack pointer. SIGSYS must never be blocked where the filter is, or the kernel ends the process instead: it
// is kept out of every mask, those of handlers included, and the program's own handler of it is only noted.
#include "sim/guest/inside_int.h"
#include "sim/guest/process_state_int.h"
#include "sim/guest/trap_int.h"
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <ucontext.h>

#define BIT(number) ((uint64_t)1 << ((number)-1))
#define SIGNALS 64
#define SECCOMP_CALL 1 // si_code, SYS_SECCOMP

extern const char __ehdr_start[] __attribute__((visibility("hidden"))); // the linker's: where this library begins, and ends
extern const char _end[] __attribute__((visibility("hidden")));
void tick__trap_clone(void);

uint64_t tick__trap_kept;
uintptr_t tick__trap_return;         // where tick__trap_clone goes on
static struct tick__trap_action own; // the program's, of SIGSYS
static long world_thread;

bool tick__trap_is_ours(uintptr_t address) {
    return address >= (uintptr_t)__ehdr_start && address < (uintptr_t)_end;
}

// --- masks and handlers ---

long tick__trap_sigaction(long number, const struct tick__trap_action *action, struct tick__trap_action *old, long size) {
    struct tick__trap_action kept = {.handler = SIG_DFL};
    if (!tick__trap_kept || size != sizeof kept.mask)
        return tick__raw(SYS_rt_sigaction, number, action, old, size);
    if (action)
        kept = *action;
    kept.mask &= ~tick__trap_kept;
    if (action && tick__noted && number >= 1 && number <= SIGNALS)
        tick__noted->handlers |= BIT(number);
    if (number != SIGSYS)
        return tick__raw(SYS_rt_sigaction, number, action ? &kept : NULL, old, size);
    if (old)
        *old = own;
    if (action)
        own = kept;
    return 0;
}

long tick__trap_sigprocmask(const long *a) {
    uint64_t mask;
    if (!a[1] || a[3] != sizeof mask)
        return tick__raw(SYS_rt_sigprocmask, a[0], a[1], a[2], a[3]);
    memcpy(&mask, (const void *)a[1], sizeof mask);
    if (a[0] != SIG_UNBLOCK)
        mask &= ~tick__trap_kept;
    return tick__raw(SYS_rt_sigprocmask, a[0], &mask, a[2], a[3]);
}

// --- the handler ---

// Of a thread that is not the world's, or while the library itself has libc make one: what was asked for.
static long really(ucontext_t *at, long nr, const long *a) {
    switch (nr) {
    case SYS_rt_sigprocmask:
        return tick__trap_sigprocmask(a);
    case SYS_rt_sigaction:
        return tick__trap_sigaction(a[0], (const struct tick__trap_action *)a[1], (struct tick__trap_action *)a[2], a[3]);
    case SYS_clone3:
        return -ENOSYS; // libc takes clone then, whose flags can be seen
    case SYS_vfork:
        return tick__raw(SYS_fork); // the child would go on in the frames of this one
    case SYS_clone:
        if (!a[1])
            break;
        tick__trap_return = (uintptr_t)at->uc_mcontext.gregs[REG_RIP];
        at->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)tick__trap_clone;
        return nr;
    default:
        break;
    }
    return tick__raw6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long answer(ucontext_t *at, const siginfo_t *info) {
    const greg_t *r = at->uc_mcontext.gregs;
    const long nr = r[REG_RAX], a[] = {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]};
    if (!tick__guest_on || tick__raw(SYS_gettid) != world_thread)
        return really(at, nr, a);
    tick__guest_caller = (const void *)(uintptr_t)r[REG_RIP];
    if (info->si_arch != AUDIT_ARCH_X86_64)
        tick__guest_unsupported("int $0x80", "system calls of 32-bit programs");
    if (tick__trap_is_ours((uintptr_t)r[REG_RIP]))
        tick__guest_unsupported("seccomp", "a filter that was there before the program began forbids what the library calls");
    struct tick__guest_life *life = &tick__guest_self()->life;
    const bool uncancellable = life->uncancellable;
    life->uncancellable |= nr == SYS_futex; // libc's own locks, which are waited for until they are had
    const long result = tick__guest_call(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    life->uncancellable = uncancellable;
    if (result == -EINTR)
        tick__guest_interrupted();
    return result;
}

// SIGSYS that somebody has sent.
static void sent(int number, siginfo_t *info, void *at) {
    if (own.handler == SIG_IGN)
        return;
    if (own.handler == SIG_DFL)
        tick__guest_end(TICK_GUEST_SIGNALLED, number, "");
    void (*handler)(int, siginfo_t *, void *);
    memcpy(&handler, &own.handler, sizeof handler);
    handler(number, info, at);
}

static void trapped(int number, siginfo_t *info, void *at_) {
    ucontext_t *at = at_;
    const int before = errno;
    if (info->si_code != SECCOMP_CALL) {
        sent(number, info, at);
        return;
    }
    const long nr = at->uc_mcontext.gregs[REG_RAX];
    at->uc_mcontext.gregs[REG_RAX] = answer(at, info);
    if (nr == SYS_rt_sigprocmask) // what is put back when this returns
        (void)tick__raw(SYS_rt_sigprocmask, SIG_BLOCK, 0, &at->uc_sigmask, sizeof tick__trap_kept);
    errno = before;
}

// --- the beginning ---

static void keep_out(void) {
    uint64_t mask = BIT(SIGSYS);
    struct tick__trap_action action;
    (void)tick__raw(SYS_rt_sigprocmask, SIG_UNBLOCK, &mask, 0, sizeof mask);
    tick__guest_self()->life.mask &= ~BIT(SIGSYS);
    for (int number = 1; number <= SIGNALS; number++)
        if (tick__raw(SYS_rt_sigaction, number, 0, &action, sizeof action.mask) == 0 && (action.mask & BIT(SIGSYS)))
            (void)tick__trap_sigaction(number, &action, NULL, sizeof action.mask);
}

static int install(void) {
    struct sock_filter filter[TICK__TRAP_MOST];
    const struct tick__trap_range range = {(uintptr_t)__ehdr_start, (uintptr_t)_end};
    const struct sock_fprog program = {(unsigned short)tick__trap_filter(&range, filter), filter};
    long rc = tick__raw(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); // without it only a privileged process may
    if (rc == 0) // without that flag older kernels would make the whole process slow, against attacks on speculation
        rc = tick__raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
    if (rc == -EINVAL) // before Linux 4.17 there was none
        rc = tick__raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
    return (int)rc;
}

int tick__trap_begin(void) {
    struct sigaction handler = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_NODEFER};
    tick__trap_kept = BIT(SIGSYS);
    keep_out();
    (void)tick__raw(SYS_rt_sigaction, SIGSYS, 0, &own, sizeof own.mask);
    (void)sigaction(SIGSYS, &handler, NULL); // libc's, for how handlers return
    tick__trap_forked();
    const int rc = install();
    if (rc < 0) {
        tick__trap_kept = 0;
        (void)tick__raw(SYS_rt_sigaction, SIGSYS, &own, 0, sizeof own.mask);
    }
    return rc;
}

void tick__trap_forked(void) {
    world_thread = tick__raw(SYS_gettid);
}
