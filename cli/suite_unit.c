// The tests of one file: each of its scenarios calm, under the schedules that are kept of it, and under seeds.
#include "cli/finding.h"
#include "cli/input.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/stale.h"
#include "cli/suite.h"
#include "sim/explore/campaign.h"
#include "sim/explore/shrink.h"
#include "sim/native/scenario_target.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KNOWN_MOST 16   // findings that schedules expect, of one scenario
#define REPEATS_MOST 50 // seeds with one of these that are passed over

struct work {
    const struct tick__suite *suite;
    const struct tick__suite_unit *unit;
    const struct tick__suite_options *options;
    struct tick__loaded loaded;
    const struct tick_scenario *scenario;
    struct tick_target target; // that one
    struct tick_outcome known[KNOWN_MOST];
    size_t known_count;
    FILE *out;
};

static void set(json_t *result, const char *member, json_t *value) {
    if (result)
        (void)json_object_set_new(result, member, value);
}

// Adds what to type next: "replay FILE:SCENARIO REST".
static void set_next(const struct work *work, json_t *result, const char *command, const char *rest) {
    char *next = NULL;
    const bool linked = !*work->unit->file->path;
    if (work->loaded.guest) {
        if (asprintf(&next, "%s %s%s%s%s%s", tick__program(), command, *rest ? " " : "", rest, work->loaded.options, work->loaded.tail) < 0)
            return;
    } else if (asprintf(&next, "%s %s %s:%s%s%s%s", tick__program(), command, linked ? "" : work->unit->file->path, work->target.name,
                   *rest ? " " : "", rest, work->loaded.options) < 0)
        return;
    set(result, "next", tick__json_text(next));
    free(next);
}

static void send(const struct work *work, json_t *result) {
    if (result) {
        json_dumpf(result, work->out, JSON_COMPACT);
        fputc('\n', work->out);
        fflush(work->out);
    }
    json_decref(result);
}

static void fail(const struct work *work, json_t *result, int error) {
    set(result, "message", tick__json_text(tick__failure_text(error)));
    tick__suite_close(result, false, false, TICK__EXIT_HARNESS);
    send(work, result);
}

static bool is_known(const struct work *work, const struct tick_outcome *outcome) {
    for (size_t i = 0; i < work->known_count; i++)
        if (tick_outcome_same(outcome, &work->known[i]))
            return true;
    return false;
}

static void set_finding(const struct work *work, json_t *result, const struct tick_outcome *outcome, bool expected) {
    json_t *finding = tick__json_outcome(outcome, &work->loaded);
    json_t *text = finding ? json_object_get(finding, "text") : NULL;
    if (!expected)
        set(result, "message", text ? json_incref(text) : tick__json_text(tick_verdict_text(outcome->verdict)));
    set(result, "finding", finding);
}

static void note_checks(const struct work *work, json_t *result, const struct tick_outcome *outcome) {
    if (!work->loaded.guest && !work->loaded.world && outcome->verdict == TICK_PASS && outcome->checks == 0)
        set(result, "note", tick__json_text("it has no checks: only crashes, deadlocks and leaks can be found"));
}

static int attempt(const struct work *work, const struct tick_schedule *schedule, struct tick__attempt *attempt) {
    struct tick__digester *digester = NULL;
    const struct tick__input input = {.schedule = schedule};
    int result = tick__digester_new(&work->target, work->options->run->hang, &digester);
    if (result == 0)
        result = tick__digester_run(digester, &input, attempt);
    tick__digester_free(digester);
    return result;
}

static json_t *begin(const struct work *work, const char *what, const char *label) {
    return tick__suite_result(work->unit->file->path, work->target.name, what, label);
}

static void test_calm(const struct work *work) {
    struct tick_schedule calm;
    struct tick__attempt run;
    json_t *result = begin(work, "calm", "calm");
    tick_schedule_init(&calm, work->target.name);
    const int error = attempt(work, &calm, &run);
    if (error < 0) {
        fail(work, result, error);
        return;
    }
    const bool passed = run.outcome.verdict == TICK_PASS, known = !passed && is_known(work, &run.outcome);
    if (!passed) {
        set_finding(work, result, &run.outcome, false);
        set_next(work, result, "run", "");
    }
    note_checks(work, result, &run.outcome);
    tick__suite_close(result, passed, known, passed ? TICK__EXIT_PASS : TICK__EXIT_FINDING);
    send(work, result);
    tick__attempt_fini(&run);
}

// One kept schedule: not sent yet, as what it finds is known to the others.
static json_t *test_schedule(struct work *work, const struct tick__suite_schedule *kept) {
    struct tick__attempt run;
    struct tick__stale stale = {0};
    const bool fails = kept->schedule.expect == TICK_EXPECT_FAILS;
    json_t *result = begin(work, "schedule", kept->path);
    set(result, "schedule", tick__json_text(kept->path));
    set(result, "expected", tick__json_text(fails ? "fails" : "passes"));
    if (kept->recorded.refused && !work->options->load->cflags) {
        char text[600];
        snprintf(text, sizeof text, "it asks for the compiler's flag %.400s, which no file may: give the flags with --cflags",
            kept->recorded.refused);
        set(result, "message", tick__json_text(text));
        tick__suite_close(result, false, false, TICK__EXIT_USAGE);
        return result;
    }
    int error = attempt(work, &kept->schedule, &run);
    if (error == 0 && (error = tick__stale_find(&kept->schedule, &run.drawn, &stale)) < 0)
        tick__attempt_fini(&run);
    if (error < 0) {
        set(result, "message", tick__json_text(tick__failure_text(error)));
        tick__suite_close(result, false, false, TICK__EXIT_HARNESS);
        return result;
    }
    const bool failed = run.outcome.verdict != TICK_PASS, too_stale = stale.count && !failed && !fails && work->options->strict;
    if (failed)
        set_finding(work, result, &run.outcome, fails);
    else if (fails)
        set(result, "message",
            tick__json_text("it passes, and \"expect fails\" stands in it: if the program was repaired, write \"expect passes\""));
    else if (too_stale)
        set(result, "message",
            tick__json_text("it is stale, and --strict is given: find it anew (retick fuzz), mend its lines, or drop it"));
    if (stale.count)
        set(result, "stale", tick__stale_report(&stale));
    if (failed != fails)
        set_next(work, result, "replay", kept->path);
    note_checks(work, result, &run.outcome);
    if (failed && fails && work->known_count < KNOWN_MOST)
        work->known[work->known_count++] = run.outcome;
    const bool ok = failed == fails && !too_stale;
    tick__suite_close(result, ok, false, ok ? TICK__EXIT_PASS : too_stale ? TICK__EXIT_USAGE : TICK__EXIT_FINDING);
    tick__stale_fini(&stale);
    tick__attempt_fini(&run);
    return result;
}

// Seeds from the first that was not looked at, up to one that fails in another way than schedules expect.
static int look_for(const struct work *work, uint64_t *done, uint64_t *known, struct tick_campaign_result *found) {
    const struct tick__suite_options *options = work->options;
    for (;;) {
        struct tick__hush hush = {false}; // each worker's own copy
        struct tick_error error = {0};
        const struct tick_campaign campaign = {
            .target = &work->target,
            .rates = &options->run->rates,
            .first = options->first + *done,
            .count = options->seeds - *done,
            .workers = (int)work->unit->workers,
            .hang = options->run->hang,
            .begin = tick__hush_begin,
            .ctx = &hush,
        };
        const int code = tick_campaign_run(&campaign, found, &error);
        if (code < 0)
            return code;
        *done += found->runs;
        if (!found->found || !is_known(work, &found->outcome) || ++*known == REPEATS_MOST || *done == options->seeds)
            return 0;
        tick_campaign_result_fini(found);
    }
}

static void test_seeds(const struct work *work) {
    const struct tick__suite_options *options = work->options;
    uint64_t done = 0, known = 0;
    struct tick_campaign_result found;
    char label[64], seed[32];
    snprintf(label, sizeof label, "seeds %" PRIu64 "..%" PRIu64, options->first, options->first + options->seeds - 1);
    json_t *result = begin(work, "seeds", label);
    const int error = look_for(work, &done, &known, &found);
    if (error < 0) {
        fail(work, result, error);
        return;
    }
    const bool another = found.found && !is_known(work, &found.outcome);
    set(result, "seeds", json_pack("{s:I, s:I}", "runs", (json_int_t)done, "known", (json_int_t)known));
    if (found.found || known) {
        if (found.found) {
            set_finding(work, result, &found.outcome, false);
            snprintf(seed, sizeof seed, "%" PRIu64, found.seed);
            set(json_object_get(result, "finding"), "seed", tick__json_text(seed));
        } else {
            snprintf(label, sizeof label, "%" PRIu64 " seed%s found what a schedule expects", known, TICK__PLURAL(known));
            set(result, "message", tick__json_text(label));
        }
        snprintf(seed, sizeof seed, "--first %" PRIu64, found.found ? found.seed : options->first);
        set_next(work, result, "fuzz", seed);
    }
    tick__suite_close(result, !found.found && !known, !another && (found.found || known),
        another || found.found || known ? TICK__EXIT_FINDING : TICK__EXIT_PASS);
    send(work, result);
    tick_campaign_result_fini(&found);
}

// What a scenario's schedules found comes first, for the others to know; told it is after the calm run.
static void test_scenario(struct work *work) {
    const struct tick__suite *suite = work->suite;
    work->target = work->loaded.guest ? work->loaded.target : tick_scenario_target(work->scenario);
    json_t *results = json_array();
    work->known_count = 0;
    for (size_t i = 0; i < suite->schedule_count; i++) {
        const struct tick__suite_schedule *kept = &suite->schedules[i];
        const bool wants = tick__suite_wants(kept, work->options->load);
        if (!tick__suite_belongs(kept, work->unit->file) || strcmp(kept->schedule.scenario, work->target.name) != 0 ||
            wants != (work->unit->flags != NULL) || (wants && strcmp(kept->recorded.flags, work->unit->flags) != 0))
            continue;
        send(work, json_pack("{s:I}", "claims", (json_int_t)i));
        (void)json_array_append_new(results, test_schedule(work, kept));
    }
    if (!work->unit->flags)
        test_calm(work);
    for (size_t i = 0; i < json_array_size(results); i++)
        send(work, json_incref(json_array_get(results, i)));
    json_decref(results);
    if (!work->unit->flags && work->options->seeds)
        test_seeds(work);
}

// A program is called as its first schedule says, as ids hang on that; all other files are scenarios'.
static void name_program(const struct tick__suite *suite, const struct tick__suite_unit *unit, struct tick__load *load) {
    if (*unit->file->path)
        load->program = NULL;
    for (size_t i = 0; load->program && i < suite->schedule_count && !load->called; i++)
        if (*suite->schedules[i].recorded.program && tick__suite_belongs(&suite->schedules[i], unit->file))
            load->called = suite->schedules[i].schedule.scenario;
}

void tick__suite_unit_run(
    const struct tick__suite *suite, const struct tick__suite_unit *unit, const struct tick__suite_options *options, FILE *out) {
    struct work work = {.suite = suite, .unit = unit, .options = options, .out = out};
    struct tick__load load = *options->load;
    char *argument = NULL;
    int code = asprintf(&argument, "%s%s%s", unit->file->path, *unit->file->name ? ":" : "", unit->file->name) < 0 ? TICK__EXIT_HARNESS : 0;
    load.argument = *unit->file->path ? argument : NULL;
    name_program(suite, unit, &load);
    for (size_t i = 0; unit->flags && i < suite->schedule_count && !load.cflags; i++)
        if (suite->schedules[i].recorded.known && strcmp(suite->schedules[i].recorded.flags, unit->flags) == 0)
            code = code ? code : tick__recorded_take(&suite->schedules[i].recorded, suite->schedules[i].path, &load);
    if (code == 0)
        code = tick__scenario_load(&load, &work.loaded);
    if (code) {
        json_t *result = tick__suite_result(unit->file->path, unit->file->name, "load", "it can be loaded");
        tick__suite_close(result, false, false, code);
        send(&work, result);
    } else if (work.loaded.guest) {
        test_scenario(&work);
    } else {
        for (work.scenario = tick_scenario_first(); work.scenario; work.scenario = work.scenario->next)
            if (!*unit->file->name || strcmp(unit->file->name, work.scenario->name) == 0)
                test_scenario(&work);
    }
    tick__loaded_fini(&work.loaded);
    free(argument);
}
