#include "src/base/check.h"
#include "src/base/keep.h"
#include <stdio.h>
#include <stdlib.h>

TICK_KEEP static void (*context)(void) = 0;

void tick__assert_context(void (*print)(void)) {
    context = print;
}

_Noreturn void tick__assert_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "retick: %s:%d: assertion failed: %s\n", file, line, condition);
    if (context)
        context();
    abort();
}
