// A page about an event: what it came of, or what came of it, a line each, few enough to be read; and the rest when it is asked for.
#ifndef RETICK_PAGE_H
#define RETICK_PAGE_H

#include "trace/reader.h"

#define TICK__PAGE_LINES 20 // unless all are asked for

enum tick__page_kind {
    TICK__PAGE_HOP,       // what somebody did, or how he came to have his turn
    TICK__PAGE_DEVIATION, // what the schedule did to the line above
    TICK__PAGE_BESIDE,    // what the line above came of as well
    TICK__PAGE_BETWEEN,   // lines that are left out
    TICK__PAGE_MORE,      // lines that are left out, here and there
};
struct tick__page_line {
    enum tick__page_kind kind;
    uint32_t seq; // 0 = none
    int64_t ts;   // ns
    unsigned depth;
    uint64_t between; // BETWEEN, MORE: so many, or more if `endless`
    bool endless;
    char who[128], say[420], place[96];
};
typedef void tick__page_fn(void *ctx, const struct tick__page_line *line);
extern const char *const tick__page_kinds[]; // words

// What `seq` came of, the latest first; 0: the run's end. At most so many lines, 0: all that there are. -ENOENT: there is no such event.
int tick__why_tell(const struct tick_trace *trace, uint32_t seq, size_t lines, tick__page_fn *line, void *ctx, struct tick_error *error);
// What came of `seq`, as a tree, the way to the verdict first: likewise.
int tick__effects_tell(
    const struct tick_trace *trace, uint32_t seq, size_t lines, tick__page_fn *line, void *ctx, struct tick_error *error);

#endif
