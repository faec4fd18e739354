// What tasks do between events: steps, and what each waits for behind them; what they hold. And the faults that last.
#include "src/base/times.h"
#include "viewer/page_int.h"
#include <stdlib.h>

struct step {
    uint32_t begin, end, ready;
    int64_t outcome;
};

// [task, ready, begin, end, outcome, wait's event, in words, place, task that it waits for, thing that it waits for]
static void put_step(
    struct tick__page_making *making, const struct tick__page_run *run, json_t *steps, uint32_t task, const struct step *step) {
    const struct tick__tale *tale = run->tale;
    const bool waits = step->end && step->outcome == TICK_STEP_SUSPENDED;
    const uint32_t wait = waits ? tick__tale_wait_of(tale, step->begin) : 0;
    const struct tick__tale_event *event = tick__tale_event(tale, wait);
    const uint8_t type = tick__tale_object(tale, event->subject)->type;
    char say[200] = "", thing[200] = "";
    if (wait)
        tick__said_wait(tale, wait, &TICK__SAID(say));
    if (wait && (type == TICK_OBJECT_QUEUE || type == TICK_OBJECT_LOCK || type == TICK_OBJECT_EVENT))
        tick__said_object(tale, event->subject, &TICK__SAID(thing));
    const int64_t numbers[] = {tick__page_task(run, task), step->ready, step->begin, step->end, step->outcome, wait};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        tick__page_add_number(making, steps, numbers[i]);
    tick__page_add(making, steps, tick__page_word(making, say));
    tick__page_add(making, steps, wait ? tick__page_place(making, tale, event->loc) : json_integer(-1));
    tick__page_add_number(making, steps, wait ? tick__page_task(run, event->subject) : -1);
    tick__page_add(making, steps, *thing ? tick__page_word(making, thing) : json_integer(-1));
}

// Those that begin in the page, and before them each task's last.
json_t *tick__page_steps(struct tick__page_making *making, const struct tick__page_run *run) {
    const struct tick__tale *tale = run->tale;
    struct step *open = calloc((size_t)tale->objects_count + 1, sizeof *open);
    json_t *steps = json_array();
    making->failed = making->failed || !open;
    for (uint32_t seq = tale->first; open && seq && seq <= run->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->subject > tale->objects_count)
            continue;
        struct step *step = &open[event->subject];
        if (event->kind == TICK_EV_STEP_BEGIN) {
            if (step->begin && (seq >= run->first || step->begin >= run->first))
                put_step(making, run, steps, event->subject, step);
            *step = (struct step){.begin = seq, .ready = event->cause ? event->cause : seq};
        } else if (event->kind == TICK_EV_STEP_END && step->begin) {
            step->end = seq;
            step->outcome = event->arg;
        }
    }
    for (uint32_t id = 1; open && id <= tale->objects_count; id++)
        if (tick__page_is_end(tale, id) && run->number[id])
            tick__page_end_steps(making, run, steps, id);
    for (uint32_t id = 1; open && id <= tale->objects_count; id++) // of those that are over before the page begins, nothing is drawn
        if (open[id].begin && (open[id].begin >= run->first || open[id].outcome == TICK_STEP_SUSPENDED))
            put_step(making, run, steps, id, &open[id]);
    free(open);
    return steps;
}

// [thing, task, from, to], to 0: to the end.
json_t *tick__page_holds(struct tick__page_making *making, const struct tick__page_run *run) {
    const struct tick__tale *tale = run->tale;
    json_t *holds = json_array();
    uint32_t *since = calloc((size_t)tale->objects_count + 1, sizeof *since);
    making->failed = making->failed || !since;
    for (uint32_t seq = tale->first; since && seq && seq <= run->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->subject > tale->objects_count || (event->kind != TICK_EV_HOLD && event->kind != TICK_EV_RELEASE))
            continue;
        const uint32_t from = since[event->subject];
        since[event->subject] = event->kind == TICK_EV_HOLD ? seq : 0;
        if (!from || (seq < run->first && event->kind == TICK_EV_RELEASE))
            continue;
        char thing[200] = "";
        tick__said_object(tale, event->subject, &TICK__SAID(thing));
        tick__page_add(making, holds,
            json_pack("[o, I, I, I]", tick__page_word(making, thing), (json_int_t)tick__page_task(run, tick__tale_event(tale, from)->task),
                (json_int_t)from, (json_int_t)seq));
    }
    for (uint32_t id = 1; since && id <= tale->objects_count; id++) {
        char thing[200] = "";
        if (!since[id])
            continue;
        tick__said_object(tale, id, &TICK__SAID(thing));
        tick__page_add(making, holds,
            json_pack("[o, I, I, I]", tick__page_word(making, thing),
                (json_int_t)tick__page_task(run, tick__tale_event(tale, since[id])->task), (json_int_t)since[id], (json_int_t)0));
    }
    free(since);
    return holds;
}

// Faults that last: [seq, from, to in ns (-1: for good), in words].
json_t *tick__page_faults(struct tick__page_making *making, const struct tick__page_run *run) {
    const struct tick__tale *tale = run->tale;
    json_t *faults = json_array();
    for (uint32_t seq = run->first; seq && seq <= run->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind != TICK_EV_FAULT_BEGIN)
            continue;
        tick__page_add(making, faults,
            json_pack("[I, I, I, o]", (json_int_t)seq, (json_int_t)event->ts,
                (json_int_t)(event->arg > 0 ? tick__after(event->ts, event->arg) : -1),
                tick__page_word(making, tick__tale_object(tale, event->subject)->name)));
    }
    return faults;
}
