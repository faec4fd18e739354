// retick fuzz: many seeds, then the smallest schedule of the first that fails.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/finding.h"
#include "cli/guest_begin.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/record.h"
#include "cli/repaired.h"
#include "cli/report_json.h"
#include "sim/explore/campaign.h"
#include <stdlib.h>
#include <string.h>

struct fuzz_arguments {
    struct tick__load load;
    struct tick__run_options run;
    uint64_t first, count;
    int64_t time;
    uint64_t jobs, replays;
    bool keep_going, no_shrink, counted, quiet, no_page;
    const char *output, *repaired; // the repaired program's command line
    struct tick__repaired other;   // that one
    struct tick__output_rules rules;
};

enum {
    OPTION_FIRST = TICK__OPTION_OTHERS,
    OPTION_TIME,
    OPTION_KEEP_GOING,
    OPTION_NO_SHRINK,
    OPTION_REPLAYS,
    OPTION_SEED,
    OPTION_REPAIRED,
    OPTION_REPAIRED_SEEDS
};

static const struct argp_option options[] = {
    {"seeds", 'n', "N", 0, "How many seeds to try (default: 10000), or which: A..B", 0},
    {"first", OPTION_FIRST, "N", 0, "The first seed (default: 0)", 0},
    {"time", OPTION_TIME, "TIME", 0, "Stop after this time, such as 10s (default: none; without --seeds it is the only limit)", 0},
    {"jobs", 'j', "N", 0, "Worker processes (default: one a core)", 0},
    {"keep-going", OPTION_KEEP_GOING, NULL, 0, "Try all seeds and count the failures, instead of stopping at the first", 0},
    {"no-shrink", OPTION_NO_SHRINK, NULL, 0, "Keep the failing seed's schedule as it is", 0},
    {"seed", OPTION_SEED, "N", OPTION_HIDDEN, NULL, 0}, // else an abbreviation of --seeds, which means something else
    {"replays", OPTION_REPLAYS, "N", 0, "How often to replay what was found (default: 10)", 0},
    {"repaired", OPTION_REPAIRED, "COMMAND|FILE.yaml", 0,
        "Of a program behind --, or a world file: run this one, in which the bug is repaired, under the schedules that fail the other, and "
        "then "
        "under seeds of its own",
        0},
    {"repaired-seeds", OPTION_REPAIRED_SEEDS, "N", 0, "How many of its own (default: 2000)", 0},
    {"output", 'o', "FILE", 0, "Where the trace of the finding goes, its schedule beside it (default: SCENARIO.db and SCENARIO.schedule)",
        0},
    TICK__FORCE_ROW,
    TICK__QUIET_ROW,
    TICK__NO_PAGE_ROW,
    {0},
};

static const char doc[] =
    "Runs a scenario under many schedules, one a seed, until one fails; then shrinks that schedule to the deviations that matter, "
    "replays it, and writes its trace and its schedule."
    "\vExamples:\n"
    "  retick fuzz scenario.c\n"
    "  retick fuzz scenario.c --time 10s --jobs 4\n"
    "  retick fuzz scenario.c --rate delivery=50% --rate displace=200\n"
    "  retick fuzz --repaired 'python3 app.py repaired' -- python3 app.py\n"
    "  retick fuzz --repaired shop_repaired.yaml shop.yaml\n"
    "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct fuzz_arguments *a = state->input;
    switch (key) {
    case 'n':
        if (!tick__parse_range(value, &a->first, &a->count))
            tick__wrong(state->name, "--seeds %s: write a positive number, or A..B", value);
        a->counted = true;
        return 0;
    case OPTION_SEED:
        tick__wrong(state->name, "--seed %s: retick run --seed %s runs that one; fuzz takes --seeds N, or --seeds A..B", value, value);
        return EINVAL;
    case OPTION_FIRST:
        if (!tick__parse_number(value, &a->first))
            tick__wrong(state->name, "--first %s: write a number", value);
        return 0;
    case OPTION_TIME:
        if (!tick__parse_time(value, &a->time) || a->time <= 0)
            tick__wrong(state->name, "--time %s: write a time such as 10s or 2min", value);
        return 0;
    case 'j':
        if (!tick__parse_number(value, &a->jobs) || a->jobs == 0 || a->jobs > 1024)
            tick__wrong(state->name, "--jobs %s: write a number from 1 to 1024", value);
        return 0;
    case OPTION_KEEP_GOING:
        a->keep_going = true;
        return 0;
    case OPTION_NO_SHRINK:
        a->no_shrink = true;
        return 0;
    case OPTION_REPLAYS:
        if (!tick__parse_number(value, &a->replays) || a->replays > 100000)
            tick__wrong(state->name, "--replays %s: write a number up to 100000", value);
        return 0;
    case OPTION_REPAIRED:
        a->repaired = value;
        return 0;
    case OPTION_REPAIRED_SEEDS:
        if (!tick__parse_number(value, &a->other.seeds))
            tick__wrong(state->name, "--repaired-seeds %s: write a number", value);
        return 0;
    case 'o':
        a->output = value;
        return 0;
    case TICK__OPTION_FORCE:
        a->rules.force = true;
        return 0;
    case TICK__OPTION_NO_PAGE:
        a->no_page = true;
        return 0;
    case TICK__OPTION_QUIET:
        a->quiet = true;
        return 0;
    default:
        return tick__parse_scenario(key, value, state, &a->run, &a->load);
    }
}

static const struct argp_child children[] = {{&tick__run_argp, 0, NULL, 0}, {&tick__load_argp, 0, NULL, 10}, {0}};
static const struct argp argp = {options, parse, "[FILE.c[:SCENARIO]]", doc, children, NULL, NULL};

static void say_marks(const struct tick_campaign_result *result) {
    char runs[32], total[32];
    for (size_t i = 0; i < result->marks; i++)
        tick__say("  reached \"%s\" in %s of %s runs", result->mark[i].name, tick__format_count(result->mark[i].runs, runs, sizeof runs),
            tick__format_count(result->runs, total, sizeof total));
}

static void report_campaign(const struct tick__loaded *loaded, const struct tick_campaign_result *result) {
    tick__report_scenario(loaded);
    json_t *marks = json_array();
    for (size_t i = 0; tick__report_on() && i < result->marks; i++)
        json_array_append_new(
            marks, json_pack("{s:o, s:I}", "name", tick__report_text(result->mark[i].name), "runs", (json_int_t)result->mark[i].runs));
    tick__report_set(
        "campaign", json_pack("{s:I, s:I, s:I, s:b, s:o}", "runs", (json_int_t)result->runs, "failures", (json_int_t)result->failures,
                        "elapsed_ns", (json_int_t)result->elapsed, "interrupted", (int)tick__interrupted(), "marks", marks));
    if (!tick__report_on() || !result->found)
        return;
    json_t *finding = tick__report_outcome(&result->outcome, loaded);
    if (json_object_set_new(finding, "seed", tick__report_number(result->seed)) != 0) {
        json_decref(finding);
        finding = NULL;
    }
    tick__report_set("finding", finding);
}

// The deviations went down with the program: what is left is the seed.
static int keep_seed(const struct fuzz_arguments *a, const struct tick__loaded *loaded, uint64_t seed, const char *why) {
    struct tick__attempt attempt;
    struct tick_error error = {0};
    const struct tick__record record = {
        .target = &loaded->target,
        .scenario_file = loaded->source,
        .options = loaded->built,
        .object = loaded->object,
        .chooser = "random",
        .path = a->output,
        .input = {.seed = seed, .rates = &a->run.rates},
        .hang = a->run.hang,
        .quiet = true,
    };
    int result = tick__output_check(&a->rules, a->output, TICK__OUTPUT_TRACE);
    if (result)
        return result;
    result = tick__record_run(&record, &attempt, &error);
    if (result < 0) {
        tick__complain_of(a->output, result, &error);
        return TICK__EXIT_HARNESS;
    }
    tick__attempt_fini(&attempt);
    tick__report_written("trace", a->output);
    tick__say("%s, so that it cannot be shrunk; the seed repeats it", why);
    tick__say("%s written. Next: %s run%s%s%s --seed %llu%s    %s query %s log", a->output, tick__program(), a->load.argument ? " " : "",
        a->load.argument ? a->load.argument : "", loaded->options, (unsigned long long)seed, loaded->tail, tick__program(), a->output);
    return TICK__EXIT_FINDING;
}

static int settle_calm_hang(const struct fuzz_arguments *a, const struct tick__loaded *loaded, const struct tick_campaign_result *result) {
    struct tick_schedule calm;
    const struct tick__settle what = {
        .loaded = loaded,
        .start = &calm,
        .outcome = &result->outcome,
        .seed = result->seed,
        .hang = a->run.hang,
        .once = true,
        .quiet = a->quiet,
        .no_page = a->no_page,
        .path = a->output,
        .output = &a->rules,
    };
    tick_schedule_init(&calm, loaded->target.name);
    const int code = tick__settle_finding(&what);
    tick_schedule_fini(&calm);
    return code;
}

// The failing seed's run once more, for its deviations (some ends of a process take them along) and as the first proof that it repeats;
// then by its schedule.
static int settle(const struct fuzz_arguments *a, const struct tick__loaded *loaded, const struct tick_campaign_result *result) {
    struct tick__digester *digester = NULL;
    struct tick__attempt seeded = {0}, scheduled = {0};
    struct tick_error error;
    const struct tick__input by_seed = {.seed = result->seed, .rates = &a->run.rates}, by_schedule = {.schedule = &seeded.drawn};
    const struct tick__settle what = {
        .loaded = loaded,
        .start = &seeded.drawn,
        .outcome = &seeded.outcome,
        .seed = result->seed,
        .rates = &a->run.rates,
        .hang = a->run.hang,
        .no_shrink = a->no_shrink,
        .quiet = a->quiet,
        .no_page = a->no_page,
        .replays = (unsigned)a->replays,
        .path = a->output,
        .output = &a->rules,
    };
    int code = tick__digester_new(&loaded->target, a->run.hang, &digester);
    if (code == 0) {
        tick__digester_repeats(digester);
        code = tick__digester_run(digester, &by_seed, &seeded);
    }
    if (code == 0)
        code = tick__digester_run(digester, &by_schedule, &scheduled);
    tick__digester_free(digester);
    if (code < 0) {
        tick_error_set(&error, code, "seed %llu could not be run again: %s", (unsigned long long)result->seed, tick__failure_text(code));
        tick__complain_of(tick__loaded_name(loaded), code, &error);
        code = TICK__EXIT_HARNESS;
    } else if (!tick_outcome_same(&seeded.outcome, &result->outcome)) {
        tick__complain(
            "seed %llu gave \"%s\" when it was run again: the scenario depends on something outside of the simulated world. Next: %s "
            "check%s%s%s%s",
            (unsigned long long)result->seed, tick_verdict_text(seeded.outcome.verdict), tick__program(), a->load.argument ? " " : "",
            a->load.argument ? a->load.argument : "", loaded->options, loaded->tail);
        code = TICK__EXIT_FINDING;
    } else if (seeded.outcome.deviations > seeded.drawn.count && seeded.drawn.count) {
        char all[32], kept[32], why[160];
        tick__format_count(seeded.outcome.deviations, all, sizeof all);
        tick__format_count(seeded.drawn.count, kept, sizeof kept);
        snprintf(why, sizeof why, "it drew %s deviations, and the first %s are kept (--rate makes a kind rarer)", all, kept);
        code = keep_seed(a, loaded, result->seed, why);
    } else if (seeded.drawn.count == 0 && !tick_outcome_same(&scheduled.outcome, &seeded.outcome)) {
        code = keep_seed(a, loaded, result->seed, "its deviations went down with the process");
    } else {
        code = tick__settle_finding(&what);
    }
    tick__attempt_fini(&seeded);
    tick__attempt_fini(&scheduled);
    return code;
}

// The scenario, and where its finding may go: what -o names is asked at once, before the compiler has had its time.
static int load(struct fuzz_arguments *a, struct tick__loaded *loaded, char path[160]) {
    a->rules.reads[0] = a->load.argument;
    int code = a->output ? tick__output_check_both(&a->rules, a->output) : 0;
    if (code == 0)
        code = tick__scenario_load(&a->load, loaded);
    if (code == 0 && !a->output) {
        snprintf(path, 160, "%s.db", loaded->target.name);
        a->output = path;
        code = tick__output_check_both(&a->rules, a->output);
    }
    return code;
}

// What came of the campaign. Returns the exit code.
static int tell(const struct fuzz_arguments *a, const struct tick__loaded *loaded, const struct tick_campaign_result *result) {
    const char *name = loaded->target.name, *bold = tick__colour(stdout, TICK__BOLD), *plain = tick__colour(stdout, TICK__PLAIN);
    char runs[32], failures[32], rate[32], time[64];
    tick__format_count(result->runs, runs, sizeof runs);
    tick__format_time(result->elapsed, time, sizeof time);
    tick__format_count(result->elapsed > 0 ? (uint64_t)((double)result->runs * 1e9 / (double)result->elapsed) : 0, rate, sizeof rate);
    report_campaign(loaded, result);
    if (result->found) {
        tick__say("%s%s%s: seed %llu %sfails%s after %s run%s in %s", bold, name, plain, (unsigned long long)result->seed,
            tick__colour(stdout, TICK__RED), plain, runs, TICK__PLURAL(result->runs), time);
        tick__say_outcome(&result->outcome, loaded);
        if (a->keep_going)
            tick__say("  %s of %s schedules failed", tick__format_count(result->failures, failures, sizeof failures), runs);
        say_marks(result);
        fflush(stdout);
        // a bad scenario is one under any schedule
        if (result->outcome.verdict == TICK_BAD_SCENARIO)
            return TICK__EXIT_FINDING;
        return tick__is_calm_hang(&result->outcome) ? settle_calm_hang(a, loaded, result) : settle(a, loaded, result);
    }
    if (tick__interrupted()) {
        tick__say(
            "%s%s%s: interrupted: %s schedule%s passed in %s (%s/s)", bold, name, plain, runs, TICK__PLURAL(result->runs), time, rate);
        return TICK__EXIT_INTERRUPTED;
    }
    tick__say("%s%s%s: %s schedule%s %spassed%s in %s (%s/s)", bold, name, plain, runs, TICK__PLURAL(result->runs),
        tick__colour(stdout, TICK__GREEN), plain, time, rate);
    say_marks(result);
    if (result->checks == 0 && !loaded->guest && !loaded->world)
        tick__warn_no_checks(loaded->target.name, result->runs);
    return TICK__EXIT_PASS;
}

// The campaign, and what is done with what it finds. Returns the exit code.
static int carry_out(const struct fuzz_arguments *a, const struct tick__loaded *loaded) {
    struct tick_campaign_result result;
    struct tick_error error = {0};
    struct tick__hush hush = {false}; // each worker's own copy
    const struct tick_campaign campaign = {
        .target = &loaded->target,
        .rates = &a->run.rates,
        .first = a->first,
        .count = a->count,
        .time = a->time,
        .workers = (int)a->jobs,
        .keep_going = a->keep_going,
        .hang = a->run.hang,
        .progress = tick__progress_campaign,
        .begin = tick__hush_begin,
        .ctx = &hush,
    };
    tick__interrupt_watch();
    int code = tick_campaign_run(&campaign, &result, &error);
    tick__progress_end();
    if (code < 0) {
        tick__complain_of(tick__loaded_name(loaded), code, &error);
        return TICK__EXIT_HARNESS;
    }
    code = tell(a, loaded, &result);
    if (a->repaired && !result.found) {
        tick__say("repaired: not run, as no schedule fails %s: try more seeds, or --rate", loaded->target.name);
    } else if (a->repaired && code == TICK__EXIT_FINDING) {
        const int other = tick__repaired_run(&a->other, &(struct tick__broken){loaded, &result, &campaign, a->output});
        code = other ? other : code;
    }
    tick_campaign_result_fini(&result);
    return code;
}

int tick__cmd_fuzz(int argc, char **argv) {
    struct fuzz_arguments a = {.replays = 10, .count = 10000, .other.seeds = TICK__REPAIRED_SEEDS};
    struct tick__loaded loaded = {0};
    char path[160];
    tick__run_options_init(&a.run);
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    if (a.time && !a.counted)
        a.count = 0; // until the time is over
    code = load(&a, &loaded, path);
    if (code == 0 && a.repaired)
        code = tick__repaired_open(&a.other, a.repaired, &a.load, &loaded);
    if (code == 0 && loaded.guest)
        code = tick__guest_try(&loaded);
    if (code == 0)
        code = carry_out(&a, &loaded);
    tick__repaired_close(&a.other);
    tick__loaded_fini(&loaded);
    return code;
}
