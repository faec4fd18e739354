// What becomes of something that a task was given, and was cancelled before it ran: whether it hands that on when it goes on, until it
// waits again or ends, and to whom.
#include "trace/explain/story_fate.h"

// Its latest step before an event; 0: it has not run yet.
static uint32_t step_before(const struct tick__tale *tale, uint32_t task, uint32_t seq) {
    while (--seq >= tale->first && seq)
        if (tick__tale_event(tale, seq)->kind == TICK_EV_STEP_BEGIN && tick__tale_event(tale, seq)->subject == task)
            return seq;
    return 0;
}

// Whom an event wakes; 0: nobody.
static uint32_t woken_by(const struct tick__tale *tale, uint32_t seq) {
    const uint32_t *effects;
    const size_t count = tick__tale_effects_of(tale, seq, &effects);
    for (size_t i = 0; i < count; i++)
        if (tick__tale_event(tale, effects[i])->kind == TICK_EV_TASK_READY)
            return tick__tale_event(tale, effects[i])->subject;
    return 0;
}

// Whether it is of the same kind of thing as what the task waited for: that very one, one that was made at the same place, or what wakes
// somebody who waits at the same place in the program.
static bool is_like(const struct tick__tale *tale, uint32_t seq, uint32_t to, uint32_t wait) {
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    const struct tick__tale_event *waited = tick__tale_event(tale, wait);
    const struct tick__tale_object *there = tick__tale_object(tale, event->subject), *here = tick__tale_object(tale, waited->subject);
    const uint32_t other = to ? tick__tale_wait_of(tale, step_before(tale, to, seq)) : 0;
    return event->subject == waited->subject || (there->type == here->type && here->loc && there->loc == here->loc) ||
           (other && waited->loc && tick__tale_event(tale, other)->loc == waited->loc);
}

static bool gives(const struct tick__tale *tale, const struct tick__tale_event *event) {
    switch (event->kind) {
    case TICK_EV_PUT:
    case TICK_EV_SET:
    case TICK_EV_NOTIFY:
    case TICK_EV_RELEASE:
        return true;
    case TICK_EV_FUTURE_DONE:
        return event->arg == TICK_DONE_RESULT && tick__tale_object(tale, event->subject)->type == TICK_OBJECT_FUTURE;
    default:
        return false;
    }
}

struct tick__fate tick__story_fate(const struct tick__telling *telling, uint32_t task, uint32_t cancel) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t before = step_before(tale, task, cancel), wait = before ? tick__tale_wait_of(tale, before) : 0;
    struct tick__fate fate = {0};
    bool waits = false;
    for (uint32_t seq = cancel + 1; seq <= telling->end; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind == TICK_EV_STEP_BEGIN && event->subject == task) {
            fate.begin = fate.begin ? fate.begin : seq;
        } else if (event->kind == TICK_EV_STEP_END && event->subject == task && fate.begin) {
            fate.ended = event->arg != TICK_STEP_SUSPENDED;
            fate.known = fate.ended || waits;
            if (fate.known)
                return fate;
        } else if (event->task == task && fate.begin) {
            waits |= tick__tale_is_wait(event);
            const uint32_t to = gives(tale, event) ? woken_by(tale, seq) : 0;
            if (gives(tale, event) && wait && is_like(tale, seq, to, wait)) {
                fate.by = seq;
                fate.to = to;
                fate.known = true;
                return fate;
            }
        }
    }
    return fate;
}

void tick__story_say_fate(const struct tick__tale *tale, const struct tick__fate *fate, const char *what, struct tick__said *said) {
    if (!fate->known) {
        tick__say_to(said, "the run ends before it %s", fate->begin ? "has handed that on" : "goes on");
    } else if (!fate->by) {
        tick__say_to(said, "%s is lost with it, for it hands nothing on before it %s", what, fate->ended ? "ends" : "waits again");
    } else {
        tick__say_to(said, "when it goes on, at ");
        tick__said_time(tick__tale_event(tale, fate->begin)->ts, said);
        tick__say_to(said, fate->to ? ", it hands that on to " : ", it gives that back");
        if (fate->to)
            tick__said_task(tale, fate->to, said);
    }
}
