#include "cli/repaired.h"
#include "cli/flags.h"
#include "cli/input.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/report_json.h"
#include "cli/schedule_file.h"
#include "cli/world_load.h"
#include "sim/explore/shrink.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SCHEDULES_MOST 20 // that fail the other, beside the smallest
#define TRIED_MOST 400    // seeds, to find as many

int tick__repaired_words(const char *line, struct tick__argv *words) {
    const int result = tick__flags_split(line, words);
    if (result == -ENOMEM)
        return tick__no_memory("--repaired");
    if (result < 0 || !words->count) {
        tick__complain("--repaired %s: write a command as you would behind --, in one word, and what a shell would change in 'quotes': "
                       "--repaired 'python3 app.py repaired'",
            line);
        return TICK__EXIT_USAGE;
    }
    return 0;
}

int tick__repaired_open(
    struct tick__repaired *repaired, const char *line, const struct tick__load *load, const struct tick__loaded *broken) {
    struct tick__load mine = *load;
    if (broken->world && tick__world_is_named(line)) {
        mine.argument = line;
        return tick__scenario_load(&mine, &repaired->loaded);
    }
    if (!broken->guest) {
        tick__complain("--repaired of fuzz goes with a program of your own, behind --, or with a world file, where it is another one. Of a "
                       "scenario: %s replay FILE.c:REPAIRED SCHEDULE, or %s explain TRACE --repaired FILE.c:REPAIRED",
            tick__program(), tick__program());
        return TICK__EXIT_USAGE;
    }
    const int code = tick__repaired_words(line, &repaired->words);
    if (code)
        return code;
    mine.program = repaired->words.argv;
    mine.called = broken->name;
    return tick__scenario_load(&mine, &repaired->loaded);
}

void tick__repaired_close(struct tick__repaired *repaired) {
    tick__loaded_fini(&repaired->loaded);
    tick__argv_fini(&repaired->words);
}

// --- the schedules that fail the other ---

struct failing {
    struct tick_schedule schedules[SCHEDULES_MOST + 1];
    size_t count;
};

static int isolate_of(
    const struct tick_target *target, const struct tick__broken *broken, struct tick__hush *hush, struct tick_isolate **out) {
    const struct tick_isolate_options options = {
        .target = target, .hang = broken->campaign->hang, .memory = broken->campaign->memory, .begin = tick__hush_begin, .ctx = hush};
    return tick_isolate_new(&options, out);
}

static int smallest(const struct tick__broken *broken, struct failing *failing) {
    struct tick__recipe recipe;
    const int code = tick__recipe_read(broken->trace, &recipe);
    if (code)
        return code;
    const int result = tick_schedule_copy(&failing->schedules[0], &recipe.schedule);
    failing->count = result == 0;
    tick__recipe_fini(&recipe);
    return result < 0 ? tick__no_memory(broken->trace) : 0;
}

// Those of the seeds that come next. 0 or a negative error.
static int others(const struct tick__broken *broken, struct failing *failing) {
    struct tick__hush hush = {.repeats = true};
    struct tick_isolate *isolate = NULL;
    int result = isolate_of(&broken->loaded->target, broken, &hush, &isolate);
    for (uint64_t i = 0; i < TRIED_MOST && failing->count <= SCHEDULES_MOST && result == 0 && !tick__interrupted(); i++) {
        struct tick_outcome outcome;
        struct tick_schedule drawn;
        result = tick_isolate_seed(isolate, broken->result->seed + i, broken->campaign->rates, 0, &outcome, &drawn, NULL);
        if (result < 0)
            break;
        if (drawn.count && tick_outcome_same(&outcome, &broken->result->outcome))
            failing->schedules[failing->count++] = drawn;
        else
            tick_schedule_fini(&drawn);
        tick__progress_line("repaired: %zu schedules that fail the other", failing->count);
    }
    if (isolate)
        tick_isolate_free(isolate);
    return result;
}

// --- the repaired one ---

struct verdicts {
    uint32_t same, other;      // of the schedules: fails as the other does, or otherwise
    struct tick_outcome first; // of those that fail
    bool smallest;             // that is the trace's
};

static int try_schedules(
    const struct tick__repaired *repaired, const struct tick__broken *broken, const struct failing *failing, struct verdicts *verdicts) {
    struct tick__hush hush = {.repeats = true};
    struct tick_isolate *isolate = NULL;
    int result = isolate_of(&repaired->loaded.target, broken, &hush, &isolate);
    for (size_t i = 0; i < failing->count && result == 0 && !tick__interrupted(); i++) {
        struct tick_outcome outcome;
        struct tick_schedule drawn;
        result = tick_isolate_schedule(isolate, &failing->schedules[i], 0, &outcome, &drawn, NULL);
        if (result < 0)
            break;
        tick_schedule_fini(&drawn);
        if (outcome.verdict == TICK_PASS)
            continue;
        if (!verdicts->same && !verdicts->other) {
            verdicts->first = outcome;
            verdicts->smallest = i == 0;
        }
        if (tick_outcome_same(&outcome, &broken->result->outcome))
            verdicts->same++;
        else
            verdicts->other++;
    }
    if (isolate)
        tick_isolate_free(isolate);
    return result;
}

static int try_seeds(const struct tick__repaired *repaired, const struct tick__broken *broken, struct tick_campaign_result *result,
    struct tick_error *error) {
    struct tick_campaign campaign = *broken->campaign;
    campaign.target = &repaired->loaded.target;
    campaign.first = 0;
    campaign.count = repaired->seeds;
    campaign.time = 0;
    campaign.keep_going = false;
    return tick_campaign_run(&campaign, result, error);
}

// --- what came of it ---

static void report(const struct tick__repaired *repaired, const struct failing *failing, const struct verdicts *verdicts,
    const struct tick_campaign_result *own) {
    if (!tick__report_on())
        return;
    const bool failed = verdicts->same || verdicts->other;
    json_t *object = json_pack("{s:o, s:I, s:I, s:I, s:I, s:b}", "program",
        tick__report_text(repaired->loaded.world ? repaired->loaded.given : repaired->loaded.tail + strlen(" -- ")), "schedules",
        (json_int_t)failing->count, "fails_alike", (json_int_t)verdicts->same, "fails_otherwise", (json_int_t)verdicts->other, "seeds",
        (json_int_t)own->runs, "passed", !failed && !own->found);
    const struct tick_outcome *outcome = failed ? &verdicts->first : own->found ? &own->outcome : NULL;
    if (object && outcome && json_object_set_new(object, "finding", tick__report_outcome(outcome, &repaired->loaded)) != 0) {
        json_decref(object);
        object = NULL;
    }
    tick__report_set("repaired", object);
}

static void say_failing(const struct tick__repaired *repaired, const struct tick__broken *broken, const struct failing *failing,
    const struct verdicts *verdicts) {
    const char *trace = broken->trace, *options = repaired->loaded.options, *tail = tick__loaded_behind_trace(&repaired->loaded);
    const uint32_t failed = verdicts->same + verdicts->other;
    char next[4200];
    if (verdicts->smallest)
        snprintf(next, sizeof next, "replay %s%s%s", trace, options, tail);
    else
        snprintf(next, sizeof next, "fuzz%s%s", options, tail);
    tick__say("repaired: %sfails%s%s, under %u of the %zu schedules that fail %s: %s%s. Next: %s %s", tick__colour(stdout, TICK__RED),
        tick__colour(stdout, TICK__PLAIN), verdicts->same ? ", too" : " in another way", failed, failing->count,
        broken->loaded->target.name, verdicts->first.text[0] ? verdicts->first.text : tick_verdict_text(verdicts->first.verdict),
        verdicts->same ? " (the repair does not reach it, or it is the test's own)" : "", tick__program(), next);
}

static void say(const struct tick__repaired *repaired, const struct tick__broken *broken, const struct failing *failing,
    const struct verdicts *verdicts, const struct tick_campaign_result *own) {
    char runs[32], rate[32];
    const char *name = broken->loaded->target.name, *red = tick__colour(stdout, TICK__RED), *plain = tick__colour(stdout, TICK__PLAIN);
    const char *s = TICK__PLURAL(failing->count);
    if (verdicts->same || verdicts->other) {
        say_failing(repaired, broken, failing, verdicts);
        return;
    }
    if (own->found) {
        tick__say("repaired: passes under the %zu schedule%s that fail%s %s, and %sfails%s under seed %llu of its own: %s. Next: %s fuzz "
                  "--first %llu%s%s",
            failing->count, s, failing->count == 1 ? "s" : "", name, red, plain, (unsigned long long)own->seed,
            own->outcome.text[0] ? own->outcome.text : tick_verdict_text(own->outcome.verdict), tick__program(),
            (unsigned long long)own->seed, repaired->loaded.options, tick__loaded_behind_trace(&repaired->loaded));
        return;
    }
    tick__format_count(own->runs, runs, sizeof runs);
    tick__format_count(own->elapsed > 0 ? (uint64_t)((double)own->runs * 1e9 / (double)own->elapsed) : 0, rate, sizeof rate);
    tick__say("repaired: %spasses%s under the %zu schedule%s that fail%s %s, and under %s seed%s of its own (%s/s)",
        tick__colour(stdout, TICK__GREEN), plain, failing->count, s, failing->count == 1 ? "s" : "", name, runs, TICK__PLURAL(own->runs),
        rate);
}

int tick__repaired_run(const struct tick__repaired *repaired, const struct tick__broken *broken) {
    struct failing failing = {.count = 0};
    struct verdicts verdicts = {0};
    struct tick_campaign_result own = {0};
    struct tick_error error = {0};
    int code = smallest(broken, &failing), result = 0;
    if (code == 0) {
        result = others(broken, &failing);
        if (result == 0)
            result = try_schedules(repaired, broken, &failing, &verdicts);
        if (result == 0 && repaired->seeds && !verdicts.same && !verdicts.other && !tick__interrupted())
            result = try_seeds(repaired, broken, &own, &error);
        tick__progress_end();
        if (result < 0) {
            tick__complain_of(tick__loaded_name(&repaired->loaded), result, &error);
            code = TICK__EXIT_HARNESS;
        } else if (tick__interrupted()) {
            code = TICK__EXIT_INTERRUPTED;
        } else {
            say(repaired, broken, &failing, &verdicts, &own);
            report(repaired, &failing, &verdicts, &own);
        }
        tick_campaign_result_fini(&own);
    }
    for (size_t i = 0; i < failing.count; i++)
        tick_schedule_fini(&failing.schedules[i]);
    return code;
}
