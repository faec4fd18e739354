// Traces as commands open them; and the first reading of a large one: what its recording left undone is made, with a line of progress, and
// ctrl-C obeyed.
#ifndef RETICK_CLI_FIRST_READ_H
#define RETICK_CLI_FIRST_READ_H

#include "trace/reader.h"

// Opens the trace, and says what it notes of itself. 0, with what is to be closed, or the exit code after a complaint.
int tick__open(const char *path, struct tick_trace *trace);
// 0, or the exit code after a complaint. A trace that is complete costs nothing.
int tick__complete(struct tick_trace *trace);

#endif
