// A schedule is stale when a run does not meet each of its lines: the program was edited since, or goes another way. A run of it that
// passes then tells little, as what made the program fail may not have happened at all.
#ifndef RETICK_CLI_STALE_H
#define RETICK_CLI_STALE_H

#include "cli/scenario_load.h"
#include "sim/choice/schedule.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct tick__stale {
    size_t of, count; // so many lines, and so many of them not met
    char **lines;     // those, as they stand there; owned
};
// Compares what was wanted with what a run drew. 0 with *stale, or -ENOMEM with nothing to free.
int tick__stale_find(const struct tick_schedule *schedule, const struct tick_schedule *drawn, struct tick__stale *stale);
void tick__stale_fini(struct tick__stale *stale);
// "1 of 3 lines was not met": snprintf's result.
int tick__stale_words(const struct tick__stale *stale, char *text, size_t size);
json_t *tick__stale_report(const struct tick__stale *stale); // a new reference

// Of a run whose exit code would be `code`: finds what was not met, says it and what to do next, and puts it into the report. path: the
// schedule's file. Returns the exit code: with `strict` that of a file that cannot be used, unless there is a finding.
struct tick__stale_run {
    const struct tick_schedule *schedule, *drawn;
    const struct tick__loaded *loaded;
    const char *path;
    bool strict, shrinks; // shrinks: that is what comes next anyway
};
int tick__stale_tell(const struct tick__stale_run *run, int code);
// Of a schedule that was changed on purpose: a note of each line that was not met.
void tick__stale_note(const struct tick_schedule *schedule, const struct tick_schedule *drawn);

#endif
