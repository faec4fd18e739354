// Wake-ups that come to nothing: a task is woken with a result and cancelled before it has run, so that what it was woken with is lost
// unless it hands that on; and if nobody is woken there any more, that others wait, and none will be.
#include "trace/explain/story_fate.h"
#include <string.h>

#define TOLD_MOST 64

// The future that was resolved for a task since it began to wait, before it was cancelled; 0: none.
static uint32_t woken_before(const struct tick__tale *tale, uint32_t task, uint32_t cancel) {
    for (uint32_t seq = cancel - 1; seq >= tale->first && seq; seq--) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if ((event->kind == TICK_EV_STEP_END || event->kind == TICK_EV_STEP_BEGIN) && event->subject == task)
            return 0;
        if (event->kind == TICK_EV_TASK_READY && event->subject == task) {
            const struct tick__tale_event *done = tick__tale_event(tale, event->cause);
            return done->kind == TICK_EV_FUTURE_DONE && done->arg == TICK_DONE_RESULT ? event->cause : 0;
        }
    }
    return 0;
}

// What the woken one sends first in the run beside, when it goes on there; NULL: nothing.
static const struct tick__tale_message *sends_there(const struct tick__telling *telling, uint32_t there) {
    const struct tick__tale *good = telling->good;
    const uint32_t *effects;
    const size_t count = there ? tick__tale_effects_of(good, there, &effects) : 0;
    const struct tick__tale_message *first = NULL;
    uint32_t task = 0;
    for (size_t i = 0; i < count && !task; i++)
        task = tick__tale_event(good, effects[i])->kind == TICK_EV_TASK_READY ? tick__tale_event(good, effects[i])->subject : 0;
    for (size_t i = 0; task && i < good->message_count; i++) {
        const struct tick__tale_message *message = &good->messages[i];
        if (message->bytes > 0 && message->send > there && tick__tale_event(good, message->send)->task == task &&
            (!first || message->send < first->send))
            first = message;
    }
    return first;
}

// What was lost: if what the one who wakes had read goes on by its number in what the woken one sends there, that; else a wake-up.
static void say_what(const struct tick__telling *telling, uint32_t done, const struct tick__tale_message *there, struct tick__said *said) {
    const uint32_t intake = there ? tick__story_intake(telling->tale, done, 0) : 0;
    const char *digits, *other;
    struct tick__story_read read = {0};
    if (intake)
        tick__story_taken_in(telling->tale, intake, &read);
    const struct tick__tale_message *in = read.count ? read.messages[read.count - 1] : NULL;
    const size_t length = in ? tick__story_number(in, &digits) : 0;
    if (length && tick__story_number(there, &other) == length && memcmp(digits, other, length) == 0)
        tick__said_message(telling->tale, in, 40, said);
    else
        tick__say_to(said, "the wake-up");
}

static void say_there(const struct tick__telling *telling, uint32_t there, const struct tick__tale_message *sent, struct tick__said *said) {
    tick__say_to(said, "%s it is woken at ", telling->there);
    tick__said_time(tick__tale_event(telling->good, there)->ts, said);
    tick__say_to(said, sent ? ", and sends " : ", and goes on with it");
    if (!sent)
        return;
    tick__said_message(telling->good, sent, 40, said);
    tick__say_to(said, " to ");
    tick__said_host(telling->good, sent->dst, said);
}

static void say_lost(struct tick__telling *telling, uint32_t done, uint32_t cancel, const struct tick__fate *fate) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t task = tick__tale_event(tale, cancel)->subject;
    const uint32_t there = telling->beside ? tick__beside_twin(telling->beside, done) : 0;
    const struct tick__tale_message *sent = sends_there(telling, there);
    const bool timed = tick__tale_event(tale, tick__tale_event(tale, cancel)->cause)->kind == TICK_EV_TIMER_FIRE;
    struct tick__sentence *sentence = tick__story_add(telling, done, TICK__SAID_CHAIN, fate->by ? TICK__RANK_HANDED_ON : 3);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    char lost[120] = "";
    struct tick__said what = TICK__SAID(lost);
    tick__say_to(&say, "wakes ");
    tick__said_task(tale, task, &say);
    tick__say_to(&say, " with what it waits for");
    tick__story_say_read(tale, done, &say);
    tick__say_to(&over, "before it runs, %s%s", timed ? "its deadline passes, and it is cancelled" : "it is cancelled",
        fate->known && !fate->by ? ": " : "; ");
    say_what(telling, done, sent, &what);
    tick__story_say_fate(tale, fate, lost, &over);
    if (there)
        say_there(telling, there, sent, &good);
}

// --- nobody after it ---

// Whether it is a future that was made at a place.
static bool is_made_at(const struct tick__tale *tale, uint32_t object, const struct tick__tale_place *made) {
    const struct tick__tale_object *future = tick__tale_object(tale, object);
    const struct tick__tale_place *place = tick__tale_place(tale, future->loc);
    return future->type == TICK_OBJECT_FUTURE && place && place->line == made->line && strcmp(place->file, made->file) == 0;
}

// How many futures of a place are given a result from an event on, and how many waits for one begin; *last: the last of these.
static size_t woken_from(
    const struct tick__tale *tale, uint32_t from, uint32_t upto, const struct tick__tale_place *made, size_t *waits, uint32_t *last) {
    size_t woken = 0;
    *waits = 0;
    *last = 0;
    for (uint32_t seq = from; seq && seq <= upto; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind == TICK_EV_FUTURE_DONE && event->arg == TICK_DONE_RESULT && is_made_at(tale, event->subject, made))
            woken++;
        if (event->kind != TICK_EV_FUTURE_AWAIT || !is_made_at(tale, event->subject, made))
            continue;
        ++*waits;
        *last = seq;
    }
    return woken;
}

// Others wait where that one did, or it does so again, and the wake-up that was lost was the last: there is none on its way to anybody.
static void say_last(struct tick__telling *telling, uint32_t done, uint32_t cancel) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_place *made = tick__tale_place(tale, tick__tale_object(tale, tick__tale_event(tale, done)->subject)->loc);
    const uint32_t task = tick__tale_event(tale, cancel)->subject;
    size_t waits, waits_there;
    uint32_t last, last_there;
    if (!made || tick__tale_object(tale, tick__tale_event(tale, done)->subject)->type != TICK_OBJECT_FUTURE ||
        woken_from(tale, cancel, telling->end, made, &waits, &last) > 0 || !waits)
        return;
    struct tick__sentence *sentence = tick__story_add(telling, last, TICK__SAID_CHAIN, 4);
    struct tick__said say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    tick__say_to(&say, "begins to wait ");
    tick__said_wait(tale, last, &say);
    tick__say_to(&say, ", and no wake-up is on its way to anybody there: the last went to ");
    if (tick__tale_event(tale, last)->task == task)
        tick__say_to(&say, "itself");
    else
        tick__said_task(tale, task, &say);
    tick__say_to(&say, " at ");
    tick__said_time(tick__tale_event(tale, done)->ts, &say);
    tick__say_to(&say, ", and was lost");
    if (waits > 1)
        tick__say_to(&over, "%zu waits have begun there since, and no wake-up has ended one", waits);
    const size_t there =
        telling->good ? woken_from(telling->good, telling->beside->parting_b, telling->good->last, made, &waits_there, &last_there) : 0;
    if (there) {
        tick__say_to(&good, "%s %zu wake-up%s there from ", telling->there, there, there > 1 ? "s come" : " comes");
        tick__said_time(tick__tale_event(telling->good, telling->beside->parting_b)->ts, &good);
        tick__say_to(&good, " on");
    }
}

void tick__story_wakes(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    size_t told = 0;
    for (uint32_t seq = telling->part; seq && seq <= telling->end && told < TOLD_MOST; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        const uint32_t done = event->kind == TICK_EV_TASK_CANCEL ? woken_before(tale, event->subject, seq) : 0;
        if (done) {
            const struct tick__fate fate = tick__story_fate(telling, event->subject, seq);
            say_lost(telling, done, seq, &fate);
            if (fate.known && !fate.by)
                say_last(telling, done, seq);
        }
        told += done != 0;
    }
}
