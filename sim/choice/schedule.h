// A schedule: the deviations of a run, as data and as text that people read, edit and commit.
#ifndef RETICK_SCHEDULE_H
#define RETICK_SCHEDULE_H

#include <retick/choice.h>
#include <retick/error.h>
#include <stdbool.h>
#include <stdio.h>

struct tick_names;

// What is expected of a run of a kept schedule: that it passes, as once the program was repaired, or that it fails, while it is not.
enum tick_expect { TICK_EXPECT_UNSAID, TICK_EXPECT_PASSES, TICK_EXPECT_FAILS };

struct tick_schedule {
    char scenario[64];
    int version; // TICK_CHOICE_VERSION it was written with
    enum tick_expect expect;
    size_t count;
    struct tick_deviation *deviations; // owned
    char *cflags;                      // owned; the compiler's flags of the program that it was found in, as a line (NULL: not known)
    char *program;                     // owned; of a program behind --: its options and words, as a command has them (NULL: it is none)
    char **words;                      // owned, parallel: the line as written, "" where unknown; for messages about addresses not met
};
void tick_schedule_init(struct tick_schedule *schedule, const char *scenario);
void tick_schedule_fini(struct tick_schedule *schedule);
int tick_schedule_add(struct tick_schedule *schedule, const struct tick_deviation *deviation); // 0 or -ENOMEM
// The same with its line as it was written (one that cannot be a line of text is left out).
int tick_schedule_add_as(struct tick_schedule *schedule, const struct tick_deviation *deviation, const char *line);
int tick_schedule_copy(struct tick_schedule *to, const struct tick_schedule *from); // to is uninitialised

// found[i], for each deviation of `schedule`: has `others` one at the same address, and, with `values`, of the same value? 0 or -ENOMEM.
int tick_schedule_among(const struct tick_schedule *schedule, const struct tick_schedule *others, bool values, bool *found);

// Replaces the flags by a copy; one that does not fit into a line is left out. NULL or "": none. 0 or -ENOMEM.
int tick_schedule_set_cflags(struct tick_schedule *schedule, const char *cflags);
int tick_schedule_set_program(struct tick_schedule *schedule, const char *program); // likewise

// Text: a head ("retick schedule 2" with TICK_CHOICE_VERSION, "scenario lost_update", and, to the line's end, "cflags -DFAST -O2" if that is
// known, or "program --match 'a b' -- python3 app.py": what may stand there, and how it is quoted, is its reader's affair; and "expect
// fails" or "expect passes"), then a deviation
// a line: kind, subject's path
// (names.h), @ordinal, value. `#` at a line's start or behind white space starts a comment. Values by the kind's unit:
//   delivery alice→server @12 +30ms        TIME: the delay itself, an integer of ns, us, ms or s
//   ready_hold alice→server:far @3 2 polls  POLLS; likewise bytes (how many are moved) and pops
//   refuse alice→server:conn @0 yes         YES ("yes" may be left out)
//   user alice/increment/coin @1 =7         VALUE
// A delay read from text is kept in `most`, with n = 0: the replay chooser resolves it when it is met, to the smallest value that is not
// below it (so that +40ms on a link with 49 ms of jitter is 49 ms, and a recorded value comes back exactly). Beyond the largest delay then
// allowed it means calm, as every value out of range does.
//
// names gives subjects their paths and a comment in words; those it does not know are written as they were read, else as
// id:0123456789abcdef (and read back).
int tick_schedule_write(const struct tick_schedule *schedule, const struct tick_names *names, FILE *file);
// 0 with *schedule (uninitialised before) filled; TICK_EFORMAT with file name, line and reason in *error, and nothing to fini. A value
// out of range is kept and means calm when met.
int tick_schedule_read(FILE *file, const char *file_name, struct tick_schedule *schedule, struct tick_error *error);
// One deviation as its line, without newline; snprintf's result.
int tick_deviation_line(const struct tick_deviation *deviation, const struct tick_names *names, char *text, size_t size);
// The same as a sentence: "the deadline of client-2 fires 10 ms late". snprintf's result.
int tick_deviation_words(const struct tick_deviation *deviation, const struct tick_names *names, char *text, size_t size);

#endif
