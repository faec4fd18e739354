// A page about an event, as text and in the report.
#ifndef RETICK_CLI_PAGE_PRINT_H
#define RETICK_CLI_PAGE_PRINT_H

#include "trace/explain/page.h"

// Asks what the event came of, or what came of it, and prints it: the page, or with `all` the whole. With --json it goes into the
// document's list "page". *lines: how many there were.
enum tick__page_question { TICK__PAGE_WHY, TICK__PAGE_EFFECTS };
int tick__page_ask(
    const struct tick_trace *trace, enum tick__page_question question, uint32_t seq, bool all, uint64_t *lines, struct tick_error *error);

#endif
