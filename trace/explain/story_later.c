// What was left for later, and came too late: a callback calls for another one that is to do the rest of its work, and before that has run
// something else does, of which the failure came; the run beside does it the other way round.
#include "src/base/times.h"
#include "trace/explain/story_int.h"

#define LEFT_MOST 16 // callbacks to come that are looked at, the latest

struct left {
    uint32_t ready, run; // of the callback that was called for
};

// The callback's run; 0: it never has one.
static uint32_t run_of(const struct tick__tale *tale, uint32_t ready) {
    const uint32_t *effects;
    const size_t count = tick__tale_effects_of(tale, ready, &effects);
    for (size_t i = 0; i < count; i++)
        if (tick__tale_event(tale, effects[i])->kind == TICK_EV_CALLBACK_RUN)
            return effects[i];
    return 0;
}

// "the timer of client:timer#6/request", which a callback is; any other by who called for it.
static void say_callback(const struct tick__tale *tale, uint32_t run, struct tick__said *said) {
    const uint32_t cause = tick__tale_event(tale, run)->cause, arm = tick__tale_event(tale, cause)->cause;
    if (tick__tale_event(tale, cause)->kind == TICK_EV_TIMER_FIRE && tick__tale_event(tale, arm)->kind == TICK_EV_TIMER_ARM) {
        tick__say_to(said, "the timer of ");
        tick__said_time(tick__ahead(tick__tale_event(tale, arm)->arg, tick__tale_event(tale, arm)->ts), said);
        tick__say_to(said, " that ");
        tick__said_who(tale, arm, said);
        tick__say_to(said, " set at ");
        tick__said_time(tick__tale_event(tale, arm)->ts, said);
    } else {
        tick__say_to(said, "a callback of ");
        tick__said_who(tale, cause, said);
    }
}

// The end of a stream that a callback sent before it called for the rest; NULL: it sent none.
static const struct tick__tale_message *closed_in(const struct tick__tale *tale, uint32_t run, uint32_t ready) {
    for (uint32_t seq = ready; seq-- > run;) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        const struct tick__tale_message *message = event->kind == TICK_EV_MSG_SEND ? tick__tale_message(tale, event->subject) : NULL;
        if (event->cause == run && message && message->bytes <= 0 && tick__tale_object(tale, message->object)->ordinal > 0)
            return message;
    }
    return NULL;
}

// Whether a callback made that task.
static bool begins(const struct tick__tale *tale, uint32_t run, uint32_t task) {
    const uint32_t *effects;
    const size_t count = tick__tale_effects_of(tale, run, &effects);
    bool found = false;
    for (size_t i = 0; i < count && task; i++)
        found |= tick__tale_event(tale, effects[i])->kind == TICK_EV_TASK_CREATE && tick__tale_event(tale, effects[i])->subject == task;
    return found;
}

static void say_later(struct tick__telling *telling, const struct left *left, uint32_t first) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t run = tick__tale_event(tale, left->ready)->cause;
    const struct tick__tale_message *closed = closed_in(tale, run, left->ready);
    struct tick__sentence *sentence = tick__story_add(telling, left->ready, TICK__SAID_CHAIN, 3);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    sentence->who[0] = '\0';
    say_callback(tale, run, &say);
    tick__say_to(&say, " is over, and what it calls ");
    if (closed) {
        const uint32_t connection = tick__tale_object(tale, tick__tale_object(tale, closed->direction)->parent)->parent;
        tick__say_to(&say, "closes the connection of ");
        tick__said_task(tale, connection, &say);
        tick__say_to(&say, " to ");
        tick__said_host(tale, closed->dst, &say);
        tick__say_to(&say, ", and ");
    }
    tick__say_to(&say, "leaves the rest to a callback that is to run next");
    tick__say_to(&over, "before that one has run, ");
    say_callback(tale, first, &over);
    tick__say_to(&over, " is over, and what that calls runs first");
    if (begins(tale, first, tick__tale_event(tale, telling->end)->task)) {
        tick__say_to(&over, ", and begins ");
        tick__said_task(tale, tick__tale_event(tale, telling->end)->task, &over);
    }
    const uint32_t there = tick__beside_twin(telling->beside, left->run ? left->run : left->ready);
    if (there) {
        tick__say_to(&good, "%s the callback has run before, at ", telling->there);
        tick__said_time(tick__tale_event(telling->good, there)->ts, &good);
    }
}

// Whether the run beside has the callback's run before the other's.
static bool other_way_there(const struct tick__telling *telling, const struct left *left, uint32_t first) {
    const uint32_t ready = tick__beside_twin(telling->beside, left->ready), run = ready ? run_of(telling->good, ready) : 0;
    const uint32_t other = tick__beside_twin(telling->beside, first);
    return run && other && run < other;
}

void tick__story_later(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    struct left left[LEFT_MOST];
    size_t count = 0; // told so far; the latest LEFT_MOST are kept
    if (!telling->good)
        return;
    for (uint32_t seq = telling->part; seq && seq <= telling->end; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind == TICK_EV_CALLBACK_READY && tick__tale_event(tale, event->cause)->kind == TICK_EV_CALLBACK_RUN)
            left[count++ % LEFT_MOST] = (struct left){seq, run_of(tale, seq)};
        if (event->kind != TICK_EV_CALLBACK_RUN || !tick__story_hot(telling, seq))
            continue;
        for (size_t i = 0; i < count && i < LEFT_MOST; i++) {
            const struct left *one = &left[i];
            const struct tick__tale_event *ready = tick__tale_event(tale, one->ready);
            if (ready->host == event->host && ready->ts == event->ts && (!one->run || one->run > seq) && event->cause != one->ready &&
                other_way_there(telling, one, seq)) {
                say_later(telling, one, seq);
                return;
            }
        }
    }
}
