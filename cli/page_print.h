// A page about an event, as text and in the report.
#ifndef RETICK_CLI_PAGE_PRINT_H
#define RETICK_CLI_PAGE_PRINT_H

#include "trace/explain/page.h"

// Asks what the event came of, and prints it: the page, or with `all` the whole. With --json it goes into the document's list "page".
// *lines: how many there were.
int tick__page_why(const struct tick_trace *trace, uint32_t seq, bool all, uint64_t *lines, struct tick_error *error);

#endif
