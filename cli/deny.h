// What a scenario must not call, because its answer comes from outside of the simulated world. docs/DETERMINISM.md gives the rules.
#ifndef RETICK_CLI_DENY_H
#define RETICK_CLI_DENY_H

#include "cli/compile.h"
#include <stdbool.h>
#include <stdint.h>

struct tick__deny {
    const char *object;                // the shared object
    const struct tick__compile *build; // how it was compiled, to find call sites; NULL: it came as it is
    const char *const *allow;          // names that are allowed all the same
    size_t allow_count;
};
// Prints on stderr each banned function that the object uses, where it calls it, and what to use instead. Returns how many, or a negative
// error.
int tick__deny_check(const struct tick__deny *deny);

// What to use instead of a banned function; NULL if it is not banned.
const char *tick__deny_instead(const char *name);

// Call sites of undefined symbol `name` in relocatable object `path`: calls found(ctx, function, offset in its section, section) for each.
typedef void tick__callsite_fn(void *ctx, const char *function, const char *section, uint64_t offset);
int tick__callsites(const char *path, const char *name, tick__callsite_fn *found, void *ctx);

#endif
