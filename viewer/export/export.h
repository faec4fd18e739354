// A trace in the formats of others: read once, from its first event to its last, in memory that does not grow with it.
#ifndef RETICK_EXPORT_H
#define RETICK_EXPORT_H

#include "trace/reader.h"
#include <stdio.h>

struct tick__exporting;
struct tick_export_format {
    const char *name, *ending, *help;
    bool bytes; // not for a terminal
    // 0 or an error. What cannot be written shows in the file's own state. NULL: it makes a folder of files (tick_export_tables).
    int (*write)(struct tick__exporting *exporting);
};
extern const struct tick_export_format tick_export_formats[];          // ends with a NULL name
const struct tick_export_format *tick_export_format(const char *name); // NULL: there is none

// Writes a derived trace. 0, or an error in words; a file that cannot be written is -errno with an empty text.
int tick_export(const struct tick_trace *trace, const struct tick_export_format *format, FILE *out, struct tick_error *error);
// Each table and view as CSV (RFC 4180): NAME.csv in the folder, which has none of them. *made: how many are there, whatever it returns.
int tick_export_tables(const struct tick_trace *trace, int folder, size_t *made, struct tick_error *error);
void tick_export_tables_remove(int folder, size_t made);
// Whether a file begins as one that was exported, in whichever format: it may be made anew.
bool tick_export_is_own(int fd);

#endif
