// Places of a program that was watched from outside: they are told as a file of code and how far into it (function "python3.11+0x1a2b",
// the file's path, line 0), and looked up once the run is over, all of a file at once.
#ifndef RETICK_FOUND_PLACES_H
#define RETICK_FOUND_PLACES_H

#include <retick/error.h>
#include <stddef.h>
#include <stdint.h>

struct tick_found_place {
    int64_t loc;        // its number in the trace
    uint64_t offset;    // into what is mapped of the file
    char function[256]; // to be filled in; "": not known
    char file[1024];    // of the source, likewise
    int line;           // 0: not known
};
// Has `find` look up all such places of a trace that is closed, and writes down what it finds: 0, or an error in words. Where nothing is
// known the place stays as it was told.
int tick_trace_find_places(const char *path, void (*find)(void *ctx, const char *code, struct tick_found_place *places, size_t count),
    void *ctx, struct tick_error *error);

#endif
