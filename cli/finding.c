#include "cli/finding.h"
#include "cli/explain.h"
#include "cli/interrupt.h"
#include "cli/place.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/record.h"
#include "cli/report_json.h"
#include "cli/schedule_file.h"
#include "cli/twin.h"
#include "cli/view.h"
#include "sim/explore/shrink.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN 8192 // bytes of a command's words

// Where the waits begin in the text of a deadlock, or of a limit that was passed without progress; NULL: it has none.
static const char *waits_in(const struct tick_outcome *outcome, const char *text) {
    static const char *const marks[] = {"things go on: ", "can ever run again: "};
    if (outcome->verdict != TICK_DEADLOCKED && outcome->verdict != TICK_LIMIT_PASSED)
        return NULL;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *at = strstr(text, marks[i]);
        if (at)
            return at + strlen(marks[i]);
    }
    return NULL;
}

// These waits, one a line: the text strings them together.
static void say_waits(const struct tick_outcome *outcome, const char *text, const char *from) {
    tick__say("  %s: %.*s", tick_verdict_word(outcome->verdict), (int)(from - text) - 1, text);
    for (const char *to; *from; from = *to ? to + 2 : to) {
        to = strstr(from, "; ");
        if (!to)
            to = from + strlen(from);
        tick__say("    %.*s", (int)(to - from), from);
    }
}

bool tick__has_addresses(const struct tick_outcome *outcome) {
    return outcome->verdict == TICK_CRASHED || outcome->verdict == TICK_LIVELOCKED || outcome->verdict == TICK_EXITED;
}

bool tick__is_calm_hang(const struct tick_outcome *outcome) {
    return outcome->verdict == TICK_HUNG && (outcome->in_setup || (outcome->stopped[0] && outcome->deviations == 0));
}

void tick__outcome_words(
    const struct tick_outcome *outcome, const struct tick__loaded *loaded, char *words, size_t size, char *place, size_t place_size) {
    const char *text = outcome->text[0] ? outcome->text : tick_verdict_text(outcome->verdict);
    place[0] = '\0';
    if (tick__has_addresses(outcome))
        tick__place_words(text, loaded->object, words, size, place, place_size);
    else
        snprintf(words, size, "%s", text);
    if (outcome->file[0] && (outcome->line > 0 || !place[0]))
        snprintf(place, place_size, outcome->line > 0 ? "%s:%d" : "%s", outcome->file, outcome->line);
}

void tick__say_outcome(const struct tick_outcome *outcome, const struct tick__loaded *loaded) {
    char left[640], place[512], who[160] = "", text[512];
    tick__outcome_words(outcome, loaded, text, sizeof text, place, sizeof place);
    if (outcome->verdict == TICK_CHECK_FAILED || outcome->verdict == TICK_INVARIANT_BROKEN)
        snprintf(left, sizeof left, "%s", text);
    else
        snprintf(left, sizeof left, "%s: %s", tick_verdict_word(outcome->verdict), text);
    const char *waits = place[0] ? NULL : waits_in(outcome, text);
    if (waits)
        say_waits(outcome, text, waits);
    else
        tick__say_columns(left, "at ", place);
    if (outcome->stopped[0]) {
        tick__place_words(outcome->stopped, loaded->object, text, sizeof text, place, sizeof place);
        snprintf(left, sizeof left, "when it was stopped, it was %s", text);
        tick__say_columns(left, "at ", place);
    }
    if (outcome->host[0] && outcome->task[0])
        snprintf(who, sizeof who, "on host %s, in task %s", outcome->host, outcome->task);
    else if (outcome->host[0])
        snprintf(who, sizeof who, "on host %s", outcome->host);
    if (who[0])
        tick__say("  %s%s%s", tick__colour(stdout, TICK__DIM), who, tick__colour(stdout, TICK__PLAIN));
}

void tick__warn_no_checks(const char *scenario, uint64_t runs) {
    char count[32];
    tick__warn("%s: no checks were evaluated in %s run%s: only crashes, deadlocks and leaks can be found. Add tick_check, tick_invariant or"
               " tick_at_end",
        scenario, tick__format_count(runs, count, sizeof count), TICK__PLURAL(runs));
}

// Shrinks settle->start, in runs that may take `hang`. 0 or an error.
static int shrink_within(
    const struct tick__settle *settle, int64_t hang, uint64_t most_runs, struct tick_shrink_result *result, struct tick_error *error) {
    struct tick_isolate *isolate = NULL;
    struct tick__hush hush = {.repeats = true};
    int64_t shown = TICK__SHRINK_QUIET;
    const struct tick_isolate_options options = {.target = &settle->loaded->target, .hang = hang, .begin = tick__hush_begin, .ctx = &hush};
    int code = tick_isolate_new(&options, &isolate);
    if (code < 0)
        return code;
    const struct tick_shrink task = {
        .isolate = isolate,
        .start = settle->start,
        .most_runs = settle->most_runs ? settle->most_runs : most_runs,
        .rates = settle->rates,
        .seed = settle->seed,
        .progress = tick__progress_shrink,
        .ctx = &shown,
    };
    code = tick_shrink_run(&task, result, error);
    tick__progress_end();
    tick_isolate_free(isolate);
    return code;
}

// Whether a schedule hangs for the whole time that a run may take.
static bool hangs(const struct tick__settle *settle, const struct tick_schedule *schedule) {
    struct tick__digester *digester = NULL;
    struct tick__attempt attempt;
    const struct tick__input input = {.schedule = schedule};
    bool does = false;
    if (tick__digester_new(&settle->loaded->target, settle->hang, &digester) == 0 && tick__digester_run(digester, &input, &attempt) == 0) {
        does = attempt.outcome.verdict == TICK_HUNG;
        tick__attempt_fini(&attempt);
    }
    tick__digester_free(digester);
    return does;
}

// A hang takes its whole time in each run. So it is shrunk in runs that may take a fraction of that, and what is left has to hang for all
// of it; a program that is merely slow makes that fail, and then a few runs have to do.
static int shrink_hang(const struct tick__settle *settle, struct tick_shrink_result *result, struct tick_error *error) {
    const int64_t whole = settle->hang ? settle->hang : TICK_HANG_DEFAULT, part = whole / 50;
    const int64_t hang = part > TICK_MS(200) ? part : TICK_MS(200);
    if (hang < whole) {
        int code = shrink_within(settle, hang, 100, result, error);
        if (code < 0 || hangs(settle, &result->schedule))
            return code;
        tick_schedule_fini(&result->schedule);
    }
    return shrink_within(settle, whole, 20, result, error);
}

// Shrinks settle->start into *best. 0, or an exit code.
static int shrink(const struct tick__settle *settle, struct tick_schedule *best, bool *interrupted) {
    struct tick_shrink_result result;
    struct tick_error error = {0};
    size_t before = settle->start->count;
    if (before == 0) { // each run that hangs takes its time
        tick_schedule_init(best, settle->loaded->target.name);
        *interrupted = false;
        tick__report_set("shrunk", json_pack("{s:i, s:i, s:i, s:b}", "from", 0, "to", 0, "runs", 0, "complete", 1));
        tick__say("no deviation is needed: it fails %s",
            settle->outcome->in_setup ? "in the set-up, which asks nothing of the outside" : "when nothing goes wrong");
        return 0;
    }
    int code = settle->outcome->verdict == TICK_HUNG ? shrink_hang(settle, &result, &error)
                                                     : shrink_within(settle, settle->hang, 0, &result, &error);
    *interrupted = tick__interrupted();
    if (code == TICK_EINVALSTATE) {
        char again[AGAIN];
        tick__loaded_words(settle->loaded, again, sizeof again);
        tick__complain("the same schedule passed when it was run again: the scenario depends on something outside of the simulated world. "
                       "Next: %s check%s",
            tick__program(), again);
        return TICK__EXIT_FINDING;
    }
    if (code < 0) {
        tick__complain_of(tick__loaded_name(settle->loaded), code, &error);
        return TICK__EXIT_HARNESS;
    }
    *best = result.schedule;
    tick__report_set("shrunk", json_pack("{s:I, s:I, s:I, s:b}", "from", (json_int_t)before, "to", (json_int_t)best->count, "runs",
                                   (json_int_t)result.runs, "complete", (int)result.complete));
    if (best->count == 0)
        tick__say("shrunk from %zu deviation%s to none: it fails when nothing goes wrong", before, TICK__PLURAL(before));
    else
        tick__say("shrunk from %zu deviation%s to %zu%s:", before, TICK__PLURAL(before), best->count,
            result.complete ? ""
            : *interrupted  ? " (interrupted: it may get smaller)"
                            : " (the limit of runs was reached: it may get smaller)");
    if (strcmp(result.outcome.text, settle->outcome->text) != 0) { // the same finding, of another moment
        char words[512], place[512];
        tick__place_words(result.outcome.text, settle->loaded->object, words, sizeof words, place, sizeof place);
        tick__say("  %s", tick__has_addresses(&result.outcome) ? words : result.outcome.text);
    }
    return 0;
}

// Replays the schedule, each time in the same worker, and says whether it gave one digest. Returns 0 or an exit code.
static int replay(const struct tick__settle *settle, const struct tick_schedule *schedule) {
    struct tick__digester *digester = NULL;
    struct tick__attempt first = {0};
    struct tick__input input = {.schedule = schedule};
    unsigned times = settle->outcome->verdict == TICK_HUNG ? 2 : settle->replays, different = 0;
    char text[64];
    int result = tick__digester_new(&settle->loaded->target, settle->hang, &digester);
    if (result == 0)
        tick__digester_repeats(digester);
    for (unsigned i = 0; i < times && result == 0; i++) {
        struct tick__attempt attempt;
        if ((result = tick__digester_run(digester, &input, i ? &attempt : &first)) < 0)
            break;
        if (i) {
            different += tick__attempt_compare(&first, &attempt) != TICK__SAME_RUN;
            tick__attempt_fini(&attempt);
        }
    }
    tick__digester_free(digester);
    if (result < 0) {
        tick__complain_of(tick__loaded_name(settle->loaded), result, NULL);
        return TICK__EXIT_HARNESS;
    }
    if (times == 0)
        return 0;
    tick__report_set("replays", json_pack("{s:I, s:I, s:o}", "times", (json_int_t)times, "different", (json_int_t)different, "digest",
                                    first.has_digest && tick__report_on() ? tick__report_hex(first.digest, 16) : json_null()));
    char again[AGAIN];
    tick__loaded_words(settle->loaded, again, sizeof again);
    if (different)
        tick__say("replayed %u times, and %u differed: %s depends on something outside. Next: %s check%s", times, different,
            settle->loaded->target.name, tick__program(), again);
    else if (first.has_digest)
        tick__say("replayed %u times, digest %s, each time the same", times, tick__format_digest(first.digest, 1, text, sizeof text));
    else
        tick__say("replayed %u times, each time the same %s at %s", times, tick_verdict_word(first.outcome.verdict),
            tick__format_time(first.outcome.ended_at, text, sizeof text));
    tick__attempt_fini(&first);
    return 0;
}

// Whether the recorded run is the finding, where no other has confirmed it. 0 or an exit code.
static int confirm(const struct tick__settle *settle, const struct tick_outcome *outcome) {
    const bool same = tick_outcome_same(outcome, settle->outcome);
    tick__report_set("replays", json_pack("{s:i, s:i, s:n}", "times", 1, "different", !same, "digest"));
    if (same) {
        tick__say("run once more, for its trace: the same %s", tick_verdict_word(outcome->verdict));
        return 0;
    }
    char again[AGAIN];
    tick__loaded_words(settle->loaded, again, sizeof again);
    tick__complain("run once more, it gave \"%s\": the scenario depends on something outside of the simulated world. Next: %s check%s",
        tick_verdict_text(outcome->verdict), tick__program(), again);
    return TICK__EXIT_FINDING;
}

// The finding's story, beside the nearest run that passes, which is kept as `twin`. 0 or an exit code.
static int explain(const struct tick__settle *settle, const struct tick__record *record, const char *twin) {
    struct tick_error error = {0};
    char name[PATH_MAX + 32];
    const int found = tick__twin_find(record, settle->path, twin, &error);
    if (found < 0) {
        tick__complain_of(twin, found, &error);
        return TICK__EXIT_HARNESS;
    }
    snprintf(name, sizeof name, "%s, which passes", twin);
    const struct tick__explain what = {.path = settle->path,
        .against = found ? twin : NULL,
        .there = "in the good run",
        .name = name,
        .keep = true,
        .told = true,
        .quiet = settle->quiet};
    if (found)
        tick__report_written("twin", twin);
    return tick__explain(&what);
}

static int store(const struct tick__settle *settle, const struct tick_schedule *schedule, const struct tick_names *names) {
    struct tick_error error = {0};
    struct tick__attempt attempt;
    char *text = tick__schedule_text(schedule, names), *schedule_path = tick__with_extension(settle->path, ".schedule"),
         *picture = tick__with_extension(settle->path, ".svg"), *twin = tick__with_extension(settle->path, ".twin.db");
    int code = TICK__EXIT_HARNESS;
    const struct tick__record record = {
        .target = &settle->loaded->target,
        .scenario_file = settle->loaded->source,
        .options = settle->loaded->built,
        .object = settle->loaded->object,
        .chooser = "replay",
        .schedule_text = text,
        .path = settle->path,
        .input = {.schedule = schedule, .seed = settle->seed},
        .hang = settle->hang,
        .quiet = true,
    };
    if (!text || !schedule_path || !picture || !twin) {
        tick__no_memory(settle->path);
        goto out;
    }
    const int refused = tick__output_check_both(settle->output, settle->path); // somebody may have come first meanwhile
    if (refused) {
        code = refused;
        goto out;
    }
    int result = tick__schedule_save(schedule_path, schedule, names, &error);
    if (result < 0) {
        tick__complain_of(schedule_path, result, &error);
        goto out;
    }
    result = tick__record_run(&record, &attempt, &error);
    if (result < 0) {
        tick__complain_of(settle->path, result, &error);
        tick__report_written("schedule", schedule_path);
        tick__say("%s written, but no whole trace of it. Next: %s replay %s%s%s%s%s", schedule_path, tick__program(), settle->loaded->given,
            *settle->loaded->given ? " " : "", schedule_path, settle->loaded->options, settle->loaded->tail);
        goto out;
    }
    const int other = settle->once ? confirm(settle, &attempt.outcome) : 0;
    tick__attempt_fini(&attempt);
    tick__report_written("trace", settle->path);
    tick__report_written("schedule", schedule_path);
    if (other) {
        code = other;
        goto out;
    }
    const int untold = explain(settle, &record, twin);
    tick__say("%s and %s written. Next: %s replay %s%s%s    %s graph %s -o %s", settle->path, schedule_path, tick__program(), settle->path,
        settle->loaded->options, tick__loaded_behind_trace(settle->loaded), tick__program(), settle->path, picture);
    const struct tick__view view = {.path = settle->path};
    const int unseen = settle->no_page || untold ? 0 : tick__view_beside(view, settle->path, settle->output->force);
    code = untold ? untold : unseen ? unseen : TICK__EXIT_FINDING;
out:
    free(text);
    free(schedule_path);
    free(picture);
    free(twin);
    return code;
}

int tick__settle_finding(const struct tick__settle *settle) {
    struct tick_schedule best;
    struct tick_names *names = NULL;
    bool interrupted = false;
    int code;
    if (settle->no_shrink) {
        if (tick_schedule_copy(&best, settle->start) < 0)
            return tick__no_memory(settle->path);
        tick__say("%zu deviation%s, not shrunk:", best.count, TICK__PLURAL(best.count));
    } else if ((code = shrink(settle, &best, &interrupted)) != 0) {
        return code;
    }
    const struct tick__input input = {.schedule = &best};
    code = TICK__EXIT_HARNESS;
    if (tick_schedule_set_cflags(&best, settle->loaded->flags) < 0 ||
        tick_schedule_set_program(&best, settle->loaded->guest ? settle->loaded->built + 1 : NULL) < 0 ||
        (best.count && tick__names_of_run(&settle->loaded->target, &input, settle->hang, &names) < 0)) {
        tick__no_memory(settle->path);
        goto out;
    }
    tick__say_schedule(&best, names, settle->loaded);
    tick__report_set("schedule", tick__report_schedule(&best, names, settle->loaded));
    code = settle->once ? 0 : replay(settle, &best);
    if (code == 0)
        code = store(settle, &best, names);
    if (code == TICK__EXIT_FINDING && interrupted)
        code = TICK__EXIT_INTERRUPTED;
out:
    tick_names_free(names);
    tick_schedule_fini(&best);
    return code;
}
