// Writes of what is shared that come of an old read: somebody else wrote in between, and that write is lost.
#include "trace/explain/story_int.h"

static void say_stale(struct tick__telling *telling, uint32_t write, uint32_t known, uint32_t unseen) {
    const struct tick__tale *tale = telling->tale;
    const bool read = tick__tale_event(tale, known)->kind == TICK_EV_SHARED_READ;
    struct tick__sentence *sentence = tick__story_add(telling, write, TICK__SAID_CHAIN, tick__story_hot(telling, write) ? 3 : 11);
    struct tick__said say = TICK__SAID(sentence->say);
    tick__say_to(&say, "writes %s, which it %s at ", tick__tale_object(tale, tick__tale_event(tale, write)->subject)->name,
        read ? "read" : "wrote before");
    tick__said_time(tick__tale_event(tale, known)->ts, &say);
    tick__say_to(&say, "; ");
    tick__said_who(tale, unseen, &say);
    tick__say_to(&say, " wrote it at ");
    tick__said_time(tick__tale_event(tale, unseen)->ts, &say);
    tick__say_to(&say, " in between, and that write is lost");
}

void tick__story_shared(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    for (uint32_t seq = telling->part; seq && seq <= telling->end; seq++) {
        const uint32_t unseen = tick__tale_event(tale, seq)->kind == TICK_EV_SHARED_WRITE ? tick__tale_cause_how(tale, seq, "over") : 0;
        const uint32_t known = unseen ? tick__tale_cause_how(tale, seq, "from") : 0;
        if (known)
            say_stale(telling, seq, known, unseen);
    }
}
