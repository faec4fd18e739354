// A witness of a run: the names, texts and bytes that its recorder was told, whole and in order, in a file. A trace keeps less of them;
// two witnesses give the first byte in which their runs differ.
#ifndef RETICK_WITNESS_H
#define RETICK_WITNESS_H

#include "trace/recorder.h"
#include <stdio.h>

enum tick_content { TICK_CONTENT_NAME, TICK_CONTENT_TEXT, TICK_CONTENT_MESSAGE, TICK_CONTENT_WRITTEN };
extern const char *const tick_content_words[]; // as `unkept` has them
#define TICK_CONTENT_NEAR 32

// Where the contents of two runs differ first. Numbers are those of the first run; up to here they are the second's, too.
struct tick_difference {
    enum tick_content what;
    uint32_t object; // that bears the name, the text, the message, what was written to
    uint32_t seq;    // the latest event that had been told
    uint32_t task, host;
    uint64_t place[2]; // written: where in the file or pipe
    bool hashed;       // known by hashes alone, of what a trace does not keep: it begins at `offset`, and nothing is shown
    uint64_t hash[2];
    uint64_t count[2]; // bytes of the piece, by run
    uint64_t offset;   // in it, of the first byte that differs: `count` of a run that has none there
    uint64_t from;     // in it, of the bytes that are shown
    size_t shown[2];
    uint8_t near[2][TICK_CONTENT_NEAR];
};

struct tick__witness;
// Everything that the recorder is told from now on goes to the file at path, too, until it ends. 0 or a negative error.
int tick_recorder_testify(struct tick_recorder *recorder, const char *path);
// Compares two of these files. 1 with *out filled, 0: the same, negative: one cannot be read.
int tick_witness_compare(const char *a, const char *b, struct tick_difference *out, struct tick_error *error);

// For the recorder. what, its object, where in it, the bytes.
void tick__witness_take(
    const struct tick_recorder *recorder, enum tick_content what, uint32_t object, uint64_t place, const void *bytes, size_t count);
void tick__witness_close(struct tick__witness *witness); // NULL is none

#endif
