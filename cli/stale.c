#include "cli/stale.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MOST 10

int tick__stale_find(const struct tick_schedule *schedule, const struct tick_schedule *drawn, struct tick__stale *stale) {
    bool *met = calloc(schedule->count + 1, sizeof *met);
    *stale = (struct tick__stale){.of = schedule->count, .lines = calloc(schedule->count + 1, sizeof *stale->lines)};
    bool whole = met && stale->lines && tick_schedule_among(schedule, drawn, false, met) == 0;
    for (size_t i = 0; i < schedule->count && whole; i++) {
        char line[4096];
        if (met[i])
            continue;
        if (schedule->words && schedule->words[i] && *schedule->words[i])
            snprintf(line, sizeof line, "%s", schedule->words[i]);
        else
            tick_deviation_line(&schedule->deviations[i], NULL, line, sizeof line);
        stale->lines[stale->count] = strdup(line);
        whole = stale->lines[stale->count] != NULL;
        stale->count += whole;
    }
    free(met);
    if (!whole)
        tick__stale_fini(stale);
    return whole ? 0 : -ENOMEM;
}

void tick__stale_fini(struct tick__stale *stale) {
    for (size_t i = 0; i < stale->count; i++)
        free(stale->lines[i]);
    free(stale->lines);
    *stale = (struct tick__stale){0};
}

int tick__stale_words(const struct tick__stale *stale, char *text, size_t size) {
    return snprintf(
        text, size, "%zu of %zu line%s %s not met", stale->count, stale->of, TICK__PLURAL(stale->of), stale->count == 1 ? "was" : "were");
}

json_t *tick__stale_report(const struct tick__stale *stale) {
    json_t *lines = json_array();
    for (size_t i = 0; i < stale->count && lines; i++)
        if (json_array_append_new(lines, tick__json_text(stale->lines[i])) != 0) {
            json_decref(lines);
            lines = NULL;
        }
    return lines ? json_pack("{s:I, s:o}", "of", (json_int_t)stale->of, "lines", lines) : NULL;
}

static void say(const struct tick__stale_run *run, const struct tick__stale *stale, bool failed) {
    const char *given = run->loaded->given, *space = *given ? " " : "";
    char words[80], again[8192];
    if (run->loaded->guest)
        tick__loaded_words(run->loaded, again, sizeof again);
    else
        snprintf(again, sizeof again, "%s%s%s%s%s", space, given, *given ? ":" : " :", run->loaded->target.name, run->loaded->options);
    tick__stale_words(stale, words, sizeof words);
    tick__say("  %sstale%s: %s:%s%s", tick__colour(stdout, TICK__YELLOW), tick__colour(stdout, TICK__PLAIN), words,
        stale->count == 1 ? " " : "", stale->count == 1 ? stale->lines[0] : "");
    for (size_t i = 0; i < stale->count && i < SHOWN_MOST && stale->count > 1; i++)
        tick__say("    %s", stale->lines[i]);
    if (stale->count > SHOWN_MOST)
        tick__say("    and %zu more", stale->count - SHOWN_MOST);
    if (run->shrinks && failed)
        tick__say("    it fails without what is not met, or before");
    else if (failed)
        tick__say("    it fails without what is not met, or before. Next: %s shrink%s%s %s%s%s    writes what is left of it", tick__program(),
            space, given, run->path, run->loaded->options, run->loaded->tail);
    else
        tick__say(
            "    the program has changed since, or goes another way: that it passes tells little. Next: %s fuzz%s    finds the "
            "failure anew, if it is still there",
            tick__program(), again);
}

void tick__stale_note(const struct tick_schedule *schedule, const struct tick_schedule *drawn) {
    struct tick__stale stale;
    if (tick__stale_find(schedule, drawn, &stale) < 0) {
        tick__no_memory(schedule->scenario);
        return;
    }
    for (size_t i = 0; i < stale.count && i < SHOWN_MOST; i++)
        tick__note("the run did not meet: %s", stale.lines[i]);
    if (stale.count > SHOWN_MOST)
        tick__note("... nor %zu more", stale.count - SHOWN_MOST);
    tick__stale_fini(&stale);
}

int tick__stale_tell(const struct tick__stale_run *run, int code) {
    struct tick__stale stale;
    if (tick__stale_find(run->schedule, run->drawn, &stale) < 0)
        return tick__no_memory(run->path);
    const bool is_stale = stale.count > 0;
    if (is_stale)
        say(run, &stale, code == TICK__EXIT_FINDING);
    if (tick__report_on()) {
        tick__report_set("stale", tick__stale_report(&stale));
        tick__report_set("unmet", json_integer((json_int_t)stale.count));
    }
    tick__stale_fini(&stale);
    if (!is_stale || !run->strict || code != TICK__EXIT_PASS)
        return code;
    tick__complain("%s is stale, and --strict is given: find it anew, take out the lines that are not met, or drop it", run->path);
    return TICK__EXIT_USAGE;
}
