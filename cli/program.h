// Task programs: small programs as JSON that do what tasks do, and log it. docs/TASK_PROGRAMS.md gives the operations and the log.
#ifndef RETICK_CLI_PROGRAM_H
#define RETICK_CLI_PROGRAM_H

#include <retick/error.h>
#include <retick/scenario.h>
#include <stdio.h>

struct tick__program; // read and checked

// Reads a program from text (JSON). file: the name that its places have. 0 with *program, to be freed; TICK_EFORMAT with *error saying what
// is wrong where, -ENOMEM.
int tick__program_parse(const char *text, size_t size, const char *file, struct tick__program **program, struct tick_error *error);
void tick__program_free(struct tick__program *program);

// Runs it on a loop with an integer clock of its own, and writes its log.
int tick__program_virtual(const struct tick__program *program, FILE *out);

// Registers the program of a file as a scenario named after it, of one host: a tick is a millisecond, body 0 the host's main. Takes the
// program, which stays registered. -EEXIST if one was registered before.
int tick__program_register(struct tick__program *program, const char *file);

#endif
