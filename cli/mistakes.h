// What is wrong with a text that somebody wrote, each with its place: all of it is told, as compilers do, in the order of places.
#ifndef RETICK_CLI_MISTAKES_H
#define RETICK_CLI_MISTAKES_H

#include <stddef.h>

#define TICK__MISTAKES_KEPT 100

struct tick__mistake {
    int line, column; // from 1
    char text[300];
};
struct tick__mistakes {
    struct tick__mistake list[TICK__MISTAKES_KEPT];
    size_t count; // that were made; so many of them are in the list, or as many as it has room for
};
// printf-style. What is filled in may come from outside: it is made visible where it is printed.
void tick__mistake(struct tick__mistakes *to, int line, int column, const char *format, ...) __attribute__((format(printf, 4, 5)));
// In the order of places, and those at one place as they came.
void tick__mistakes_sort(struct tick__mistakes *mistakes);
// Each as "FILE:LINE:COLUMN: TEXT", the first 20.
void tick__mistakes_tell(const struct tick__mistakes *mistakes, const char *file);

#endif
