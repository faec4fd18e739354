// Whether a program can be a guest: told before it is started, from the headers of its file.
#ifndef RETICK_PROGRAM_FILE_H
#define RETICK_PROGRAM_FILE_H

#include <retick/error.h>

#define TICK_PROGRAM_PATH 4096

// What would be started for `name` (argv[0]: a path, or looked up in `path`, as PATH has it), through as many #! lines as there are: to
// *file (TICK_PROGRAM_PATH bytes) goes what exec takes. 0, or a negative error and *error: not found, not executable, a script whose
// interpreter is, another machine's, of 32 bits, linked statically, by musl, or with rights of its own (setuid).
int tick_program_file(const char *name, const char *path, char *file, struct tick_error *error);

#endif
