// A timer that is quicker than who set it: a task is woken, and before it has run a timer that it had set is over. What that calls finds
// the task still waiting.
#include "src/base/times.h"
#include "trace/explain/story_int.h"
#include <errno.h>
#include <stdlib.h>

// The timer_arm of the timer whose callback it is; 0: it is none.
static uint32_t armed_by(const struct tick__tale *tale, uint32_t run) {
    const uint32_t fire = tick__tale_event(tale, run)->cause;
    const uint32_t arm = tick__tale_event(tale, fire)->kind == TICK_EV_TIMER_FIRE ? tick__tale_event(tale, fire)->cause : 0;
    return tick__tale_event(tale, arm)->kind == TICK_EV_TIMER_ARM ? arm : 0;
}

static void say_quicker(struct tick__telling *telling, uint32_t done, uint32_t arm) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_event *armed = tick__tale_event(tale, arm);
    struct tick__sentence *sentence = tick__story_add(telling, done, TICK__SAID_CHAIN, 3);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    tick__say_to(&say, "wakes ");
    tick__said_task(tale, armed->task, &say);
    tick__story_say_read(tale, done, &say);
    tick__say_to(&over, "before it runs, the timer of ");
    tick__said_time(tick__ahead(armed->arg, armed->ts), &over);
    tick__say_to(&over, " that it set at ");
    tick__said_time(armed->ts, &over);
    tick__say_to(&over, ", due at ");
    tick__said_time(armed->arg, &over);
    tick__say_to(&over, ", is over: what that calls runs first, and finds it still in that wait");
    const uint32_t there = telling->beside ? tick__beside_twin(telling->beside, done) : 0;
    if (there) {
        tick__say_to(&good, "%s it is woken at ", telling->there);
        tick__said_time(tick__tale_event(telling->good, there)->ts, &good);
        tick__say_to(&good, ", and runs before that timer");
    }
}

// By task: its task_ready by a result, if it has not run since.
static void look(struct tick__telling *telling, uint32_t *woken, uint32_t seq, bool *told) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    const uint32_t arm = event->kind == TICK_EV_CALLBACK_RUN ? armed_by(tale, seq) : 0;
    const uint32_t task = arm ? tick__tale_event(tale, arm)->task : event->subject;
    if (!task || task > tale->objects_count)
        return;
    if (event->kind == TICK_EV_TASK_READY) {
        const struct tick__tale_event *done = tick__tale_event(tale, event->cause);
        woken[task] = done->kind == TICK_EV_FUTURE_DONE && done->arg == TICK_DONE_RESULT ? event->cause : 0;
    } else if (event->kind == TICK_EV_STEP_BEGIN || event->kind == TICK_EV_TASK_CANCEL) {
        woken[task] = 0;
    } else if (arm && woken[task] && !*told && tick__story_hot(telling, seq)) {
        say_quicker(telling, woken[task], arm);
        *told = true;
    }
}

void tick__story_timers(struct tick__telling *telling) {
    uint32_t *woken = calloc((size_t)telling->tale->objects_count + 1, sizeof *woken);
    bool told = false;
    if (!woken)
        telling->code = -ENOMEM;
    for (uint32_t seq = telling->tale->first; woken && seq && seq <= telling->end; seq++)
        look(telling, woken, seq, &told);
    free(woken);
}
