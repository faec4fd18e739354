// libc's names: the process's mappings. All are the real ones, noted for who goes back to a snapshot.
#include "sim/guest/files_int.h"
#include "sim/guest/map_int.h"
#include "sim/guest/wrap_int.h"
#include <stdarg.h>

#define MAP_CALL(nr, a, b, c, d, e, f) \
    tick__guest_answer(tick__map_call((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)))

EXPORT void *mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset) {
    if (tick__guest_on && !(flags & MAP_ANONYMOUS) && tick__guest_fd_is(fd))
        return (void *)tick__guest_answer(tick__file_map((long)at, (long)size, prot, flags, fd, offset));
    return (void *)MAP_CALL(SYS_mmap, at, size, prot, flags, fd, offset);
}
ALSO(mmap, mmap64)

EXPORT int munmap(void *at, size_t size) {
    if (__builtin_expect(!tick__file_maps, 1))
        return (int)MAP_CALL(SYS_munmap, at, size, 0, 0, 0, 0);
    tick__file_maps_unmapped((long)at, (long)size, true);
    const int result = (int)MAP_CALL(SYS_munmap, at, size, 0, 0, 0, 0);
    if (!result)
        tick__file_maps_unmapped((long)at, (long)size, false);
    return result;
}

EXPORT int msync(void *at, size_t size, int flags) {
    if (tick__file_maps && tick__file_maps_sync((long)at, (long)size))
        return 0;
    return (int)CALL(SYS_msync, at, size, flags);
}

EXPORT void *mremap(void *at, size_t size, size_t wanted, int flags, ...) {
    va_list list;
    va_start(list, flags);
    void *const to = flags & MREMAP_FIXED ? va_arg(list, void *) : NULL;
    va_end(list);
    tick__guest_caller = __builtin_return_address(0);
    if (tick__file_maps && tick__file_maps_sync((long)at, (long)size))
        tick__guest_unsupported("mremap", "a shared mapping of a file that was written");
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
