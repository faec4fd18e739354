// Questions to a trace, in SQL, answered as a table in text.
#ifndef RETICK_QUERY_H
#define RETICK_QUERY_H

#include "trace/reader.h"
#include <stdio.h>

// One statement that only reads; anything else is -EPERM. Prints a head and aligned rows; returns how many rows. Bytes that are no text
// are escaped.
int tick_trace_query(const struct tick_trace *trace, const char *sql, FILE *out, struct tick_error *error);

// Questions with a name. arg: what it is asked about, NULL = it takes none. The list ends with a NULL name.
struct tick_trace_named {
    const char *name, *arg, *help;
    bool derived; // asks what tick_trace_complete makes
};
extern const struct tick_trace_named tick_trace_named_queries[];
// The named query as SQL, malloc'd (the caller frees). -ENOENT: no such name; -EINVAL: an argument is missing, or there is none to give.
int tick_trace_named_query(const char *name, const char *arg, char **sql, struct tick_error *error);

#endif
