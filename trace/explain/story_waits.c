// Who waits in vain: told where the run ends because nobody, or nobody who matters, goes on.
#include "trace/explain/story_int.h"
#include "trace/explain/waits.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_MOST 6

bool tick__ends_in_waiting(const struct tick_trace *trace) {
    static const char *const verdicts[] = {"deadlock", "limit", "hang", "progress", "starved"};
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (strcmp(trace->verdict, verdicts[i]) == 0)
            return true;
    return false;
}

// What nobody inside the run could end: a server that waits for connections, a handler for its next request.
static bool for_the_outside(const struct tick__tale *tale, uint32_t task, uint32_t wait) {
    const struct tick__tale_event *event = tick__tale_event(tale, wait);
    const uint8_t type = tick__tale_object(tale, event->subject)->type;
    return event->kind == TICK_EV_FUTURE_AWAIT && type == TICK_OBJECT_FUTURE && task && event->loc != 0;
}

int tick__tale_stuck(const struct tick__tale *tale, struct tick__stuck **stuck, size_t *count) {
    uint32_t *last = calloc((size_t)tale->objects_count + 1, sizeof *last);
    *stuck = NULL;
    *count = 0;
    if (!last)
        return -ENOMEM;
    for (uint32_t seq = tale->first; seq && seq <= tale->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind == TICK_EV_STEP_END && event->subject <= tale->objects_count)
            last[event->subject] = event->arg == TICK_STEP_SUSPENDED ? seq : 0;
        else if (event->kind == TICK_EV_STEP_BEGIN && event->subject <= tale->objects_count)
            last[event->subject] = 0;
    }
    size_t waiting = 0;
    for (uint32_t task = 1; task <= tale->objects_count; task++)
        waiting += last[task] != 0;
    *stuck = calloc(waiting + 1, sizeof **stuck);
    for (uint32_t task = 1; *stuck && task <= tale->objects_count; task++) {
        if (!last[task])
            continue;
        const uint32_t wait = tick__tale_wait_of(tale, tick__tale_event(tale, last[task])->step);
        if (wait)
            (*stuck)[(*count)++] =
                (struct tick__stuck){.task = task, .step_end = last[task], .wait = wait, .outside = for_the_outside(tale, task, wait)};
    }
    free(last);
    return *stuck ? 0 : -ENOMEM;
}

void tick__story_waits(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    struct tick__stuck *stuck;
    size_t count, told = 0;
    if (!tick__ends_in_waiting(tale->trace))
        return;
    if (tick__tale_stuck(tale, &stuck, &count) < 0) {
        telling->code = -ENOMEM;
        return;
    }
    for (size_t i = 0; i < count && told < TOLD_MOST; i++) {
        if (stuck[i].outside)
            continue;
        struct tick__sentence *sentence = tick__story_add(telling, stuck[i].wait, TICK__SAID_WAIT, 10 + (int)told++);
        struct tick__said say = TICK__SAID(sentence->say);
        tick__say_to(&say, "waits ");
        tick__said_wait(tale, stuck[i].wait, &say);
        tick__say_to(&say, ", for good");
    }
    free(stuck);
}
