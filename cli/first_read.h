// The first reading of a large trace: what its recording left undone is made, with a line of progress, and ctrl-C obeyed.
#ifndef RETICK_CLI_FIRST_READ_H
#define RETICK_CLI_FIRST_READ_H

#include "trace/reader.h"

// 0, or the exit code after a complaint. A trace that is complete costs nothing.
int tick__complete(struct tick_trace *trace);

#endif
