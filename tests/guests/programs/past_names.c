// Looks up libc's functions in ways that pass its names by: all are the same as the names. Natively, too.
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int same(const void *found, void *(*name)(void)) {
    void *address;
    memcpy(&address, &name, sizeof address);
    return found == address;
}

int main(void) {
    void *libc = dlopen("libc.so.6", RTLD_NOLOAD | RTLD_LAZY);
    typedef void *any(void);
    printf("%d\n", same(dlsym(RTLD_NEXT, "pthread_create"), (any *)(uintptr_t)pthread_create));
    printf("%d\n", same(dlsym(RTLD_DEFAULT, "pthread_create"), (any *)(uintptr_t)pthread_create));
    printf("%d\n", same(dlsym(libc, "pthread_create"), (any *)(uintptr_t)pthread_create));
    printf("%d\n", same(dlsym(libc, "read"), (any *)(uintptr_t)read));
    printf("%d\n", same(dlsym(libc, "puts"), (any *)(uintptr_t)puts)); // libc's own
    printf("%d\n", dlsym(libc, "no_such_name") == NULL && dlerror() != NULL);
    printf("%d\n", dlsym(RTLD_NEXT, "main") == NULL);
    return 0;
}
