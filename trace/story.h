// A trace's events in words, and why they happened: what diff, the graph and explanations are told with.
#ifndef RETICK_STORY_H
#define RETICK_STORY_H

#include "trace/reader.h"

struct tick__told { // an event, read back
    int64_t seq, ts, arg;
    int64_t host, task, subject, cause; // 0 = absent
    int kind;
    char who[128];   // the task's path, else the host's name, else ""
    char words[384]; // what it did
    char time[32];   // its time in words
    char where[160]; // file:line, or ""
};
// 1, 0: there is no such event, or an error.
int tick__told_read(const struct tick_trace *trace, int64_t seq, struct tick__told *told, struct tick_error *error);
// "3.25 ms"; snprintf's result.
int tick__time_words(int64_t ns, char *text, size_t size);
// Fit to stand in quotes: as src/base/visible.h shows it, quotes and backslashes as \", \\; what does not fit ends in an ellipsis.
void tick__printable(const void *bytes, size_t count, char *text, size_t size);

// A link of the chain of causes: an event, and the deviation that delayed it or made it what it is.
struct tick__cause {
    int64_t seq;
    int64_t choice_seq;  // 0 = none
    char deviation[256]; // its line, "" = none
};
// The chain from seq back to its first cause, which is a choice where there is one. *chain is the caller's to free() and holds the
// returned count.
int tick__causes(const struct tick_trace *trace, int64_t seq, struct tick__cause **chain, struct tick_error *error);

// Prepares, or tells the error.
int tick__prepare(const struct tick_trace *trace, const char *sql, sqlite3_stmt **statement, struct tick_error *error);

#endif
