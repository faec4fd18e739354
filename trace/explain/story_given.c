// What is given to a task that is not there any more to take it: an event is set, or something put into a queue, for who waits there, and
// that task has been cancelled already and has only not run since.
#include "trace/explain/story_fate.h"
#include <errno.h>
#include <stdlib.h>

#define LOOKED_MOST 64

struct gift {
    uint32_t seq, task; // the event, and whom it is for
    bool timed;         // that one was cancelled by its deadline
    struct tick__fate fate;
};
struct given {
    uint32_t *waits;    // by task: the object for which it waits
    uint32_t *waiter;   // by object: the last task that began to wait there
    uint32_t *cancel;   // by task: its task_cancel, if it has not run since
    struct gift first;  // that is lost; seq 0: there is none
    struct gift second; // the same
    struct gift passed; // the first that is handed on; the same
    size_t count;       // that are lost
    size_t looked;      // at whom they are for, and what he does
};

static bool known(const struct tick__tale *tale, uint32_t id) {
    return id && id <= tale->objects_count;
}

// Somebody who takes what was put there; 0: nobody does.
static uint32_t taker_of(const struct tick__tale *tale, uint32_t put) {
    const uint32_t *effects;
    const size_t count = tick__tale_effects_of(tale, put, &effects);
    for (size_t i = 0; i < count; i++)
        if (tick__tale_event(tale, effects[i])->kind == TICK_EV_TAKE)
            return effects[i];
    return 0;
}

static void note_gift(const struct tick__telling *telling, struct given *given, uint32_t seq) {
    const struct tick__tale_event *event = tick__tale_event(telling->tale, seq);
    const uint32_t task = given->waiter[event->subject];
    if (!task || task == event->task || !given->cancel[task] || given->waits[task] != event->subject || given->looked == LOOKED_MOST)
        return;
    given->looked++;
    const uint32_t by = tick__tale_event(telling->tale, given->cancel[task])->cause;
    const struct gift gift = {
        seq, task, tick__tale_event(telling->tale, by)->kind == TICK_EV_TIMER_FIRE, tick__story_fate(telling, task, given->cancel[task])};
    if (taker_of(telling->tale, seq))
        return; // it lies there until somebody comes
    if (gift.fate.by) {
        given->passed = given->passed.seq ? given->passed : gift;
        return;
    }
    given->count++;
    if (!given->first.seq)
        given->first = gift;
    else if (!given->second.seq)
        given->second = gift;
}

static void look(const struct tick__telling *telling, struct given *given, uint32_t seq) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    if (!known(tale, event->subject))
        return;
    switch (event->kind) {
    case TICK_EV_WAIT_BEGIN:
        if (known(tale, event->task)) {
            given->waits[event->task] = event->subject;
            given->waiter[event->subject] = event->task;
        }
        break;
    case TICK_EV_TASK_CANCEL:
        given->cancel[event->subject] = seq;
        break;
    case TICK_EV_STEP_BEGIN: // it goes on, and waits for that no more
        given->cancel[event->subject] = given->waits[event->subject] = 0;
        break;
    case TICK_EV_SET:
    case TICK_EV_PUT:
        if (seq >= telling->part)
            note_gift(telling, given, seq);
        break;
    default:
        break;
    }
}

static void say_given(struct tick__telling *telling, const struct given *given) {
    const struct tick__tale *tale = telling->tale;
    const struct gift *gift = given->first.seq ? &given->first : &given->passed;
    const struct tick__tale_event *event = tick__tale_event(tale, gift->seq);
    struct tick__sentence *sentence = tick__story_add(telling, gift->seq, TICK__SAID_CHAIN, gift->fate.by ? TICK__RANK_HANDED_ON : 3);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over);
    tick__say_to(&say, event->kind == TICK_EV_SET ? "sets the event that " : "puts an item into the queue at which ");
    tick__said_task(tale, gift->task, &say);
    tick__say_to(&say, event->kind == TICK_EV_SET ? " waits for" : " waits");
    tick__say_to(
        &say, ", though that one has just %s, and only has not run since", gift->timed ? "run into its deadline" : "been cancelled");
    if (event->kind == TICK_EV_PUT && !gift->fate.by)
        tick__say_to(&over, "nobody takes it before the run ends");
    else
        tick__story_say_fate(tale, &gift->fate, event->kind == TICK_EV_SET ? "the wake-up" : "what it is given so", &over);
    if (given->count > 1) {
        tick__say_to(&over, "; so it is with what ");
        tick__said_who(tale, given->second.seq, &over);
        tick__say_to(&over, " gives ");
        tick__said_task(tale, given->second.task, &over);
    }
    if (given->count > 2)
        tick__said_more(&over, given->count - 2, "gift");
}

void tick__story_given(struct tick__telling *telling) {
    const size_t objects = (size_t)telling->tale->objects_count + 1;
    struct given given = {
        .waits = calloc(objects, sizeof *given.waits),
        .waiter = calloc(objects, sizeof *given.waiter),
        .cancel = calloc(objects, sizeof *given.cancel),
    };
    if (!given.waits || !given.waiter || !given.cancel)
        telling->code = -ENOMEM;
    else
        for (uint32_t seq = telling->tale->first; seq && seq <= telling->end; seq++)
            look(telling, &given, seq);
    if (given.first.seq || given.passed.seq)
        say_given(telling, &given);
    free(given.waits);
    free(given.waiter);
    free(given.cancel);
}
