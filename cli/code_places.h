// Which functions and lines the places of a program are that was watched from outside.
#ifndef RETICK_CLI_CODE_PLACES_H
#define RETICK_CLI_CODE_PLACES_H

#include <retick/error.h>

// Looks up those of a trace that is closed, and writes them down there. A file without symbols, or none that there is any more, leaves
// its places as they were told. 0, or an error in words.
int tick__code_places(const char *trace, struct tick_error *error);

#endif
