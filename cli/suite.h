// retick test in parts: what is to be tested (suite_find.c); the tests of one file, in a process of its own (suite_unit.c), so that nothing
// that a file does when it is loaded or run ends the others; those processes, several at a time, and their results in the files' order
// (suite_crew.c); and how these are told (suite_tap.c, suite_junit.c). A result is a JSON object as docs/JSON.md has it, from the process
// that finds it out to the report.
#ifndef RETICK_CLI_SUITE_H
#define RETICK_CLI_SUITE_H

#include "cli/options.h"
#include "cli/recorded.h"
#include "sim/choice/schedule.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct tick__suite_file {
    char *path;   // as it was named, without the scenario; "": what is linked in
    char *name;   // the scenario that was named with it; "": all
    char *folder; // where it lies, absolute
    char *text;   // of a source, to see what it may hold; else NULL
    bool has;     // it holds a scenario, as far as its text tells
};
struct tick__suite_schedule {
    char *path, *folder;
    struct tick_schedule schedule;
    struct tick__recorded recorded; // how its program was compiled
    char error[512];                // why it cannot be read; "": it can
    bool asked;                     // it was named, or its folder was: it has to belong to a scenario
    bool far;                       // no scenario is in its folder: it belongs to whoever has one of its name
    bool claimed;                   // it does
};
struct tick__suite {
    struct tick__suite_file *files;
    struct tick__suite_schedule *schedules;
    size_t file_count, schedule_count;
};
// Looks through files and folders; program: one of somebody's own is tested, too, as a file without a path. 0, or the exit code after a
// complaint; to be freed in any case.
int tick__suite_find(char *const *paths, size_t count, bool program, struct tick__suite *suite);
void tick__suite_fini(struct tick__suite *suite);

struct tick__suite_options {
    const struct tick__load *load;
    const struct tick__run_options *run;
    uint64_t first, seeds; // seeds 0: none
    unsigned jobs;
    bool strict;
};
// One file, compiled in one way.
struct tick__suite_unit {
    const struct tick__suite_file *file;
    const char *flags; // those that schedules ask for, of whom alone it is then; NULL: as it is compiled here
    unsigned workers;
};
// Whether a schedule may belong to a file's scenarios, and whether it wants the program compiled otherwise than `load` says.
bool tick__suite_belongs(const struct tick__suite_schedule *schedule, const struct tick__suite_file *file);
bool tick__suite_wants(const struct tick__suite_schedule *schedule, const struct tick__load *load);
// In the unit's process: carries out its tests, and writes a line for each result, and {"claims": i} for a schedule that found its scenario.
void tick__suite_unit_run(
    const struct tick__suite *suite, const struct tick__suite_unit *unit, const struct tick__suite_options *options, FILE *out);

// All of it: took() gets each result, borrowed, in order. 0, or an exit code of something that failed outside of the tests.
typedef void tick__suite_took(void *ctx, json_t *result);
int tick__suite_run(struct tick__suite *suite, const struct tick__suite_options *options, tick__suite_took *took, void *ctx);

// A test's name: "FILE:SCENARIO: WHAT"; and a result that is to be completed by tick__suite_close. NULL when out of memory.
json_t *tick__suite_result(const char *file, const char *scenario, const char *what, const char *label);
// ok: as it should be; known: not ok, but said to be so. exit: what retick would exit with for this test alone.
void tick__suite_close(json_t *result, bool ok, bool known, int exit);
const char *tick__suite_text(const json_t *result, const char *member); // "" if it has none
bool tick__suite_is(const json_t *result, const char *member);
// "# stale: 1 of 3 lines was not met" or "".
const char *tick__suite_stale(const json_t *result, char *text, size_t size);

void tick__suite_tap_result(size_t number, const json_t *result);
// JUnit's XML of all results. 0, or the exit code after a complaint.
int tick__suite_junit(const json_t *results, const char *path);
bool tick__suite_junit_is_own(int fd); // whether a file is one of these

#endif
