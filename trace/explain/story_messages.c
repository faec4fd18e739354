// What was sent on the way to the failure: the last three messages matter most. Many that are alike but for numbers say little more than
// the first of them, and are told once.
#include "trace/explain/story_int.h"
#include <ctype.h>
#include <string.h>

#define FIRST_FEW 3
#define TOLD_MOST 8
#define SPINE_MOST 64
#define MANY 4 // from so many on

// Whose connection it goes over, where that is not the sender's own: " over app/client-2's connection".
static void over_whose(const struct tick__tale *tale, const struct tick__tale_message *message, uint32_t task, struct tick__said *said) {
    const struct tick__tale_object *direction = tick__tale_object(tale, message->direction);
    const struct tick__tale_object *connection = tick__tale_object(tale, direction->parent);
    if (direction->kth != TICK_OUT || !task || connection->type != TICK_OBJECT_CONNECTION || connection->parent == task ||
        tick__tale_object(tale, connection->parent)->type != TICK_OBJECT_TASK)
        return;
    tick__say_to(said, " over a connection of ");
    tick__said_task(tale, connection->parent, said);
}

// What it says in the run beside, where that is something else.
static void says_there(struct tick__telling *telling, const struct tick__tale_message *message, struct tick__said *said) {
    const struct tick__tale *good = telling->good;
    const uint32_t twin = telling->beside ? tick__beside_twin(telling->beside, message->send) : 0;
    const struct tick__tale_message *other = good ? tick__tale_message(good, tick__tale_event(good, twin)->subject) : NULL;
    if (good && !other && telling->beside->repaired) // another call sends it there
        other = tick__tale_same_message(good, tick__tale_object(telling->tale, message->object)->id);
    if (!other || (other->kept == message->kept && memcmp(other->payload, message->payload, message->kept) == 0))
        return;
    tick__say_to(said, "%s it sends ", telling->there);
    tick__said_message(good, other, 40, said);
}

// Whose question an answer is to, where several use a connection one after the other, and who used it before.
static void lent_to(struct tick__telling *telling, const struct tick__tale_message *answer, struct tick__said *said) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t ask = tick__tale_object(tale, answer->direction)->kth == TICK_IN ? tick__tale_way_back(tale, answer->direction) : 0;
    const struct tick__tale_message *now = NULL, *before = NULL, *told = NULL; // told: by what the one before was over
    for (size_t i = 0; ask && i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 || !message->send || message->send >= answer->send || !tick__tale_event(tale, message->send)->task)
            continue;
        if (message->direction == answer->direction) {
            told = message;
        } else if (message->direction == ask) {
            before = told && now && told->send > now->send ? now : NULL;
            now = message;
        }
    }
    if (!before || told->send > now->send || tick__tale_event(tale, before->send)->task == tick__tale_event(tale, now->send)->task)
        return;
    tick__say_to(said, "that connection is used by ");
    tick__said_who(tale, now->send, said);
    tick__say_to(said, " since ");
    tick__said_time(tick__tale_event(tale, now->send)->ts, said);
    tick__say_to(said, ", for ");
    tick__said_message(tale, now, 32, said);
    tick__say_to(said, "; until ");
    tick__said_time(tick__tale_event(tale, told->send)->ts, said);
    tick__say_to(said, " it was used by ");
    tick__said_who(tale, before->send, said);
    tick__say_to(said, ", for ");
    tick__said_message(tale, before, 32, said);
    tick__say_to(said, " of ");
    tick__said_time(tick__tale_event(tale, before->send)->ts, said);
}

static void say_message(struct tick__telling *telling, const struct tick__tale_message *message, int rank) {
    const struct tick__tale *tale = telling->tale;
    struct tick__sentence *sentence = tick__story_add(telling, message->send, TICK__SAID_CHAIN, rank);
    struct tick__said say = TICK__SAID(sentence->say);
    tick__say_to(&say, "sends ");
    tick__said_message(tale, message, 48, &say);
    tick__say_to(&say, " to ");
    tick__said_receiver(tale, message, &say);
    if (tick__said_has_ends(tale, message)) { // who of this machine
        sentence->who[0] = '\0';
        tick__said_sender(tale, message, &TICK__SAID(sentence->who));
    }
    over_whose(tale, message, tick__tale_event(tale, message->send)->task, &say);
    says_there(telling, message, &TICK__SAID(sentence->good));
    if (*sentence->good)
        lent_to(telling, message, &TICK__SAID(sentence->over));
}

// The event that a step goes on from, where nothing that it read woke it: what armed its timer, resolved its future, made it.
static uint32_t came_of(const struct tick__tale *tale, uint32_t seq) {
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    uint32_t at = event->step && event->step < seq ? event->step : seq;
    for (int links = 0; links < 6 && at; links++) {
        at = tick__tale_before(tale, at);
        if (tick__tale_event(tale, at)->step && tick__tale_event(tale, at)->kind != TICK_EV_STEP_BEGIN)
            return at;
    }
    return 0;
}

// Back from the end along what was read: the message that a step took in last before it did what matters, what that answers, and so on;
// where a step read nothing, along what woke it.
static size_t spine(const struct tick__telling *telling, const struct tick__tale_message *messages[SPINE_MOST]) {
    const struct tick__tale *tale = telling->tale;
    size_t count = 0;
    uint32_t at = telling->end;
    for (int links = 0; links < 4 * SPINE_MOST && at && count < SPINE_MOST; links++) {
        const struct tick__tale_message *sent =
            tick__tale_event(tale, at)->kind == TICK_EV_MSG_SEND ? tick__tale_message(tale, tick__tale_event(tale, at)->subject) : NULL;
        const struct tick__tale_message *next = sent && sent->bytes > 0 ? tick__story_question(tale, sent) : NULL;
        const uint32_t intake = next ? 0 : tick__story_intake(tale, at, 0);
        if (intake) {
            struct tick__story_read read;
            tick__story_taken_in(tale, intake, &read);
            next = read.count ? read.messages[read.count - 1] : NULL;
        }
        if (next && next->send < at) {
            if (next->send < telling->part && count > 1)
                break;
            messages[count++] = next;
            at = next->send;
        } else {
            at = came_of(tale, at);
        }
    }
    return count;
}

// Whether two say the same by the same way, but for numbers.
static bool is_alike(const struct tick__tale_message *one, const struct tick__tale_message *other) {
    const char *a = one->payload, *b = other->payload, *const a_end = a + one->kept, *const b_end = b + other->kept;
    if (one->direction != other->direction || !one->kept || !other->kept)
        return false;
    while (a < a_end && b < b_end) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            for (; a < a_end && isdigit((unsigned char)*a); a++)
                continue;
            for (; b < b_end && isdigit((unsigned char)*b); b++)
                continue;
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return a == a_end && b == b_end;
}

static size_t count_alike(const struct tick__tale_message *message, const struct tick__tale_message *const *messages, size_t count) {
    size_t alike = 0;
    for (size_t i = 0; i < count; i++)
        alike += is_alike(message, messages[i]);
    return alike;
}

// All that are alike from the first on the way to the failure to the last of them.
static void say_alike(struct tick__telling *telling, const struct tick__tale_message *last,
    const struct tick__tale_message *const *messages, size_t count, int rank) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *first = last;
    size_t more = 0, there = 0;
    for (size_t i = 0; i < count; i++)
        first = is_alike(last, messages[i]) && messages[i]->send < first->send ? messages[i] : first;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->send < first->send || message->send > last->send || !is_alike(message, last))
            continue;
        more += message != first;
        there += telling->good && tick__tale_same_message(telling->good, tick__tale_object(tale, message->object)->id);
    }
    say_message(telling, first, rank);
    struct tick__sentence *sentence = tick__story_last(telling);
    struct tick__said over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    sentence->until = tick__tale_event(tale, last->send)->ts;
    over.used = strlen(sentence->over);
    tick__say_to(&over, "%sand %zu more like it, up to ", over.used ? "; " : "", more);
    tick__said_message(tale, last, 40, &over);
    if (telling->good && !there) {
        sentence->good[0] = '\0';
        tick__say_to(&good, "%s none of them", telling->there);
    }
}

static bool is_told(const struct tick__telling *telling, const struct tick__tale_message *message) {
    for (size_t i = 0; i < telling->told_count; i++)
        if (telling->told[i] == message)
            return true;
    return false;
}

// Whether it goes over a connection that has nothing to do with the answers that were read by the wrong ones, where there are such.
static bool is_aside(const struct tick__telling *telling, const struct tick__tale_message *message) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t connection = tick__tale_object(tale, message->direction)->parent;
    for (size_t i = 0; i < telling->told_count; i++)
        if (tick__tale_object(tale, telling->told[i]->direction)->parent == connection)
            return false;
    return telling->told_count > 0;
}

// The first that is said over a connection which the repaired program gives up instead; NULL: there is none.
static const struct tick__tale_message *said_after_all(const struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *first = NULL;
    for (size_t i = 0; telling->beside && telling->beside->repaired && i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i], *other;
        if (message->bytes <= 0 || message->send < telling->part || message->send > telling->end || (first && first->send < message->send))
            continue;
        other = tick__tale_same_message(telling->good, tick__tale_object(tale, message->object)->id);
        if (other && other->send && other->bytes == 0)
            first = message;
    }
    return first;
}

// Those on the way to the failure, from the end on.
static void say_spine(struct tick__telling *telling, const struct tick__tale_message *const *messages, size_t count) {
    int told = 0;
    for (size_t i = 0; i < count && told < TOLD_MOST; i++) {
        const bool little = telling->goes_round || is_told(telling, messages[i]) || is_aside(telling, messages[i]);
        const int rank = little ? 33 : told < FIRST_FEW ? 11 + told : 18 + told;
        const bool many = count_alike(messages[i], messages, count) >= MANY;
        if (many && count_alike(messages[i], messages, i)) // with the last of them
            continue;
        if (many)
            say_alike(telling, messages[i], messages, count, rank);
        else
            say_message(telling, messages[i], rank);
        told++;
    }
}

void tick__story_messages(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *messages[SPINE_MOST];
    const struct tick__tale_message *after_all = said_after_all(telling);
    const size_t count = spine(telling, messages);
    say_spine(telling, messages, count);
    if (after_all)
        say_message(telling, after_all, 10);
    int told = 0;
    for (uint32_t seq = telling->end; seq >= tale->first && seq && told < TOLD_MOST; seq--) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind != TICK_EV_MSG_SEND || !tick__tale_has(&telling->chain, seq))
            continue;
        const struct tick__tale_message *message = tick__tale_message(tale, event->subject);
        if (message && message->bytes > 0 && (seq >= telling->part || message->recv + 1 >= telling->part) &&
            count_alike(message, messages, count) < MANY)
            say_message(telling, message, 32 + told++);
    }
}
