// retick test: every scenario calm, under each schedule that is kept of it, and under seeds; as TAP, JUnit's XML or JSON.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/suite.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct test_arguments {
    struct tick__load load;
    struct tick__run_options run;
    uint64_t first, seeds, jobs;
    const char *junit;
    bool strict, force;
    char **paths;
    size_t count;
};

enum { OPTION_JUNIT = TICK__OPTION_OTHERS };

static const struct argp_option options[] = {
    {"seeds", 'n', "N", 0, "How many seeds to try of each scenario (default: 100; 0: none), or which: A..B", 0},
    {"jobs", 'j', "N", 0, "Files, or worker processes, at a time (default: one a core)", 0},
    {"strict", TICK__OPTION_STRICT, NULL, 0, "A stale schedule (the run does not meet each of its lines) is no passed test", 0},
    {"junit", OPTION_JUNIT, "FILE", 0, "Write the results to this file as JUnit's XML, too", 0},
    TICK__FORCE_ROW,
    {0},
};

static const char doc[] =
    "Runs each scenario of these files, and of the sources in these folders, on an idle machine, under the schedules that are kept of it, "
    "and "
    "under seeds; prints the results as TAP. Kept are the schedules that are named, that are in these folders, and that stand beside these "
    "files: to which scenario one belongs it says itself."
    "\vA kept schedule is expected to pass, as it does once the program is repaired. One with the line \"expect fails\" behind its "
    "scenario's is "
    "expected to fail, and what calm runs and seeds find in the same way is known, too: a TODO in TAP, and no failure.\n"
    "\n"
    "A schedule of a program of one's own starts none, as it may come from anybody: the program behind -- is tested calm, under those of "
    "them that "
    "are named or in these folders, and under seeds.\n"
    "\n"
    "Examples:\n"
    "  retick test scenario.c\n"
    "  retick test scenarios kept --seeds 1000 --strict\n"
    "  retick test scenarios --junit results.xml\n"
    "  retick test kept -- python3 app.py\n"
    "\n"
    "Exit codes: 0 each test is as it should be, 1 one fails, 2 the arguments, a file or a schedule (with --strict a stale one, too) "
    "cannot be "
    "used, 3 retick itself failed, 130 interrupted. The other tests are carried out all the same.";

static error_t parse(int key, char *value, struct argp_state *state) {
    struct test_arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->run;
        state->child_inputs[1] = &a->load;
        return 0;
    case 'n':
        if (!tick__parse_range(value, &a->first, &a->seeds) && (!tick__parse_number(value, &a->seeds) || a->seeds))
            tick__wrong(state->name, "--seeds %s: write a number, or A..B", value);
        return 0;
    case 'j':
        if (!tick__parse_number(value, &a->jobs) || a->jobs == 0 || a->jobs > 1024)
            tick__wrong(state->name, "--jobs %s: write a number from 1 to 1024", value);
        return 0;
    case TICK__OPTION_STRICT:
        a->strict = true;
        return 0;
    case OPTION_JUNIT:
        a->junit = value;
        return 0;
    case TICK__OPTION_FORCE:
        a->force = true;
        return 0;
    case ARGP_KEY_ARGS:
        a->paths = state->argv + state->next;
        a->count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_SUCCESS:
        a->load.hang = a->run.hang;
        return 0;
    case ARGP_KEY_END:
        if (!a->count && !tick__scenario_linked_in() && !a->load.program)
            tick__wrong(state->name, "which tests? Name files with scenarios, or folders");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&tick__run_argp, 0, NULL, 0}, {&tick__load_argp, 0, NULL, 10}, {0}};
static const struct argp argp = {options, parse, "PATH...", doc, children, NULL, NULL};

struct taking {
    json_t *results;
    size_t failed, known, stale;
    int exits[4];
};

static void took(void *ctx, json_t *result) {
    struct taking *taking = ctx;
    const size_t exit = (size_t)json_integer_value(json_object_get(result, "exit"));
    const bool ok = tick__suite_is(result, "ok"), known = tick__suite_is(result, "known");
    (void)json_array_append(taking->results, result);
    tick__suite_tap_result(json_array_size(taking->results), result);
    fflush(stdout);
    taking->failed += !ok && !known;
    taking->known += known;
    taking->stale += json_object_get(result, "stale") != NULL;
    taking->exits[exit < 4 ? exit : TICK__EXIT_HARNESS]++;
}

// What came of all of them: a failed test is one, whatever else could not be carried out.
static int conclude(const struct test_arguments *a, struct taking *taking) {
    const size_t count = json_array_size(taking->results), passed = count - taking->failed - taking->known;
    int code = taking->exits[TICK__EXIT_FINDING]   ? TICK__EXIT_FINDING
               : taking->exits[TICK__EXIT_HARNESS] ? TICK__EXIT_HARNESS
               : taking->exits[TICK__EXIT_USAGE]   ? TICK__EXIT_USAGE
                                                   : TICK__EXIT_PASS;
    if (tick__interrupted()) {
        tick__say("Bail out! interrupted");
        code = TICK__EXIT_INTERRUPTED;
    } else {
        tick__say("1..%zu", count);
        tick__say("# %zu test%s: %zu passed, %zu failed, %zu known to fail, %zu stale", count, TICK__PLURAL(count), passed, taking->failed,
            taking->known, taking->stale);
    }
    if (tick__report_on()) {
        tick__report_set("tests", json_incref(taking->results));
        tick__report_set("tally", json_pack("{s:I, s:I, s:I, s:I}", "passed", (json_int_t)passed, "failed", (json_int_t)taking->failed,
                                      "known", (json_int_t)taking->known, "stale", (json_int_t)taking->stale));
    }
    if (a->junit) {
        const int failed = tick__suite_junit(taking->results, a->junit);
        if (failed)
            return failed;
        tick__report_written("junit", a->junit);
    }
    return code;
}

int tick__cmd_test(int argc, char **argv) {
    struct test_arguments a = {.seeds = 100, .jobs = 0};
    struct tick__suite suite = {0};
    tick__run_options_init(&a.run);
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const struct tick__suite_options how = {
        .load = &a.load,
        .run = &a.run,
        .first = a.first,
        .seeds = a.seeds,
        .jobs = (unsigned)(a.jobs      ? a.jobs
                           : cores > 0 ? (uint64_t)cores
                                       : 1),
        .strict = a.strict,
    };
    struct taking taking = {.results = json_array()};
    const struct tick__output_rules rules = {.force = a.force};
    if (!taking.results)
        code = tick__no_memory("the tests");
    if (code == 0 && a.junit)
        code = tick__output_check(&rules, a.junit, TICK__OUTPUT_JUNIT);
    if (code == 0)
        code = tick__suite_find(a.paths, a.count, a.load.program != NULL, &suite);
    if (code == 0) {
        tick__say("TAP version 14");
        tick__interrupt_watch();
        code = tick__suite_run(&suite, &how, took, &taking);
    }
    if (code == 0)
        code = conclude(&a, &taking);
    json_decref(taking.results);
    tick__suite_fini(&suite);
    return code;
}
