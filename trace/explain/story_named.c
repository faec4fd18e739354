// Who is named in the verdict's text, a host or a task by its path: what each of them was told last before the failure, and before that,
// and what it had asked and was not told yet.
#include "trace/explain/story_int.h"
#include "trace/story.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_MOST 3
#define TOLD_MOST 3 // of each, the latest

struct party {
    uint32_t object; // host or task
    bool task;
    const struct tick__tale_message *told[TOLD_MOST], *said; // told: the latest first
    const struct tick__tale_message *open;                   // what it asked last and has no answer to
    size_t count;
};

static bool of_a_word(char c) {
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '/';
}

// Whether a text has a name as a whole word: "alice", and no "bob" in "bobby" or "bob-2".
static bool has_word(const char *text, size_t size, const char *name) {
    const size_t length = strlen(name);
    for (size_t at = 0; length && at + length <= size; at++)
        if (memcmp(text + at, name, length) == 0 && (!at || !of_a_word(text[at - 1])) &&
            (at + length == size || !of_a_word(text[at + length])))
            return true;
    return false;
}

static size_t find_parties(const struct tick__telling *telling, struct party parties[NAMED_MOST]) {
    const struct tick__tale *tale = telling->tale;
    const struct tick_trace *trace = tale->trace;
    const int said = tick_trace_said(trace);
    size_t count = 0;
    for (uint32_t id = 1; id <= tale->objects_count && count < NAMED_MOST; id++) {
        const struct tick__tale_object *object = tick__tale_object(tale, id);
        const bool task = object->type == TICK_OBJECT_TASK && strchr(object->path, '/');
        if ((task || object->type == TICK_OBJECT_HOST) &&
            has_word(trace->text, said > 0 ? (size_t)said : 0, *object->path ? object->path : object->name))
            parties[count++] = (struct party){.object = id, .task = task};
    }
    return count;
}

// --- what it was told and said ---

static bool is_said_by(const struct tick__tale *tale, const struct tick__tale_message *message, const struct party *party) {
    return party->task ? tick__tale_event(tale, message->send)->task == party->object : message->src == party->object;
}

static bool is_told_to(const struct tick__tale *tale, const struct tick__tale_message *message, const struct party *party) {
    const struct tick__tale_object *direction = tick__tale_object(tale, message->direction);
    return party->task ? direction->kth == TICK_IN && tick__tale_object(tale, direction->parent)->parent == party->object
                       : message->dst == party->object;
}

// asked: by direction, the last message that is not answered yet, as index + 1.
static void gather(const struct tick__telling *telling, struct party *party, uint32_t *asked) {
    const struct tick__tale *tale = telling->tale;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        const uint32_t back = tick__tale_way_back(tale, message->direction);
        if (message->bytes <= 0 || !message->send || message->send > telling->end || !back)
            continue;
        if (is_said_by(tale, message, party)) {
            asked[message->direction] = (uint32_t)i + 1;
            party->said = message;
        } else if (is_told_to(tale, message, party)) {
            asked[back] = 0;
            memmove(party->told + 1, party->told, (TOLD_MOST - 1) * sizeof *party->told);
            party->told[0] = message;
            party->count += party->count < TOLD_MOST;
        }
    }
    for (size_t i = 0; i < tale->message_count; i++) {
        const uint32_t direction = tale->messages[i].direction;
        if (direction > tale->objects_count || asked[direction] != i + 1)
            continue;
        asked[direction] = 0;
        party->open = &tale->messages[i];
    }
}

// --- in words ---

static void say_party(const struct tick__tale *tale, const struct party *party, struct tick__said *said) {
    if (party->task)
        tick__said_task(tale, party->object, said);
    else
        tick__said_host(tale, party->object, said);
}

// `before that, alice was told "no lease" at 347 ms, to "keepalive 0" of 248 ms, and "ok" at 349 ms`
static void say_before(const struct tick__tale *tale, const struct party *party, struct tick__said *said) {
    if (party->count > 1) {
        tick__say_to(said, "before that, ");
        say_party(tale, party, said);
        tick__say_to(said, " was told ");
    }
    for (size_t i = party->count; i-- > 1;) {
        tick__say_to(said, "%s", i + 1 == party->count ? "" : i > 1 ? ", " : ", and ");
        tick__said_message(tale, party->told[i], 32, said);
        tick__say_to(said, " at ");
        tick__said_time(tick__tale_event(tale, party->told[i]->send)->ts, said);
        tick__story_say_question(tale, party->told[i], ", to ", said);
    }
}

static struct tick__sentence *say_sent(struct tick__telling *telling, const struct tick__tale_message *message, bool answers) {
    struct tick__sentence *sentence = tick__story_add(telling, message->send, TICK__SAID_CHAIN, 6);
    struct tick__said say = TICK__SAID(sentence->say);
    tick__say_to(&say, "sends ");
    tick__said_message(telling->tale, message, 48, &say);
    tick__say_to(&say, " to ");
    tick__said_host(telling->tale, message->dst, &say);
    if (answers)
        tick__story_say_question(telling->tale, message, ", the answer to ", &say);
    return sentence;
}

// Whether the task that fails is the one that has read it.
static bool is_read_by_the_end(const struct tick__telling *telling, const struct tick__tale_message *message) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t task = tick__tale_event(tale, telling->end)->task;
    const uint32_t connection = tick__tale_object(tale, message->direction)->parent;
    return task && message->recv && tick__tale_object(tale, task)->parent == connection;
}

static bool is_told(const struct tick__telling *telling, const struct tick__tale_message *message) {
    const struct tick__story *story = telling->story;
    for (size_t i = 0; message && i < story->count; i++)
        if (story->sentences[i].seq == message->send && story->sentences[i].rank < 30)
            return true;
    return false;
}

static void say_named(struct tick__telling *telling, const struct party *party) {
    const struct tick__tale *tale = telling->tale;
    const bool open = party->open && is_read_by_the_end(telling, party->open);
    if (is_told(telling, party->said) || is_told(telling, party->told[0]) || (!open && !party->count))
        return;
    struct tick__sentence *sentence = say_sent(telling, open ? party->open : party->told[0], !open);
    struct tick__said over = TICK__SAID(sentence->over);
    if (open) {
        tick__said_task(tale, tick__tale_event(tale, telling->end)->task, &over);
        tick__say_to(&over, " reads that, and fails at ");
        tick__said_time(tick__tale_event(tale, telling->end)->ts, &over);
        tick__say_to(&over, ", before its answer goes to ");
        say_party(tale, party, &over);
    } else {
        say_before(tale, party, &over);
    }
}

void tick__story_named(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    struct party parties[NAMED_MOST];
    uint32_t *asked = calloc((size_t)tale->objects_count + 1, sizeof *asked);
    if (!asked) {
        telling->code = -ENOMEM;
        return;
    }
    const size_t count = *tale->trace->text ? find_parties(telling, parties) : 0;
    for (size_t i = 0; i < count; i++) {
        if (parties[i].object == tick__tale_event(tale, telling->end)->host ||
            parties[i].object == tick__tale_event(tale, telling->end)->task)
            continue; // it speaks for itself
        gather(telling, &parties[i], asked);
        say_named(telling, &parties[i]);
    }
    free(asked);
}
