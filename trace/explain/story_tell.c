#include "trace/explain/story_tell.h"
#include "trace/explain/hops.h"
#include "trace/explain/story_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RANK_FILLER 30 // sentences of this rank and beyond are told only
#define ENOUGH 5       // where there are fewer than so many

static _Thread_local struct tick__sentence nowhere; // where there is no memory

struct tick__sentence *tick__story_last(const struct tick__telling *telling) {
    const struct tick__story *story = telling->story;
    return telling->code == 0 && story->count ? &story->sentences[story->count - 1] : &nowhere;
}

struct tick__sentence *tick__story_add(struct tick__telling *telling, uint32_t seq, enum tick__sentence_class class, int rank) {
    struct tick__story *story = telling->story;
    const struct tick__tale_event *event = tick__tale_event(telling->tale, seq);
    struct tick__sentence *sentence = &nowhere;
    if (story->count == story->room) {
        const size_t room = story->room ? 2 * story->room : 64;
        void *more = realloc(story->sentences, room * sizeof *story->sentences);
        if (more) {
            story->sentences = more;
            story->room = room;
        } else {
            telling->code = -ENOMEM;
        }
    }
    if (story->count < story->room)
        sentence = &story->sentences[story->count++];
    *sentence = (struct tick__sentence){
        .seq = seq,
        .ts = event->ts,
        .host = event->host,
        .task = event->task,
        .loc = tick__tale_loc_near(telling->tale, seq),
        .class = class,
        .rank = rank,
    };
    tick__said_who(telling->tale, seq, &TICK__SAID(sentence->who));
    return sentence;
}

bool tick__story_hot(const struct tick__telling *telling, uint32_t seq) {
    return seq >= telling->part && tick__tale_has(&telling->chain, seq);
}

void tick__story_list(struct tick__said *said, size_t index, size_t count) {
    if (index)
        tick__say_to(said, index + 1 == count ? " and " : ", ");
}

uint32_t tick__story_reader(const struct tick__tale *tale, uint32_t seq) {
    const uint32_t *effects;
    for (int links = 0; links < 3; links++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->task)
            return event->task;
        if (event->kind == TICK_EV_TASK_READY)
            return event->subject;
        if (tick__tale_effects_of(tale, seq, &effects) == 0)
            break;
        seq = effects[0];
    }
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    return event->kind == TICK_EV_TASK_READY ? event->subject : event->task;
}

// An invariant is looked at between two turns: the latest one broke it. Before the first there is nobody who did.
static void say_broken(struct tick__telling *telling, struct tick__sentence *end) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t turn = tick__tale_event(tale, telling->end)->cause;
    struct tick__hop hop;
    if (!turn) {
        tick__say_to(&TICK__SAID(end->over), "it did not hold when it was first looked at, before any task had run");
        return;
    }
    tick__hop_back(tale, turn, &hop);
    struct tick__sentence *sentence = tick__story_add(telling, turn, TICK__SAID_CHAIN, 1);
    sentence->who[0] = '\0';
    tick__hop_say(tale, &hop, &TICK__SAID(sentence->who), &TICK__SAID(sentence->say), &TICK__SAID(sentence->place));
    tick__say_to(&TICK__SAID(sentence->over), "behind this turn it does not hold any more");
}

static void say_end(struct tick__telling *telling) {
    const struct tick_trace *trace = telling->tale->trace;
    if (!telling->tale->verdict || strcmp(trace->verdict, "pass") == 0)
        return;
    struct tick__sentence *sentence = tick__story_add(telling, telling->end, TICK__SAID_END, 0);
    if (!sentence->task)
        sentence->who[0] = '\0';
    tick__say_to(&TICK__SAID(sentence->say), "%s%.*s", sentence->task ? "fails: " : "",
        *trace->text ? tick_trace_said(trace) : (int)sizeof trace->verdict, *trace->text ? trace->text : trace->verdict);
    const char *place = telling->tale->place, *slash = strrchr(place, '/');
    if (!tick__tale_event(telling->tale, telling->end)->loc)
        sentence->loc = 0;
    if (*place)
        tick__say_to(&TICK__SAID(sentence->place), "%s", slash ? slash + 1 : place);
    if (strcmp(trace->verdict, "invariant") == 0)
        say_broken(telling, sentence);
}

static int by_rank(const void *left, const void *right) {
    const struct tick__sentence *a = left, *b = right;
    return a->rank != b->rank ? (a->rank < b->rank ? -1 : 1) : a->seq != b->seq ? (a->seq < b->seq ? -1 : 1) : strcmp(a->say, b->say);
}

static int by_event(const void *left, const void *right) {
    const struct tick__sentence *a = left, *b = right;
    if ((a->class == TICK__SAID_END) != (b->class == TICK__SAID_END))
        return a->class == TICK__SAID_END ? 1 : -1;
    return a->seq != b->seq ? (a->seq < b->seq ? -1 : 1) : a->rank != b->rank ? (a->rank < b->rank ? -1 : 1) : strcmp(a->say, b->say);
}

static bool same(const struct tick__sentence *a, const struct tick__sentence *b) {
    return a->seq == b->seq && ((a->class == b->class && strcmp(a->who, b->who) == 0) || strcmp(a->say, b->say) == 0);
}

// Whether one says all that the other does of the same event: "sends x" and "sends x: it is lost".
static bool extends(const struct tick__sentence *longer, const struct tick__sentence *shorter) {
    return longer->seq == shorter->seq && strcmp(longer->who, shorter->who) == 0 && strlen(longer->say) > strlen(shorter->say) &&
           strncmp(longer->say, shorter->say, strlen(shorter->say)) == 0;
}

// One sentence an event and class, the best of them; then the dozen that matter most, and less of what matters little.
static void select_sentences(struct tick__story *story) {
    size_t kept = 0;
    if (!story->count) // there is no array, and qsort takes no NULL
        return;
    qsort(story->sentences, story->count, sizeof *story->sentences, by_rank);
    for (size_t i = 0; i < story->count && kept < TICK__STORY_MOST; i++) {
        bool again = false;
        for (size_t j = 0; j < kept && !again; j++) {
            again = same(&story->sentences[j], &story->sentences[i]) || extends(&story->sentences[j], &story->sentences[i]);
            if (!again && extends(&story->sentences[i], &story->sentences[j])) { // in its place
                story->sentences[i].rank = story->sentences[j].rank;
                story->sentences[j] = story->sentences[i];
                again = true;
            }
        }
        if (!again && (story->sentences[i].rank < RANK_FILLER || kept < ENOUGH))
            story->sentences[kept++] = story->sentences[i];
    }
    story->count = kept;
    qsort(story->sentences, story->count, sizeof *story->sentences, by_event);
}

int tick__story_tell(const struct tick__tale *tale, const struct tick__beside *beside, const char *there, struct tick__story *story) {
    *story = (struct tick__story){.beside = beside != NULL};
    struct tick__telling telling = {
        .tale = tale,
        .beside = beside,
        .good = beside ? beside->b : NULL,
        .there = there,
        .part = beside ? beside->parting_a : tale->first,
        .end = tale->verdict ? tale->verdict : tale->last,
        .story = story,
    };
    if (beside && beside->parting_a <= tale->last) {
        story->parting = beside->parting_a;
        story->parting_ts = tick__beside_same_until(beside);
    }
    if (tale->last < tale->first)
        return 0;
    if (telling.part > telling.end)
        telling.part = telling.end;
    telling.code = tick__tale_past(tale, &telling.end, 1, &telling.chain);
    if (telling.code == 0) {
        tick__story_decisions(&telling);
        tick__story_waits(&telling);
        tick__story_reads(&telling);
        tick__story_shared(&telling);
        tick__story_files(&telling);
        tick__story_repeats(&telling);
        tick__story_gone(&telling);
        tick__story_order(&telling);
        tick__story_withheld(&telling);
        tick__story_deadlines(&telling);
        tick__story_moments(&telling);
        tick__story_wakes(&telling);
        tick__story_timers(&telling);
        tick__story_later(&telling);
        tick__story_given(&telling);
        tick__story_handed(&telling);
        tick__story_absent(&telling);
        tick__story_together(&telling);
        tick__story_messages(&telling);
        tick__story_named(&telling);
        tick__story_several(&telling);
        tick__story_closed(&telling);
        tick__story_granted(&telling);
        say_end(&telling);
    }
    free(telling.chain.bits);
    free(telling.marks);
    if (telling.code < 0) {
        tick__story_fini(story);
        return telling.code;
    }
    select_sentences(story);
    for (size_t i = 0; i < story->count; i++)
        if (!*story->sentences[i].place)
            tick__said_readable_place(tale, story->sentences[i].loc, &TICK__SAID(story->sentences[i].place));
    return 0;
}

void tick__story_fini(struct tick__story *story) {
    free(story->sentences);
    *story = (struct tick__story){0};
}
