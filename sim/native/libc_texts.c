// strerror and strsignal of numbers that they do not know keep their text in memory of libc's own, from call to call: it must not come
// from the heap of the host that happens to call, which ends with the run. (What else in libc keeps memory is refused when a scenario is
// loaded: cli/deny.c.)
#include "sim/native/harness_int.h"
#include "sim/native/heap.h"
#include <dlfcn.h>
#include <string.h>

void tick__libc_texts_link(void) {}

// By name, each time: these are rare, and a pointer kept here would be a static.
static char *libcs(const char *name, int number) {
    char *(*real)(int);
    struct tick_heap *heap = tick_heap_use(NULL);
    *(void **)&real = dlsym(RTLD_NEXT, name);
    char *text = real ? real(number) : NULL;
    tick_heap_use(heap);
    return text;
}

char *strerror(int number) {
    return libcs("strerror", number);
}

char *strsignal(int number) {
    return libcs("strsignal", number);
}
