// Rows as CSV, RFC 4180: a head, lines that end with CR LF, quotes where a cell needs them; NULL is an empty cell, an empty text is "".
// Blobs are hex digits; bytes that are no text, and control characters but tab, CR and LF, are \\xNN.
#ifndef RETICK_CSV_ROWS_H
#define RETICK_CSV_ROWS_H

#include "trace/query.h"

struct tick_trace_rows tick_csv_rows(FILE *out);

#endif
