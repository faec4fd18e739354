// A sync that succeeds after one of the same file that failed: what that one was to write is not tried again.
#include "trace/explain/story_int.h"

static uint32_t next_sync(const struct tick__tale *tale, uint32_t failed, uint32_t end) {
    const uint32_t file = tick__tale_event(tale, failed)->subject;
    for (uint32_t seq = failed + 1; seq <= end; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind == TICK_EV_FILE_SYNC && event->subject == file)
            return event->arg == 0 ? seq : 0;
    }
    return 0;
}

void tick__story_files(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    for (uint32_t seq = tale->first; seq && seq <= telling->end; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        const uint32_t next = event->kind == TICK_EV_FILE_SYNC && event->arg < 0 ? next_sync(tale, seq, telling->end) : 0;
        if (!next)
            continue;
        struct tick__sentence *sentence = tick__story_add(telling, next, TICK__SAID_CONTEXT, 13);
        struct tick__said say = TICK__SAID(sentence->say);
        tick__say_to(&say, "syncs ");
        tick__said_object(tale, event->subject, &say);
        tick__say_to(&say, ", and is told that all is well: what the sync of ");
        tick__said_time(event->ts, &say);
        tick__say_to(&say, " was to write is not tried again");
    }
}
