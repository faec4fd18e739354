// exit and its kin, which a host's program may call: in a run that is a finding. Elsewhere it is libc's.
//
// And what C++ wants to be called at an exit. The destructor of a static object that a run made is dropped, as the run's image forgets the
// object; libc's list would keep it, run by run, in memory of the host's.
#include "sim/native/exit.h"
#include "sim/native/harness_int.h"
#include "src/base/keep.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

TICK_KEEP static void (*watcher)(const char *how, int status, void *caller) = NULL;

void tick__exit_link(void) {}

void tick__exit_watch(void (*fn)(const char *how, int status, void *caller)) {
    watcher = fn;
}

static void ended(const char *how, int status, void *caller) {
    tick__harness_exited(how, status);
    if (watcher)
        watcher(how, status, caller);
}

_Noreturn static void libcs(const char *name, int status) {
    void (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, name);
    if (real)
        real(status);
    __builtin_trap();
}

int __cxa_atexit(void (*fn)(void *), void *arg, void *module); // the C++ ABI's, which no header declares

int __cxa_atexit(void (*fn)(void *), void *arg, void *module) {
    int (*real)(void (*)(void *), void *, void *);
    if (tick__harness_runs())
        return 0;
    *(void **)&real = dlsym(RTLD_NEXT, "__cxa_atexit");
    return real ? real(fn, arg, module) : -1;
}

_Noreturn void exit(int status) {
    ended("exit", status, __builtin_return_address(0));
    libcs("exit", status);
}

_Noreturn void _exit(int status) {
    ended("_exit", status, __builtin_return_address(0));
    libcs("_exit", status);
}

_Noreturn void _Exit(int status) {
    ended("_Exit", status, __builtin_return_address(0));
    libcs("_Exit", status);
}

_Noreturn void quick_exit(int status) {
    ended("quick_exit", status, __builtin_return_address(0));
    libcs("quick_exit", status);
}
