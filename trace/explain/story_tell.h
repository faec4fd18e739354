// The story of a run: at most a dozen sentences that say how it came to its end, each one an event of the trace. Made by rules, from the
// trace alone: what was decided and where that bears; what was said over the wire on the way to the failure; who waits in vain; what the
// run beside it does instead. docs/STORIES.md shows what comes of it.
#ifndef RETICK_STORY_TELL_H
#define RETICK_STORY_TELL_H

#include "trace/explain/beside.h"

#define TICK__STORY_MOST 12

enum tick__sentence_class {
    TICK__SAID_DECISION, // a deviation
    TICK__SAID_BEARING,  // where it bears
    TICK__SAID_CHAIN,    // of what the failure came of
    TICK__SAID_CONTEXT,  // what else to know
    TICK__SAID_WAIT,     // who waits in vain
    TICK__SAID_END,      // the verdict
};
struct tick__sentence {
    uint32_t seq, host, task, loc; // loc: the place, 0 = none
    int64_t ts, until;             // ns; until 0: a moment
    enum tick__sentence_class class;
    int rank;       // lower matters more
    char who[128];  // a path, or ""
    char say[420];  // goes on behind `who`, or stands alone
    char place[96]; // "pool.c:40", or ""
    char over[400]; // more on the same, or ""
    char good[320]; // what the run beside does instead, or ""
};
struct tick__story {
    struct tick__sentence *sentences;
    size_t count, room;
    bool beside;        // there is a run beside
    uint32_t parting;   // seq where they part; 0: they don't, or there is none
    int64_t parting_ts; // until when nothing differs, in either of them
};
// `beside` (may be NULL): the run and one that went well, called `there`: "in the good run". 0 or -ENOMEM.
int tick__story_tell(
    const struct tick__tale *tale, const struct tick__beside *beside, const char *there, struct tick__story *story);
void tick__story_fini(struct tick__story *story);

#endif
