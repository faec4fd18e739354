// What both runs say, in another order: a log line or a mark before a message of its host here, and after it there; and what the failing
// task says there and here never, while all else goes past it.
#include "trace/explain/story_int.h"
#include <string.h>

#define SHORT 40 // bytes of what is taken for words

// --- a line and a message ---

static bool says(const struct tick__tale_message *message, const struct tick__tale_message *other) {
    return message->kept == other->kept && memcmp(message->payload, other->payload, message->kept) == 0;
}

// The last message of the line's host that is sent after it here, and before it there; NULL: none is.
static const struct tick__tale_message *swapped(const struct tick__telling *telling, uint32_t line, uint32_t twin) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *last = NULL;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->src != tick__tale_event(tale, line)->host || message->bytes <= 0 || message->send <= line ||
            message->send > telling->end ||
            (message->dst != tick__tale_event(tale, telling->end)->host && !tick__story_hot(telling, message->send)))
            continue;
        const struct tick__tale_message *there = tick__tale_same_message(telling->good, tick__tale_object(tale, message->object)->id);
        if (there && there->send && there->send < twin && says(message, there))
            last = message;
    }
    return last;
}

static void say_swapped(struct tick__telling *telling, uint32_t line, const struct tick__tale_message *message) {
    const struct tick__tale *tale = telling->tale;
    struct tick__sentence *sentence = tick__story_add(telling, line, TICK__SAID_CONTEXT, 9);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    tick__say_to(&say, "says: %s", tick__tale_object(tale, tick__tale_event(tale, line)->subject)->name);
    tick__said_who(tale, message->send, &over);
    tick__say_to(&over, " sends ");
    tick__said_message(tale, message, 40, &over);
    tick__say_to(&over, " to ");
    tick__said_host(tale, message->dst, &over);
    tick__say_to(&over, " only after that");
    tick__say_to(&good, "%s before it", telling->there);
}

// --- what goes past ---

// What a task sends from an event on; of these *alike say what `other` does.
static size_t sent_by(const struct tick__tale *tale, tick_id task, uint32_t from, uint32_t upto, const struct tick__tale_message *other,
    size_t *alike, const struct tick__tale_message **first) {
    size_t count = 0;
    *alike = 0;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        const struct tick__tale_event *event = tick__tale_event(tale, message->send);
        if (message->bytes <= 0 || message->kept > SHORT || message->send < from || message->send > upto ||
            tick__tale_object(tale, event->task)->id != task)
            continue;
        if (!count++)
            *first = message;
        *alike += other && says(message, other);
    }
    return count;
}

// The first message of the task in the run beside that says what it says there again, and here no more at all.
static const struct tick__tale_message *withheld(const struct tick__telling *telling, tick_id task) {
    const struct tick__tale *good = telling->good;
    const struct tick__tale_message *first = NULL;
    size_t alike;
    for (size_t i = 0, looked = 0; i < good->message_count && looked < 64; i++) {
        const struct tick__tale_message *message = &good->messages[i];
        if (message->bytes <= 0 || message->kept == 0 || message->kept > SHORT || message->send < telling->beside->parting_b ||
            tick__tale_object(good, tick__tale_event(good, message->send)->task)->id != task)
            continue;
        looked++;
        sent_by(telling->tale, task, telling->part, telling->end, message, &alike, &first);
        if (alike)
            continue;
        sent_by(good, task, telling->beside->parting_b, good->last, message, &alike, &first);
        if (alike > 1)
            return message;
    }
    return NULL;
}

static void say_withheld(struct tick__telling *telling, const struct tick__tale_message *there, tick_id task) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *first = NULL;
    size_t alike;
    const size_t count = sent_by(tale, task, telling->part, telling->end, there, &alike, &first);
    if (count < 2)
        return;
    struct tick__sentence *sentence = tick__story_add(telling, first->send, TICK__SAID_CHAIN, 9);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    tick__say_to(&say, "sends ");
    tick__said_message(tale, first, 40, &say);
    tick__say_to(&say, " to ");
    tick__said_host(tale, first->dst, &say);
    tick__say_to(&over, "%zu more go out after it, and never ", count - 1);
    tick__said_message(telling->good, there, 40, &over);
    tick__say_to(&good, "%s ", telling->there);
    tick__said_message(telling->good, there, 40, &good);
    tick__say_to(&good, " goes at ");
    tick__said_time(tick__tale_event(telling->good, there->send)->ts, &good);
}

void tick__story_order(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t task = tick__tale_event(tale, telling->end)->task;
    if (!telling->good)
        return;
    size_t looked = 0;
    for (uint32_t seq = telling->part; seq && seq <= telling->end && looked < 64; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind != TICK_EV_LOG && event->kind != TICK_EV_MARK)
            continue;
        looked++;
        const uint32_t twin = tick__beside_twin(telling->beside, seq);
        const struct tick__tale_message *message = twin ? swapped(telling, seq, twin) : NULL;
        if (message)
            say_swapped(telling, seq, message);
    }
    const struct tick__tale_message *there = task ? withheld(telling, tick__tale_object(tale, task)->id) : NULL;
    if (there)
        say_withheld(telling, there, tick__tale_object(tale, task)->id);
}
