// Each deviation, and where it bears: the late message arrives, the busy host goes on, what was lost in a fault and what was never said for
// want of it.
#include "src/base/times.h"
#include "trace/explain/story_int.h"
#include <string.h>

#define FEW 3

static const struct tick__tale_message *message_at(const struct tick__tale *tale, const struct tick__tale_choice *choice) {
    const bool stream = tick__tale_object(tale, choice->subject)->type == TICK_OBJECT_DIRECTION;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        const uint64_t from = tick__tale_object(tale, message->object)->ordinal,
                       bytes = stream && message->bytes > 0 ? (uint64_t)message->bytes : 1;
        if (message->direction == choice->subject && from <= choice->ordinal && choice->ordinal - from < bytes)
            return message;
    }
    return NULL;
}

static bool same_words(const struct tick__tale_message *a, const struct tick__tale_message *b) {
    return a->kept == b->kept && memcmp(a->payload, b->payload, a->kept) == 0;
}

static int64_t way(const struct tick__tale *tale, const struct tick__tale_message *message) {
    return tick__ahead(tick__tale_event(tale, message->recv)->ts, tick__tale_event(tale, message->send)->ts);
}

// What was sent later, to the same host by another way, and came first: the last two.
static void say_source(const struct tick__tale *tale, const struct tick__tale_message *message, struct tick__said *said) {
    if (tick__said_has_ends(tale, message))
        tick__said_sender(tale, message, said);
    else
        tick__said_host(tale, message->src, said);
}

static void overtaken(const struct tick__telling *telling, const struct tick__tale_message *late, struct tick__said *said) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *by[2] = {NULL, NULL};
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *other = &tale->messages[i];
        if (other->dst == late->dst && other->direction != late->direction && other->bytes > 0 && other->recv && other->recv < late->recv &&
            other->send > late->send) {
            by[0] = by[1];
            by[1] = other;
        }
    }
    if (!by[1])
        return;
    tick__say_to(said, "overtaken by ");
    for (int i = by[0] ? 0 : 1; i < 2; i++) {
        tick__said_message(tale, by[i], 32, said);
        if (i == 0 && (by[0]->src != by[1]->src || tick__said_has_ends(tale, by[0]))) {
            tick__say_to(said, " from ");
            say_source(tale, by[0], said);
        }
        if (i == 0)
            tick__say_to(said, " and ");
    }
    tick__say_to(said, " from ");
    say_source(tale, by[1], said);
}

// A datagram that was sent again, since there was no answer: when, and when that came.
static void sent_again(const struct tick__telling *telling, const struct tick__tale_message *late, struct tick__said *said) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *first = NULL, *last = NULL;
    size_t count = 0;
    if (tick__tale_object(tale, late->direction)->type != TICK_OBJECT_FD)
        return;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->direction != late->direction || message->dst != late->dst || message->send <= late->send ||
            message->send > late->recv || !message->recv || !same_words(message, late))
            continue;
        first = first ? first : message;
        last = message;
        count++;
    }
    if (!count)
        return;
    tick__say_to(said, "%s", said->used ? "; " : "");
    tick__said_host(tale, late->src, said);
    tick__say_to(said, " has sent the same again by then, ");
    if (count > 1)
        tick__say_to(said, "%zu times from ", count);
    else
        tick__say_to(said, "at ");
    tick__said_time(tick__tale_event(tale, first->send)->ts, said);
    tick__say_to(said, count > 1 ? " on, and those come by " : ", and that comes at ");
    tick__said_time(tick__tale_event(tale, last->recv)->ts, said);
    tick__say_to(said, tick__tale_event(tale, last->recv)->ts == tick__tale_event(tale, late->recv)->ts ? ", too" : "");
}

static const char *too(const struct tick__telling *telling) { // "in the good run, too"; "repaired, too"
    const size_t length = strlen(telling->there);
    return length && telling->there[length - 1] == ',' ? " too" : ", too";
}

static void late_message(struct tick__telling *telling, const struct tick__tale_message *message) {
    const struct tick__tale *tale = telling->tale;
    struct tick__sentence *sentence = tick__story_add(telling, message->recv, TICK__SAID_BEARING, message->bytes > 0 ? 20 : 30);
    struct tick__said who = TICK__SAID(sentence->who), say = TICK__SAID(sentence->say), good = TICK__SAID(sentence->good);
    sentence->who[0] = '\0';
    sentence->loc = 0;
    tick__said_receiver(tale, message, &who);
    tick__say_to(&say, "receives ");
    tick__said_message(tale, message, 40, &say);
    tick__say_to(&say, " only now, ");
    tick__said_time(way(tale, message), &say);
    tick__say_to(&say, " after ");
    tick__said_sender(tale, message, &say);
    tick__say_to(&say, " sent it");
    struct tick__said over = TICK__SAID(sentence->over);
    overtaken(telling, message, &over);
    sent_again(telling, message, &over);
    const struct tick__tale_message *twin =
        telling->good ? tick__tale_same_message(telling->good, tick__tale_object(tale, message->object)->id) : NULL;
    if (!twin || !twin->recv)
        return;
    const bool same = way(telling->good, twin) == way(tale, message);
    tick__say_to(&good, "%s%s", telling->there, same ? too(telling) : " after ");
    if (!same)
        tick__said_time(way(telling->good, twin), &good);
    if (twin->bytes > 0 && !same_words(twin, message)) {
        tick__say_to(&good, ", and there it is ");
        tick__said_message(telling->good, twin, 32, &good);
    }
}

// What came in for a host while it was away.
static void meanwhile(const struct tick__tale *tale, uint32_t host, uint32_t from, uint32_t to, struct tick__said *said) {
    const struct tick__tale_message *first = NULL;
    size_t more = 0;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->dst != host || message->bytes <= 0 || message->recv <= from || message->recv >= to)
            continue;
        more += first != NULL;
        if (!first || message->recv < first->recv)
            first = message;
    }
    if (!first)
        return;
    tick__say_to(said, "meanwhile ");
    tick__said_message(tale, first, 40, said);
    tick__say_to(said, " of ");
    tick__said_sender(tale, first, said);
    if (more)
        tick__said_more(said, more, "message");
    tick__say_to(said, " came in at ");
    tick__said_host(tale, host, said);
}

// What a step that takes long sends is gone before: its cost is what it takes until somebody else has a turn.
static void say_sends_first(const struct tick__tale *tale, const struct tick__tale_choice *choice, struct tick__sentence *decided) {
    const uint32_t step = tick__tale_event(tale, choice->seq)->step;
    const struct tick__tale_message *first = NULL;
    for (size_t i = 0; step && i < tale->message_count && !first; i++)
        if (tale->messages[i].bytes > 0 && tick__tale_event(tale, tale->messages[i].send)->step == step)
            first = &tale->messages[i];
    if (!first)
        return;
    struct tick__said over = TICK__SAID(decided->over);
    tick__say_to(&over, "what it sends, ");
    tick__said_message(tale, first, 40, &over);
    tick__say_to(&over, ", leaves at its beginning");
}

// Where there are many decisions, what came of each is told with it, so that others find room; and where nothing came in meanwhile.
static void late_host(struct tick__telling *telling, uint32_t host, uint32_t since, uint32_t until, struct tick__sentence *decision) {
    const struct tick__tale *tale = telling->tale;
    char came[sizeof decision->over] = "";
    meanwhile(tale, host, since, until, &TICK__SAID(came));
    if (tale->choice_count > FEW || !*came) {
        struct tick__said over = TICK__SAID(decision->over);
        over.used = strlen(decision->over);
        tick__say_to(&over, over.used ? "; " : "");
        tick__said_host(tale, host, &over);
        tick__say_to(&over, " goes on at ");
        tick__said_time(tick__tale_event(tale, until)->ts, &over);
        tick__say_to(&over, "%s%s", *came ? "; " : "", came);
        return;
    }
    struct tick__sentence *sentence = tick__story_add(telling, until, TICK__SAID_BEARING, 22);
    struct tick__said who = TICK__SAID(sentence->who);
    sentence->who[0] = '\0';
    sentence->loc = 0;
    tick__said_host(tale, host, &who);
    tick__say_to(&TICK__SAID(sentence->say), "goes on");
    memcpy(sentence->over, came, sizeof came);
}

// A timer is asked about when it is set, and fires much later: when the wait that it bounds is over, which something else may end before.
static void late_timer(const struct tick__tale *tale, const struct tick__tale_choice *choice, struct tick__sentence *decision) {
    const uint32_t fire = choice->bears;
    const struct tick__tale_event *event = tick__tale_event(tale, fire), *arm = tick__tale_event(tale, event->cause);
    struct tick__said over = TICK__SAID(decision->over);
    if (arm->kind == TICK_EV_TIMER_ARM) {
        tick__say_to(&over, "it is due at ");
        tick__said_time(arm->arg, &over);
        tick__say_to(&over, ", ");
        if (event->ts < tick__after(arm->arg, choice->ns)) {
            tick__say_to(&over, "would fire at ");
            tick__said_time(tick__after(arm->arg, choice->ns), &over);
            tick__say_to(&over, ", and fires at ");
            tick__said_time(event->ts, &over);
            tick__say_to(&over, " already, when something else wakes ");
            tick__said_host(tale, event->host, &over);
            return;
        }
        tick__say_to(&over, "and ");
    }
    tick__say_to(&over, "fires at ");
    tick__said_time(event->ts, &over);
}

// --- faults ---

// Whether an event is a message's being lost or slowed by a fault: by its fault_begin, or what that did to a host.
static bool is_hit(const struct tick__tale *tale, uint32_t begin, uint32_t seq) {
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    const struct tick__tale_event *by = tick__tale_event(tale, event->cause);
    return (event->kind == TICK_EV_MSG_DROP || event->kind == TICK_EV_MSG_SLOW) &&
           (event->cause == begin || (by->kind == TICK_EV_HOST_CRASH && by->cause == begin));
}

// What the host did first that a pause had held up; 0: nothing was.
static uint32_t held_up(const struct tick__tale *tale, uint32_t begin, uint32_t *pause) {
    const uint32_t *effects, *late;
    const size_t count = tick__tale_effects_of(tale, begin, &effects);
    for (size_t i = 0; i < count; i++)
        if (tick__tale_event(tale, effects[i])->kind == TICK_EV_HOST_PAUSE && tick__tale_effects_of(tale, effects[i], &late)) {
            *pause = effects[i];
            return late[0];
        }
    return 0;
}

// How much a lost message matters: more, the nearer its ends are to where the failure shows.
static int worth(const struct tick__telling *telling, const struct tick__tale_message *message, const uint32_t near[4]) {
    int points = message->bytes > 0 ? 2 : 0;
    bool src = false, dst = false;
    for (int i = 0; i < 4; i++) {
        src |= near[i] && near[i] == message->src;
        dst |= near[i] && near[i] == message->dst;
    }
    points += (src ? 10 : 0) + (dst ? 10 : 0);
    points -= message->src == tick__tale_event(telling->tale, telling->end)->host ? 15 : 0;
    return points + (tick__tale_has(&telling->chain, message->send) ? 3 : 0);
}

// The hosts of the last two messages on the way to the failure.
static void hosts_near(const struct tick__telling *telling, uint32_t near[4]) {
    size_t count = 0;
    memset(near, 0, 4 * sizeof *near);
    for (uint32_t seq = telling->end; seq >= telling->tale->first && seq && count < 4; seq--) {
        const struct tick__tale_event *event = tick__tale_event(telling->tale, seq);
        const struct tick__tale_message *message = tick__tale_message(telling->tale, event->subject);
        if (event->kind != TICK_EV_MSG_SEND || !message || !tick__tale_has(&telling->chain, seq))
            continue;
        near[count++] = message->src;
        near[count++] = message->dst;
    }
}

// What is said next on that connection in the run beside, and here never.
static void never_said(const struct tick__telling *telling, const struct tick__tale_message *lost, struct tick__said *said) {
    const struct tick__tale *tale = telling->tale, *good = telling->good;
    const tick_id connection = tick__tale_object(tale, tick__tale_object(tale, lost->direction)->parent)->id;
    for (size_t i = 0; good && connection && i < good->message_count; i++) {
        const struct tick__tale_message *message = &good->messages[i];
        if (message->bytes <= 0 || tick__tale_object(good, tick__tale_object(good, message->direction)->parent)->id != connection ||
            tick__tale_same_message(tale, tick__tale_object(good, message->object)->id))
            continue;
        tick__say_to(said, "%s ", telling->there);
        tick__said_who(good, message->send, said);
        tick__say_to(said, " then sends ");
        tick__said_message(good, message, 40, said);
        tick__say_to(said, " to ");
        tick__said_host(good, message->dst, said);
        tick__say_to(said, "; here it never does");
        return;
    }
}

// The message that a fault lost or slowed, of which most can be said; *more: how many others it did that to. NULL: none.
static const struct tick__tale_message *worst_hit(const struct tick__telling *telling, uint32_t begin, size_t *more) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_message *worst = NULL;
    uint32_t near[4];
    hosts_near(telling, near);
    *more = 0;
    for (uint32_t seq = begin + 1; seq <= tale->last; seq++) {
        const struct tick__tale_message *message =
            is_hit(tale, begin, seq) ? tick__tale_message(tale, tick__tale_event(tale, seq)->subject) : NULL;
        if (!message || (message->drop && message->drop < seq))
            continue; // it was hit before
        *more += worst != NULL;
        if (!worst || worth(telling, message, near) > worth(telling, worst, near))
            worst = message;
    }
    return worst;
}

static void lost_in(struct tick__telling *telling, uint32_t begin) {
    const struct tick__tale *tale = telling->tale;
    size_t more;
    const struct tick__tale_message *lost = worst_hit(telling, begin, &more);
    if (!lost)
        return;
    struct tick__sentence *sentence = tick__story_add(telling, lost->send, TICK__SAID_BEARING, 15);
    struct tick__said say = TICK__SAID(sentence->say);
    const bool asks = lost->bytes <= 0 && tick__tale_object(tale, lost->object)->ordinal == 0 && !lost->recv;
    if (asks) {
        tick__say_to(&say, "asks to connect to ");
        tick__said_host(tale, lost->dst, &say);
        tick__say_to(&say, ", and gets no answer");
    } else {
        tick__say_to(&say, "sends ");
        tick__said_message(tale, lost, 40, &say);
        tick__say_to(&say, " to ");
        tick__said_host(tale, lost->dst, &say);
        tick__say_to(&say, lost->recv ? ": it comes late" : ": it is lost");
    }
    if (more) {
        struct tick__said over = TICK__SAID(sentence->over);
        tick__said_more(&over, more, "message");
        tick__say_to(&over, more == 1 ? " fares alike" : " fare alike");
    }
    never_said(telling, lost, &TICK__SAID(sentence->good));
}

// --- all ---

// A decision in words, without its own time, which stands before the sentence.
static void say_words(const char *words, int64_t ts, struct tick__said *said) {
    char when[64] = "";
    tick__say_to(&TICK__SAID(when), " at ");
    struct tick__said time = {.text = when, .size = sizeof when, .used = strlen(when)};
    tick__said_time(ts, &time);
    const char *at = strstr(words, when);
    const size_t length = strlen(when);
    if (at && (at[length] == '\0' || at[length] == ' '))
        tick__say_to(said, "%.*s%s", (int)(at - words), words, at + length);
    else
        tick__say_to(said, "%s", words);
}

// The same decision of the run beside, at the same moment; NULL: that does not take it.
static const struct tick__tale_choice *decided_there(const struct tick__telling *telling, const struct tick__tale_choice *choice) {
    const struct tick__tale *good = telling->good;
    const int64_t ts = tick__tale_event(telling->tale, choice->seq)->ts;
    size_t low = 0, end = good ? good->choice_count : 0, high = end;
    while (low < high) { // the first of that moment: they are in the order of events
        const size_t middle = low + (high - low) / 2;
        if (tick__tale_event(good, good->choices[middle].seq)->ts < ts)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i < end && tick__tale_event(good, good->choices[i].seq)->ts == ts; i++)
        if (strcmp(good->choices[i].line, choice->line) == 0)
            return &good->choices[i];
    return NULL;
}

// How many decisions both runs take.
static size_t shared_decisions(const struct tick__telling *telling) {
    size_t count = 0;
    for (size_t i = 0; telling->good && i < telling->tale->choice_count; i++)
        count += decided_there(telling, &telling->tale->choices[i]) != NULL;
    return count;
}

// Whether it is one of both runs, and has borne before the moment in which they part: nothing that came of it is otherwise here.
static bool is_common(const struct tick__telling *telling, const struct tick__tale_choice *choice) {
    return choice->bears && choice->bears < telling->part &&
           tick__tale_event(telling->tale, choice->bears)->ts < tick__beside_same_until(telling->beside) && decided_there(telling, choice);
}

static struct tick__sentence *decision(
    struct tick__telling *telling, const struct tick__tale_choice *choice, const struct tick__tale_message *message) {
    const struct tick__tale *tale = telling->tale;
    const bool chained = tick__tale_has(&telling->chain, choice->seq) || (choice->bears && tick__tale_has(&telling->chain, choice->bears));
    struct tick__sentence *sentence =
        tick__story_add(telling, choice->seq, TICK__SAID_DECISION, tale->choice_count <= TICK__ALL_TOLD || chained ? 0 : 40);
    struct tick__said say = TICK__SAID(sentence->say);
    sentence->who[0] = '\0';
    sentence->loc = 0;
    say_words(*choice->words ? choice->words : choice->line, sentence->ts, &say);
    if (message && message->bytes > 0) {
        tick__say_to(&say, ": ");
        tick__said_message(tale, message, 40, &say);
    }
    return sentence;
}

// Where it bears.
static void say_bearing(struct tick__telling *telling, const struct tick__tale_choice *choice, const struct tick__tale_message *message,
    struct tick__sentence *decided) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_event *bears = tick__tale_event(tale, choice->bears);
    uint32_t pause;
    if (strcmp(choice->kind, "step_cost") == 0)
        say_sends_first(tale, choice, decided);
    if (message && message->recv)
        late_message(telling, message);
    else if (bears->kind == TICK_EV_FAULT_BEGIN && held_up(tale, choice->bears, &pause))
        late_host(telling, tick__tale_event(tale, pause)->subject, pause, held_up(tale, choice->bears, &pause), decided);
    else if (bears->kind == TICK_EV_FAULT_BEGIN)
        lost_in(telling, choice->bears);
    else if (strcmp(choice->kind, "short_send") == 0)
        tick__story_short(telling, choice, decided);
    else if (bears->kind == TICK_EV_TIMER_FIRE && bears->subject == choice->subject)
        late_timer(tale, choice, decided);
    else if (choice->bears && choice->ns > 0)
        late_host(telling, choice->host ? choice->host : bears->host, choice->seq, choice->bears, decided);
}

void tick__story_decisions(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    const bool tells_apart = telling->good && !telling->beside->repaired && shared_decisions(telling) > 0;
    for (size_t i = 0; i < tale->choice_count; i++) {
        const struct tick__tale_choice *choice = &tale->choices[i];
        const bool about_message =
            strcmp(choice->kind, "delivery") == 0 || strcmp(choice->kind, "loss") == 0 || strcmp(choice->kind, "reorder") == 0;
        const struct tick__tale_message *message = about_message ? message_at(tale, choice) : NULL;
        const size_t at = telling->story->count;
        struct tick__sentence *decided = decision(telling, choice, message);
        if (!tells_apart || !is_common(telling, choice))
            say_bearing(telling, choice, message, decided);
        if (!tells_apart || at >= telling->story->count)
            continue;
        decided = &telling->story->sentences[at]; // the array may have moved
        struct tick__said good = TICK__SAID(decided->good);
        good.used = strlen(decided->good);
        tick__say_to(&good, "%s%s%s", good.used ? "; " : "", decided_there(telling, choice) ? "" : "not ", telling->there);
        tick__say_to(&good, "%s", decided_there(telling, choice) ? too(telling) : "");
    }
}
