// A trace as a page for a browser, beside the run that its story is told beside.
#ifndef RETICK_CLI_VIEW_H
#define RETICK_CLI_VIEW_H

#include "cli/output.h"
#include <stdint.h>

struct tick__view {
    const char *path;    // the trace
    const char *against; // the run beside; NULL: that of its story, if it is there
    const char *output;
    const char *name, *good_name; // what the two are called there; NULL: as their files are
    uint32_t most_events;         // 0: as many as a page has
    const struct tick__output_rules *rules;
};
// Writes the page, and says nothing of it. 0, or the exit code to end with: the reason has been printed.
int tick__view(const struct tick__view *view);
// The page of a finding, which nobody has asked for, as `path` with the ending .html; said, or that what stands there is not retick's and
// stays. 0 or an exit code.
int tick__view_beside(struct tick__view view, const char *path, bool force);

#endif
