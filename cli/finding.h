// A finding: what failed, in words, and the way from a failing run to its smallest schedule, its trace and its schedule file.
#ifndef RETICK_CLI_FINDING_H
#define RETICK_CLI_FINDING_H

#include "cli/input.h"
#include "cli/output.h"
#include "cli/scenario_load.h"

// "  an increment was lost: 1      lost_update.c:33", and who. A crash's addresses become lines
// of the scenario that was loaded.
void tick__say_outcome(const struct tick_outcome *outcome, const struct tick__loaded *loaded);
// Whether its text may tell places of the program as addresses, which tick__place_words makes lines of.
bool tick__has_addresses(const struct tick_outcome *outcome);
// A run that hangs takes all its time. If nothing was drawn (which a hang that left no words does not know), there is nothing to be shrunk,
// and its seed decides nothing.
bool tick__is_calm_hang(const struct tick_outcome *outcome);
// The same as parts: what happened, and where ("" if that is not known).
void tick__outcome_words(
    const struct tick_outcome *outcome, const struct tick__loaded *loaded, char *words, size_t size, char *place, size_t place_size);
// Warns when a passing run evaluated no check at all.
void tick__warn_no_checks(const char *scenario, uint64_t runs);

struct tick__settle {
    const struct tick__loaded *loaded;
    const struct tick_schedule *start;  // a schedule that fails
    const struct tick_outcome *outcome; // as it failed
    uint64_t seed;                      // for the trace; the shrinker looks at those behind it
    const struct tick_rates *rates;     // of what other seeds draw
    int64_t hang;
    bool no_shrink;
    bool once;          // no deviation has a part in it, and each run takes long: the one that is recorded confirms it
    bool quiet;         // no story is printed
    bool no_page;       // no page is written beside the trace
    uint64_t most_runs; // of the shrinker; 0: its default
    unsigned replays;
    const char *path;                        // of the trace; the schedule file stands beside it
    const struct tick__output_rules *output; // asked once more when there is something to write
};
// Shrinks, replays, records and prints all of it. Returns the exit code: TICK__EXIT_FINDING when all is well.
int tick__settle_finding(const struct tick__settle *settle);

#endif
