// What a failure came of, and who waits in vain when it is one of those who wait.
#include "trace/explain/waits.h"
#include "viewer/page_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void put_waiter(struct tick__page_making *making, json_t *list, const struct tick__waits *waits, uint32_t i) {
    const struct tick__waiter *waiter = &waits->waiters[i];
    const struct tick__page_run *run = &making->runs[0];
    char say[420] = "", woken[300] = "", beside[300] = "", thing[200] = "";
    tick__waits_say(waits, waiter, false, &TICK__SAID(say));
    tick__waits_say_woken(waits, waiter, &TICK__SAID(woken));
    if (making->page->good)
        tick__waits_say_beside(waiter, &making->beside, &TICK__SAID(beside));
    if (waiter->subject && waiter->kind != TICK__WAIT_TASKS)
        tick__said_object(run->tale, waiter->subject, &TICK__SAID(thing));
    json_t *needs = json_array();
    for (uint32_t k = 0; k < waiter->needs_count; k++)
        tick__page_add_number(making, needs, tick__page_task(run, waits->needs[waiter->needs_from + k]));
    tick__page_add(making, list,
        json_pack("{s:I, s:I, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:b, s:o}", "task", (json_int_t)tick__page_task(run, waiter->task),
            "seq", (json_int_t)waiter->seq, "since", (json_int_t)waiter->since, "for", tick__wait_words[waiter->kind], "say",
            tick__page_text(say), "more", tick__page_text(woken), "beside", tick__page_text(beside), "thing", tick__page_text(thing),
            "needs", needs, "circle", (json_int_t)waiter->circle, "matters", i < waits->matter, "place",
            tick__page_place(making, run->tale, waiter->loc)));
}

// The events that the failure came of: of a verdict without a cause, where the story begins to tell of it: its waits, and what it chains.
static size_t roots_of(const struct tick__page_making *making, const struct tick__waits *waits, bool in_waiting, uint32_t *roots) {
    const struct tick__tale *tale = making->page->run;
    const struct tick__story *story = making->page->story;
    size_t count = 0;
    if (tale->verdict)
        roots[count++] = tale->verdict;
    for (uint32_t i = 0; in_waiting && i < waits->matter; i++)
        roots[count++] = waits->waiters[i].seq;
    for (size_t i = 0; i < story->count; i++)
        if (story->sentences[i].class == TICK__SAID_CHAIN || story->sentences[i].class == TICK__SAID_WAIT)
            roots[count++] = story->sentences[i].seq;
    return count;
}

static int fill_chain(struct tick__page_making *making, const struct tick__waits *waits, bool in_waiting, json_t *chain) {
    const struct tick__page_run *run = &making->runs[0];
    struct tick__tale_set past = {0};
    uint32_t *roots = calloc((size_t)waits->matter + making->page->story->count + 1, sizeof *roots);
    if (!roots)
        return -ENOMEM;
    const size_t count = roots_of(making, waits, in_waiting, roots);
    const int code = count ? tick__tale_past(run->tale, roots, count, &past) : 0;
    for (uint32_t seq = run->first; code == 0 && count && seq && seq <= run->last; seq++)
        if (tick__tale_has(&past, seq))
            tick__page_add_number(making, chain, seq);
    free(past.bits);
    free(roots);
    return code;
}

json_t *tick__page_waits(struct tick__page_making *making, json_t *chain) {
    struct tick__waits waits = {0};
    json_t *list = json_array();
    const struct tick__tale *tale = making->page->run;
    const bool in_waiting = tick__ends_in_waiting(tale->trace);
    if (tick__waits_find(tale, making->page->good, &waits) < 0)
        making->failed = true;
    for (uint32_t i = 0; i < waits.count; i++)
        put_waiter(making, list, &waits, i);
    if (strcmp(tale->trace->verdict, "pass") != 0 && fill_chain(making, &waits, in_waiting, chain) < 0)
        making->failed = true;
    tick__waits_fini(&waits);
    return list;
}
