// Answers to a query as rows of a JSON document.
#ifndef RETICK_CLI_ROWS_H
#define RETICK_CLI_ROWS_H

#include "trace/query.h"

// Into the report (cli/report_json.h). Blobs are {"hex": "..."}.
struct tick_trace_rows tick__rows_json(void);

#endif
