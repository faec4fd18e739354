// What is said more than once: the same words by the same way, again and again, where the run beside says them less often. The first is
// told, with how many follow.
#include "trace/explain/story_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MANY 8

struct said { // a message that says something
    uint32_t message, way, kept;
    const char *payload;
};

static int compare(const struct said *a, const struct said *b) {
    if (a->way != b->way)
        return a->way < b->way ? -1 : 1;
    if (a->kept != b->kept)
        return a->kept < b->kept ? -1 : 1;
    return memcmp(a->payload, b->payload, a->kept);
}

static int by_words(const void *left, const void *right) {
    const struct said *a = left, *b = right;
    const int order = compare(a, b);
    return order ? order : a->message < b->message ? -1 : a->message > b->message;
}

// Datagrams, which have no stream that could say the same on purpose, line by line.
static size_t datagrams(const struct tick__tale *tale, uint32_t upto, struct said *all) {
    size_t count = 0;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->kept && message->send && message->send <= upto && tick__tale_object(tale, message->direction)->type == TICK_OBJECT_FD)
            all[count++] = (struct said){(uint32_t)i, message->direction, message->kept, message->payload};
    }
    qsort(all, count, sizeof *all, by_words);
    return count;
}

// What came in just before, at that moment; NULL: nothing did.
static const struct tick__tale_message *just_in(const struct tick__tale *tale, const struct tick__tale_message *message) {
    const int64_t ts = tick__tale_event(tale, message->send)->ts;
    for (uint32_t seq = message->send - 1; seq >= tale->first && seq && tick__tale_event(tale, seq)->ts == ts; seq--) {
        const struct tick__tale_message *in = tick__tale_message(tale, tick__tale_event(tale, seq)->subject);
        if (tick__tale_event(tale, seq)->kind == TICK_EV_MSG_RECV && in && in->dst == message->src)
            return in;
    }
    return NULL;
}

// How many say again what was said before; *first: the first of that host's that answers something, else its first, else the first; *own:
// how many are that host's.
static size_t repeats(
    const struct tick__tale *tale, const struct said *all, size_t count, uint32_t part, uint32_t host, uint32_t *first, size_t *own) {
    size_t found = 0;
    *own = 0;
    int best = 0;
    for (size_t i = 1; i < count; i++) {
        const struct tick__tale_message *message = &tale->messages[all[i].message];
        if (compare(&all[i - 1], &all[i]) != 0 || message->send < part)
            continue;
        *own += message->src == host;
        const int worth = (message->src == host ? 2 : 0) + (just_in(tale, message) ? 1 : 0);
        if (!found++ || worth > best || (worth == best && all[i].message < *first))
            *first = all[i].message;
        best = worth > best ? worth : best;
    }
    return found;
}

static void say_repeat(struct tick__telling *telling, uint32_t index, size_t count, size_t own, size_t there) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *message = &tale->messages[index], *in = just_in(tale, message);
    struct tick__sentence *sentence = tick__story_add(telling, message->send, TICK__SAID_CHAIN, 10);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    tick__say_to(&say, "sends ");
    tick__said_message(tale, message, 40, &say);
    tick__say_to(&say, " to ");
    tick__said_host(tale, message->dst, &say);
    tick__say_to(&say, " once more");
    if (in) {
        tick__say_to(&say, ", now that ");
        tick__said_message(tale, in, 40, &say);
        tick__say_to(&say, " has come");
    }
    if (count > 1 && own && own < count) { // so that it is the failing host's own, whose count the verdict may tell, that is given
        tick__say_to(&over, "in all %zu messages are sent again by ", own);
        tick__said_host(tale, message->src, &over);
        tick__say_to(&over, ", and %zu by others", count - own);
    } else if (count > 1) {
        tick__say_to(&over, "in all %zu messages are sent again", count);
    }
    if (telling->good && there)
        tick__say_to(&good, "%s %zu are", telling->there, there);
    else if (telling->good)
        tick__say_to(&good, "%s nothing is sent twice", telling->there);
}

void tick__story_repeats(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale, *good = telling->good;
    struct said *all = calloc(tale->message_count + 1, sizeof *all), *beside = calloc(good ? good->message_count + 1 : 1, sizeof *beside);
    uint32_t first = 0, theirs = 0;
    size_t count = 0, there = 0, own = 0, own_there = 0;
    if (!all || !beside) {
        telling->code = -ENOMEM;
    } else {
        count =
            repeats(tale, all, datagrams(tale, telling->end, all), telling->part, tick__tale_event(tale, telling->end)->host, &first, &own);
        if (good)
            there = repeats(good, beside, datagrams(good, good->last, beside), telling->beside->parting_b, 0, &theirs, &own_there);
    }
    if (count > there)
        say_repeat(telling, first, count, own, there);
    telling->goes_round = count >= there + MANY;
    free(all);
    free(beside);
}
