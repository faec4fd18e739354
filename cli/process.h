// Programs that retick runs to help itself: compilers, addr2line.
#ifndef RETICK_CLI_PROCESS_H
#define RETICK_CLI_PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

// A list of arguments under construction; ends with NULL. Owned strings.
struct tick__argv {
    char **argv;
    size_t count;
};
int tick__argv_add(struct tick__argv *args, const char *word); // 0 or -ENOMEM
// Adds the words of a shell-like text (quotes honoured, no commands run): 0, -ENOMEM or -EINVAL.
int tick__argv_add_words(struct tick__argv *args, const char *text);
void tick__argv_fini(struct tick__argv *args);

// Runs argv[0] by PATH. output: NULL = stdout goes to /dev/null, else a malloc'd, NUL-terminated copy of it (the caller frees) with its
// size. quiet: stderr goes to /dev/null. Returns the exit status, 128 + signal, -ENOENT if there is no such program, or another negated
// errno.
int tick__process_run(char *const *argv, int quiet, char **output, size_t *size);

// Where a program runs, if not as this one does.
struct tick__surrounding_process {
    char *const *environment;                                                                  // NULL: this one's
    const char *folder;                                                                        // NULL: this one's
    enum { TICK__ADDRESSES_AS_HERE, TICK__ADDRESSES_FIXED, TICK__ADDRESSES_RANDOM } addresses; // as the loader and the kernel choose them
};
// The same in other surroundings. -EPERM: addresses cannot be fixed here.
int tick__process_run_in(const struct tick__surrounding_process *where, char *const *argv, int quiet, char **output, size_t *size);
// Whether a program can be found by PATH (or is a path that can be run).
bool tick__process_found(const char *program);
// The same, and where.
bool tick__process_path(const char *program, char path[PATH_MAX]);

#endif
