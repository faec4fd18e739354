// What both runs say, in another order: a log line or a mark before a message of its host here, and after it there.
#include "trace/explain/story_int.h"
#include <string.h>

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
    struct tick__sentence *sentence = tick__story_add(telling, message->send, TICK__SAID_CHAIN, 9);
    struct tick__said say = TICK__SAID(sentence->say), good = TICK__SAID(sentence->good);
    const struct tick__tale_message *there = tick__tale_same_message(telling->good, tick__tale_object(tale, message->object)->id);
    tick__say_to(&say, "sends ");
    tick__said_message(tale, message, 40, &say);
    tick__say_to(&say, " to ");
    tick__said_host(tale, message->dst, &say);
    tick__say_to(&say, " only now, after ");
    tick__said_who(tale, line, &say);
    tick__say_to(&say, " has said: %s", tick__tale_object(tale, tick__tale_event(tale, line)->subject)->name);
    tick__say_to(&good, "%s before that, at ", telling->there);
    tick__said_time(tick__tale_event(telling->good, there->send)->ts, &good);
    struct tick__sentence *moment = tick__story_add(telling, line, TICK__SAID_CONTEXT, 9);
    tick__say_to(&TICK__SAID(moment->say), "says: %s", tick__tale_object(tale, tick__tale_event(tale, line)->subject)->name);
}

void tick__story_order(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
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
}
