// The report of a command as one JSON document on stdout, for --json (docs/JSON.md): what a command finds out is put into it as it goes,
// and it is printed when the command ends, however it ends. Without --json none of this does anything.
//
// What people would read is not printed then, but for complaints, warnings and notes, which go to stderr as ever, and into the document.
// What the program under test prints goes to stderr, too.
#ifndef RETICK_CLI_REPORT_JSON_H
#define RETICK_CLI_REPORT_JSON_H

#include "cli/input.h"
#include "cli/scenario_load.h"
#include "sim/choice/names.h"
#include "trace/reader.h"
#include <argp.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>

// Looks for --json among the arguments, as it has to be known before they are parsed; returns 0, or the exit code to end with.
int tick__report_begin(const char *command, int argc, char **argv);
bool tick__report_on(void);
// Prints the document, closed by the exit code; returns that, or another one when it could not be printed. Once.
int tick__report_end(int code);

// --json itself, as a child parser that needs no input: tick__parse adds it to every command.
extern const struct argp tick__report_argp;
// After a parse, which tells whether --json was an option indeed, and not the value of one.
void tick__report_parsed(void);

// Sets a member of the document. Values are taken, NULL is memory that ran out. Without --json they are dropped.
void tick__report_set(const char *name, json_t *value);
void tick__report_add(const char *list, json_t *value);                      // appends to a list of the document, made when it is not there
void tick__report_tell(const char *level, const char *format, va_list list); // a complaint, a warning or a note, in words
void tick__report_lines(const char *list, const char *text);                 // a text, line by line
void tick__report_listen(const char *list); // from here on what is said to people is added to that list, line by line; NULL: no longer
void tick__report_said(const char *format, va_list list);
void tick__report_written(const char *what, const char *path); // a file that was written: a "trace", a "schedule", ...
void tick__report_scenario(const struct tick__loaded *loaded);

// Parts of a document that are made in any case.
json_t *tick__json_text(const char *text); // bytes that are no UTF-8 as \xNN
json_t *tick__json_bytes(const char *bytes, size_t count);
json_t *tick__json_outcome(const struct tick_outcome *outcome, const struct tick__loaded *loaded);

// Parts of a document, new references; NULL without --json.
json_t *tick__report_text(const char *text);
json_t *tick__report_bytes(const char *bytes, size_t count); // the same of bytes that may hold NUL
json_t *tick__report_number(uint64_t number); // one that names something, such as a seed: as text, since readers round numbers beyond 2^53
json_t *tick__report_hex(const uint8_t *bytes, size_t count);
json_t *tick__report_digest(const uint8_t digest[16], bool known); // in hex, or null
json_t *tick__report_outcome(const struct tick_outcome *outcome, const struct tick__loaded *loaded);
json_t *tick__report_schedule(
    const struct tick_schedule *schedule, const struct tick_names *names, const struct tick__loaded *loaded);
// hang: of the run that the deviations' names are had from.
json_t *tick__report_attempt(const struct tick__attempt *attempt, const struct tick__loaded *loaded, int64_t hang);

void tick__report_trace(const struct tick_trace *trace); // a trace that was read: a row of "traces"

// A table too long to be held in memory: its columns, and then row by row, at once.
void tick__report_columns(json_t *columns);
void tick__report_row(json_t *row);

#endif
