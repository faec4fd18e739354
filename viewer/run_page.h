// The page of a run (docs/VIEW.md): one HTML file that stands alone, with the run and the one beside it, and viewer/web to show them.
#ifndef RETICK_VIEWER_PAGE_H
#define RETICK_VIEWER_PAGE_H

#include "trace/explain/story_tell.h"
#include <stdio.h>

#define TICK_PAGE_EVENTS 20000 // of a run, unless the options say another number: the last ones

struct tick_page {
    const struct tick__tale *run, *good; // good: a run that went well, NULL: there is none
    const struct tick__story *story;     // of the run
    const char *run_name, *good_name;    // what their files are called
    int64_t recorded;                    // when the run's file was written, ns of the system's clock: what is newer was changed since
    uint32_t most_events;                // 0: TICK_PAGE_EVENTS
};
// Writes the page. 0, or an error in words.
int tick_page_write(const struct tick_page *page, FILE *out, struct tick_error *error);
// The data alone, as JSON that may stand in a page: malloc'd, the caller frees. 0 or -ENOMEM.
int tick_page_data(const struct tick_page *page, char **json);
// Whether a file begins as such a page does, and may be made anew.
bool tick_page_is_own(int fd);

#endif
