// What one turn takes in that the run beside takes in turn by turn: messages of several connections, to a task that looks at all of them,
// as loops of one thread do. Who acts on the one has the other already.
#include "trace/explain/story_int.h"

#define SHOWN 3
#define LOOKED 20000 // events at most

struct together {
    struct tick__story_read reads[SHOWN]; // the first of each connection
    size_t count, more;
};

// The read that took a message in; 0: none did.
static uint32_t taken_by(const struct tick__tale *tale, const struct tick__tale_message *message) {
    const uint32_t *effects;
    const size_t count = message && message->recv ? tick__tale_effects_of(tale, message->recv, &effects) : 0;
    for (size_t i = 0; i < count; i++)
        if (tick__tale_event(tale, effects[i])->kind == TICK_EV_IO_COMPLETE)
            return effects[i];
    return 0;
}

static const struct tick__tale_message *there_is(const struct tick__telling *telling, const struct tick__tale_message *message) {
    return tick__tale_same_message(telling->good, tick__tale_object(telling->tale, message->object)->id);
}

// The first of each connection.
static void add(const struct tick__tale *tale, struct together *together, const struct tick__story_read *read) {
    const uint32_t connection = tick__tale_object(tale, read->messages[0]->direction)->parent;
    for (size_t i = 0; i < together->count; i++)
        if (tick__tale_object(tale, together->reads[i].messages[0]->direction)->parent == connection)
            return;
    if (together->count < SHOWN)
        together->reads[together->count++] = *read;
    else
        together->more++;
}

// Whether the run beside reads each of them too, not all in one step.
static bool is_apart(const struct tick__telling *telling, const struct together *together) {
    bool apart = false;
    uint32_t first = 0;
    for (size_t i = 0; i < together->count; i++) {
        const uint32_t seq = taken_by(telling->good, there_is(telling, together->reads[i].messages[0]));
        const uint32_t step = tick__tale_event(telling->good, seq)->step;
        if (!step)
            return false;
        apart |= first && step != first;
        first = first ? first : step;
    }
    return apart;
}

static void say(struct tick__telling *telling, const struct together *together) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t last = together->reads[together->count - 1].seq;
    struct tick__sentence *sentence = tick__story_add(telling, last, TICK__SAID_CHAIN, 13);
    struct tick__said said = TICK__SAID(sentence->say), good = TICK__SAID(sentence->good);
    tick__say_to(&said, "reads ");
    for (size_t i = 0; i < together->count; i++) {
        tick__story_list(&said, i, together->count + (together->more > 0));
        tick__said_message(tale, together->reads[i].messages[0], 32, &said);
        tick__say_to(&said, " of ");
        tick__said_sender(tale, together->reads[i].messages[0], &said);
    }
    if (together->more)
        tick__said_more(&said, together->more, NULL);
    tick__say_to(&said, " in one turn");
    tick__say_to(&good, "%s in turns of their own: ", telling->there);
    for (size_t i = 0; i < together->count; i++) {
        const uint32_t seq = taken_by(telling->good, there_is(telling, together->reads[i].messages[0]));
        tick__story_list(&good, i, together->count);
        tick__said_message(tale, together->reads[i].messages[0], 32, &good);
        tick__say_to(&good, " at ");
        tick__said_time(tick__tale_event(telling->good, seq)->ts, &good);
    }
}

// The first such turn behind the parting: what comes later is shifted by it.
void tick__story_together(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    struct together together = {0};
    struct tick__story_read read;
    uint32_t step = 0;
    if (!telling->good || telling->beside->repaired)
        return;
    for (uint32_t seq = telling->part; seq && seq <= telling->end && seq - telling->part < LOOKED; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind == TICK_EV_STEP_END && event->step == step) {
            if (together.count > 1 && is_apart(telling, &together)) {
                say(telling, &together);
                return;
            }
            step = 0;
        }
        if (event->kind != TICK_EV_IO_COMPLETE || !event->step || !event->task)
            continue;
        if (event->step != step)
            together = (struct together){0};
        step = event->step;
        tick__story_taken_in(tale, seq, &read);
        if (read.count)
            add(tale, &together, &read);
    }
}
