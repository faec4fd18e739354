// A folder of a test's own, below TMPDIR. A test program has one for all of its processes, those of torture among them, which make theirs
// within it; at its end the first process removes it with all that is left there, however the others ended.
#ifndef RETICK_TEST_FOLDER_H
#define RETICK_TEST_FOLDER_H

#include "src/base/keep.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// The tests' own statics stay as they are when the harness restores those of a scenario.
TICK_KEEP static char folder_of_all[48] = "";
TICK_KEEP static pid_t folder_owner = 0;

__attribute__((constructor)) static void folder_begin(void) {
    const char *where = getenv("TMPDIR");
    const int length = snprintf(folder_of_all, sizeof folder_of_all, "%s/retick-XXXXXX", where && *where ? where : "/tmp");
    if (length >= (int)sizeof folder_of_all)
        snprintf(folder_of_all, sizeof folder_of_all, "/tmp/retick-XXXXXX");
    // Others pass through it: tests that root starts change their user.
    if (!mkdtemp(folder_of_all) || chmod(folder_of_all, 0711) < 0 || setenv("TMPDIR", folder_of_all, 1) < 0) {
        perror(folder_of_all);
        exit(1);
    }
    folder_owner = getpid();
}

// 0, and the name of a new folder; or -1. It need not be removed.
static inline int folder_make(char *folder, size_t size) {
    const int length = snprintf(folder, size, "%s/XXXXXX", folder_of_all);
    return length < (int)size && mkdtemp(folder) ? 0 : -1;
}

// Removes it with what it holds, also what nobody may write to. 0, or what rm says.
static inline int folder_remove(const char *folder) {
    char command[160];
    snprintf(command, sizeof command, "chmod -R u+w '%s' && rm -rf '%s'", folder, folder);
    return system(command);
}

__attribute__((destructor)) static void folder_end(void) {
    if (folder_owner == getpid() && folder_remove(folder_of_all) != 0)
        fprintf(stderr, "%s stays\n", folder_of_all);
}

#endif
