// retick shrink: a smaller schedule of the same finding.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/finding.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/schedule_file.h"
#include "cli/stale.h"
#include <stdlib.h>
#include <string.h>

struct shrink_arguments {
    struct tick__load load;
    struct tick__run_options run;
    const char *recipe, *output;
    bool force, quiet, no_page, strict;
    uint64_t most_runs;
};

enum { OPTION_RUNS = TICK__OPTION_OTHERS };

static const struct argp_option options[] = {
    {"runs", OPTION_RUNS, "N", 0, "How many runs to spend at most (default: 10000)", 0},
    {"output", 'o', "FILE", 0, "Where the trace goes, its schedule beside it (default: NAME.small.db, beside the schedule given)", 0},
    TICK__FORCE_ROW,
    TICK__QUIET_ROW,
    TICK__NO_PAGE_ROW,
    TICK__STRICT_ROW,
    {0},
};

static const char doc[] =
    "Takes deviations away from a failing schedule, looks for one in place of several, here and in what other seeds find, and makes those "
    "that "
    "stay smaller, as long as it fails in the same way."
    "\vThe result is minimal: without any one of its deviations, or with the next smaller value of one, the finding is gone.\n"
    "\n"
    "Examples:\n"
    "  retick shrink run.db\n"
    "  retick shrink scenario.c found.schedule --runs 100000 -o small.db\n"
    "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct shrink_arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->run;
        state->child_inputs[1] = &a->load;
        return 0;
    case OPTION_RUNS:
        if (!tick__parse_number(value, &a->most_runs) || a->most_runs == 0)
            tick__wrong(state->name, "--runs %s: write a positive number", value);
        return 0;
    case 'o':
        a->output = value;
        return 0;
    case TICK__OPTION_FORCE:
        a->force = true;
        return 0;
    case TICK__OPTION_NO_PAGE:
        a->no_page = true;
        return 0;
    case TICK__OPTION_QUIET:
        a->quiet = true;
        return 0;
    case TICK__OPTION_STRICT:
        a->strict = true;
        return 0;
    case ARGP_KEY_ARG:
        if (tick__scenario_is_named(value) && !a->load.argument)
            a->load.argument = value;
        else if (!a->recipe)
            a->recipe = value;
        else if (state->arg_num == 1) {
            a->load.argument = a->recipe; // whatever its ending is
            a->recipe = value;
        } else
            tick__wrong(state->name, "%s is one argument too many", value);
        return 0;
    case ARGP_KEY_SUCCESS:
        a->load.hang = a->run.hang;
        return 0;
    case ARGP_KEY_END:
        if (!a->recipe)
            tick__wrong(state->name, "which schedule? Name a trace or a .schedule file");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&tick__run_argp, 0, NULL, 0}, {&tick__load_argp, 0, NULL, 10}, {0}};
static const struct argp argp = {options, parse, "[FILE.c[:SCENARIO]] TRACE|SCHEDULE", doc, children, NULL, NULL};

static int shrink(const struct shrink_arguments *a, const struct tick__output_rules *rules, const struct tick__recipe *recipe,
    const struct tick__loaded *loaded) {
    struct tick__digester *digester = NULL;
    struct tick__attempt attempt;
    const struct tick__input input = {.schedule = &recipe->schedule};
    int result = tick__digester_new(&loaded->target, a->run.hang, &digester);
    if (result == 0)
        result = tick__digester_run(digester, &input, &attempt);
    tick__digester_free(digester);
    if (result < 0) {
        tick__complain_of(a->recipe, result, NULL);
        return TICK__EXIT_HARNESS;
    }
    tick__report_scenario(loaded);
    tick__report_set(attempt.outcome.verdict == TICK_PASS ? "run" : "finding", attempt.outcome.verdict == TICK_PASS
                                                                                   ? tick__report_attempt(&attempt, loaded, a->run.hang)
                                                                                   : tick__report_outcome(&attempt.outcome, loaded));
    const struct tick__stale_run stale = {&recipe->schedule, &attempt.drawn, loaded, a->recipe, a->strict, true};
    if (attempt.outcome.verdict == TICK_PASS) {
        tick__say("%s: %s passes, so that there is nothing to shrink. Was the program repaired?", loaded->target.name, a->recipe);
        const int code = tick__stale_tell(&stale, TICK__EXIT_PASS);
        tick__attempt_fini(&attempt);
        return code;
    }
    tick__say("%s%s%s: %sfails%s under the %zu deviation%s of %s", tick__colour(stdout, TICK__BOLD), loaded->target.name,
        tick__colour(stdout, TICK__PLAIN), tick__colour(stdout, TICK__RED), tick__colour(stdout, TICK__PLAIN), recipe->schedule.count,
        TICK__PLURAL(recipe->schedule.count), a->recipe);
    tick__say_outcome(&attempt.outcome, loaded);
    (void)tick__stale_tell(&stale, TICK__EXIT_FINDING);
    fflush(stdout);
    const struct tick__settle what = {
        .loaded = loaded,
        .start = &attempt.drawn,
        .outcome = &attempt.outcome,
        .rates = &a->run.rates,
        .hang = a->run.hang,
        .once = tick__is_calm_hang(&attempt.outcome),
        .most_runs = a->most_runs,
        .quiet = a->quiet,
        .no_page = a->no_page,
        .replays = 10,
        .path = a->output,
        .output = rules,
    };
    int code = tick__settle_finding(&what);
    tick__attempt_fini(&attempt);
    return code;
}

int tick__cmd_shrink(int argc, char **argv) {
    struct shrink_arguments a = {0};
    struct tick__loaded loaded = {0};
    struct tick__recipe recipe;
    tick__run_options_init(&a.run);
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    code = tick__recipe_read(a.recipe, &recipe);
    char *small = tick__with_extension(a.recipe, ".small.db");
    const struct tick__output_rules rules = {a.force, {a.load.argument, a.recipe, recipe.scenario_file}};
    if (!a.output)
        a.output = small;
    if (code == 0)
        code = a.output ? tick__output_check_both(&rules, a.output) : tick__no_memory(a.recipe);
    if (code == 0)
        code = tick__recipe_scenario(&recipe, a.recipe, &a.load, &loaded);
    if (code == 0) {
        tick__interrupt_watch();
        code = shrink(&a, &rules, &recipe, &loaded);
    }
    free(small);
    tick__recipe_fini(&recipe);
    tick__loaded_fini(&loaded);
    return code;
}
