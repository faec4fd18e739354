#include "cli/first_read.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/report_json.h"
#include <errno.h>

int tick__open(const char *path, struct tick_trace *trace) {
    struct tick_error error = {0};
    const int result = tick_trace_open(path, trace, &error);
    if (result < 0)
        return tick__complain_of(path, result, &error);
    tick__report_trace(trace);
    if (trace->note[0])
        tick__note("%s", trace->note);
    return 0;
}

static bool show(void *ctx, unsigned percent) {
    const struct tick_trace *trace = ctx;
    tick__progress_line("first reading of %s: %u %%", trace->path, percent);
    return !tick__interrupted();
}

int tick__complete(struct tick_trace *trace) {
    struct tick_error error = {0};
    if (trace->derived)
        return 0;
    tick__interrupt_watch();
    int result = tick_trace_complete(trace, show, trace, &error);
    tick__progress_end();
    tick__interrupt_unwatch();
    if (result == TICK_ECANCELED) {
        tick__complain("interrupted; %s is as it was", trace->path);
        return TICK__EXIT_INTERRUPTED;
    }
    if (result < 0)
        return tick__complain_of(trace->path, result, &error);
    if (trace->aside == -ENOSPC)
        tick__note("%s: disk full, so that each reading takes as long as this first one; where there is room, a copy of it would keep what"
                   " was worked out",
            trace->path);
    else if (trace->aside)
        tick__note(
            "%s cannot be written to, so that each reading takes as long as this first one; a copy of it would keep what was worked out",
            trace->path);
    return 0;
}
