// libc's allocator by the names that a program's own malloc family does not hide.
#include "src/base/outside.h"
#include "src/base/sanitized.h"
#include <stdlib.h>

#if defined(__GLIBC__) && !TICK__SANITIZED
extern void *__libc_malloc(size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);
#define BUSY(by) ((void)0)
#else
#define __libc_malloc malloc
#define __libc_realloc realloc
#define __libc_free free
#define BUSY(by) (tick__outside_busy += (by))
_Thread_local volatile int tick__outside_busy; // volatile: compilers know that malloc reads no variable of ours
#endif

void *tick__outside_alloc(size_t size) {
    BUSY(1);
    void *memory = __libc_malloc(size);
    BUSY(-1);
    return memory;
}

void *tick__outside_realloc(void *memory, size_t size) {
    BUSY(1);
    void *moved = __libc_realloc(memory, size);
    BUSY(-1);
    return moved;
}

void tick__outside_free(void *memory) {
    BUSY(1);
    __libc_free(memory);
    BUSY(-1);
}
