// What runs named, said, sent and wrote, where their events are the same: the first difference, found in what two traces keep of it, and
// told in words.
#ifndef RETICK_CONTENTS_H
#define RETICK_CONTENTS_H

#include "trace/reader.h"
#include "trace/witness.h"

// Names, texts and the kept bytes of messages, one after the other: 1 with *out filled, 0: the same, negative: an error.
int tick_contents_compare(const struct tick_trace *a, const struct tick_trace *b, struct tick_difference *out, struct tick_error *error);
// Says what differs, who made it, and both sides of it. trace: the first run's; sides: what each run is called, in as many columns.
int tick_difference_say(FILE *out, const struct tick_trace *trace, const struct tick_difference *difference, const char *const sides[2],
    struct tick_error *error);

#endif
