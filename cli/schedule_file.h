// Schedules in files: written beside a trace, and read from text or from a trace.
#ifndef RETICK_CLI_SCHEDULE_FILE_H
#define RETICK_CLI_SCHEDULE_FILE_H

#include "cli/recorded.h"
#include "cli/scenario_load.h"
#include "sim/choice/names.h"
#include "sim/choice/schedule.h"
#include <retick/error.h>
#include <stdbool.h>

// What a trace or schedule file says of its run.
struct tick__recipe {
    struct tick_schedule schedule;
    bool trace;          // from a trace: the file, the verdict and the digests are known
    char *scenario_file; // owned
    struct tick__recorded recorded; // how its program was compiled
    char verdict[32], text[512];
    uint8_t digest[16], contents[16];
    bool has_digest, has_contents;
};
// Whether a file is to be read as a trace: by its first bytes, else by its name.
bool tick__is_trace(const char *path);
bool tick__is_own_trace(const char *path); // whether retick wrote it
// 0, or the exit code to end with (the reason has been printed).
int tick__recipe_read(const char *path, struct tick__recipe *recipe);
void tick__recipe_fini(struct tick__recipe *recipe);
// Loads the scenario of the recipe: from `load`, or without an argument there from the trace's own record. Of several scenarios in the
// file the schedule's is taken. 0 or an exit code.
int tick__recipe_scenario(const struct tick__recipe *recipe, const char *recipe_path, struct tick__load *load, struct tick__loaded *loaded);

char *tick__schedule_text(const struct tick_schedule *schedule, const struct tick_names *names); // malloc'd; NULL when out of memory
int tick__schedule_save(const char *path, const struct tick_schedule *schedule, const struct tick_names *names, struct tick_error *error);
// `path` with another extension in place of .db, .schedule, ...: malloc'd.
char *tick__with_extension(const char *path, const char *extension);

// Prints a line, its soundness and its words for each deviation.
void tick__say_schedule(const struct tick_schedule *schedule, const struct tick_names *names, const struct tick__loaded *loaded);

#endif
