// From the argument "file.c[:name]" (or C++, or "file.so[:name]") to a registered scenario.
#ifndef RETICK_CLI_SCENARIO_LOAD_H
#define RETICK_CLI_SCENARIO_LOAD_H

#include "sim/keeper/keeper.h"
#include "sim/world/runner.h"
#include <retick/error.h>
#include <retick/scenario.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tick__load {
    const char *argument; // NULL: the scenarios that are linked in
    const char *cc, *cxx, *cflags;
    const char *refused; // a flag that the file `asks` names, and that none may ask for: nothing is compiled. NULL: there is none
    const char *asks;
    const char *allow[64]; // --allow
    size_t allow_count;
    int64_t hang;         // CPU time in ns that constructors may take; 0: the default
    bool real;            // a real run: nothing is banned
    bool unchecked;       // the deny list was looked at already
    bool heap_check;      // --heap-check
    char *const *program; // not NULL: no scenario, but a program of somebody's own (cli/guest_load.h), ended by NULL
    const char *called;   // what it is called in schedules and traces; NULL: by its words
    const char *network, *by, *snapshot, *match, *expect_status, *tenant, *leaks, *memory, *backstop; // how they were written, or NULL
    uint64_t most_memory;   // bytes; 0: the default
    const char *passes[16]; // --pass, as they were written
    size_t pass_count;
    struct tick_guest_settings guest; // what they mean
    struct tick_guest_wanted wanted;
    bool shows; // what it prints is shown
};
struct tick__loaded {
    const struct tick_scenario *scenario; // NULL: a guest
    struct tick_guest_program *guest;     // NULL: a scenario. Owned
    struct tick_target target;            // that one
    char name[48];                        // of a guest
    char *source;                         // absolute path of the file, for the trace's meta; "" for a scenario that is linked in. Owned
    char *object;                         // the shared object, or "". Owned
    char *given;                          // the file as it was named, or "". Owned
    char *options;                        // how it was compiled, as it was asked for: "" or " --cflags '-DFAST'". Owned
    char *built;                          // the same with what $RETICK_CFLAGS added, for the trace. Owned
    char *tail;  // what stands last in a command that runs it again: " -- python3 app.py" for a guest, else "". Owned
    char *world; // of a world file, which no trace may name in the place of who types: " shops.yaml". Owned; else NULL
    char *flags; // the compiler's flags of both, as a line (cli/flags.h); "" if there are none, or nothing was compiled. Owned
};
// 0; else the exit code to end with, and the reason has been printed. What was loaded stays loaded.
int tick__scenario_load(const struct tick__load *load, struct tick__loaded *loaded);
// Whether a word names a scenario's file by its ending: "file.c", "file.cpp:name", ":name".
bool tick__scenario_is_named(const char *word);
// Splits "file:name" unless the whole is a file. *name is "" without one.
void tick__scenario_split(const char *argument, char *file, size_t size, const char **name);
// The file as it was named, or the scenario, for what is said of it.
const char *tick__loaded_name(const struct tick__loaded *loaded);
// What names it in a command that is suggested, options included: "/home/me/pool.c:pool --cflags '-DFAST'", "--by fork -- python3 app.py".
void tick__loaded_words(const struct tick__loaded *loaded, char *text, size_t size);
// What stands behind a trace's name in a command that runs it again: "" for a scenario in C, whose file the trace names.
const char *tick__loaded_behind_trace(const struct tick__loaded *loaded);
void tick__loaded_fini(struct tick__loaded *loaded);
// Whether scenarios are linked into this program, so that no file is to be named. Before any load.
bool tick__scenario_linked_in(void);

#endif
