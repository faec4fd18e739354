// What a page is about: the verdict, the story, the decisions of the outside, and where each bears.
#include "src/base/outside.h"
#include "src/base/times.h"
#include "trace/explain/story_keep.h"
#include "viewer/page_int.h"
#include <retick/version.h>
#include <stdlib.h>
#include <string.h>

#define ANSWERS_MOST 16 // that are told of one question

json_t *tick__page_verdict(struct tick__page_making *making) {
    const struct tick__tale *tale = making->page->run;
    const struct tick_trace *trace = tale->trace;
    const struct tick__tale_event *event = tick__tale_event(tale, tale->verdict);
    const int said = tick_trace_said(trace);
    char head[600], seed[32], task[200] = "", host[100] = "";
    snprintf(head, sizeof head, "%.*s", said, trace->text);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)trace->seed);
    if (event->task)
        tick__said_task(tale, event->task, &TICK__SAID(task));
    if (event->host)
        tick__said_host(tale, event->host, &TICK__SAID(host));
    const char *place = tale->place, *slash = strrchr(place, '/');
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:I, s:I, s:b, s:o}", "retick", TICK_VERSION, "scenario",
        tick__page_text(trace->scenario), "seed", tick__page_text(seed), "chooser", tick__page_text(trace->chooser), "word",
        tick__page_text(trace->verdict), "text", tick__page_text(head), "passed", strcmp(trace->verdict, "pass") == 0, "place",
        tick__page_text(slash ? slash + 1 : place), "host", tick__page_text(host), "task", tick__page_text(task), "seq",
        (json_int_t)(tale->verdict ? tale->verdict : tale->last), "ns", (json_int_t)tale->end, "real", trace->real, "note",
        tick__page_text(trace->note));
}

json_t *tick__page_story(struct tick__page_making *making) {
    const struct tick__story *story = making->page->story;
    json_t *sentences = json_array();
    for (size_t i = 0; i < story->count; i++) {
        const struct tick__sentence *sentence = &story->sentences[i];
        tick__page_add(making, sentences,
            json_pack("{s:I, s:I, s:I, s:s, s:o, s:o, s:o, s:o, s:o}", "seq", (json_int_t)sentence->seq, "ns", (json_int_t)sentence->ts,
                "until", (json_int_t)sentence->until, "class", tick__sentence_classes[sentence->class], "who",
                tick__page_text(sentence->who), "say", tick__page_text(sentence->say), "place", tick__page_text(sentence->place), "more",
                tick__page_text(sentence->over), "beside", tick__page_text(sentence->good)));
    }
    return sentences;
}

json_t *tick__page_details(struct tick__page_making *making) {
    struct tick_error error;
    char *lines = NULL;
    json_t *list = json_array();
    if (tick_trace_details(making->page->run->trace, &lines, &error) < 0)
        making->failed = true;
    for (char *line = lines, *next; line && *line; line = next) {
        next = strchrnul(line, '\n');
        next += *next == '\n' ? (*next = '\0', 1) : 0;
        tick__page_add(making, list, tick__page_text(line));
    }
    tick__outside_free(lines);
    return list;
}

// --- decisions ---

static const char *because_of(const char *kind) {
#define PAGE_BECAUSE(name, number, word, sound, rate, unit, manual, because) \
    if (strcmp(kind, word) == 0) \
        return because;
    TICK_CHOICES(PAGE_BECAUSE)
    return "";
}

// The answers that it could have had, in words, each as a decision of its own; [] where they are too many, or not known.
static json_t *answers_to(struct tick__page_making *making, struct tick_deviation deviation, const struct tick_names *names) {
    json_t *answers = json_array();
    if (!names || deviation.n == 0 || deviation.n > ANSWERS_MOST)
        return answers;
    for (uint32_t value = 1; value < deviation.n; value++) {
        char words[256] = "";
        deviation.value = value;
        tick_deviation_words(&deviation, names, words, sizeof words);
        tick__page_add(making, answers, tick__page_text(words));
    }
    return answers;
}

static void put_decision(struct tick__page_making *making, json_t *decisions, size_t index, const struct tick_schedule *schedule,
    const struct tick_names *names) {
    const struct tick__tale_choice *choice = &making->page->run->choices[index];
    const struct tick__page_run *run = &making->runs[0];
    const uint32_t message = tick__tale_message(run->tale, choice->message) ? choice->message : 0;
    const struct tick_deviation *deviation = index < schedule->count ? &schedule->deviations[index] : NULL;
    tick__page_add(making, decisions,
        json_pack("{s:I, s:o, s:o, s:o, s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "seq", (json_int_t)choice->seq, "kind",
            tick__page_text(choice->kind), "line", tick__page_text(choice->line), "words",
            tick__page_text(*choice->words ? choice->words : choice->line), "sound", choice->sound, "because", because_of(choice->kind),
            "ns", (json_int_t)choice->ns, "bears", (json_int_t)choice->bears, "host", (json_int_t)tick__page_host(run, choice->host),
            "message", message ? (json_int_t)run->number[message] - 1 : -1, "from", (json_int_t)choice->from, "to",
            (json_int_t)choice->until, "value", (json_int_t)(deviation ? deviation->value : 0), "answers",
            deviation ? answers_to(making, *deviation, names) : json_array()));
}

json_t *tick__page_decisions(struct tick__page_making *making) {
    const struct tick__tale *tale = making->page->run;
    struct tick_schedule schedule = {0};
    struct tick_names *names = NULL;
    struct tick_error error;
    json_t *decisions = json_array();
    // Without them the answers that were not given are not told: a trace that was cut off may lack what they are read from.
    const bool known = tick_trace_schedule(tale->trace, &schedule, &error) == 0;
    if (known && (schedule.count != tale->choice_count || tick_trace_names(tale->trace, &names, &error) < 0))
        names = NULL;
    for (size_t i = 0; i < tale->choice_count; i++)
        put_decision(making, decisions, i, &schedule, names);
    if (names)
        tick_names_free(names);
    if (known)
        tick_schedule_fini(&schedule);
    return decisions;
}

// --- the run beside ---

// By event of the run: the one of the other run that is the same, 0 = there is none.
json_t *tick__page_twins(struct tick__page_making *making) {
    const struct tick__page_run *run = &making->runs[0], *good = &making->runs[1];
    json_t *twins = json_array();
    for (uint32_t seq = run->first; good->tale && seq && seq <= run->last; seq++) {
        const uint32_t twin = tick__beside_twin(&making->beside, seq);
        tick__page_add_number(making, twins, twin >= good->first && twin <= good->last ? twin : 0);
    }
    return twins;
}
