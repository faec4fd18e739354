#include "src/base/check.h"
#include <stdio.h>
#include <stdlib.h>

static void (*context)(void);

void tick__assert_context(void (*print)(void)) {
    context = print;
}

_Noreturn void tick__assert_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "retick: %s:%d: assertion failed: %s\n", file, line, condition);
    if (context)
        context();
    abort();
}
