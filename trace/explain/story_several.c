// What the verdict tells by a number, and was said to several hosts that are alike but for their numbers: to which of them, which never got
// it, who answered; and whom of them the failing host asked when it was told something else. Else what the failing host itself had
// said of it first, and was told.
#include "trace/explain/story_int.h"
#include "trace/story.h"
#include <ctype.h>
#include <string.h>

#define HOSTS_MOST 16 // alike
#define FEW 16        // messages that have a number; where there are more, it identifies nothing
#define NUMBERS_MOST 4

struct several {
    const struct tick__tale_message *first, *to[HOSTS_MOST]; // by host, NULL: it got none
    uint32_t hosts[HOSTS_MOST];
    size_t count, reached;
};

static const char *host_name(const struct tick__tale *tale, uint32_t host) {
    const struct tick__tale_object *object = tick__tale_object(tale, host);
    return *object->path ? object->path : object->name;
}

static bool alike(const char *a, const char *b) {
    for (bool digits = false;;) {
        const bool here = isdigit((unsigned char)*a);
        if (here != (isdigit((unsigned char)*b) != 0))
            return false;
        digits |= here;
        if (here) {
            while (isdigit((unsigned char)*a))
                a++;
            while (isdigit((unsigned char)*b))
                b++;
        } else if (*a != *b) {
            return false;
        } else if (!*a) {
            return digits;
        } else {
            a++, b++;
        }
    }
}

bool tick__story_alike(const struct tick__tale *tale, uint32_t host, uint32_t other) {
    return alike(host_name(tale, host), host_name(tale, other));
}

// Whether what is kept of a message has that number, as the whole of a run of digits.
bool tick__story_has_number(const struct tick__tale_message *message, const char *digits, size_t length) {
    const char *text = message->payload;
    for (size_t at = 0; at + length <= message->kept; at++)
        if (memcmp(text + at, digits, length) == 0 && (!at || !isdigit((unsigned char)text[at - 1])) &&
            (at + length == message->kept || !isdigit((unsigned char)text[at + length])))
            return true;
    return false;
}

static bool says(const struct tick__tale_message *message, const struct tick__tale_message *other) {
    return message->kept == other->kept && memcmp(message->payload, other->payload, message->kept) == 0;
}

// The first message between other hosts that has the number, before the end; NULL: there is none, or there are many.
static const struct tick__tale_message *first_with(const struct tick__telling *telling, const char *digits, size_t length) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t failing = tick__tale_event(tale, telling->end)->host;
    const struct tick__tale_message *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < tale->message_count && count <= FEW; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 || !message->send || message->send > telling->end || message->src == failing || message->dst == failing ||
            !tick__story_has_number(message, digits, length))
            continue;
        count++;
        if (!first || message->send < first->send)
            first = message;
    }
    return count <= FEW ? first : NULL;
}

// To whom the same was said by the same host, of those that are alike.
static void find_several(const struct tick__telling *telling, struct several *several) {
    const struct tick__tale *tale = telling->tale;
    const char *name = host_name(tale, several->first->dst);
    for (uint32_t id = 1; id <= tale->objects_count && several->count < HOSTS_MOST; id++)
        if (tick__tale_object(tale, id)->type == TICK_OBJECT_HOST && alike(host_name(tale, id), name))
            several->hosts[several->count++] = id;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->src != several->first->src || !message->recv || message->recv > telling->end || !says(message, several->first))
            continue;
        for (size_t at = 0; at < several->count; at++) {
            if (several->hosts[at] != message->dst || several->to[at])
                continue;
            several->to[at] = message;
            several->reached++;
        }
    }
}

// What the host says first on that connection after it had a message; NULL: nothing.
const struct tick__tale_message *tick__story_answer(
    const struct tick__tale *tale, const struct tick__tale_message *question, uint32_t end) {
    const uint32_t connection = tick__tale_object(tale, question->direction)->parent;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes > 0 && message->direction != question->direction && message->send > question->recv && message->send <= end &&
            tick__tale_object(tale, message->direction)->parent == connection)
            return message;
    }
    return NULL;
}

// "replica-2 and replica-3": those that were reached, or the others.
static void say_hosts(const struct tick__tale *tale, const struct several *several, bool reached, struct tick__said *said) {
    const size_t count = reached ? several->reached : several->count - several->reached;
    size_t index = 0;
    for (size_t i = 0; i < several->count; i++) {
        if ((several->to[i] != NULL) != reached)
            continue;
        tick__story_list(said, index++, count);
        tick__said_host(tale, several->hosts[i], said);
    }
}

static void say_answers(const struct tick__telling *telling, const struct several *several, struct tick__said *said) {
    const struct tick__tale *tale = telling->tale;
    size_t told = 0;
    for (size_t i = 0; i < several->count; i++) {
        const struct tick__tale_message *answer = several->to[i] ? tick__story_answer(tale, several->to[i], telling->end) : NULL;
        if (!answer)
            continue;
        tick__say_to(said, told++ ? ", " : "; ");
        tick__said_host(tale, several->hosts[i], said);
        tick__say_to(said, " answers ");
        tick__said_message(tale, answer, 24, said);
        tick__say_to(said, " at ");
        tick__said_time(tick__tale_event(tale, answer->send)->ts, said);
    }
}

// When the task that has begun the asking goes on after all these answers, if one of those that are alike never answers; 0: not known.
static uint32_t goes_on_with(const struct tick__telling *telling, const struct several *several) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t task = tick__tale_object(tale, tick__tale_event(tale, several->first->send)->task)->parent;
    uint32_t latest = 0;
    for (size_t i = 0; i < several->count; i++) {
        const struct tick__tale_message *answer = several->to[i] ? tick__story_answer(tale, several->to[i], telling->end) : NULL;
        latest = answer && answer->recv > latest ? answer->recv : latest;
    }
    for (uint32_t seq = latest + 1; latest && seq <= telling->end; seq++)
        if (tick__tale_event(tale, seq)->kind == TICK_EV_STEP_BEGIN && tick__tale_event(tale, seq)->subject == task)
            return seq;
    return 0;
}

static void say_several(struct tick__telling *telling, const struct several *several) {
    const struct tick__tale *tale = telling->tale;
    struct tick__sentence *sentence = tick__story_add(telling, several->first->send, TICK__SAID_CONTEXT, 6);
    struct tick__said who = TICK__SAID(sentence->who), say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over);
    sentence->who[0] = '\0';
    tick__said_host(tale, several->first->src, &who);
    tick__say_to(&say, "sends ");
    tick__said_message(tale, several->first, 40, &say);
    tick__say_to(&say, " to ");
    say_hosts(tale, several, true, &say);
    say_hosts(tale, several, false, &over);
    tick__say_to(&over, several->count - several->reached > 1 ? " never get it" : " never gets it");
    say_answers(telling, several, &over);
    const uint32_t goes_on = goes_on_with(telling, several);
    if (goes_on) {
        tick__say_to(&over, "; with that ");
        tick__said_task(tale, tick__tale_event(tale, goes_on)->subject, &over);
        tick__say_to(&over, " goes on at ");
        tick__said_time(tick__tale_event(tale, goes_on)->ts, &over);
    }
}

// What the failing host said of the number first, before the runs parted, and was told, where it comes back to it with other words.
static bool say_own(struct tick__telling *telling, const char *digits, size_t length) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *first = NULL, *last = NULL;
    size_t count = 0;
    for (size_t i = 0; i < tale->message_count && count <= FEW; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 || message->src != tick__tale_event(tale, telling->end)->host || message->send > telling->end ||
            !tick__story_has_number(message, digits, length))
            continue;
        count++;
        first = first ? first : message;
        last = message;
    }
    const struct tick__tale_message *answer = first && count <= FEW ? tick__story_answer(tale, first, telling->end) : NULL;
    if (!answer || !answer->recv || answer->recv >= telling->part || last->send < telling->part || says(first, last))
        return false;
    struct tick__sentence *sentence = tick__story_add(telling, first->send, TICK__SAID_CONTEXT, 6);
    struct tick__said say = TICK__SAID(sentence->say);
    tick__say_to(&say, "sends ");
    tick__said_message(tale, first, 40, &say);
    tick__say_to(&say, " to ");
    tick__said_host(tale, first->dst, &say);
    tick__say_to(&say, ", and is told ");
    tick__said_message(tale, answer, 40, &say);
    tick__say_to(&say, " at ");
    tick__said_time(tick__tale_event(tale, answer->recv)->ts, &say);
    return true;
}

// The failing host asks one of those alone, and goes on with what that says.
static void say_alone(struct tick__telling *telling, const struct several *several) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t failing = tick__tale_event(tale, telling->end)->host;
    const struct tick__tale_message *asked = NULL, *before = NULL;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 || message->src != failing || !message->recv || message->send > telling->end ||
            !alike(host_name(tale, message->dst), host_name(tale, several->first->dst)))
            continue;
        before = asked;
        asked = message;
    }
    const struct tick__tale_message *answer = asked ? tick__story_answer(tale, asked, telling->end) : NULL;
    if (!answer || !answer->recv || (before && tick__tale_event(tale, before->send)->ts >= tick__tale_event(tale, asked->send)->ts))
        return;
    struct tick__sentence *sentence = tick__story_add(telling, asked->send, TICK__SAID_CHAIN, 7);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over);
    tick__say_to(&say, "sends ");
    tick__said_message(tale, asked, 48, &say);
    tick__say_to(&say, " to ");
    tick__said_host(tale, asked->dst, &say);
    tick__say_to(&say, " alone");
    tick__say_to(&over, "it goes on with that one answer, and does not ask ");
    for (size_t i = 0, index = 0; i < several->count; i++) {
        if (several->hosts[i] == asked->dst)
            continue;
        tick__say_to(&over, "%s", !index ? "" : index + 2 == several->count ? " or " : ", ");
        tick__said_host(tale, several->hosts[i], &over);
        index++;
    }
}

void tick__story_several(struct tick__telling *telling) {
    const struct tick_trace *trace = telling->tale->trace;
    const char *text = trace->text, *end = text + (*text ? tick_trace_said(trace) : 0);
    size_t numbers = 0;
    for (const char *at = text; at < end && numbers < NUMBERS_MOST;) {
        size_t length = 0;
        while (at + length < end && isdigit((unsigned char)at[length]))
            length++;
        struct several several = {.first = length ? first_with(telling, at, length) : NULL};
        if (several.first)
            find_several(telling, &several);
        if (several.reached > 1 && several.reached < several.count) {
            say_several(telling, &several);
            say_alone(telling, &several);
            return;
        }
        if (length && telling->good && say_own(telling, at, length))
            return;
        numbers += length > 0;
        at += length ? length : 1;
    }
}
