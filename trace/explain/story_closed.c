// A connection that the other side closes while the failing task still asks over it: who closes it, what had no answer, what others that
// are like its host were told since the runs parted, and it was not.
#include "trace/explain/story_int.h"
#include <string.h>

#define LOOKED_MOST 64 // of what others were told

static uint32_t connection_of(const struct tick__tale *tale, const struct tick__tale_message *message) {
    return tick__tale_object(tale, message->direction)->parent;
}

static bool says(const struct tick__tale_message *message, const struct tick__tale_message *other) {
    return message->kept == other->kept && memcmp(message->payload, other->payload, message->kept) == 0;
}

// The last end of a stream that the failing task hears of, over a connection that it made; NULL: it hears of none.
static const struct tick__tale_message *closed_to(const struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t task = tick__tale_event(tale, telling->end)->task;
    const struct tick__tale_message *last = NULL;
    for (size_t i = 0; task && i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 && message->recv && message->recv <= telling->end && tick__story_hot(telling, message->send) &&
            tick__tale_has(&telling->chain, message->recv) && tick__tale_object(tale, message->object)->ordinal > 0 &&
            tick__tale_object(tale, message->direction)->kth == TICK_IN &&
            tick__tale_object(tale, connection_of(tale, message))->parent == task && (!last || message->recv > last->recv))
            last = message;
    }
    return last;
}

// What was sent last over a connection by its other end, if that has had no answer since; NULL: there is nothing.
static const struct tick__tale_message *unanswered(const struct tick__telling *telling, const struct tick__tale_message *closed) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *asked = NULL;
    uint32_t answered = 0;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 || connection_of(tale, message) != connection_of(tale, closed) || message->send > telling->end)
            continue;
        if (message->direction != closed->direction)
            asked = message;
        else
            answered = message->recv;
    }
    return asked && answered && asked->send > answered ? asked : NULL;
}

// Whether the closing host has said those words over a connection.
static bool is_told(const struct tick__telling *telling, uint32_t direction, const struct tick__tale_message *words) {
    const struct tick__tale *tale = telling->tale;
    for (size_t i = 0; i < tale->message_count; i++)
        if (tale->messages[i].direction == direction && tale->messages[i].send <= telling->end && says(&tale->messages[i], words))
            return true;
    return false;
}

// What the closing host has told another host that is like this one since the runs parted, before it closed, and this one never; NULL:
// nothing.
static const struct tick__tale_message *told_others(const struct tick__telling *telling, const struct tick__tale_message *closed) {
    const struct tick__tale *tale = telling->tale;
    for (size_t i = 0, looked = 0; i < tale->message_count && looked < LOOKED_MOST; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 || message->src != closed->src || message->dst == closed->dst || message->send < telling->part ||
            message->send > closed->send || tick__tale_object(tale, message->direction)->kth != TICK_IN ||
            !tick__story_alike(tale, message->dst, closed->dst))
            continue;
        looked++;
        if (!is_told(telling, closed->direction, message))
            return message;
    }
    return NULL;
}

// What it is told over that connection in the run beside after all that it was told here; NULL: nothing.
static const struct tick__tale_message *told_there(const struct tick__telling *telling, const struct tick__tale_message *closed) {
    const struct tick__tale *tale = telling->tale, *good = telling->good;
    const tick_id way = tick__tale_object(tale, closed->direction)->id;
    for (size_t i = 0; good && i < good->message_count; i++) {
        const struct tick__tale_message *message = &good->messages[i];
        if (message->bytes > 0 && tick__tale_object(good, message->direction)->id == way &&
            tick__tale_object(good, message->object)->ordinal >= tick__tale_object(tale, closed->object)->ordinal)
            return message;
    }
    return NULL;
}

static void say_others(const struct tick__tale *tale, const struct tick__tale_message *closed, const struct tick__tale_message *other,
    struct tick__said *said) {
    tick__said_host(tale, other->dst, said);
    tick__say_to(said, " was sent ");
    tick__said_message(tale, other, 40, said);
    tick__say_to(said, " at ");
    tick__said_time(tick__tale_event(tale, other->send)->ts, said);
    tick__say_to(said, ", ");
    tick__said_host(tale, closed->dst, said);
    tick__say_to(said, " was not");
}

void tick__story_closed(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *closed = closed_to(telling), *asked = closed ? unanswered(telling, closed) : NULL;
    if (!asked)
        return;
    const struct tick__tale_message *other = told_others(telling, closed), *there = told_there(telling, closed);
    struct tick__sentence *sentence = tick__story_add(telling, closed->send, TICK__SAID_CHAIN, 8);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    tick__say_to(&say, "closes the connection of ");
    tick__said_task(tale, tick__tale_object(tale, connection_of(tale, closed))->parent, &say);
    tick__said_message(tale, asked, 40, &over);
    tick__say_to(&over, " of ");
    tick__said_time(tick__tale_event(tale, asked->send)->ts, &over);
    tick__say_to(&over, " gets no answer");
    if (other) {
        tick__say_to(&over, "; ");
        say_others(tale, closed, other, &over);
    }
    if (there) {
        tick__say_to(&good, "%s it sends ", telling->there);
        tick__said_message(telling->good, there, 40, &good);
        tick__say_to(&good, " over it first, at ");
        tick__said_time(tick__tale_event(telling->good, there->send)->ts, &good);
    }
}
