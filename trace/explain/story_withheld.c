// What the failing task says in the run beside and here never, while all else goes past it; and what should have made it say that: since
// when that waits, and what came later and was served before it.
#include "trace/explain/story_int.h"
#include <ctype.h>
#include <string.h>

#define SHORT 40     // bytes of what is taken for words
#define LINKS_MOST 4 // from a step back to who woke it
#define LATER_MOST 3 // named of those that came later
#define LOOKED_MOST 64

static bool says(const struct tick__tale_message *message, const struct tick__tale_message *other) {
    return message->kept == other->kept && memcmp(message->payload, other->payload, message->kept) == 0;
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
    tick__say_to(&over, count == 2 ? "another message goes out after it, but never " : "others go out after it, but never ");
    tick__said_message(telling->good, there, 40, &over);
    tick__say_to(&good, "%s ", telling->there);
    tick__said_message(telling->good, there, 40, &good);
    tick__say_to(&good, " goes at ");
    tick__said_time(tick__tale_event(telling->good, there->send)->ts, &good);
}

// --- what waits ---

// The message that another task of its host had read when it woke the sender; NULL: none is known.
static const struct tick__tale_message *woken_by(const struct tick__tale *tale, const struct tick__tale_message *sent) {
    const struct tick__tale_event *event = tick__tale_event(tale, sent->send);
    uint32_t at = event->step;
    for (int links = 0; links < LINKS_MOST && at; links++) {
        at = tick__tale_event(tale, at)->cause;
        if (!tick__tale_event(tale, at)->task || tick__tale_event(tale, at)->task == event->task)
            continue;
        const uint32_t intake = tick__story_intake(tale, at, 0);
        struct tick__story_read read = {0};
        if (intake)
            tick__story_taken_in(tale, intake, &read);
        return read.count ? read.messages[read.count - 1] : NULL;
    }
    return NULL;
}

// In the run beside: of what it comes that the task says those words, the first time that it is known.
static const struct tick__tale_message *made_there(const struct tick__telling *telling, const struct tick__tale_message *words) {
    const struct tick__tale *good = telling->good;
    const uint32_t task = tick__tale_event(good, words->send)->task;
    for (size_t i = 0, looked = 0; i < good->message_count && looked < LOOKED_MOST; i++) {
        const struct tick__tale_message *message = &good->messages[i];
        const bool same = message->bytes > 0 && tick__tale_event(good, message->send)->task == task && says(message, words);
        const struct tick__tale_message *by = same ? woken_by(good, message) : NULL;
        looked += same;
        if (by && by->kept && by->kept <= SHORT)
            return by;
    }
    return NULL;
}

static bool is_same_host(const struct tick__telling *telling, uint32_t here, uint32_t there) {
    return tick__tale_object(telling->tale, here)->id == tick__tale_object(telling->good, there)->id;
}

// The first that says the same here, of the same host to the same; *count: how many come before the end, *last: the last of them.
static const struct tick__tale_message *waits_here(
    const struct tick__telling *telling, const struct tick__tale_message *by, size_t *count, const struct tick__tale_message **last) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *first = NULL;
    *count = 0;
    *last = NULL;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 || !message->recv || message->recv > telling->end || !says(message, by) ||
            !is_same_host(telling, message->src, by->src) || !is_same_host(telling, message->dst, by->dst))
            continue;
        first = first ? first : message;
        *last = message;
        ++*count;
    }
    return first;
}

size_t tick__story_number(const struct tick__tale_message *message, const char **digits) {
    const char *at = message->payload, *end = at + message->kept;
    size_t length = 0;
    while (at < end && !isdigit((unsigned char)*at))
        at++;
    while (at + length < end && isdigit((unsigned char)at[length]))
        length++;
    *digits = at;
    return length;
}

// Whether the failing task says something with the first number of what came in, after that.
static bool is_served(const struct tick__telling *telling, const struct tick__tale_message *in) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t task = tick__tale_event(tale, telling->end)->task;
    const char *digits, *other;
    const size_t length = tick__story_number(in, &digits);
    for (size_t i = 0; length && i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes > 0 && message->kept <= SHORT && message->send > in->recv && message->send <= telling->end &&
            tick__tale_event(tale, message->send)->task == task && tick__story_number(message, &other) == length &&
            memcmp(digits, other, length) == 0)
            return true;
    }
    return false;
}

static size_t served_before(
    const struct tick__telling *telling, const struct tick__tale_message *first, const struct tick__tale_message *later[LATER_MOST]) {
    const struct tick__tale *tale = telling->tale;
    size_t count = 0;
    for (size_t i = 0, looked = 0; i < tale->message_count && count < LATER_MOST && looked < LOOKED_MOST; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 || message->kept > SHORT || message->dst != first->dst || message->src == first->src ||
            message->recv <= first->recv || message->recv > telling->end)
            continue;
        looked++;
        if (is_served(telling, message))
            later[count++] = message;
    }
    return count;
}

// With what the other side asked for what the words are about: the first that it said over that connection with their number. NULL: with
// nothing that is known.
static const struct tick__tale_message *asked_with(const struct tick__telling *telling, const struct tick__tale_message *words) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *sent = NULL;
    const char *digits, *other;
    const size_t length = tick__story_number(words, &digits);
    size_t alike;
    sent_by(tale, tick__tale_object(tale, tick__tale_event(tale, telling->end)->task)->id, tale->first, telling->end, NULL, &alike, &sent);
    const uint32_t back = sent && length ? tick__tale_way_back(tale, sent->direction) : 0;
    for (size_t i = 0; back && i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->direction == back && message->bytes > 0 && message->kept <= SHORT && tick__story_number(message, &other) == length &&
            memcmp(digits, other, length) == 0)
            return message;
    }
    return NULL;
}

static void say_asked(const struct tick__telling *telling, const struct tick__tale_message *words, struct tick__said *said) {
    const struct tick__tale_message *asked = asked_with(telling, words);
    if (!asked)
        return;
    tick__said_message(telling->good, words, 40, said);
    tick__say_to(said, " belongs to what ");
    tick__said_host(telling->tale, asked->src, said);
    tick__say_to(said, " asked for with ");
    tick__said_message(telling->tale, asked, 32, said);
    tick__say_to(said, " at ");
    tick__said_time(tick__tale_event(telling->tale, asked->send)->ts, said);
}

static void say_waits(struct tick__telling *telling, const struct tick__tale_message *words, const struct tick__tale_message *by) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *later[LATER_MOST], *last;
    size_t all;
    const struct tick__tale_message *first = waits_here(telling, by, &all, &last);
    const size_t count = first ? served_before(telling, first, later) : 0;
    if (!first)
        return;
    struct tick__sentence *sentence = tick__story_add(telling, last->recv, TICK__SAID_CONTEXT, 8);
    struct tick__said who = TICK__SAID(sentence->who), say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over),
                      good = TICK__SAID(sentence->good);
    sentence->who[0] = '\0';
    sentence->loc = 0;
    tick__said_host(tale, first->dst, &who);
    tick__say_to(&say, "receives ");
    tick__said_message(tale, first, 40, &say);
    tick__say_to(&say, " from ");
    tick__said_host(tale, first->src, &say);
    if (all > 1) {
        tick__say_to(&say, ", the last of %zu like it since ", all);
        tick__said_time(tick__tale_event(tale, first->recv)->ts, &say);
    }
    tick__say_to(&say, ", but never sends ");
    tick__said_message(telling->good, words, 40, &say);
    tick__say_to(&say, " to ");
    tick__said_host(telling->good, words->dst, &say);
    tick__say_to(&say, all > 1 ? " for them" : " for that");
    say_asked(telling, words, &over);
    if (over.used && count)
        tick__say_to(&over, "; ");
    for (size_t i = 0; i < count; i++) {
        tick__story_list(&over, i, count);
        tick__said_message(tale, later[i], 32, &over);
        tick__say_to(&over, " of ");
        tick__said_time(tick__tale_event(tale, later[i]->recv)->ts, &over);
    }
    if (count)
        tick__say_to(&over, count > 1 ? " came later, and are answered" : " came later, and is answered");
    tick__say_to(&good, "%s it sends that at ", telling->there);
    tick__said_time(tick__tale_event(telling->good, words->send)->ts, &good);
}

void tick__story_withheld(struct tick__telling *telling) {
    const uint32_t task = tick__tale_event(telling->tale, telling->end)->task;
    const tick_id id = tick__tale_object(telling->tale, task)->id;
    const struct tick__tale_message *there = task && telling->good ? withheld(telling, id) : NULL;
    if (!there)
        return;
    say_withheld(telling, there, id);
    const struct tick__tale_message *by = made_there(telling, there);
    if (by)
        say_waits(telling, there, by);
}
