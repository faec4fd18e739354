// Who held what, and who waited for what: until a wait_end of the same, or, for an awaited future or task, until that is done. A timer that
// is a sleep is what its task waits for: others bound a wait, or call something.
#include "src/base/outside.h"
#include "trace/derive_int.h"
#include <retick/probe.h>

struct open_pair { // a hold or wait: of a subject, by a task
    uint64_t key;
    int64_t seq, ts;
};
// Those who await one subject: a list through `awaits`, which its end takes up as a whole.
struct awaited {
    uint64_t subject;
    uint32_t first; // index + 1
};
struct tick__await {
    int64_t seq, ts, task;
    uint32_t next; // index + 1; of a free one: the next free
};

static int64_t high(uint64_t key) {
    return (int64_t)(key >> 32);
}

static int64_t low(uint64_t key) {
    return (int64_t)(key & UINT32_MAX);
}

static int pair_done(
    struct tick__deriving *deriving, enum tick__deriving_statement which, const struct open_pair *open, int64_t end_seq, int64_t end_ts) {
    const int64_t row[] = {
        open->seq, low(open->key) ? low(open->key) : TICK__NULL, high(open->key) ? high(open->key) : TICK__NULL, open->ts, end_seq, end_ts};
    return tick__derive_row(deriving, which, row, 6, NULL);
}

static int take_pair(struct tick__deriving *deriving, struct tick__open_table *table, enum tick__deriving_statement which, bool begins,
    const struct tick__derived_event *event) {
    table->row = sizeof(struct open_pair);
    uint64_t key = (uint64_t)event->subject << 32 | (uint64_t)event->task;
    const struct open_pair *found = key ? tick__open_find(table, key) : NULL;
    if (found) { // a second beginning leaves the first without an end
        const struct open_pair done = *found;
        tick__open_drop(table, key);
        TICK_TRY(pair_done(deriving, which, &done, begins ? TICK__NULL : event->seq, begins ? TICK__NULL : event->ts));
    }
    struct open_pair *open = begins && key ? tick__open_add(table, key) : NULL;
    if (begins && key && !open)
        return tick__derive_no_memory(deriving);
    if (open)
        *open = (struct open_pair){key, event->seq, event->ts};
    return 0;
}

static int await_begins(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    deriving->awaited.row = sizeof(struct awaited);
    if (!event->subject)
        return 0;
    if (!deriving->awaits_free) {
        uint32_t room = deriving->awaits_room ? 2 * deriving->awaits_room : 256;
        struct tick__await *awaits = tick__outside_realloc(deriving->awaits, room * sizeof *awaits);
        if (!awaits)
            return tick__derive_no_memory(deriving);
        deriving->awaits = awaits;
        for (uint32_t i = room; i > deriving->awaits_room; i--) {
            awaits[i - 1].next = deriving->awaits_free;
            deriving->awaits_free = i;
        }
        deriving->awaits_room = room;
    }
    struct awaited *awaited = tick__open_add(&deriving->awaited, (uint64_t)event->subject);
    if (!awaited)
        return tick__derive_no_memory(deriving);
    uint32_t index = deriving->awaits_free;
    struct tick__await *await = &deriving->awaits[index - 1];
    deriving->awaits_free = await->next;
    *await = (struct tick__await){event->seq, event->ts, event->task, awaited->first};
    awaited->first = index;
    return 0;
}

static int awaits_done(struct tick__deriving *deriving, const struct awaited *awaited, int64_t end_seq, int64_t end_ts) {
    for (uint32_t index = awaited->first; index;) {
        struct tick__await *await = &deriving->awaits[index - 1];
        const int64_t row[] = {await->seq, await->task ? await->task : TICK__NULL, (int64_t)awaited->subject, await->ts, end_seq, end_ts};
        TICK_TRY(tick__derive_row(deriving, TICK__ADD_WAIT, row, 6, NULL));
        uint32_t next = await->next;
        await->next = deriving->awaits_free;
        deriving->awaits_free = index;
        index = next;
    }
    return 0;
}

static int await_ends(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    const struct awaited *found = tick__open_find(&deriving->awaited, (uint64_t)event->subject);
    if (!found)
        return 0;
    const struct awaited awaited = *found;
    tick__open_drop(&deriving->awaited, awaited.subject);
    return awaits_done(deriving, &awaited, event->seq, event->ts);
}

static int sleep_begins(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__about about;
    if (!event->placed || !event->task || !event->subject)
        return 0;
    TICK_TRY(tick__causes_about(deriving, event->subject, &about));
    return about.sleeps ? await_begins(deriving, event) : 0;
}

int tick__derive_waits(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    switch (event->kind) {
    case TICK_EV_HOLD:
    case TICK_EV_RELEASE:
        return take_pair(deriving, &deriving->holds, TICK__ADD_HOLD, event->kind == TICK_EV_HOLD, event);
    case TICK_EV_WAIT_BEGIN:
    case TICK_EV_WAIT_END:
        return take_pair(deriving, &deriving->waits, TICK__ADD_WAIT, event->kind == TICK_EV_WAIT_BEGIN, event);
    case TICK_EV_FUTURE_AWAIT:
        return await_begins(deriving, event);
    case TICK_EV_TIMER_ARM:
        return sleep_begins(deriving, event);
    case TICK_EV_FUTURE_DONE:
    case TICK_EV_TIMER_FIRE:
    case TICK_EV_TIMER_CANCEL:
        return await_ends(deriving, event);
    case TICK_EV_STEP_END:
        return event->arg > TICK_STEP_SUSPENDED ? await_ends(deriving, event) : 0;
    default:
        return 0;
    }
}

int tick__derive_waits_end(struct tick__deriving *deriving) {
    for (const struct open_pair *hold = NULL; (hold = tick__open_next(&deriving->holds, hold));)
        TICK_TRY(pair_done(deriving, TICK__ADD_HOLD, hold, TICK__NULL, TICK__NULL));
    for (const struct open_pair *wait = NULL; (wait = tick__open_next(&deriving->waits, wait));)
        TICK_TRY(pair_done(deriving, TICK__ADD_WAIT, wait, TICK__NULL, TICK__NULL));
    for (const struct awaited *awaited = NULL; (awaited = tick__open_next(&deriving->awaited, awaited));)
        TICK_TRY(awaits_done(deriving, awaited, TICK__NULL, TICK__NULL));
    return 0;
}
