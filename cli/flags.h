// A compiler's flags as words in a line of text, and which of them a file may ask for. A schedule or a trace names those that its program
// was compiled with, and may come from anybody; a compiler's flags can load plug-ins, run programs, read and write any file, and put code
// into what is compiled. So there is a list of those that do nothing of the kind, and what is not on it is refused.
#ifndef RETICK_CLI_FLAGS_H
#define RETICK_CLI_FLAGS_H

#include "cli/process.h"

// The words of a line: separated by blanks, 'quoted' (outside, \' is a quote), up to a word that begins with #. Nothing is expanded. 0,
// -ENOMEM, or -EINVAL for anything that a shell would do something with.
int tick__flags_split(const char *text, struct tick__argv *words);
// The line again, malloc'd; "" for no words. Shells and tick__argv_add_words read the same words in it. NULL when out of memory.
char *tick__flags_join(const struct tick__argv *words);
// Those of $RETICK_CFLAGS, and `cflags` (NULL: none) behind them, as such a line. 0, -ENOMEM, -EINVAL for quotes that do not match.
int tick__flags_used(const char *cflags, char **line);

// Whether a file may ask for each of these. "-I" and its folder in the next word become one word. 0 with *refused NULL, or the first word
// that is not on the list; or -ENOMEM.
int tick__flags_check(struct tick__argv *words, const char **refused);
#define TICK__FLAGS_MAY "-D of a number, -U, -I of a folder of yours, -O, -std, -g, -W, -fsanitize and the plainest of -f"

#endif
