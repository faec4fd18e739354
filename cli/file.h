// A file that is to be read, looked at before anything opens it.
#ifndef RETICK_CLI_FILE_H
#define RETICK_CLI_FILE_H

// Whether it is a file that can be read. `wanted` says what to name instead, as in "a schedule or a trace". 0, or the exit code to end with:
// the reason has been printed.
int tick__file_check(const char *path, const char *wanted);

#endif
