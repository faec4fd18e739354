// libc's allocator by the names that a program's own malloc family does not hide.
#include "src/base/outside.h"
#include <stdlib.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !(defined(__has_feature) && 0)
extern void *__libc_malloc(size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);
#else
#define __libc_malloc malloc
#define __libc_realloc realloc
#define __libc_free free
#endif

void *tick__outside_alloc(size_t size) {
    return __libc_malloc(size);
}

void *tick__outside_realloc(void *memory, size_t size) {
    return __libc_realloc(memory, size);
}

void tick__outside_free(void *memory) {
    __libc_free(memory);
}
