// Tests under an emulator of another processor (./dev aarch64): the C library and all of retick are the other processor's, the kernel is
// the emulator's imitation of Linux, and a program can be started by the emulator's name only.
#ifndef RETICK_EMULATED_H
#define RETICK_EMULATED_H

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static bool emulated__by; // asked at the start: workers and programs of a campaign have another environment

__attribute__((constructor)) static inline void emulated__ask(void) {
    emulated__by = getenv("RETICK_EMULATOR") != NULL;
}

// qemu ignores limits of memory, seccomp filters and calls that it does not know, or answers with errors of its own.
static inline bool emulated(void) {
    return emulated__by;
}

// As execl of a program built like this one.
static inline void emulated_exec(const char *path, const char *arg) {
    if (emulated())
        execl("/bin/sh", "sh", "-c", "exec $RETICK_EMULATOR \"$0\" \"$@\"", path, arg, (char *)NULL);
    else
        execl(path, path, arg, (char *)NULL);
}

#endif
