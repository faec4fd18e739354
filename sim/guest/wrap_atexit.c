// What is to be called at the program's end, but for what only gives memory back: the process's memory goes back anyhow. OpenSSL registers
// such a function with its first use, and it is a tenth of a small run.
#include "sim/guest/wrap_int.h"
#include <dlfcn.h>
#include <string.h>

static bool frees_only(void (*function)(void *)) {
    void *at;
    Dl_info info;
    memcpy(&at, &function, sizeof at);
    return dladdr(at, &info) && info.dli_sname && info.dli_saddr == at && !strcmp(info.dli_sname, "OPENSSL_cleanup");
}

// libc has no declaration of it: compilers call it for destructors of statics, and atexit does, which is linked into each library.
EXPORT int __cxa_atexit(void (*function)(void *), void *arg, void *library);
EXPORT int __cxa_atexit(void (*function)(void *), void *arg, void *library) {
    if (tick__guest_on && !arg && frees_only(function))
        return 0;
    return ORIGINAL(__cxa_atexit)(function, arg, library);
}
