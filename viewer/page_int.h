// A page's data in the making. Whatever is text in it is fit to be shown (src/base/visible.h), so that it is valid UTF-8, and JSON.
#ifndef RETICK_PAGE_INT_H
#define RETICK_PAGE_INT_H

#include "trace/explain/said.h"
#include "viewer/run_page.h"
#include <jansson.h>

// A run of which the page has the events first ... last, and, of each task that waits since before, its last step before them.
struct tick__page_run {
    const struct tick__tale *tale;
    uint32_t first, last;
    uint32_t *number; // by object: of hosts, of tasks, of messages; each from 1
    uint32_t *lane;   // by event, from `first` on: the task in whose lane it is drawn, 0 = none's
};
struct tick__page_making {
    const struct tick_page *page;
    struct tick__page_run runs[2];
    struct tick__beside beside; // zeroed where there is no good run
    json_t *strings, *numbers;  // every text once; by text its number
    json_t *places, *place_of;  // likewise of places, by "file:line name"
    json_t *files;              // by path: its number, in order
    bool failed;                // out of memory
};
// Values are taken; a NULL is memory that ran out.
void tick__page_set(struct tick__page_making *making, json_t *object, const char *name, json_t *value);
void tick__page_add(struct tick__page_making *making, json_t *list, json_t *value);
void tick__page_add_number(struct tick__page_making *making, json_t *list, int64_t number);
json_t *tick__page_text(const char *text);                                   // shown
json_t *tick__page_word(struct tick__page_making *making, const char *text); // the number of a text, which is shown
// The number of a place, -1: none that is known.
json_t *tick__page_place(struct tick__page_making *making, const struct tick__tale *tale, uint32_t loc);
json_t *tick__page_place_of(struct tick__page_making *making, const char *file, int line, const char *name);
json_t *tick__page_sources(struct tick__page_making *making); // lines around all places that were asked for

// Which events, and where each is drawn. 0 or -ENOMEM.
int tick__page_run_open(const struct tick__tale *tale, uint32_t first, uint32_t last, struct tick__page_run *run);
void tick__page_run_close(struct tick__page_run *run);
json_t *tick__page_run(struct tick__page_making *making, const struct tick__page_run *run, const char *name);
json_t *tick__page_messages(struct tick__page_making *making, struct tick__page_run *run);
json_t *tick__page_steps(struct tick__page_making *making, const struct tick__page_run *run);
json_t *tick__page_holds(struct tick__page_making *making, const struct tick__page_run *run);
json_t *tick__page_faults(struct tick__page_making *making, const struct tick__page_run *run);
int64_t tick__page_host(const struct tick__page_run *run, uint32_t host); // its number from 0, -1: none
int64_t tick__page_task(const struct tick__page_run *run, uint32_t task); // likewise, of an end that has a lane, too

// --- page_ends.c: ends of connections that have lanes as if they were tasks ---
bool tick__page_is_end(const struct tick__tale *tale, uint32_t object);
// Finds them and moves what they do into their lanes; their numbers are marked with 1. only: by host, its task if it has but one.
void tick__page_ends(struct tick__page_run *run, const uint32_t *only);
json_t *tick__page_end(const struct tick__page_run *run, uint32_t end);
void tick__page_end_steps(struct tick__page_making *making, const struct tick__page_run *run, json_t *steps, uint32_t end);

// What the finding is: verdict, story, decisions, what it came of, who waits in vain.
json_t *tick__page_verdict(struct tick__page_making *making);
json_t *tick__page_story(struct tick__page_making *making);
json_t *tick__page_details(struct tick__page_making *making); // lines
json_t *tick__page_decisions(struct tick__page_making *making);
json_t *tick__page_waits(struct tick__page_making *making, json_t *chain); // and fills `chain`: seqs, in order
json_t *tick__page_twins(struct tick__page_making *making);

#endif
