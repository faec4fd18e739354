// Sources that a trace names: read where they look like one by their name, and are a file of text. A trace may come from anywhere.
#ifndef RETICK_SOURCE_FILE_H
#define RETICK_SOURCE_FILE_H

#include <retick/error.h>
#include <stddef.h>
#include <stdint.h>

#define TICK_SOURCE_AROUND 3 // lines on either side of a place, that are kept and shown

// The file's text, by malloc, with a NUL behind it; NULL: it is not at hand, or not to be read. *changed: when it last was, ns.
char *tick_source_read(const char *path, size_t *size, int64_t *changed);
// Writes the lines around all places of a trace that is closed into it, and each file's hash: 0, or an error in words. What is not at hand
// is left out; a trace that has some already is left as it is.
int tick_trace_keep_sources(const char *path, struct tick_error *error);

#endif
