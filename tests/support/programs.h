// The programs of tests/guests, by their paths: they lie beside the tests.
#ifndef RETICK_TEST_PROGRAMS_H
#define RETICK_TEST_PROGRAMS_H

#include "src/base/keep.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TICK_KEEP static char programs_folder[4096];

static void programs_are_beside(const char *self) {
    const char *slash = strrchr(self, '/');
    char here[2000] = "";
    if (self[0] != '/' && !getcwd(here, sizeof here))
        abort();
    snprintf(
        programs_folder, sizeof programs_folder, "%s%s%.*s", here, *here ? "/" : "", slash ? (int)(slash - self) : 1, slash ? self : ".");
}

// A command of one of them; storage that the next two calls leave alone.
static const char *program(const char *name, const char *arguments) {
    static char all[3][5000];
    static unsigned at;
    char *words = all[at++ % 3];
    snprintf(words, sizeof all[0], "%s/%s %s", programs_folder, name, arguments);
    return words;
}

#endif
