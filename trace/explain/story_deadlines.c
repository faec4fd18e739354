// Deadlines that pass while somebody waits. Those of one length, in the same wait, are told once: who else runs into them, and how often.
#include "src/base/times.h"
#include "trace/explain/story_crowd.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_MOST 64 // kinds of deadlines that are told apart; of those that the failure came of, twice as many

struct deadline {
    uint32_t fire, cancel, task;
    uint32_t step, wait; // in which it was waiting, and for what; 0 = none
    uint32_t marks[2];   // what it says first when it goes on, 0 = nothing
};
struct deadlines {
    struct tick__telling *telling;
    struct deadline *all;
    size_t count, room;
    uint32_t *step, *wait, *open; // by task: the latest step, its wait, the deadline (index + 1) that it has not gone on from
    struct tick__crowds crowds;   // as many as there are sentences
    size_t sentences[2 * TOLD_MOST];
};

// --- finding them, in one pass ---

static void begin_deadline(struct deadlines *found, uint32_t cancel) {
    const struct tick__tale_event *event = tick__tale_event(found->telling->tale, cancel);
    if (found->count == found->room) {
        const size_t room = found->room ? 2 * found->room : 64;
        struct deadline *more = realloc(found->all, room * sizeof *more);
        if (!more) {
            found->telling->code = -ENOMEM;
            return;
        }
        found->all = more;
        found->room = room;
    }
    found->all[found->count++] =
        (struct deadline){event->cause, cancel, event->subject, .step = found->step[event->subject], .wait = found->wait[event->subject]};
    found->open[event->subject] = (uint32_t)found->count;
}

static void follow(struct deadlines *found, uint32_t seq) {
    const struct tick__tale *tale = found->telling->tale;
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    const bool own = event->kind == TICK_EV_STEP_BEGIN || event->kind == TICK_EV_STEP_END || event->kind == TICK_EV_TASK_CANCEL;
    const uint32_t task = own ? event->subject : event->task;
    if (!task || task > tale->objects_count)
        return;
    if (event->kind == TICK_EV_STEP_BEGIN) {
        found->step[task] = seq;
        found->wait[task] = 0;
    } else if (event->kind == TICK_EV_STEP_END) {
        found->open[task] = 0;
    } else if (tick__tale_is_wait(event)) {
        found->wait[task] = seq;
    } else if (event->kind == TICK_EV_MARK && found->open[task]) {
        struct deadline *deadline = &found->all[found->open[task] - 1];
        uint32_t *mark = &deadline->marks[deadline->marks[0] ? 1 : 0];
        *mark = *mark ? *mark : seq;
    } else if (event->kind == TICK_EV_TASK_CANCEL && seq >= found->telling->part &&
               tick__tale_event(tale, event->cause)->kind == TICK_EV_TIMER_FIRE) {
        begin_deadline(found, seq);
    }
}

// --- telling them ---

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

static void say_what(const struct tick__tale *tale, const struct deadline *deadline, struct tick__said *say) {
    const struct tick__tale_event *arm = tick__tale_event(tale, tick__tale_event(tale, deadline->fire)->cause);
    tick__say_to(say, "runs into its deadline");
    if (arm->kind == TICK_EV_TIMER_ARM) {
        tick__say_to(say, " of ");
        tick__said_time(tick__ahead(arm->arg, arm->ts), say);
    }
    if (deadline->wait) {
        tick__say_to(say, " while it waits ");
        tick__said_wait(tale, deadline->wait, say);
    }
    for (int i = 0; i < 2 && deadline->marks[i]; i++)
        tick__say_to(say, "%s%s", i ? "; " : ": ", tick__tale_object(tale, tick__tale_event(tale, deadline->marks[i])->subject)->name);
}

// The crowd of those who run into such a deadline in such a wait; as many as there are: it is the first.
static size_t crowd_of(const struct deadlines *found, uint32_t loc, const char *what) {
    const struct tick__story *story = found->telling->story;
    size_t at = 0;
    for (; at < found->crowds.count; at++)
        if (story->sentences[found->sentences[at]].loc == loc && strcmp(story->sentences[found->sentences[at]].say, what) == 0)
            break;
    return at;
}

// What it says is said when it goes on: in that very moment, others may have gone on before, and it may be of what they did.
static void stand_where_it_goes_on(const struct tick__tale *tale, const struct deadline *deadline, struct tick__sentence *sentence) {
    const uint32_t step = tick__tale_event(tale, deadline->marks[0])->step;
    if (step > sentence->seq && tick__tale_event(tale, step)->ts == sentence->ts)
        sentence->seq = step;
}

static void tell(struct deadlines *found, const struct deadline *deadline) {
    struct tick__telling *telling = found->telling;
    const bool hot = tick__story_hot(telling, deadline->cancel);
    const int rank = hot ? 12 : deadline->marks[0] ? 26 : 45;
    const uint32_t loc = tick__tale_event(telling->tale, deadline->wait)->loc;
    struct tick__sentence *sentence;
    char what[sizeof sentence->say] = "";
    say_what(telling->tale, deadline, &TICK__SAID(what));
    const size_t at = crowd_of(found, loc, what);
    const bool fresh = at == found->crowds.count;
    if (fresh && at >= (hot ? 2 : 1) * TOLD_MOST)
        return;
    if (tick__crowd_join(&found->crowds, at, deadline->task, deadline->cancel) < 0) {
        telling->code = -ENOMEM;
        return;
    }
    if (fresh) {
        sentence = tick__story_add(telling, deadline->cancel, TICK__SAID_CONTEXT, rank);
        found->sentences[at] = telling->story->count - 1;
        stand_where_it_goes_on(telling->tale, deadline, sentence);
        sentence->task = deadline->task;
        sentence->loc = loc;
        sentence->who[0] = '\0';
        tick__said_task(telling->tale, deadline->task, &TICK__SAID(sentence->who));
        memcpy(sentence->say, what, sizeof what);
        return;
    }
    sentence = &telling->story->sentences[found->sentences[at]];
    const int64_t until = tick__tale_event(telling->tale, deadline->cancel)->ts;
    sentence->until = until > sentence->ts ? until : 0;
    sentence->rank = rank < sentence->rank ? rank : sentence->rank;
}

static void say_more(struct deadlines *found, const struct deadline *first, size_t at) {
    const struct tick__tale *tale = found->telling->tale;
    struct tick__sentence *sentence = &found->telling->story->sentences[found->sentences[at]];
    struct tick__said over = TICK__SAID(sentence->over);
    tick__crowd_say(tale, &found->crowds.all[at], &over);
    const struct tick__tale_message *later = comes_later(tale, first->step, first->cancel);
    if (!later)
        return;
    tick__say_to(&over, over.used ? "; what it waits for, " : "what it waits for, ");
    tick__said_message(tale, later, 40, &over);
    tick__say_to(&over, ", comes at ");
    tick__said_time(tick__tale_event(tale, later->recv)->ts, &over);
}

static void tell_all(struct deadlines *found) {
    for (size_t i = 0; i < found->count && found->telling->code == 0; i++)
        tell(found, &found->all[i]);
    tick__crowds_count(&found->crowds);
    for (size_t i = 0, at = 0; i < found->count && at < found->crowds.count && found->telling->code == 0; i++)
        if (found->all[i].cancel == found->crowds.all[at].first)
            say_more(found, &found->all[i], at++);
}

// What is told of what they say.
static void note_marks(struct deadlines *found) {
    struct tick__telling *telling = found->telling;
    telling->marks = calloc(2 * found->count + 1, sizeof *telling->marks);
    if (!telling->marks)
        telling->code = -ENOMEM;
    for (size_t i = 0; telling->marks && i < found->count; i++)
        for (int k = 0; k < 2 && found->all[i].marks[k]; k++)
            telling->marks[telling->marks_count++] = found->all[i].marks[k];
}

void tick__story_deadlines(struct tick__telling *telling) {
    const size_t tasks = (size_t)telling->tale->objects_count + 1;
    struct deadlines found = {.telling = telling};
    found.step = calloc(tasks, sizeof *found.step);
    found.wait = calloc(tasks, sizeof *found.wait);
    found.open = calloc(tasks, sizeof *found.open);
    if (!found.step || !found.wait || !found.open)
        telling->code = -ENOMEM;
    for (uint32_t seq = telling->tale->first; seq && seq <= telling->end && telling->code == 0; seq++)
        follow(&found, seq);
    tell_all(&found);
    note_marks(&found);
    tick__crowds_fini(&found.crowds);
    free(found.all);
    free(found.step);
    free(found.wait);
    free(found.open);
}
