// Threads that nobody announced, and who asks past our names.
//
// A thread that was made without pthread_create of ours has tick__guest_on false, as its thread-local memory is fresh: all its calls are
// libc's own, in real time, beside the world. libc makes such threads for itself (timer_create with SIGEV_THREAD, aio_read). Libraries that
// look up libc's functions by dlsym(RTLD_NEXT, ...) or in libc's own handle would make more of them (jemalloc looks for pthread_create, for
// the thread that gives memory back), so they are answered with ours: for who asks, this library is libc. That holds from the loader's
// first steps on, before any constructor: jemalloc asks within the first malloc. A name of ours is libc's function as long as there is no
// world.
//
// RTLD_NEXT means the caller's next, which libc tells by the return address: so wrap_dlsym_x86.S jumps there with what it was called with,
// unless this file has the answer. Calls out of this library are left alone.
#include "sim/guest/originals_int.h"
#include "sim/guest/stray_int.h"
#include "src/base/keep.h"
#include <dlfcn.h>
#include <string.h>

extern const char __ehdr_start[] __attribute__((visibility("hidden"))); // the linker's: where this library begins, and ends
extern const char _end[] __attribute__((visibility("hidden")));

TICK_KEEP void *tick__guest_libc_dlsym, *tick__guest_libc_dlvsym;

typedef void *find_fn(void *, const char *);

static bool is_ours(const void *address) {
    return (const char *)address >= __ehdr_start && (const char *)address < _end;
}

static void *find(void *handle, const char *name) {
    find_fn *dlsym_of_libc;
    memcpy(&dlsym_of_libc, &tick__guest_libc_dlsym, sizeof dlsym_of_libc);
    return dlsym_of_libc(handle, name);
}

static void find_finders(void) {
    if (tick__guest_libc_dlsym)
        return;
    tick__guest_libc_dlsym = tick__original_named("dlsym");
    tick__guest_libc_dlvsym = tick__original_named("dlvsym");
}

void *tick__guest_global(const char *name) {
    find_finders();
    return find(RTLD_DEFAULT, name);
}

void *tick__guest_asked_for(void *handle, const char *name, const void *caller) {
    find_finders();
    if (!name || handle == RTLD_DEFAULT || is_ours(caller))
        return NULL;
    void *theirs = tick__original_named(name);
    if (!theirs || (handle != RTLD_NEXT && find(handle, name) != theirs))
        return NULL;
    void *ours = find(RTLD_DEFAULT, name); // the program's own would come first
    return is_ours(ours) ? ours : NULL;
}
