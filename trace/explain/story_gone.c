// Answers to nobody: what is sent on a connection that the other side has closed before, after work for a question whose asker is gone.
#include "trace/explain/story_int.h"
#include <errno.h>
#include <stdlib.h>

#define MANY 8 // that they cost something, whatever came of each

// By direction: when its sender closed it first, 0: it never did. NULL: no memory.
static uint32_t *ends_of(const struct tick__tale *tale) {
    uint32_t *ends = calloc((size_t)tale->objects_count + 1, sizeof *ends);
    for (size_t i = 0; ends && i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 && message->send && message->direction <= tale->objects_count && !ends[message->direction] &&
            tick__tale_object(tale, message->object)->ordinal > 0)
            ends[message->direction] = message->send;
    }
    return ends;
}

// The way that questions go, of which this is the way back; 0: it is none.
static uint32_t way_of_questions(const struct tick__tale *tale, uint32_t direction) {
    return tick__tale_object(tale, direction)->kth == TICK_IN ? tick__tale_way_back(tale, direction) : 0;
}

// How many answers came too late for those who had asked; *first, *closed: the first of them, and when its asker had gone.
static size_t too_late(const struct tick__tale *tale, uint32_t part, uint32_t upto, const uint32_t *ends,
    const struct tick__tale_message **first, uint32_t *closed) {
    size_t count = 0;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        const uint32_t back =
            message->bytes > 0 && message->send >= part && message->send <= upto ? way_of_questions(tale, message->direction) : 0;
        const uint32_t end = back ? ends[back] : 0;
        if (!end || end > message->send || tick__tale_event(tale, end)->ts == tick__tale_event(tale, message->send)->ts)
            continue;
        if (!count++) {
            *first = message;
            *closed = end;
        }
    }
    return count;
}

static void say_gone(struct tick__telling *telling, const struct tick__tale_message *answer, uint32_t closed, size_t count, size_t there) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t step = tick__tale_event(tale, answer->send)->step;
    const bool aside = count < there + MANY && !tick__tale_has(&telling->chain, step ? step : answer->send); // nothing comes of a few
    struct tick__sentence *sentence = tick__story_add(telling, answer->send, TICK__SAID_CHAIN, aside ? 31 : 10);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    const struct tick__tale_message *question = tick__story_question(tale, answer);
    tick__say_to(&say, question ? "answers " : "sends ");
    tick__said_message(tale, question ? question : answer, 40, &say);
    tick__say_to(&say, question ? " of " : " to ");
    if (question) {
        tick__said_time(tick__tale_event(tale, question->send)->ts, &say);
        tick__say_to(&say, " for nobody");
    } else {
        tick__said_host(tale, answer->dst, &say);
    }
    tick__say_to(&say, ", though ");
    tick__said_who(tale, closed, &say);
    tick__say_to(&say, " hung up at ");
    tick__said_time(tick__tale_event(tale, closed)->ts, &say);
    if (count > 1) {
        tick__said_more(&over, count - 1, "answer");
        tick__say_to(&over, count == 2 ? " is for somebody who is gone" : " are for somebody who is gone");
    }
    if (telling->good && there)
        tick__say_to(&good, "%s %zu do", telling->there, there);
    else if (telling->good)
        tick__say_to(&good, "%s nobody hangs up before", telling->there);
}

void tick__story_gone(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale, *good = telling->good;
    const struct tick__tale_message *first = NULL, *theirs = NULL;
    uint32_t closed = 0, closed_there = 0;
    uint32_t *ends = ends_of(tale), *ends_there = good ? ends_of(good) : NULL;
    if (!ends || (good && !ends_there)) {
        telling->code = -ENOMEM;
    } else {
        const size_t count = too_late(tale, telling->part, telling->end, ends, &first, &closed);
        const size_t there = good ? too_late(good, telling->beside->parting_b, good->last, ends_there, &theirs, &closed_there) : 0;
        if (count > there)
            say_gone(telling, first, closed, count, there);
    }
    free(ends);
    free(ends_there);
}
