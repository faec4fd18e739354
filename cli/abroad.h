// This program once more, in processes whose surroundings are not this one's: for telling what a run depends on.
#ifndef RETICK_CLI_ABROAD_H
#define RETICK_CLI_ABROAD_H

#include "cli/options.h"
#include "cli/scenario_load.h"

// X(constant, in words, what differs with it)
#define TICK__SURROUNDINGS(X) \
    X(TICK__ASLR, "address randomisation off and on", "where the loader puts things") \
    X(TICK__ENVIRONMENT, "another environment", "the environment's variables") \
    X(TICK__LOCALE, "another locale", "the locale") \
    X(TICK__FOLDER, "another folder", "the folder that it is run or compiled in") \
    X(TICK__DEPTH, "another depth of the stack", "how deep the stack is where the run begins") \
    X(TICK__CLOCK, "another time of day", "this machine's time of day") \
    X(TICK__BUILD, "compiled at another time", "when it is compiled (__TIME__, __DATE__)")

enum tick__surrounding {
#define TICK__SURROUNDING_ENUM(name, text, cause) name,
    TICK__SURROUNDINGS(TICK__SURROUNDING_ENUM)
#undef TICK__SURROUNDING_ENUM
        TICK__SURROUNDING_COUNT
};
// What a process with one thing varied is compared with: nothing varied; or, where the scenario is compiled anew for it, the same without
// effect.
#define TICK__STILL (1u << 31)
static inline unsigned tick__surrounding_plain(enum tick__surrounding which) {
    return which == TICK__CLOCK ? 1u << TICK__CLOCK | TICK__STILL : which == TICK__FOLDER || which == TICK__BUILD ? TICK__STILL : 0;
}
const char *tick__surrounding_text(enum tick__surrounding which);
const char *tick__surrounding_cause(enum tick__surrounding which);

struct tick__abroad {
    const struct tick__load *load;
    const struct tick__loaded *loaded;
    const struct tick__run_options *run;
    char folder[4096];                 // a temporary one, absolute: the caller may put files there
    bool can[TICK__SURROUNDING_COUNT]; // whether it can be varied; ASLR: whether it can be turned off
};
// 0 or a negative error.
int tick__abroad_open(
    struct tick__abroad *abroad, const struct tick__load *load, const struct tick__loaded *loaded, const struct tick__run_options *run);
void tick__abroad_close(struct tick__abroad *abroad); // removes the folder
// Runs a command of this program (words: up to NULL, without the scenario) with these surroundings varied, a bit each; ASLR is off where
// its bit is not set. Returns the exit status, or a negative error; *output (may be NULL) is the caller's to free.
int tick__abroad_run(struct tick__abroad *abroad, unsigned varied, const char *const *words, char **output);

#endif
