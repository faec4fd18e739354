// Moments that stand by themselves: marks and logs, exceptions, crashes. Those of one text are told once.
#include "trace/explain/story_crowd.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MOST 64 // that are told apart

static bool is_moment(uint8_t kind) {
    return kind == TICK_EV_MARK || kind == TICK_EV_LOG || kind == TICK_EV_EXCEPTION || kind == TICK_EV_HOST_CRASH ||
           kind == TICK_EV_HOST_RESTART;
}

static bool same_moment(const struct tick__tale *tale, uint32_t a, uint32_t b) {
    const struct tick__tale_event *one = tick__tale_event(tale, a), *other = tick__tale_event(tale, b);
    if (one->kind != other->kind || one->kind == TICK_EV_HOST_CRASH || one->kind == TICK_EV_HOST_RESTART)
        return false;
    return strcmp(tick__tale_object(tale, one->subject)->name, tick__tale_object(tale, other->subject)->name) == 0;
}

static void say_crowd(struct tick__telling *telling, const struct tick__crowd *crowd, bool chained) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_event *event = tick__tale_event(tale, crowd->first), *last = tick__tale_event(tale, crowd->last);
    const bool host = event->kind == TICK_EV_HOST_CRASH || event->kind == TICK_EV_HOST_RESTART;
    const bool at_the_end = event->ts == tick__tale_event(tale, telling->end)->ts; // what else happens in the instant of the failure
    const bool failing = event->kind == TICK_EV_MARK && event->task && event->task == tick__tale_event(tale, telling->end)->task;
    const int rank = chained ? 24 : host || at_the_end ? 25 : failing ? 28 : event->kind == TICK_EV_LOG ? 50 : 42;
    struct tick__sentence *sentence = tick__story_add(telling, crowd->first, TICK__SAID_CONTEXT, rank);
    struct tick__said who = TICK__SAID(sentence->who), say = TICK__SAID(sentence->say);
    if (host) {
        sentence->who[0] = '\0';
        tick__said_host(tale, event->subject, &who);
        tick__say_to(&say, event->kind == TICK_EV_HOST_CRASH ? "crashes" : "starts again");
        return;
    }
    sentence->until = last->ts > event->ts ? last->ts : 0;
    tick__say_to(&say, event->kind == TICK_EV_EXCEPTION ? "fails: %s" : "says: %s", tick__tale_object(tale, event->subject)->name);
    tick__crowd_say(tale, crowd, &TICK__SAID(sentence->over));
}

static int by_seq(const void *left, const void *right) {
    const uint32_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

// Whether a mark is told already, as what a task says when it runs into a deadline.
static bool is_told(const struct tick__telling *telling, uint32_t seq) {
    return telling->marks_count && bsearch(&seq, telling->marks, telling->marks_count, sizeof seq, by_seq);
}

// Whether it is a crash that a decision made, which says so itself, if it is told.
static bool is_decided(const struct tick__telling *telling, const struct tick__tale_event *event) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_event *fault = tick__tale_event(tale, event->cause);
    if (tale->choice_count > TICK__ALL_TOLD && !tick__tale_has(&telling->chain, fault->cause))
        return false;
    return event->kind == TICK_EV_HOST_CRASH && fault->kind == TICK_EV_FAULT_BEGIN &&
           tick__tale_event(tale, fault->cause)->kind == TICK_EV_CHOICE;
}

// An exception's text, or a line, that the verdict repeats, or that repeats it.
static bool is_in_verdict(const struct tick__telling *telling, const struct tick__tale_event *event) {
    const char *text = tick__tale_object(telling->tale, event->subject)->name, *verdict = telling->tale->trace->text;
    const size_t line = strcspn(text, "\n");
    const bool repeats = line && (memmem(verdict, strlen(verdict), text, line) || strstr(text, verdict));
    return repeats && (event->kind == TICK_EV_EXCEPTION || event->kind == TICK_EV_LOG);
}

#define TEXT_LINES 4 // at least, of a text that is told by its last line

// Whether it is a line of a longer text that is said at once, a traceback's as a rule, and not its last one.
static bool is_line_of_text(const struct tick__telling *telling, uint32_t seq) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_event *event = tick__tale_event(tale, seq), *other;
    uint32_t before = 0, behind = 0;
    if (event->kind != TICK_EV_LOG)
        return false;
    for (uint32_t at = seq - 1; at > 0 && (other = tick__tale_event(tale, at))->kind == TICK_EV_LOG && other->task == event->task; at--)
        before += other->ts == event->ts;
    for (uint32_t at = seq + 1;
         at < telling->end && (other = tick__tale_event(tale, at))->kind == TICK_EV_LOG && other->task == event->task; at++)
        behind += other->ts == event->ts;
    return behind > 0 && before + behind + 1 >= TEXT_LINES;
}

// Which event's text it is that an event tells; as many as there are: a new one.
static size_t crowd_of(const struct tick__tale *tale, const struct tick__crowds *crowds, uint32_t seq) {
    size_t at = 0;
    while (at < crowds->count && !same_moment(tale, crowds->all[at].first, seq))
        at++;
    return at;
}

static void take_moment(struct tick__telling *telling, struct tick__crowds *crowds, bool chained[TEXTS_MOST], uint32_t seq) {
    const struct tick__tale_event *event = tick__tale_event(telling->tale, seq);
    const size_t at = crowd_of(telling->tale, crowds, seq);
    if (at == TEXTS_MOST)
        return;
    if (tick__crowd_join(crowds, at, event->task ? event->task : event->host, seq) < 0)
        telling->code = -ENOMEM;
    chained[at] |= tick__tale_has(&telling->chain, seq) || tick__tale_has(&telling->chain, event->cause);
}

void tick__story_moments(struct tick__telling *telling) {
    struct tick__crowds crowds = {0};
    if (telling->marks_count)
        qsort(telling->marks, telling->marks_count, sizeof *telling->marks, by_seq);
    bool chained[TEXTS_MOST] = {false};
    for (uint32_t seq = telling->part; seq && seq <= telling->end && telling->code == 0; seq++) {
        const struct tick__tale_event *event = tick__tale_event(telling->tale, seq);
        if (is_moment(event->kind) && !is_decided(telling, event) && !is_in_verdict(telling, event) && !is_told(telling, seq) &&
            !is_line_of_text(telling, seq))
            take_moment(telling, &crowds, chained, seq);
    }
    tick__crowds_count(&crowds);
    for (size_t i = 0; i < crowds.count && telling->code == 0; i++)
        say_crowd(telling, &crowds.all[i], chained[i]);
    tick__crowds_fini(&crowds);
}
