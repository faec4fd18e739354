// One line on stderr that is rewritten while something takes long: only on a terminal, and gone at the end.
#ifndef RETICK_CLI_PROGRESS_H
#define RETICK_CLI_PROGRESS_H

#include "sim/explore/campaign.h"
#include "sim/explore/shrink.h"

// Both return false once interrupted: the callbacks of campaign.h and shrink.h. ctx: not looked at; of shrinking an int64_t, when
// something is to be shown next, in ns from its begin (TICK__SHRINK_QUIET at first).
#define TICK__SHRINK_QUIET ((int64_t)1000000000)
bool tick__progress_campaign(void *ctx, const struct tick_campaign_progress *progress);
bool tick__progress_shrink(void *ctx, const struct tick_shrink_progress *progress);
void tick__progress_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tick__progress_end(void); // erases it

#endif
