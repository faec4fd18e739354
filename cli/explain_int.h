// A trace that is open, and its tale, for those who explain it.
#ifndef RETICK_CLI_EXPLAIN_INT_H
#define RETICK_CLI_EXPLAIN_INT_H

#include "cli/explain.h"
#include "trace/explain/tale.h"

struct tick__explained { // zeroed: nothing is open
    struct tick_trace trace;
    struct tick__tale tale;
    bool open;
};
int tick__explained_open(const char *path, struct tick__explained *told); // 0, or the exit code to end with
void tick__explained_close(struct tick__explained *told);

#endif
