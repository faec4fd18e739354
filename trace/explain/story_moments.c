// Moments that stand by themselves: deadlines that pass, marks and logs, exceptions, crashes. Those of one text are told once.
#include "src/base/times.h"
#include "trace/explain/story_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WHO_MOST 4 // named of those whom one text is about

// --- deadlines ---

static uint32_t cancel_of(const struct tick__tale *tale, uint32_t timer_fire) {
    const uint32_t *effects;
    const size_t count = tick__tale_effects_of(tale, timer_fire, &effects);
    for (size_t i = 0; i < count; i++)
        if (tick__tale_event(tale, effects[i])->kind == TICK_EV_TASK_CANCEL)
            return effects[i];
    return 0;
}

// The step that was waiting when a task was cancelled.
static uint32_t step_before(const struct tick__tale *tale, uint32_t task, uint32_t seq) {
    for (uint32_t at = seq; at >= tale->first && at; at--) {
        const struct tick__tale_event *event = tick__tale_event(tale, at);
        if (event->kind == TICK_EV_STEP_END && event->subject == task)
            return event->step;
    }
    return 0;
}

// What comes the other way, after `seq`, on the connection that a step sent on: what its task was waiting for. NULL: nothing does.
static const struct tick__tale_message *comes_later(const struct tick__tale *tale, uint32_t step, uint32_t seq) {
    const struct tick__tale_message *asked = NULL, *first = NULL;
    for (size_t i = 0; i < tale->message_count; i++)
        if (tick__tale_event(tale, tale->messages[i].send)->step == step && step && tale->messages[i].send < seq)
            asked = &tale->messages[i];
    const uint32_t connection = asked ? tick__tale_object(tale, asked->direction)->parent : 0;
    for (size_t i = 0; connection && i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->direction != asked->direction && tick__tale_object(tale, message->direction)->parent == connection &&
            message->bytes > 0 && message->recv > seq && (!first || message->recv < first->recv))
            first = message;
    }
    return first;
}

static uint32_t mark_after(const struct tick__tale *tale, uint32_t cancel) {
    const uint32_t task = tick__tale_event(tale, cancel)->subject;
    for (uint32_t seq = cancel; seq <= tale->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind == TICK_EV_MARK && event->task == task)
            return seq;
        if (event->kind == TICK_EV_STEP_END && event->subject == task)
            return 0;
    }
    return 0;
}

// A deadline that the same task has run into before, in the same wait: the sentence of that.
static struct tick__sentence *same_deadline(const struct tick__telling *telling, uint32_t task, uint32_t loc) {
    for (size_t i = 0; i < telling->story->count; i++) {
        struct tick__sentence *sentence = &telling->story->sentences[i];
        if (sentence->task == task && sentence->loc == loc && sentence->class == TICK__SAID_CONTEXT && loc &&
            tick__tale_event(telling->tale, sentence->seq)->kind == TICK_EV_TASK_CANCEL)
            return sentence;
    }
    return NULL;
}

static void say_deadline(struct tick__telling *telling, uint32_t fire, uint32_t cancel) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_event *arm = tick__tale_event(tale, tick__tale_event(tale, fire)->cause);
    const uint32_t task = tick__tale_event(tale, cancel)->subject, step = step_before(tale, task, cancel);
    const uint32_t wait = tick__tale_wait_of(tale, step), mark = mark_after(tale, cancel);
    const bool hot = tick__story_hot(telling, cancel);
    struct tick__sentence *before = same_deadline(telling, task, tick__tale_event(tale, wait)->loc);
    if (before) {
        before->until = tick__tale_event(tale, cancel)->ts;
        before->rank = hot && before->rank > 12 ? 12 : before->rank;
        return;
    }
    struct tick__sentence *sentence = tick__story_add(telling, cancel, TICK__SAID_CONTEXT, hot ? 12 : mark ? 26 : 45);
    struct tick__said who = TICK__SAID(sentence->who), say = TICK__SAID(sentence->say), over = TICK__SAID(sentence->over);
    sentence->task = task;
    sentence->loc = tick__tale_event(tale, wait)->loc;
    sentence->who[0] = '\0';
    tick__said_task(tale, task, &who);
    tick__say_to(&say, "runs into its deadline");
    if (arm->kind == TICK_EV_TIMER_ARM) {
        tick__say_to(&say, " of ");
        tick__said_time(tick__ahead(arm->arg, arm->ts), &say);
    }
    if (wait) {
        tick__say_to(&say, " while it waits ");
        tick__said_wait(tale, wait, &say);
    }
    if (mark)
        tick__say_to(&say, ": %s", tick__tale_object(tale, tick__tale_event(tale, mark)->subject)->name);
    const struct tick__tale_message *later = comes_later(tale, step, cancel);
    if (later) {
        tick__said_message(tale, later, 40, &over);
        tick__say_to(&over, " comes at ");
        tick__said_time(tick__tale_event(tale, later->recv)->ts, &over);
    }
}

// --- texts ---

struct group {
    uint32_t first, last, who[WHO_MOST];
    size_t count, named;
    bool chained;
};

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

static void join(const struct tick__telling *telling, struct group *group, uint32_t seq) {
    const struct tick__tale_event *event = tick__tale_event(telling->tale, seq);
    const uint32_t who = event->task ? event->task : event->subject;
    bool known = false;
    if (!group->count++)
        group->first = seq;
    group->last = seq;
    group->chained |= tick__tale_has(&telling->chain, seq) || tick__tale_has(&telling->chain, event->cause);
    for (size_t i = 0; i < group->named; i++)
        known |= group->who[i] == who;
    if (!known && group->named < WHO_MOST)
        group->who[group->named++] = who;
}

static void say_group(struct tick__telling *telling, const struct group *group) {
    const struct tick__tale *tale = telling->tale;
    const struct tick__tale_event *event = tick__tale_event(tale, group->first);
    const bool host = event->kind == TICK_EV_HOST_CRASH || event->kind == TICK_EV_HOST_RESTART;
    const bool at_the_end = event->ts == tick__tale_event(tale, telling->end)->ts; // what else happens in the instant of the failure
    const int rank = group->chained ? 24 : host || at_the_end ? 25 : event->kind == TICK_EV_LOG ? 50 : 42;
    struct tick__sentence *sentence = tick__story_add(telling, group->first, TICK__SAID_CONTEXT, rank);
    struct tick__said who = TICK__SAID(sentence->who), say = TICK__SAID(sentence->say);
    if (host) {
        sentence->who[0] = '\0';
        tick__said_host(tale, event->subject, &who);
        tick__say_to(&say, event->kind == TICK_EV_HOST_CRASH ? "crashes" : "starts again");
        return;
    }
    sentence->until = tick__tale_event(tale, group->last)->ts > event->ts ? tick__tale_event(tale, group->last)->ts : 0;
    tick__say_to(&say, event->kind == TICK_EV_EXCEPTION ? "fails: %s" : "says: %s", tick__tale_object(tale, event->subject)->name);
    if (group->named > 1) {
        tick__say_to(&TICK__SAID(sentence->over), "so do ");
        struct tick__said over = TICK__SAID(sentence->over);
        over.used = strlen(sentence->over);
        for (size_t i = 1; i < group->named; i++) {
            tick__story_list(&over, i - 1, group->named - 1);
            tick__said_task(tale, group->who[i], &over);
        }
    }
}

// Whether a mark is told already: it is what a task says when it runs into a deadline.
static bool is_told(const struct tick__telling *telling, uint32_t seq) {
    const struct tick__tale_event *event = tick__tale_event(telling->tale, seq);
    uint32_t at = event->step;
    for (int links = 0; event->kind == TICK_EV_MARK && links < 4 && at; links++) {
        at = tick__tale_event(telling->tale, at)->cause;
        if (tick__tale_event(telling->tale, at)->kind == TICK_EV_TASK_CANCEL)
            return tick__tale_event(telling->tale, tick__tale_event(telling->tale, at)->cause)->kind == TICK_EV_TIMER_FIRE;
    }
    return false;
}

// An exception's text that the verdict repeats, or that repeats it.
static bool is_in_verdict(const struct tick__telling *telling, const struct tick__tale_event *event) {
    const char *text = tick__tale_object(telling->tale, event->subject)->name, *verdict = telling->tale->trace->text;
    const size_t line = strcspn(text, "\n");
    return event->kind == TICK_EV_EXCEPTION && line && (memmem(verdict, strlen(verdict), text, line) || strstr(text, verdict));
}

static void say_groups(struct tick__telling *telling, const uint32_t *moments, size_t count) {
    struct group *groups = calloc(count + 1, sizeof *groups);
    size_t made = 0;
    if (!groups) {
        telling->code = -ENOMEM;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < made && !same_moment(telling->tale, groups[at].first, moments[i]))
            at++;
        if (at < made || made < 64)
            join(telling, &groups[at], moments[i]);
        made += at == made && made < 64;
    }
    for (size_t i = 0; i < made; i++)
        say_group(telling, &groups[i]);
    free(groups);
}

void tick__story_moments(struct tick__telling *telling) {
    const struct tick__tale *tale = telling->tale;
    size_t count = 0;
    uint32_t *moments = calloc((size_t)(telling->end - telling->part) + 2, sizeof *moments), deadlines = 0;
    if (!moments) {
        telling->code = -ENOMEM;
        return;
    }
    for (uint32_t seq = telling->part; seq && seq <= telling->end; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        const uint32_t cancel = event->kind == TICK_EV_TIMER_FIRE ? cancel_of(tale, seq) : 0;
        if (cancel && (deadlines++ < 64 || tick__story_hot(telling, cancel)))
            say_deadline(telling, seq, cancel);
        if (is_moment(event->kind) && !is_in_verdict(telling, event) && !is_told(telling, seq))
            moments[count++] = seq;
    }
    say_groups(telling, moments, count);
    free(moments);
}
