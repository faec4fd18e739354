// What did not come: messages that the run beside has before its end, and this one has not, or only after the failure.
#include "src/base/times.h"
#include "trace/explain/story_int.h"
#include <errno.h>
#include <stdlib.h>

#define SOURCES_MOST 2 // where more hosts are missed, all of it has shifted, and none of it tells anything

struct missed {
    tick_id source;
    const struct tick__tale_message *last;  // what it said last, here
    const struct tick__tale_message *there; // the first that is missed, in the run beside
};

// The last message from a host that reaches another before the end; NULL: none does.
static const struct tick__tale_message *last_heard(const struct tick__telling *telling, tick_id source, uint32_t host) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *last = NULL;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->dst == host && message->bytes > 0 && message->recv && message->recv < telling->end &&
            tick__tale_object(tale, message->src)->id == source && (!last || message->recv > last->recv))
            last = message;
    }
    return last;
}

// How long it has been silent at the end, where that is longer than anybody else ever was between two messages: so long is too long.
// Whether that is so, or there is nobody to compare it with.
static bool say_silence(struct tick__telling *telling, const struct tick__tale_message *last, struct tick__said *said) {
    const struct tick__tale *tale = telling->tale;
    const int64_t silence = tick__ahead(tick__tale_event(tale, telling->end)->ts, tick__tale_event(tale, last->recv)->ts);
    int64_t longest = 0;
    int64_t *heard = calloc((size_t)tale->objects_count + 1, sizeof *heard); // by host, ns
    if (!heard) {
        telling->code = -ENOMEM;
        return true;
    }
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->dst != last->dst || message->bytes <= 0 || !message->recv || message->recv > telling->end ||
            message->src > tale->objects_count || message->src == last->src)
            continue;
        const int64_t ts = tick__tale_event(tale, message->recv)->ts;
        if (ts < heard[message->src])
            continue;
        if (heard[message->src] && tick__ahead(ts, heard[message->src]) > longest)
            longest = tick__ahead(ts, heard[message->src]);
        heard[message->src] = ts;
    }
    free(heard);
    if (!longest || silence <= longest)
        return !longest;
    tick__said_host(tale, last->src, said);
    tick__say_to(said, " has been silent for ");
    tick__said_time(silence, said);
    tick__say_to(said, "; no other host was for longer than ");
    tick__said_time(longest, said);
    return true;
}

// It is told with the failure, behind what it came of, and not where nobody could know yet that it was the last.
static void say_missed(struct tick__telling *telling, const struct missed *missed, uint32_t host) {
    const struct tick__tale *tale = telling->tale, *good = telling->good;
    const struct tick__tale_message *last = missed->last;
    const uint32_t step = tick__tale_event(tale, telling->end)->step;
    struct tick__sentence *sentence = tick__story_add(telling, step > last->recv ? step : last->recv, TICK__SAID_WAIT, 14);
    struct tick__said who = TICK__SAID(sentence->who), say = TICK__SAID(sentence->say), there = TICK__SAID(sentence->good);
    sentence->who[0] = '\0';
    sentence->loc = 0;
    tick__said_host(tale, host, &who);
    tick__say_to(&say, "has heard nothing from ");
    tick__said_host(tale, last->src, &say);
    tick__say_to(&say, " since ");
    tick__said_message(tale, last, 40, &say);
    tick__say_to(&say, " of ");
    tick__said_time(tick__tale_event(tale, last->recv)->ts, &say);
    if (!say_silence(telling, last, &TICK__SAID(sentence->over)))
        sentence->rank = 31; // others have been silent for as long, and nothing came of it
    tick__say_to(&there, "%s ", telling->there);
    tick__said_message(good, missed->there, 40, &there);
    tick__say_to(&there, " comes at ");
    tick__said_time(tick__tale_event(good, missed->there->recv)->ts, &there);
}

void tick__story_absent(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale, *good = telling->good;
    const struct tick__tale_event *end = tick__tale_event(tale, telling->end);
    struct missed missed[SOURCES_MOST + 1];
    size_t sources = 0;
    tick_id asked = 0; // whom was looked for last, and what was heard
    const struct tick__tale_message *heard = NULL;
    if (!good || !end->host || telling->beside->parting_b > good->last)
        return;
    const tick_id host = tick__tale_object(tale, end->host)->id;
    for (size_t i = 0; i < good->message_count && sources <= SOURCES_MOST; i++) {
        const struct tick__tale_message *message = &good->messages[i];
        if (message->bytes <= 0 || message->recv < telling->beside->parting_b || tick__tale_object(good, message->dst)->id != host ||
            tick__tale_event(good, message->recv)->ts > end->ts)
            continue;
        const tick_id source = tick__tale_object(good, message->src)->id;
        size_t at = 0;
        while (at < sources && missed[at].source != source)
            at++;
        if (at < sources)
            continue;
        const struct tick__tale_message *here = tick__tale_same_message(tale, tick__tale_object(good, message->object)->id);
        if (here && here->recv && here->recv <= telling->end)
            continue;
        const struct tick__tale_message *last = source == asked ? heard : last_heard(telling, source, end->host);
        asked = source;
        heard = last;
        if (last && tick__tale_event(good, message->recv)->ts > tick__tale_event(tale, last->recv)->ts)
            missed[sources++] = (struct missed){source, last, message};
    }
    for (size_t i = 0; sources <= SOURCES_MOST && i < sources; i++)
        say_missed(telling, &missed[i], end->host);
}
