// retick replay: a schedule again, and whether it still does what it did.
#include "cli/arguments.h"
#include "cli/aside.h"
#include "cli/command.h"
#include "cli/compile.h"
#include "cli/debugged.h"
#include "cli/explain.h"
#include "cli/finding.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/record.h"
#include "cli/report_json.h"
#include "cli/schedule_file.h"
#include "cli/stale.h"
#include "cli/twin.h"
#include "cli/view.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct replay_arguments {
    struct tick__load load;
    struct tick__run_options run;
    const char *recipe, *output;
    bool force, quiet, no_page, strict, inside;
    struct tick__debug debug;
};

enum { OPTION_DEBUG = TICK__OPTION_OTHERS, OPTION_AT, OPTION_INSIDE };

static const struct argp_option options[] = {
    {"schedule", 'S', "FILE", 0, "The schedule, as text or in a trace (it may also stand as the last argument)", 0},
    {"output", 'o', "FILE", 0, "Record the run to this trace (default: no trace is written)", 0},
    TICK__FORCE_ROW,
    TICK__QUIET_ROW,
    TICK__NO_PAGE_ROW,
    TICK__STRICT_ROW,
    {"debug", OPTION_DEBUG, "FILE", OPTION_ARG_OPTIONAL,
        "Run it under gdb, stopped where it fails, with its tasks as threads; with a FILE of gdb's commands, these are carried out, and "
        "that was it",
        0},
    {"at", OPTION_AT, "SEQ", 0, "With --debug: stop at the event of this number", 0},
    {"inside", OPTION_INSIDE, "SEQ", OPTION_HIDDEN, NULL, 0}, // what gdb runs
    {0},
};

static const char doc[] =
    "Runs a schedule, or the schedule of a trace, again, says how it went, and compares its events with the trace's, and what was named, "
    "logged, sent and written, by their digests. A schedule of which the "
    "run does not meet each line is stale, and it is said; without --strict that changes no exit code: people edit their program and "
    "replay. Of one that fails the story is told, and a page for a browser is written beside the schedule or trace."
    "\vA trace knows its scenario's file, so that it can stand alone. The flags that the finding was compiled with are taken over from the "
    "schedule or trace where no --cflags is given and they can do no harm; others are refused.\n"
    "\n"
    "Examples:\n"
    "  retick replay lost_update.db\n"
    "  retick replay scenario.c lost_update.schedule\n"
    "  retick replay scenario.c --schedule lost_update.schedule -o again.db\n"
    "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct replay_arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->run;
        state->child_inputs[1] = &a->load;
        return 0;
    case 'S':
        a->recipe = value;
        return 0;
    case 'o':
        a->output = value;
        return 0;
    case TICK__OPTION_FORCE:
        a->force = true;
        return 0;
    case TICK__OPTION_QUIET:
        a->quiet = true;
        return 0;
    case TICK__OPTION_NO_PAGE:
        a->no_page = true;
        return 0;
    case TICK__OPTION_STRICT:
        a->strict = true;
        return 0;
    case OPTION_DEBUG:
        a->debug.wanted = true;
        a->debug.commands = value;
        return 0;
    case OPTION_INSIDE:
        a->inside = true;
        return tick__parse_number(value, &a->debug.at) ? 0 : EINVAL;
    case OPTION_AT:
        if (!tick__parse_number(value, &a->debug.at) || a->debug.at == 0)
            tick__wrong(state->name, "--at %s: write an event's number, as retick query and explain tell it", value);
        return 0;
    case ARGP_KEY_ARG:
        if (tick__scenario_is_named(value) && !a->load.argument)
            a->load.argument = value;
        else if (!a->recipe)
            a->recipe = value;
        else
            tick__wrong(state->name, "%s is one argument too many", value);
        return 0;
    case ARGP_KEY_SUCCESS:
        a->load.hang = a->run.hang;
        return 0;
    case ARGP_KEY_END:
        if (!a->recipe)
            tick__wrong(state->name, "which schedule? Name a .schedule file or a trace");
        if (a->debug.at && !a->debug.wanted && !a->inside)
            tick__wrong(state->name, "--at goes with --debug");
        if (a->debug.wanted && (a->output || tick__report_on()))
            tick__wrong(state->name, "--debug goes without --output and --json");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&tick__run_argp, 0, NULL, 0}, {&tick__load_argp, 0, NULL, 10}, {0}};
static const struct argp argp = {options, parse, "[FILE.c[:SCENARIO]] SCHEDULE|TRACE", doc, children, NULL, NULL};

static int carry_out(const struct replay_arguments *a, const struct tick__loaded *loaded, const struct tick__input *input,
    struct tick__attempt *attempt, struct tick_error *error) {
    if (a->output) {
        const struct tick__record record = {
            .target = &loaded->target,
            .scenario_file = loaded->source,
            .options = loaded->built,
            .object = loaded->object,
            .chooser = "replay",
            .path = a->output,
            .input = *input,
            .hang = a->run.hang,
        };
        return tick__record_run(&record, attempt, error);
    }
    struct tick__digester *digester = NULL;
    int result = tick__digester_new(&loaded->target, a->run.hang, &digester);
    if (result == 0)
        result = tick__digester_run(digester, input, attempt);
    tick__digester_free(digester);
    return result;
}

static void compare(const struct replay_arguments *a, const struct tick__recipe *recipe, const struct tick__attempt *attempt) {
    const char *verdict = tick_verdict_word(attempt->outcome.verdict);
    char before[64], now[64];
    if (!recipe->trace)
        return;
    const bool digests = attempt->has_digest && recipe->has_digest;
    const bool same = digests && memcmp(recipe->digest, attempt->digest, sizeof recipe->digest) == 0;
    const bool contents = digests && recipe->has_contents;
    const bool same_contents = contents && memcmp(recipe->contents, attempt->contents, sizeof recipe->contents) == 0;
    if (tick__report_on())
        tick__report_set("recorded",
            json_pack("{s:o, s:o, s:b, s:o, s:o}", "verdict", tick__report_text(recipe->verdict), "text", tick__report_text(recipe->text),
                "same_verdict", strcmp(recipe->verdict, verdict) == 0, "same_run", digests ? json_boolean(same) : json_null(),
                "same_contents", contents ? json_boolean(same_contents) : json_null()));
    if (recipe->verdict[0] && strcmp(recipe->verdict, verdict) != 0)
        tick__say("  another verdict than in %s, which ended with: %s%s%s", a->recipe, recipe->verdict, recipe->text[0] ? ", " : "",
            recipe->text);
    if (!digests)
        return;
    if (same && !recipe->has_contents)
        tick__say("  the same run as in %s, event by event; what was sent and logged there is not known", a->recipe);
    else if (same && same_contents)
        tick__say("  the same run as in %s, event by event, and byte by byte", a->recipe);
    else if (same)
        tick__say("  the same events as in %s, but not the same names, texts or bytes: the program was edited, was compiled elsewhere, or "
                  "sends what differs from run to run (retick check)",
            a->recipe);
    else
        tick__say("  not the same run as in %s (digest %s, now %s): the program was edited, or does not repeat (retick check)", a->recipe,
            tick__format_digest(recipe->digest, 1, before, sizeof before), tick__format_digest(attempt->digest, 1, now, sizeof now));
}

// The page stands beside what was replayed, or beside the trace that was asked for. But a trace whose program does something else by now
// keeps the page that shows it.
static const char *page_beside(const struct replay_arguments *a, bool same, bool trace) {
    return a->no_page ? NULL : a->output ? a->output : same || !trace ? a->recipe : NULL;
}

// Tells the run beside its twin: the one that stands beside the schedule, else one that is looked for; and shows both. page: NULL: it does
// not.
static int explain_anew(
    const struct replay_arguments *a, const struct tick__recipe *recipe, const struct tick__loaded *loaded, const char *page) {
    struct tick__aside aside;
    struct tick__attempt again;
    struct tick_error error = {0};
    const struct tick__record record = {
        .target = &loaded->target,
        .scenario_file = loaded->source,
        .options = loaded->built,
        .object = loaded->object,
        .chooser = "replay",
        .input = {.schedule = &recipe->schedule},
        .hang = a->run.hang,
    };
    char *twin = tick__with_extension(a->recipe, ".twin.db");
    struct tick__explain what = {.path = a->output ? a->output : aside.path,
        .against = twin && access(twin, R_OK) == 0 && tick__is_trace(twin) ? twin : NULL,
        .there = "in the good run",
        .keep = true,
        .told = true,
        .quiet = a->quiet};
    int result = tick__aside_open(&aside, &error);
    if (result == 0 && !a->output && (result = tick__aside_record(&aside, &record, &again, &error)) == 0)
        tick__attempt_fini(&again);
    if (result == 0 && !what.against && (result = tick__twin_find(&record, what.path, aside.twin, &error)) > 0) {
        what.against = aside.twin;
        what.name = "the nearest run that passes";
    }
    int code = result < 0 ? tick__complain_of(a->recipe, result, &error) : tick__explain(&what);
    if (code == 0 && page) {
        const char *slash = strrchr(a->recipe, '/');
        const struct tick__view view = {.path = what.path,
            .against = what.against,
            .name = a->output ? NULL
                    : slash   ? slash + 1
                              : a->recipe,
            .good_name = what.name};
        code = tick__view_beside(view, page, a->force);
    }
    tick__aside_close(&aside);
    free(twin);
    return code;
}

// How it came to a failure: as the trace tells it, if this is the run of that; else by a recording of its own.
static int explain(const struct replay_arguments *a, const struct tick__recipe *recipe, const struct tick__loaded *loaded,
    const struct tick__attempt *attempt) {
    if (attempt->outcome.verdict == TICK_PASS || attempt->outcome.verdict == TICK_HUNG)
        return 0;
    const bool same =
        recipe->trace && recipe->has_digest && attempt->has_digest && memcmp(recipe->digest, attempt->digest, sizeof recipe->digest) == 0;
    const char *page = page_beside(a, same, recipe->trace);
    if (same && !a->output) {
        const struct tick__view view = {.path = a->recipe};
        bool told = a->quiet;
        const int code = told ? 0 : tick__explain_kept(a->recipe, &told);
        if (code || told)
            return code ? code : page ? tick__view_beside(view, page, a->force) : 0;
    }
    return a->quiet && !page && !a->output ? 0 : explain_anew(a, recipe, loaded, page);
}

int tick__cmd_replay(int argc, char **argv) {
    struct replay_arguments a = {0};
    struct tick__loaded loaded = {0};
    struct tick__recipe recipe;
    struct tick__attempt attempt;
    struct tick_error error = {0};
    char digest[64];
    tick__run_options_init(&a.run);
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    code = tick__recipe_read(a.recipe, &recipe);
    const struct tick__output_rules rules = {a.force, {a.load.argument, a.recipe, recipe.scenario_file}};
    if (code == 0 && a.output)
        code = tick__output_check(&rules, a.output, TICK__OUTPUT_TRACE);
    if (code == 0)
        code = tick__recipe_scenario(&recipe, a.recipe, &a.load, &loaded);
    if (code == 0 && (a.debug.wanted || a.inside)) {
        code = a.inside ? tick__debug_run(&loaded, &recipe.schedule, a.debug.at) : tick__debug_start(&a.debug, &a.load, a.recipe);
    } else if (code == 0) {
        const struct tick__input input = {.schedule = &recipe.schedule};
        int result = carry_out(&a, &loaded, &input, &attempt, &error);
        if (result < 0) {
            tick__complain_of(a.output ? a.output : a.recipe, result, &error);
            code = result == TICK_ECANCELED ? TICK__EXIT_INTERRUPTED : TICK__EXIT_HARNESS;
        } else {
            bool passed = attempt.outcome.verdict == TICK_PASS;
            tick__say("%s%s%s: %s%s%s under %zu deviation%s", tick__colour(stdout, TICK__BOLD), loaded.target.name,
                tick__colour(stdout, TICK__PLAIN), tick__colour(stdout, passed ? TICK__GREEN : TICK__RED), passed ? "passes" : "fails",
                tick__colour(stdout, TICK__PLAIN), recipe.schedule.count, TICK__PLURAL(recipe.schedule.count));
            if (!passed)
                tick__say_outcome(&attempt.outcome, &loaded);
            if (attempt.has_digest)
                tick__say("  digest %s", tick__format_digest(attempt.digest, 0, digest, sizeof digest));
            tick__report_scenario(&loaded);
            tick__report_set("run", tick__report_attempt(&attempt, &loaded, a.run.hang));
            compare(&a, &recipe, &attempt);
            code = explain(&a, &recipe, &loaded, &attempt);
            if (a.output) {
                tick__say("%s written", a.output);
                tick__report_written("trace", a.output);
            }
            if (attempt.outcome.verdict == TICK_PASS && attempt.outcome.checks == 0 && !loaded.guest && !loaded.world)
                tick__warn_no_checks(loaded.target.name, 1);
            const struct tick__stale_run stale = {&recipe.schedule, &attempt.drawn, &loaded, a.recipe, a.strict, false};
            const int ended = tick__stale_tell(&stale, passed ? TICK__EXIT_PASS : TICK__EXIT_FINDING);
            code = code ? code : ended;
            tick__attempt_fini(&attempt);
        }
    }
    tick__recipe_fini(&recipe);
    tick__loaded_fini(&loaded);
    return code;
}
