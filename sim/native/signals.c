// What a program changes of its process's signals (handlers, the mask, the alternate stack) ends with its run. Asking the kernel for all of
// it would cost more than many a run, so the functions that change it are this file's while a run is in progress: the first call notes
// what was there, and the end of the run puts it back. Elsewhere they are libc's.
#include "sim/native/harness_int.h"
#include "sim/native/heap.h"
#include "sim/native/heap_list.h"
#include "src/base/keep.h"
#include "src/base/sanitized.h"
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

TICK_KEEP static struct {
    bool watching, changed;
    struct sigaction actions[NSIG];
    bool has[NSIG]; // libc keeps some for itself
    stack_t stack;
    sigset_t mask;
} signals = {0};

static void note(void) {
    if (!signals.watching)
        return;
    signals.watching = false;
    signals.changed = true;
    for (int i = 1; i < NSIG; i++)
        signals.has[i] = sigaction(i, NULL, &signals.actions[i]) == 0;
    sigaltstack(NULL, &signals.stack);
    sigprocmask(SIG_SETMASK, NULL, &signals.mask);
}

void tick__signals_watch(void) {
    signals.watching = true;
#if TICK__TSAN // whose run-time calls the functions below before code of ours can run
    note();
#endif
}

void tick__signals_restore(void) {
    signals.watching = false;
    if (!signals.changed)
        return;
    signals.changed = false;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t pending;
    sigpending(&pending);
    for (int i = 1; i < NSIG; i++) {
        if (!signals.has[i])
            continue;
        // What was raised while it was blocked goes with its run. Not the parent's signal, whose run takes too long.
        if (i != SIGXCPU && sigismember(&pending, i) == 1)
            sigaction(i, &ignore, NULL);
        sigaction(i, &signals.actions[i], NULL);
    }
    sigaltstack(&signals.stack, NULL);
    sigprocmask(SIG_SETMASK, &signals.mask, NULL);
}

#if !TICK__TSAN

typedef void (*handler)(int);

// By name, each time: these are rare, and a pointer kept here would be a static. What dlsym allocates is no host's.
static void find(const char *name, void *function) {
    struct tick_heap *heap = tick_heap_use(NULL);
    *(void **)function = dlsym(RTLD_NEXT, name);
    tick_heap_use(heap);
    if (!*(void **)function)
        __builtin_trap();
}

int sigaction(int number, const struct sigaction *restrict action, struct sigaction *restrict before) {
    int (*libcs)(int, const struct sigaction *, struct sigaction *);
    if (action)
        note();
    find("sigaction", &libcs);
    return libcs(number, action, before);
}

static handler set_handler(const char *name, int number, handler chosen) {
    handler (*libcs)(int, handler);
    note();
    find(name, &libcs);
    return libcs(number, chosen);
}

handler signal(int number, handler chosen) {
    return set_handler("signal", number, chosen);
}

handler sysv_signal(int number, handler chosen) {
    return set_handler("sysv_signal", number, chosen);
}

handler __sysv_signal(int number, handler chosen) { // signal's name in a program of strict POSIX
    return set_handler("sysv_signal", number, chosen);
}

handler sigset(int number, handler chosen) {
    return set_handler("sigset", number, chosen);
}

static int change(const char *name, int number) {
    int (*libcs)(int);
    note();
    find(name, &libcs);
    return libcs(number);
}

int sigignore(int number) {
    return change("sigignore", number);
}

int sighold(int number) {
    return change("sighold", number);
}

int sigrelse(int number) {
    return change("sigrelse", number);
}

int sigblock(int mask) {
    return change("sigblock", mask);
}

int sigsetmask(int mask) {
    return change("sigsetmask", mask);
}

int siginterrupt(int number, int interrupts) {
    int (*libcs)(int, int);
    note();
    find("siginterrupt", &libcs);
    return libcs(number, interrupts);
}

static int change_mask(const char *name, int how, const sigset_t *mask, sigset_t *before) {
    int (*libcs)(int, const sigset_t *, sigset_t *);
    if (mask)
        note();
    find(name, &libcs);
    return libcs(how, mask, before);
}

int sigprocmask(int how, const sigset_t *restrict mask, sigset_t *restrict before) {
    return change_mask("sigprocmask", how, mask, before);
}

int pthread_sigmask(int how, const sigset_t *restrict mask, sigset_t *restrict before) {
    return change_mask("pthread_sigmask", how, mask, before);
}

int sigaltstack(const stack_t *restrict stack, stack_t *restrict before) {
    int (*libcs)(const stack_t *, stack_t *);
    if (stack)
        note();
    find("sigaltstack", &libcs);
    return libcs(stack, before);
}

#endif
