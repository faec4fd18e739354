// retick explain: the story of a trace, beside a run that went well.
#include "cli/arguments.h"
#include "cli/aside.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "cli/likelihood.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/repaired.h"
#include "cli/scenario_load.h"
#include "cli/schedule_file.h"
#include <stdlib.h>

struct explain_arguments {
    struct tick__load load;
    const char *path, *against, *repaired;
    bool waits;
    uint64_t runs; // from each sentence on; 0: nobody asks how likely it was
};

enum { OPTION_LIKELIHOOD = TICK__OPTION_OTHERS, OPTION_WAITS };

static const struct argp_option options[] = {
    {"against", 'a', "TRACE", 0, "The run beside which it is told (default: the nearest one that passes, as fuzz has kept it)", 0},
    {"likelihood", OPTION_LIKELIHOOD, "RUNS", OPTION_ARG_OPTIONAL,
        "And how likely it was: draw what comes after each sentence anew, so many times (default: 200), and count what fails", 0},
    {"repaired", 'r', "FILE.c[:SCENARIO]|FILE.yaml|COMMAND", 0,
        "Beside the same schedule's run of the repaired program; of a program that ran behind -- it is a command in one word", 0},
    {"waits", OPTION_WAITS, NULL, 0, "Tell in place of a story who waits at the end: for what, since when and where, and who holds it", 0},
    {0},
};

static const char doc[] =
    "Tells how a run came to its end, in a dozen sentences at most: what was decided outside and where that bears, what was said on the "
    "way to the failure, who waits in vain, and what the run beside it did instead."
    "\vExamples:\n"
    "  retick explain run.db\n"
    "  retick explain run.db --against passing.db\n"
    "  retick explain run.db --repaired scenario.c:scenario_fixed\n"
    "  retick explain app.db --repaired 'python3 app.py repaired'\n"
    "  retick explain app.db --likelihood -- python3 app.py\n"
    "  retick explain shop.db --likelihood shop.yaml\n"
    "  retick explain run.db --waits        everybody who waits in vain, and who is idle\n"
    "\n"
    "Exit codes: 0 it was told, 2 the arguments or a file cannot be used, 3 retick itself failed.";

static error_t parse(int key, char *value, struct argp_state *state) {
    struct explain_arguments *a = state->input;
    switch (key) {
    case 'a':
        a->against = value;
        return 0;
    case OPTION_LIKELIHOOD:
        a->runs = 200;
        if (value && (!tick__parse_number(value, &a->runs) || a->runs == 0 || a->runs > 1000000))
            tick__wrong(state->name, "--likelihood=%s: write a number from 1 to 1000000", value);
        return 0;
    case 'r':
        a->repaired = value;
        return 0;
    case OPTION_WAITS:
        a->waits = true;
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->load;
        return 0;
    case ARGP_KEY_ARG:
        if (tick__scenario_is_named(value) && !a->load.argument)
            a->load.argument = value;
        else if (a->path)
            tick__wrong(state->name, "one trace, not more");
        else
            a->path = value;
        return 0;
    case ARGP_KEY_END:
        if (!a->path)
            tick__wrong(state->name, "name a trace");
        if (a->load.argument && !a->runs)
            tick__wrong(state->name, "%s goes with --likelihood, which runs it", a->load.argument);
        if (a->against && a->repaired)
            tick__wrong(state->name, "--against and --repaired exclude one another");
        if (a->waits && (a->repaired || a->runs))
            tick__wrong(state->name, "--waits is not for --repaired or --likelihood");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
static const struct argp_child children[] = {{&tick__load_argp, 0, NULL, 10}, {0}};
static const struct argp argp = {options, parse, "[FILE.c[:SCENARIO]] TRACE", doc, children, NULL, NULL};

// The repaired one of a program that ran behind --: the user's own words, and called as the other.
static int name_program(struct explain_arguments *a, const struct tick__recipe *recipe, struct tick__argv *words) {
    const int code = tick__repaired_words(a->repaired, words);
    a->load.program = words->argv;
    a->load.called = recipe->schedule.scenario;
    return code;
}

// Runs the trace's schedule on another scenario, and tells the trace beside that.
static int beside_repaired(struct explain_arguments *a) {
    struct tick__loaded loaded = {0};
    struct tick__recipe recipe;
    struct tick__aside aside;
    struct tick__argv words = {0};
    bool opened = false;
    struct tick__attempt attempt;
    struct tick_error error = {0};
    int code = tick__recipe_read(a->path, &recipe);
    if (code == 0 && !recipe.trace) {
        tick__complain("%s is a schedule: name the trace that fuzz has written beside it", a->path);
        code = TICK__EXIT_USAGE;
    }
    if (code == 0 && *recipe.recorded.program)
        code = name_program(a, &recipe, &words);
    else
        a->load.argument = a->repaired;
    if (code == 0)
        code = tick__recorded_take(&recipe.recorded, a->path, &a->load);
    if (code == 0)
        code = tick__scenario_load(&a->load, &loaded);
    if (code == 0) {
        const struct tick__record record = {
            .target = &loaded.target,
            .scenario_file = loaded.source,
            .options = loaded.built,
            .object = loaded.object,
            .chooser = "replay",
            .input = {.schedule = &recipe.schedule},
        };
        int result = tick__aside_open(&aside, &error);
        if (result == 0)
            result = tick__aside_record(&aside, &record, &attempt, &error);
        code = result < 0 ? tick__complain_of(a->path, result, &error) : 0;
        opened = true;
    }
    if (code == 0) {
        char name[300];
        const bool passes = attempt.outcome.verdict == TICK_PASS;
        snprintf(name, sizeof name, "%s%s", loaded.target.name, passes ? ", which passes under the same schedule" : "");
        if (!passes)
            tick__say("%s fails, too, under the same schedule", name);
        const struct tick__explain what = {.path = a->path, .against = aside.path, .there = "repaired,", .name = name};
        code = tick__explain(&what);
        tick__attempt_fini(&attempt);
    }
    if (opened)
        tick__aside_close(&aside);
    tick__recipe_fini(&recipe);
    tick__loaded_fini(&loaded);
    tick__argv_fini(&words);
    return code;
}

static int how_likely(struct explain_arguments *a) {
    struct tick__loaded loaded = {0};
    struct tick__recipe recipe;
    int code = tick__recipe_read(a->path, &recipe);
    if (code == 0)
        code = tick__recipe_scenario(&recipe, a->path, &a->load, &loaded);
    if (code == 0)
        code = tick__likelihood(a->path, &loaded, &recipe.schedule, (uint32_t)a->runs);
    tick__recipe_fini(&recipe);
    tick__loaded_fini(&loaded);
    return code;
}

int tick__cmd_explain(int argc, char **argv) {
    struct explain_arguments a = {0};
    bool kept = false;
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    if (a.repaired)
        return beside_repaired(&a);
    if (a.waits)
        return tick__explain_waits(a.path, a.against);
    code = a.against ? 0 : tick__explain_kept(a.path, &kept);
    const struct tick__explain what = {.path = a.path, .against = a.against, .there = "in the good run", .keep = !a.against};
    if (code == 0 && !kept)
        code = tick__explain(&what);
    return code || !a.runs ? code : how_likely(&a);
}
