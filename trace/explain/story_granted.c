// Two at work on the same at once, each told by a third that it may: where a write of what is shared comes of an old read, what the one who
// asked for it and the one who asked for the write in between were told last, by the same host, before they did.
#include "trace/explain/story_int.h"
#include "trace/story.h"
#include <string.h>

struct writer {
    uint32_t host;                          // who asked for the write over a connection
    const struct tick__tale_message *asked; // with that
    const struct tick__tale_message *told;  // by a third, before
    const struct tick__tale_message *after; // what it said to that one next; NULL: nothing
};

static bool says(const struct tick__tale_message *message, const struct tick__tale_message *other) {
    return message->kept == other->kept && memcmp(message->payload, other->payload, message->kept) == 0;
}

// Who asked for what a step did, with which message: false if nobody did, or one of its own host.
static bool find_writer(const struct tick__tale *tale, uint32_t write, struct writer *writer) {
    const uint32_t intake = tick__story_intake(tale, write, 0);
    struct tick__story_read read = {0};
    if (intake)
        tick__story_taken_in(tale, intake, &read);
    if (!read.count)
        return false;
    writer->asked = read.messages[read.count - 1];
    writer->host = writer->asked->src;
    return writer->host && writer->host != tick__tale_event(tale, write)->host;
}

// The last that it was told before it asked, by `by`, or if that is 0 by anybody but the host that it asked; and what it said there next.
static void find_told(const struct tick__tale *tale, uint32_t by, struct writer *writer) {
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->bytes <= 0 || !message->send)
            continue;
        if (message->dst == writer->host &&
            (by ? message->src == by : message->src != writer->asked->dst && message->src != writer->host) && message->recv &&
            message->recv < writer->asked->send && (!writer->told || message->recv > writer->told->recv)) {
            writer->told = message;
            writer->after = NULL;
        } else if (writer->told && !writer->after && message->src == writer->host && message->dst == writer->told->src &&
                   message->send > writer->told->recv) {
            writer->after = message;
        }
    }
}

// What the newer one was told before, to the same question and since the older one was told that it may: that it may not. NULL: nothing.
static const struct tick__tale_message *find_refusal(const struct tick__tale *tale, const struct writer *old, const struct writer *new) {
    const struct tick__tale_message *question = tick__story_asked(tale, new->told), *last = NULL;
    for (size_t i = 0; question && i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->direction != new->told->direction || message->bytes <= 0 || message->send <= old->told->send ||
            message->send >= new->told->send || says(message, new->told))
            continue;
        const struct tick__tale_message *before = tick__story_asked(tale, message);
        if (before && says(before, question))
            last = message;
    }
    return last;
}

// Whether a message is the last that an event's step has read before it.
static bool is_read_in(const struct tick__tale *tale, const struct tick__tale_message *message, uint32_t seq) {
    const uint32_t intake = tick__story_intake(tale, seq, tick__tale_object(tale, message->direction)->parent);
    struct tick__story_read read = {0};
    if (intake)
        tick__story_taken_in(tale, intake, &read);
    return read.count && read.messages[read.count - 1] == message;
}

// What somebody notes when it has read a message, in that moment; 0: nothing.
static uint32_t noted(const struct tick__tale *tale, const struct tick__tale_message *message) {
    const struct tick__tale_event *recv = tick__tale_event(tale, message->recv);
    for (uint32_t seq = message->recv + 1; message->recv && seq <= tale->last && tick__tale_event(tale, seq)->ts == recv->ts; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if ((event->kind == TICK_EV_MARK || event->kind == TICK_EV_LOG) && is_read_in(tale, message, seq))
            return seq;
    }
    return 0;
}

// That it ended in between, and not because who had it said so.
static void say_ended(const struct tick__tale *tale, const struct writer *old, const struct writer *new,
    const struct tick__tale_message *refusal, struct tick__said *said) {
    const uint32_t note = noted(tale, refusal);
    tick__say_to(said, "; ");
    tick__said_host(tale, new->host, said);
    tick__say_to(said, " was told ");
    tick__said_message(tale, refusal, 32, said);
    tick__say_to(said, " at ");
    tick__said_time(tick__tale_event(tale, refusal->send)->ts, said);
    tick__say_to(said, ", to the same");
    if (note)
        tick__say_to(said, ", and says: %s", tick__tale_object(tale, tick__tale_event(tale, note)->subject)->name);
    tick__say_to(said, ". What ");
    tick__said_host(tale, old->host, said);
    tick__say_to(said, " was granted ended between ");
    tick__said_time(tick__tale_event(tale, refusal->send)->ts, said);
    tick__say_to(said, " and ");
    tick__said_time(tick__tale_event(tale, new->told->send)->ts, said);
    tick__say_to(said, ", without a word from ");
    tick__said_host(tale, old->host, said);
}

static void say_granted(struct tick__telling *telling, const struct writer *old, const struct writer *new) {
    const struct tick__tale *tale = telling->tale;
    struct tick__sentence *sentence = tick__story_add(telling, new->told->send, TICK__SAID_CHAIN, 5);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over);
    tick__say_to(&say, "sends ");
    tick__said_message(tale, new->told, 40, &say);
    tick__say_to(&say, " to ");
    tick__said_host(tale, new->host, &say);
    tick__story_say_question(tale, new->told, ", the answer to ", &say);
    tick__said_host(tale, old->host, &over);
    tick__say_to(&over, " was told ");
    tick__said_message(tale, old->told, 32, &over);
    tick__say_to(&over, " at ");
    tick__said_time(tick__tale_event(tale, old->told->send)->ts, &over);
    tick__story_say_question(tale, old->told, ", to ", &over);
    if (old->after && old->after->send <= telling->end) {
        tick__say_to(&over, ", and sends ");
        tick__said_message(tale, old->after, 32, &over);
        tick__say_to(&over, " only at ");
        tick__said_time(tick__tale_event(tale, old->after->send)->ts, &over);
    } else {
        tick__say_to(&over, ", and has said nothing to ");
        tick__said_host(tale, old->told->src, &over);
        tick__say_to(&over, " since");
    }
    const struct tick__tale_message *refusal = find_refusal(tale, old, new);
    if (refusal)
        say_ended(tale, old, new, refusal, &over);
}

void tick__story_granted(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    for (uint32_t seq = telling->part; seq && seq <= telling->end; seq++) {
        const uint32_t unseen = tick__tale_event(tale, seq)->kind == TICK_EV_SHARED_WRITE ? tick__tale_cause_how(tale, seq, "over") : 0;
        struct writer old = {0}, new = {0};
        if (!unseen || !tick__story_hot(telling, seq) || !tick__tale_cause_how(tale, seq, "from"))
            continue;
        if (find_writer(tale, seq, &old) && find_writer(tale, unseen, &new) && old.host != new.host) {
            find_told(tale, 0, &old);
            if (old.told)
                find_told(tale, old.told->src, &new);
        }
        // who has said something there in between may have given it back
        if (new.told && old.told->send < new.told->send && (!old.after || old.after->send > new.told->send))
            say_granted(telling, &old, &new);
        return; // one is enough
    }
}
