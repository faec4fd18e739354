// Questions to a trace, in SQL, answered as a table in text, or row by row.
#ifndef RETICK_QUERY_H
#define RETICK_QUERY_H

#include "trace/reader.h"
#include <stdio.h>

// One statement that only reads; anything else is -EPERM. Prints a head and aligned rows; returns how many rows. Bytes that are no text
// are escaped.
int tick_trace_query(const struct tick_trace *trace, const char *sql, FILE *out, struct tick_error *error);

// The same, to whoever makes another kind of table of it.
enum tick_cell_kind { TICK_CELL_NULL, TICK_CELL_INTEGER, TICK_CELL_REAL, TICK_CELL_TEXT, TICK_CELL_BLOB };
struct tick_cell {
    enum tick_cell_kind kind;
    int64_t integer;
    double real;
    const char *bytes; // of a text or blob; borrowed for the call
    size_t size;
};
struct tick_trace_rows {
    void (*head)(void *ctx, size_t columns, const char *const *names); // once, before the first row
    void (*row)(void *ctx, size_t columns, const struct tick_cell *cells);
    void *ctx;
};
int tick_trace_query_rows(const struct tick_trace *trace, const char *sql, const struct tick_trace_rows *rows, struct tick_error *error);

// Questions with a name. arg: what it is asked about, NULL = it takes none. The list ends with a NULL name.
struct tick_trace_named {
    const char *name, *arg, *help;
    bool derived;      // asks what tick_trace_complete makes
    const char *about; // a question whose answer is one text: the sentence above the rows; NULL: none
};
extern const struct tick_trace_named tick_trace_named_queries[];
// The named query as SQL, malloc'd (the caller frees). -ENOENT: no such name; -EINVAL: an argument is missing, or there is none to give.
int tick_trace_named_query(const char *name, const char *arg, char **sql, struct tick_error *error);
// The sentence above its rows, malloc'd, or *text NULL where it has none.
int tick_trace_named_about(const struct tick_trace *trace, const char *name, const char *arg, char **text, struct tick_error *error);

#endif
