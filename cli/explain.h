// A trace explained: its story, told beside a run that went well, kept in the trace and printed.
#ifndef RETICK_CLI_EXPLAIN_H
#define RETICK_CLI_EXPLAIN_H

#include <stdbool.h>

struct tick__explain {
    const char *path;    // the trace
    const char *against; // the run beside, NULL: none
    const char *there;   // what that is called: "in the good run"
    const char *name;    // and in the head of the story, NULL: as the file is named
    bool keep, quiet;    // write the story into the trace; do not print it
    bool told;           // the verdict has been printed: a story of nothing else is not
};
// 0, or the exit code to end with: the reason has been printed. A trace that cannot be written to is explained all the same.
int tick__explain(const struct tick__explain *explain);
// The same as it is kept in the trace: *found says whether it was.
int tick__explain_kept(const char *path, bool *found);
// Who waits at its end, all of them. against: a run beside, NULL: none.
int tick__explain_waits(const char *path, const char *against);

#endif
