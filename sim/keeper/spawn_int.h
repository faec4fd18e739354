// Starting a guest.
#ifndef RETICK_SPAWN_INT_H
#define RETICK_SPAWN_INT_H

#include "sim/guest/control.h"
#include <retick/error.h>
#include <sys/types.h>

struct tick__spawn {
    const char *file;  // what exec takes
    char *const *argv; // ended by NULL
    char *const *environment;
    struct tick_guest_control *control; // shared
    int control_fd;
    int arena_fd; // of the kernel that it shares with others; -1: it has its own
    int errors; // where its stderr goes, as long as the library does not take it: an fd
    const char *folder; // NULL: this process's
    bool any_addresses; // they are not fixed
    bool shows; // its stdout goes where ours does; else nowhere, but for what the library takes of it
};

// Starts it, with fds, signals, limits and umask as they are in every run, without address randomisation where that is allowed
// (control->settings.fixed_addresses says so), and to die with this process. The pid, or a negated errno.
pid_t tick__spawn(const struct tick__spawn *spawn);

// The library that is loaded into guests: by RETICK_GUEST_LIBRARY, or beside this program, or in ../lib/retick of it. 0 with an absolute
// path, or a negative error and *error.
int tick__guest_library(char *path, size_t size, struct tick_error *error);

#endif
