// The repaired program beside the one that fails: does it hold under what fails the other, and under schedules of its own?
#ifndef RETICK_CLI_REPAIRED_H
#define RETICK_CLI_REPAIRED_H

#include "cli/process.h"
#include "cli/scenario_load.h"
#include "sim/explore/campaign.h"

#define TICK__REPAIRED_SEEDS 2000 // of its own

struct tick__repaired {
    struct tick__loaded loaded;
    struct tick__argv words; // that it is run by
    uint64_t seeds;          // of its own
};
// The program that a line names, with the options of `load`, called as the one that is loaded, so that schedules mean the same to both.
// 0 or an exit code; to be closed in any case.
int tick__repaired_words(const char *line, struct tick__argv *words); // its words alone: 0 or an exit code
int tick__repaired_open(
    struct tick__repaired *repaired, const char *line, const struct tick__load *load, const struct tick__loaded *broken);
void tick__repaired_close(struct tick__repaired *repaired);

struct tick__broken { // what came of the other one
    const struct tick__loaded *loaded;
    const struct tick_campaign_result *result; // with its first seed that fails
    const struct tick_campaign *campaign;      // rates, workers and limits are the repaired one's, too
    const char *trace;                         // of the finding, whose schedule is the first; borrowed
};
// Runs the repaired one under the schedules that fail the other: the trace's, and those of the seeds from the first on that fails; then
// under seeds of its own; and says in a line what came of that. 0 or an exit code; that it fails is no error.
int tick__repaired_run(const struct tick__repaired *repaired, const struct tick__broken *broken);

#endif
