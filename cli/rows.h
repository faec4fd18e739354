// Answers to a query as other programs read them: CSV, and rows of a JSON document.
#ifndef RETICK_CLI_ROWS_H
#define RETICK_CLI_ROWS_H

#include "trace/query.h"

// RFC 4180 on stdout: a head, lines that end with CR LF, quotes where a cell needs them; NULL is an empty cell, an empty text is "". Blobs
// are hex digits; bytes that are no text, and control characters but tab, CR and LF, are \\xNN.
struct tick_trace_rows tick__rows_csv(void);
// Into the report (cli/report_json.h). Blobs are {"hex": "..."}.
struct tick_trace_rows tick__rows_json(void);

#endif
