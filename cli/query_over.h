// A question to each trace of a folder, and whether one event comes before another in those that fail and in those that do not.
#ifndef RETICK_CLI_QUERY_OVER_H
#define RETICK_CLI_QUERY_OVER_H

#include <stdbool.h>
#include <stddef.h>

struct tick__over {
    const char *folder;
    const char *const *words; // SQL, or a query's name with its argument; or preceded, FIRST, SECOND
    size_t count;
    bool csv;
};
int tick__query_over(const struct tick__over *over); // the exit code

#endif
