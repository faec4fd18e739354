// retick explain --waits: everybody who waits when a run ends, those first who keep it from ending, in the order in which one comes to them
// from the main tasks.
#include "cli/explain_int.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/story_print.h"
#include "trace/explain/waits.h"
#include <string.h>

static void describe(const struct tick__waits *waits, uint32_t i, const struct tick__beside *beside, struct tick__sentence *sentence) {
    const struct tick__waiter *waiter = &waits->waiters[i];
    struct tick__said over = TICK__SAID(sentence->over), good = TICK__SAID(sentence->good);
    *sentence = (struct tick__sentence){.seq = waiter->seq, .ts = waiter->since, .loc = waiter->loc, .class = TICK__SAID_WAIT};
    tick__said_task(waits->tale, waiter->task, &TICK__SAID(sentence->who));
    tick__waits_say(waits, waiter, false, &TICK__SAID(sentence->say));
    tick__said_place(waits->tale, waiter->loc, &TICK__SAID(sentence->place));
    if (waiter->circle)
        tick__say_to(&over, "part of circle %u: waits in the end for itself", (unsigned)waiter->circle);
    else
        tick__waits_say_woken(waits, waiter, &over);
    if (beside) {
        char words[200] = "";
        tick__waits_say_beside(waiter, beside, &TICK__SAID(words));
        tick__say_to(&good, "%s%s", *words ? "in the good run " : "", words);
    }
}

static json_t *path_of(const struct tick__tale *tale, uint32_t object) {
    const struct tick__tale_object *one = tick__tale_object(tale, object);
    return tick__report_text(*one->path ? one->path : one->name);
}

static void report(const struct tick__waits *waits, uint32_t i, const struct tick__sentence *sentence) {
    const struct tick__waiter *waiter = &waits->waiters[i];
    if (!tick__report_on())
        return;
    json_t *tasks = json_array();
    for (uint32_t k = 0; k < waiter->needs_count; k++)
        json_array_append_new(tasks, path_of(waits->tale, waits->needs[waiter->needs_from + k]));
    tick__report_add("waits",
        json_pack("{s:o, s:o, s:I, s:I, s:s, s:o, s:o, s:o, s:I, s:o, s:b, s:o, s:o}", "task", path_of(waits->tale, waiter->task), "host",
            path_of(waits->tale, waiter->host), "seq", (json_int_t)waiter->seq, "since_ns", (json_int_t)waiter->since, "for",
            tick__wait_words[waiter->kind], "say", tick__report_text(sentence->say), "place", tick__report_text(sentence->place), "needs",
            tasks, "needs_all", (json_int_t)waiter->needs_all, "circle", waiter->circle ? json_integer(waiter->circle) : json_null(),
            "idle", (int)waiter->idle, "more", tick__report_text(sentence->over), "beside", tick__report_text(sentence->good)));
}

static size_t width_of(const struct tick__waits *waits) {
    size_t width = 0;
    for (uint32_t i = 0; i < waits->count; i++) {
        const struct tick__sentence sentence = {.ts = waits->waiters[i].since};
        const size_t needed = tick__sentence_width(&sentence);
        width = needed > width ? needed : width;
    }
    return width;
}

static void print(const struct tick__waits *waits, const struct tick__beside *beside) {
    const uint32_t idle = waits->count - waits->matter;
    const size_t width = width_of(waits);
    char end[48];
    tick__report_set("waits", json_array());
    tick__format_time(waits->tale->end, end, sizeof end);
    if (!waits->count)
        tick__say("nobody waits when it ends, at %s", end);
    else if (waits->matter)
        tick__say("%u task%s when it ends, at %s:", (unsigned)waits->matter, waits->matter == 1 ? " waits" : "s wait", end);
    for (uint32_t i = 0; i < waits->count; i++) {
        struct tick__sentence sentence;
        if (i == waits->matter)
            tick__say("%u task%s that nobody waits for %s idle when it ends, at %s:", (unsigned)idle, TICK__PLURAL(idle),
                idle == 1 ? "is" : "are", end);
        describe(waits, i, beside, &sentence);
        report(waits, i, &sentence);
        tick__sentence_print(&sentence, i + 1, width);
    }
}

int tick__explain_waits(const char *path, const char *against) {
    struct tick__explained run = {0}, good = {0};
    struct tick__waits waits = {0};
    struct tick__beside beside = {0};
    int code = tick__explained_open(path, &run);
    if (code == 0 && against)
        code = tick__explained_open(against, &good);
    const struct tick__tale *other = against ? &good.tale : NULL;
    if (code == 0 && ((other && tick__beside_init(&run.tale, other, &beside) < 0) || tick__waits_find(&run.tale, other, &waits) < 0))
        code = tick__no_memory(path);
    if (code == 0)
        print(&waits, against ? &beside : NULL);
    tick__waits_fini(&waits);
    tick__beside_fini(&beside);
    tick__explained_close(&good);
    tick__explained_close(&run);
    return code;
}
