// libc's names: the process's mappings. All are the real ones, noted for who goes back to a snapshot.
#include "sim/guest/map_int.h"
#include "sim/guest/wrap_int.h"
#include <stdarg.h>

#define MAP_CALL(nr, a, b, c, d, e, f) \
    tick__guest_answer(tick__map_call((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)))

EXPORT void *mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset) {
    return (void *)MAP_CALL(SYS_mmap, at, size, prot, flags, fd, offset);
}
ALSO(mmap, mmap64)

EXPORT int munmap(void *at, size_t size) {
    return (int)MAP_CALL(SYS_munmap, at, size, 0, 0, 0, 0);
}

EXPORT void *mremap(void *at, size_t size, size_t wanted, int flags, ...) {
    va_list list;
    va_start(list, flags);
    void *const to = flags & MREMAP_FIXED ? va_arg(list, void *) : NULL;
    va_end(list);
    return (void *)MAP_CALL(SYS_mremap, at, size, wanted, flags, to, 0);
}

EXPORT int mprotect(void *at, size_t size, int prot) {
    return (int)MAP_CALL(SYS_mprotect, at, size, prot, 0, 0, 0);
}

EXPORT int pkey_mprotect(void *at, size_t size, int prot, int key) {
    return (int)MAP_CALL(SYS_pkey_mprotect, at, size, prot, key, 0, 0);
}

EXPORT int madvise(void *at, size_t size, int advice) {
    return (int)MAP_CALL(SYS_madvise, at, size, advice, 0, 0, 0);
}
