// What is known of a finding beside its text and its story: lines that its trace has (who stood where, what was left open).
#ifndef RETICK_CLI_DETAILS_H
#define RETICK_CLI_DETAILS_H

#include "trace/reader.h"

// Prints them, and puts them into the report. 0, or an exit code.
int tick__details_say(const struct tick_trace *trace);
int tick__details_say_of(const char *path); // of the trace there

#endif
