// Reads that took in what was not meant: an answer to somebody else's question, an answer to an earlier one, or messages of several senders
// one after the other.
#include "trace/explain/story_int.h"
#include <stdlib.h>
#include <string.h>

#define READ_SHOWN 3

void tick__story_taken_in(const struct tick__tale *tale, uint32_t seq, struct tick__story_read *read) {
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    const struct tick__tale_cause *causes;
    const size_t count = tick__tale_causes_of(tale, seq, &causes);
    *read = (struct tick__story_read){.seq = seq, .reader = tick__story_reader(tale, seq)};
    for (size_t i = 0; i <= count; i++) {
        const uint32_t cause = i < count ? causes[i].cause : event->cause;
        const struct tick__tale_event *recv = tick__tale_event(tale, cause);
        const struct tick__tale_message *message = tick__tale_message(tale, recv->subject);
        if (recv->kind == TICK_EV_MSG_RECV && message && message->bytes > 0 && read->count < TICK__READ_MOST)
            read->messages[read->count++] = message;
    }
}

uint32_t tick__story_intake(const struct tick__tale *tale, uint32_t seq, uint32_t connection) {
    const uint32_t step = tick__tale_event(tale, seq)->step;
    for (uint32_t at = seq - 1; at >= step && at >= tale->first && step; at--) {
        const struct tick__tale_event *event = tick__tale_event(tale, at);
        const struct tick__tale_message *message = tick__tale_message(tale, tick__tale_event(tale, event->cause)->subject);
        if (event->kind == TICK_EV_IO_COMPLETE && event->step == step && message &&
            (!connection || tick__tale_object(tale, message->direction)->parent == connection))
            return at;
    }
    uint32_t at = step;
    for (int links = 0; links < 4 && at; links++) {
        at = tick__tale_event(tale, at)->cause;
        if (tick__tale_event(tale, at)->kind == TICK_EV_IO_COMPLETE)
            return tick__tale_event(tale, at)->cause ? at : 0;
    }
    return 0;
}

// Among the questions that its sender's step took in, the one in the same place as it is among the answers, from the last.
const struct tick__tale_message *tick__story_question(const struct tick__tale *tale, const struct tick__tale_message *answer) {
    const uint32_t connection = tick__tale_object(tale, answer->direction)->parent;
    const uint32_t step = tick__tale_event(tale, answer->send)->step, intake = tick__story_intake(tale, answer->send, connection);
    struct tick__story_read read;
    size_t later = 0;
    if (!intake)
        return NULL;
    tick__story_taken_in(tale, intake, &read);
    for (uint32_t seq = answer->send + 1; seq <= tale->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        const struct tick__tale_message *message = tick__tale_message(tale, event->subject);
        if (event->kind == TICK_EV_STEP_END && event->step == step)
            break;
        later += event->kind == TICK_EV_MSG_SEND && event->step == step && message && message->direction == answer->direction;
    }
    if (later >= read.count)
        later = read.count ? read.count - 1 : 0;
    const struct tick__tale_message *question = read.count ? read.messages[read.count - 1 - later] : NULL;
    return question && tick__tale_object(tale, question->direction)->parent == connection && question->direction != answer->direction
               ? question
               : NULL;
}

// The latest that had come by then, if nothing else has answered that.
const struct tick__tale_message *tick__story_asked(const struct tick__tale *tale, const struct tick__tale_message *answer) {
    const uint32_t back = tick__tale_way_back(tale, answer->direction);
    const struct tick__tale_message *question = NULL, *other = NULL;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 || !message->send || message->send >= answer->send)
            continue;
        if (message->direction == back && message->recv && message->recv < answer->send)
            question = message;
        if (message->direction == answer->direction)
            other = message;
    }
    return question && (!other || other->send < question->recv) ? question : NULL;
}

void tick__story_say_question(
    const struct tick__tale *tale, const struct tick__tale_message *answer, const char *words, struct tick__said *said) {
    const struct tick__tale_message *question = tick__story_asked(tale, answer);
    if (!question)
        return;
    tick__say_to(said, "%s", words);
    tick__said_message(tale, question, 32, said);
    tick__say_to(said, " of ");
    tick__said_time(tick__tale_event(tale, question->send)->ts, said);
}

void tick__story_say_read(const struct tick__tale *tale, uint32_t seq, struct tick__said *said) {
    const uint32_t intake = tick__story_intake(tale, seq, 0);
    struct tick__story_read read;
    if (!intake)
        return;
    tick__story_taken_in(tale, intake, &read);
    const size_t shown = read.count < READ_SHOWN ? read.count : READ_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        tick__say_to(said, i ? " and " : ", now that ");
        tick__said_message(tale, read.messages[i], 40, said);
        tick__say_to(said, " of ");
        tick__said_sender(tale, read.messages[i], said);
    }
    if (shown)
        tick__say_to(said, shown > 1 ? " have come" : " has come");
}

// The last thing that was sent the other way before a read, on the same connection.
static const struct tick__tale_message *latest_question(
    const struct tick__tale *tale, const struct tick__tale_message *answer, uint32_t before) {
    const uint32_t connection = tick__tale_object(tale, answer->direction)->parent;
    const struct tick__tale_message *latest = NULL;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->direction != answer->direction && message->bytes > 0 && message->send < before && message->src == answer->dst &&
            tick__tale_object(tale, message->direction)->parent == connection && (!latest || message->send > latest->send))
            latest = message;
    }
    return latest;
}

static void question_words(const struct tick__telling *telling, const struct tick__tale_message *question, uint32_t reader,
    struct tick__said *said) {
    const struct tick__tale_event *sent = tick__tale_event(telling->tale, question->send);
    tick__said_message(telling->tale, question, 40, said);
    tick__say_to(said, " that ");
    if (sent->task == reader)
        tick__say_to(said, "it");
    else
        tick__said_who(telling->tale, question->send, said);
    tick__say_to(said, " sent at ");
    tick__said_time(sent->ts, said);
}

static void note_told(struct tick__telling *telling, const struct tick__tale_message *message) {
    if (telling->told_count < TICK__TOLD_MOST)
        telling->told[telling->told_count++] = message;
}

// An answer that was not meant for who reads it, or not for what it asked last.
static bool say_crossed(struct tick__telling *telling, const struct tick__story_read *read) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *answer = read->messages[0], *question = tick__story_question(tale, answer);
    const struct tick__tale_message *latest = question ? latest_question(tale, answer, read->seq) : NULL;
    if (!question || !latest || latest == question || !read->reader)
        return false;
    const uint32_t asker = tick__tale_event(tale, question->send)->task, last_asker = tick__tale_event(tale, latest->send)->task;
    if (last_asker != read->reader || tick__tale_event(tale, question->send)->step == tick__tale_event(tale, latest->send)->step)
        return false; // several messages make one question
    const int rank = (asker == read->reader ? 9 : 4) + (tick__story_hot(telling, read->seq) ? 0 : 8);
    struct tick__sentence *sentence = tick__story_add(telling, read->seq, TICK__SAID_CHAIN, rank);
    struct tick__said who = TICK__SAID(sentence->who), say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over);
    sentence->task = read->reader;
    tick__said_task(tale, read->reader, &who);
    tick__say_to(&say, "reads ");
    tick__said_message(tale, answer, 40, &say);
    tick__say_to(&say, ", the answer to ");
    question_words(telling, question, read->reader, &say);
    note_told(telling, answer);
    note_told(telling, question);
    note_told(telling, latest);
    tick__say_to(&over, "its own question, ");
    tick__said_message(tale, latest, 40, &over);
    tick__say_to(&over, " of ");
    tick__said_time(tick__tale_event(tale, latest->send)->ts, &over);
    tick__say_to(&over, ", is not answered yet");
    return true;
}

// Messages of several tasks, one after the other in one stream.
static void say_mixed(struct tick__telling *telling, const struct tick__story_read *read) {
    const struct tick__tale *tale = telling->tale;
    bool several = false;
    for (size_t i = 1; i < read->count; i++)
        several |= tick__tale_event(tale, read->messages[i]->send)->task != tick__tale_event(tale, read->messages[0]->send)->task;
    if (!several)
        return;
    struct tick__sentence *sentence = tick__story_add(telling, read->seq, TICK__SAID_CHAIN, 5);
    struct tick__said who = TICK__SAID(sentence->who), say = TICK__SAID(sentence->say);
    sentence->task = read->reader;
    if (read->reader)
        tick__said_task(tale, read->reader, &who);
    tick__say_to(&say, "reads ");
    const size_t shown = read->count < 3 ? read->count : 3;
    for (size_t i = 0; i < shown; i++) {
        tick__story_list(&say, i, shown);
        tick__said_message(tale, read->messages[i], 32, &say);
        tick__say_to(&say, " of ");
        tick__said_sender(tale, read->messages[i], &say);
        tick__say_to(&say, " (");
        tick__said_time(tick__tale_event(tale, read->messages[i]->send)->ts, &say);
        tick__say_to(&say, ")");
    }
    tick__say_to(&say, ", one after the other");
}

void tick__story_reads(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    struct tick__story_read read;
    for (uint32_t seq = telling->part; seq && seq <= telling->end; seq++) {
        if (tick__tale_event(tale, seq)->kind != TICK_EV_IO_COMPLETE)
            continue;
        tick__story_taken_in(tale, seq, &read);
        if (read.count && !say_crossed(telling, &read) && read.count > 1 && tick__story_hot(telling, seq))
            say_mixed(telling, &read);
    }
}
