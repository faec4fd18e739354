#include "cli/progress.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "src/base/times.h"
#include <stdarg.h>
#include <unistd.h>

#define SHRINK_EVERY ((int64_t)200000000)

void tick__progress_line(const char *format, ...) {
    char text[256];
    va_list list;
    if (!isatty(STDERR_FILENO))
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    unsigned columns = tick__terminal_columns(STDERR_FILENO);
    fprintf(stderr, "\r%.*s\033[K", (int)(columns > 1 ? columns - 1 : 1), text); // ASCII only, so bytes are columns
    fflush(stderr);
}

void tick__progress_end(void) {
    if (!isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}

bool tick__progress_campaign(void *ctx, const struct tick_campaign_progress *progress) {
    (void)ctx;
    char done[32], total[32], rate[32];
    tick__format_count(progress->done, done, sizeof done);
    tick__format_count(progress->total, total, sizeof total);
    tick__format_count((uint64_t)progress->rate, rate, sizeof rate);
    if (progress->left >= 0)
        tick__progress_line("%s%s%s runs  %s/s  %lld s left", done, progress->total ? " of " : "", progress->total ? total : "", rate,
            (long long)((progress->left + 999999999) / 1000000000));
    else
        tick__progress_line("%s%s%s runs  %s/s", done, progress->total ? " of " : "", progress->total ? total : "", rate);
    return !tick__interrupted();
}

bool tick__progress_shrink(void *ctx, const struct tick_shrink_progress *progress) {
    int64_t *next = ctx;
    char runs[32];
    if (progress->elapsed < *next)
        return !tick__interrupted();
    *next = tick__after(progress->elapsed, SHRINK_EVERY);
    tick__progress_line("shrinking: %zu deviation%s left after %s runs", progress->deviations, TICK__PLURAL(progress->deviations),
        tick__format_count(progress->runs, runs, sizeof runs));
    return !tick__interrupted();
}
