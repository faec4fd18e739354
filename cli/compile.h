// From a scenario's C or C++ file to a shared object in the cache.
#ifndef RETICK_CLI_COMPILE_H
#define RETICK_CLI_COMPILE_H

#include "cli/process.h"
#include <retick/error.h>
#include <stdbool.h>

struct tick__compile {
    const char *source; // the file's path
    const char *cc;     // --cc, NULL: $RETICK_CC, cc, gcc, clang; of C++ --cxx, NULL: $RETICK_CXX, c++, g++, clang++
    const char *cflags; // --cflags, after $RETICK_CFLAGS; NULL: none
    bool heap_check;    // what the program does to its memory is watched: the compiler may not leave it out
};

// Whether a file is C++, by its name: .cpp, .cc, .cxx.
bool tick__compile_is_cxx(const char *path);
// 0 with the shared object's path (malloc'd); TICK_EFORMAT if the file does not compile (the compiler has said why on stderr); -ENOENT if
// there is no compiler; else a negative error. *error tells what to do.
int tick__compile_shared(const struct tick__compile *what, char **object, struct tick_error *error);
// The same command up to a relocatable object with debug information at `object`, silently: for finding call sites.
int tick__compile_object(const struct tick__compile *what, const char *object);

#endif
