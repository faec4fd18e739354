#include "src/coro/exceptions.h"
#include "src/base/keep.h"
#include <stddef.h>

struct tick__exceptions *__cxa_get_globals(void) __attribute__((weak));

TICK_KEEP struct tick__exceptions *(*tick__exceptions_here)(void) = __cxa_get_globals;

void tick__exceptions_of(void *get_globals) {
    if (get_globals)
        *(void **)&tick__exceptions_here = get_globals;
}

void tick__exceptions_exchange(struct tick__exceptions *from, struct tick__exceptions *to) {
    struct tick__exceptions *here = tick__exceptions_here();
    *from = *here;
    *here = *to;
}
