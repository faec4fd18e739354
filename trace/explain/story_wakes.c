// Wake-ups that come to nothing: a task is woken with a result and cancelled before it has run, so that what it was woken with is lost
// unless it hands that on.
#include "trace/explain/story_fate.h"

#define TOLD_MOST 64

// The future that was resolved for a task since it began to wait, before it was cancelled; 0: none.
static uint32_t woken_before(const struct tick__tale *tale, uint32_t task, uint32_t cancel) {
    for (uint32_t seq = cancel - 1; seq >= tale->first && seq; seq--) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if ((event->kind == TICK_EV_STEP_END || event->kind == TICK_EV_STEP_BEGIN) && event->subject == task)
            return 0;
        if (event->kind == TICK_EV_TASK_READY && event->subject == task) {
            const struct tick__tale_event *done = tick__tale_event(tale, event->cause);
            return done->kind == TICK_EV_FUTURE_DONE && done->arg == TICK_DONE_RESULT ? event->cause : 0;
        }
    }
    return 0;
}

static void say_lost(struct tick__telling *telling, uint32_t done, uint32_t cancel) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t task = tick__tale_event(tale, cancel)->subject;
    const bool timed = tick__tale_event(tale, tick__tale_event(tale, cancel)->cause)->kind == TICK_EV_TIMER_FIRE;
    const struct tick__fate fate = tick__story_fate(telling, task, cancel);
    struct tick__sentence *sentence = tick__story_add(telling, done, TICK__SAID_CHAIN, fate.by ? TICK__RANK_HANDED_ON : 3);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    tick__say_to(&say, "wakes ");
    tick__said_task(tale, task, &say);
    tick__say_to(&say, " with what it waits for");
    tick__story_say_read(tale, done, &say);
    tick__say_to(&over, "before it runs, %s%s", timed ? "its deadline passes, and it is cancelled" : "it is cancelled",
        fate.known && !fate.by ? ": " : "; ");
    tick__story_say_fate(tale, &fate, "what it was woken with", &over);
    const uint32_t there = telling->beside ? tick__beside_twin(telling->beside, done) : 0;
    if (there) {
        tick__say_to(&good, "%s it is woken at ", telling->there);
        tick__said_time(tick__tale_event(telling->good, there)->ts, &good);
        tick__say_to(&good, ", and goes on with it");
    }
}

void tick__story_wakes(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    size_t told = 0;
    for (uint32_t seq = telling->part; seq && seq <= telling->end && told < TOLD_MOST; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        const uint32_t done = event->kind == TICK_EV_TASK_CANCEL ? woken_before(tale, event->subject, seq) : 0;
        if (done)
            say_lost(telling, done, seq);
        told += done != 0;
    }
}
