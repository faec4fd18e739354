// Hand-overs: a connection over which somebody asks while it still owes an answer to who has stopped waiting for it. The next answer that
// comes over it is that one.
#include "trace/explain/story_int.h"
#include "trace/story.h"
#include <errno.h>
#include <stdlib.h>

struct owed {
    const struct tick__tale_message *asked, *next; // what was asked, and over the same connection after that
    uint32_t gave_up;                              // when who asked was cancelled, or ended
};
struct seen {
    uint32_t *asked;  // by direction: index + 1 of the last message that was sent
    uint32_t *heard;  // by direction: the last event at which something came
    uint32_t *ceased; // by task: when it was cancelled last, or ended
};

// Where answers come: back to who connected.
static uint32_t way_back(const struct tick__tale *tale, uint32_t direction) {
    return tick__tale_object(tale, direction)->kth == TICK_OUT ? tick__tale_way_back(tale, direction) : 0;
}

// Whether what was sent last over the connection is still owed an answer that nobody waits for.
static bool is_owed(const struct tick__tale *tale, const struct seen *seen, const struct tick__tale_message *next, struct owed *owed) {
    const uint32_t back = way_back(tale, next->direction), index = back ? seen->asked[next->direction] : 0;
    const struct tick__tale_message *asked = index ? &tale->messages[index - 1] : NULL;
    if (!asked || seen->heard[back] > asked->send)
        return false;
    const uint32_t asker = tick__tale_event(tale, asked->send)->task;
    *owed = (struct owed){asked, next, asker && asker <= tale->objects_count ? seen->ceased[asker] : 0};
    return owed->gave_up > asked->send;
}

// What comes back first, after `seq`; NULL: nothing does.
static const struct tick__tale_message *comes_back(const struct tick__tale *tale, uint32_t direction, uint32_t seq) {
    const uint32_t back = way_back(tale, direction);
    const struct tick__tale_message *first = NULL;
    for (size_t i = 0; back && i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->direction == back && message->bytes > 0 && message->recv > seq && (!first || message->recv < first->recv))
            first = message;
    }
    return first;
}

// What the run beside does: closes the connection there, as the repaired program; else the answer comes in time.
static void say_there(const struct tick__telling *telling, const struct owed *owed, struct tick__said *said) {
    const struct tick__tale *tale = telling->tale, *good = telling->good;
    const struct tick__tale_message *next = tick__tale_same_message(good, tick__tale_object(tale, owed->next->object)->id);
    const struct tick__tale_message *asked = tick__tale_same_message(good, tick__tale_object(tale, owed->asked->object)->id);
    const struct tick__tale_message *back = asked ? comes_back(good, asked->direction, asked->send) : NULL;
    if (next && next->send && next->bytes <= 0) {
        tick__say_to(said, "%s it sends ", telling->there);
        tick__said_message(good, next, 40, said);
    } else if (back) {
        tick__say_to(said, "%s that answer comes at ", telling->there);
        tick__said_time(tick__tale_event(good, back->recv)->ts, said);
    }
}

static void say_handed(struct tick__telling *telling, const struct owed *owed) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t asker = tick__tale_event(tale, owed->asked->send)->task;
    struct tick__sentence *sentence = tick__story_add(telling, owed->next->send, TICK__SAID_CHAIN, 2);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    tick__say_to(&say, "sends ");
    tick__said_message(tale, owed->next, 48, &say);
    tick__say_to(&say, " to ");
    tick__said_host(tale, owed->next->dst, &say);
    tick__say_to(&say, " over a connection that still owes an answer: to ");
    tick__said_message(tale, owed->asked, 48, &say);
    tick__say_to(&say, ", which ");
    if (asker == sentence->task)
        tick__say_to(&say, "it");
    else
        tick__said_task(tale, asker, &say);
    tick__say_to(&say, " sent at ");
    tick__said_time(tick__tale_event(tale, owed->asked->send)->ts, &say);
    tick__say_to(&say, " and stopped waiting for at ");
    tick__said_time(tick__tale_event(tale, owed->gave_up)->ts, &say);
    tick__say_to(&over, "nobody closed the connection, or read that answer, before it was used again");
    const struct tick__tale_message *back = comes_back(tale, owed->asked->direction, owed->asked->send);
    if (back) {
        tick__say_to(&over, "; the next that comes over it, at ");
        tick__said_time(tick__tale_event(tale, back->recv)->ts, &over);
        tick__say_to(&over, ", is ");
        tick__said_message(tale, back, 40, &over);
    }
    if (telling->good)
        say_there(telling, owed, &good);
}

static void note(struct tick__telling *telling, struct seen *seen, uint32_t seq, size_t *told) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    const struct tick__tale_object *subject = tick__tale_object(tale, event->subject);
    const struct tick__tale_message *message = tick__tale_message(tale, event->subject);
    struct owed owed;
    if (event->subject > tale->objects_count)
        return;
    if (event->kind == TICK_EV_TASK_CANCEL || (event->kind == TICK_EV_FUTURE_DONE && subject->type == TICK_OBJECT_TASK))
        seen->ceased[event->subject] = seq;
    if (!message || message->bytes <= 0 || message->direction > tale->objects_count)
        return;
    if (event->kind == TICK_EV_MSG_RECV)
        seen->heard[message->direction] = seq;
    if (event->kind != TICK_EV_MSG_SEND)
        return;
    if (!*told && tick__story_hot(telling, seq) && is_owed(tale, seen, message, &owed)) {
        say_handed(telling, &owed);
        ++*told;
    }
    seen->asked[message->direction] = (uint32_t)(message - tale->messages) + 1;
}

void tick__story_handed(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    const size_t objects = (size_t)tale->objects_count + 1;
    struct seen seen = {calloc(objects, sizeof *seen.asked), calloc(objects, sizeof *seen.heard), calloc(objects, sizeof *seen.ceased)};
    size_t told = 0;
    if (!seen.asked || !seen.heard || !seen.ceased)
        telling->code = -ENOMEM;
    else
        for (uint32_t seq = tale->first; seq && seq <= telling->end; seq++)
            note(telling, &seen, seq, &told);
    free(seen.asked);
    free(seen.heard);
    free(seen.ceased);
}
