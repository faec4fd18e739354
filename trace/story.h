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
void tick__told_say(sqlite3_stmt *row, struct tick__told *told); // its words, of the row that tick__told_read has asked for
// "3.25 ms"; snprintf's result.
int tick__time_words(int64_t ns, char *text, size_t size);
// "12,345"; returns `text`.
char *tick__count_words(uint64_t count, char *text, size_t size);
// Fit to stand in quotes: as src/base/visible.h shows it, quotes and backslashes as \", \\; what does not fit ends in an ellipsis.
void tick__printable(const void *bytes, size_t count, char *text, size_t size);

// An event as a link of a chain of causes. before: the event that it came of (its cause, else the step in which it was told); 0: none.
struct tick__link {
    int64_t seq, before, host, task, subject, cause, arg;
    int kind;
};
// 1, 0: there is no such event, or an error.
int tick__link_read(const struct tick_trace *trace, int64_t seq, struct tick__link *link, struct tick_error *error);

// Chains are walked from their end, and cut: of what lies between head and tail only the number is known, and beyond so many links the
// walk is broken off.
#define TICK__CHAIN_MOST 100000
struct tick__cause { // an event of the chain, and the deviation that delayed it or made it what it is
    int64_t seq;
    int64_t choice_seq;  // 0 = none
    char deviation[256]; // its line, "" = none
};
struct tick__chain {
    struct tick__cause *causes; // the head from seq on, then the tail up to the first cause, which is a choice where there is one
    size_t head, tail;
    uint64_t between;
    bool endless; // broken off: more lie between, and there is no tail
};
// The chain back from seq, with at most so many links of head and tail; tick__chain_fini frees it.
int tick__chain_read(
    const struct tick_trace *trace, int64_t seq, size_t head, size_t tail, struct tick__chain *chain, struct tick_error *error);
void tick__chain_fini(struct tick__chain *chain);

// Prepares, or tells the error.
int tick__prepare(const struct tick_trace *trace, const char *sql, sqlite3_stmt **statement, struct tick_error *error);

#endif
