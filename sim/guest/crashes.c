// Signals that the program brings upon itself by an instruction, or by libc's abort, and that would kill the process: the run ends by them
// as by any other signal, so that it can be told where its threads stand, and the process goes back to its snapshot.
//
// Our handler stands where the program has none, and the program does not see it. It runs on a stack of its own, as the program's may be
// what is used up, unless the program has given the process one.
#include "sim/guest/inside_int.h"
#include "src/base/keep.h"
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#define STACK 65536

struct action { // as the kernel has it
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

#define SA_RESTORER 0x04000000

static const int crashes[] = {
    SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGXCPU}; // the last: whoever watches it says that it hangs
enum { CRASHES = sizeof crashes / sizeof *crashes };

static _Alignas(64) char stack[STACK];

__attribute__((naked)) static void restore(void) { // rt_sigreturn
    __asm__ volatile("movl $15, %eax\n\tsyscall");
}

static void set_default(int signal) {
    const struct action action = {.flags = SA_RESTORER, .restorer = restore};
    (void)tick__raw(SYS_rt_sigaction, signal, &action, 0, sizeof action.mask);
}

static void on_crash(int signal, siginfo_t *info, void *context) {
    (void)info;
    static ucontext_t first; // where the program stood: what comes of telling that is another matter
    static int crashed;
    if (!tick__guest_on || (tick__guest_is_ending() && !crashed)) { // no thread of the world's, or not the program's own doing
        set_default(signal);                                        // and once more
        return;
    }
    if (!crashed) {
        crashed = signal;
        first.uc_mcontext = ((const ucontext_t *)context)->uc_mcontext;
    }
    tick__guest_crash(crashed, &first);
}

static void set_ours(int signal) {
    const struct action action = {on_crash, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER, restore, 0};
    (void)tick__raw(SYS_rt_sigaction, signal, &action, 0, sizeof action.mask);
}

bool tick__guest_is_crash_handler(void (*handler)(int)) {
    void (*ours)(int, siginfo_t *, void *) = on_crash;
    return memcmp(&handler, &ours, sizeof handler) == 0;
}

void tick__guest_crash_handler_stays(int signal) {
    struct action now = {0};
    for (int i = 0; i < CRASHES; i++) {
        if (crashes[i] != signal || !tick__guest_begun || !tick__guest_on)
            continue;
        (void)tick__raw(SYS_rt_sigaction, signal, 0, &now, sizeof now.mask);
        if (!now.handler)
            set_ours(signal);
    }
}

void tick__guest_crashes_begin(void) {
    stack_t now = {0};
    (void)tick__raw(SYS_sigaltstack, 0, &now);
    if (now.ss_flags & SS_DISABLE) {
        const stack_t ours = {.ss_sp = stack, .ss_size = sizeof stack};
        (void)tick__raw(SYS_sigaltstack, &ours, 0);
    }
    for (int i = 0; i < CRASHES; i++)
        tick__guest_crash_handler_stays(crashes[i]);
}
