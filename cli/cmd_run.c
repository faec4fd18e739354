// retick run: once, recorded.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/details.h"
#include "cli/explain.h"
#include "cli/finding.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/record.h"
#include "cli/report_json.h"
#include "cli/schedule_file.h"
#include "cli/stale.h"
#include "cli/world_file.h"
#include "src/os/linux.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EXPLAINED_MOST 100000 // events

struct run_arguments {
    struct tick__load load;
    struct tick__run_options run;
    const char *schedule, *output, *witness;
    bool force, quiet, strict;
    uint64_t seed;
    bool seeded, calm, list, real, deeper;
    struct tick_real_name names[64];
    size_t names_count;
};

enum { OPTION_CALM = TICK__OPTION_OTHERS, OPTION_REAL, OPTION_AT, OPTION_LIST, OPTION_WITNESS, OPTION_UNCHECKED, OPTION_DEEPER };

static const struct argp_option options[] = {
    {"calm", OPTION_CALM, NULL, 0, "Run as on an idle machine: nothing deviates (the default)", 0},
    {"seed", 's', "N", 0, "Let seed N decide", 0},
    {"schedule", 'S', "FILE", 0, "Let the schedule in FILE (text, or a trace) decide", 0},
    {"output", 'o', "FILE", 0, "Where the trace goes (default: run.db)", 0},
    {"witness", OPTION_WITNESS, "FILE", OPTION_HIDDEN, "Where the run's contents go (this and what follows is for retick check)", 0},
    {"unchecked", OPTION_UNCHECKED, NULL, OPTION_HIDDEN, NULL, 0},
    {"deeper", OPTION_DEEPER, NULL, OPTION_HIDDEN, NULL, 0},
    TICK__FORCE_ROW,
    TICK__QUIET_ROW,
    TICK__STRICT_ROW,
    {"list", OPTION_LIST, NULL, 0, "List the scenarios of the file, and run none", 0},
    {"real", OPTION_REAL, NULL, 0, "Run the scenario's real host on this machine's kernel and clock", 0},
    {"at", OPTION_AT, "NAME=HOST:PORT", 0,
        "With --real: where host NAME of the scenario is to be found, as name:7000, 127.0.0.1:7000 or [::1]:7000 (may be repeated); "
        "without a port it is the scenario's own",
        0},
    {0},
};

static const char doc[] = "Runs a scenario once in the simulated world, records everything that happens, and says how it went."
                          "\vExamples:\n"
                          "  retick run scenario.c\n"
                          "  retick run scenario.c:second --seed 6 -o six.db\n"
                          "  retick run world.yaml                      programs, and the network between them (docs/GUESTS.md)\n"
                          "  retick run program.json                    a task program (docs/TASK_PROGRAMS.md)\n"
                          "  retick run scenario.c --schedule lost_update.schedule\n"
                          "  retick run scenario.c --real --at server=localhost:7000\n"
                          "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct run_arguments *a = state->input;
    char *equals;
    switch (key) {
    case OPTION_CALM:
        a->calm = true;
        return 0;
    case 's':
        if (!tick__parse_number(value, &a->seed))
            tick__wrong(state->name, "--seed %s: write a number", value);
        a->seeded = true;
        return 0;
    case 'S':
        a->schedule = value;
        return 0;
    case 'o':
        a->output = value;
        return 0;
    case OPTION_WITNESS:
        a->witness = value;
        return 0;
    case OPTION_UNCHECKED:
        a->load.unchecked = true;
        return 0;
    case OPTION_DEEPER:
        a->deeper = true;
        return 0;
    case TICK__OPTION_FORCE:
        a->force = true;
        return 0;
    case TICK__OPTION_QUIET:
        a->quiet = true;
        return 0;
    case TICK__OPTION_STRICT:
        a->strict = true;
        return 0;
    case OPTION_LIST:
        a->list = true;
        return 0;
    case OPTION_REAL:
        a->real = a->load.real = true;
        return 0;
    case OPTION_AT:
        equals = strchr(value, '=');
        if (!equals || equals == value || !equals[1])
            tick__wrong(state->name, "--at %s: write NAME=HOST:PORT", value);
        if (a->names_count == sizeof a->names / sizeof *a->names)
            tick__wrong(state->name, "more than %zu --at", a->names_count);
        *equals = '\0';
        a->names[a->names_count++] = (struct tick_real_name){value, equals + 1};
        return 0;
    case ARGP_KEY_END:
        if (a->calm + a->seeded + (a->schedule != NULL) + a->real > 1)
            tick__wrong(state->name, "--calm, --seed, --schedule and --real exclude one another");
        if (a->names_count && !a->real)
            tick__wrong(state->name, "--at goes with --real");
        if (a->load.program && (a->real || a->list))
            tick__wrong(state->name, "--%s goes with a scenario, not with a program behind --", a->real ? "real" : "list");
        if (a->strict && !a->schedule)
            tick__wrong(state->name, "--strict goes with --schedule");
        return 0;
    default:
        return tick__parse_scenario(key, value, state, &a->run, &a->load);
    }
}

static const struct argp_child children[] = {{&tick__run_argp, 0, NULL, 0}, {&tick__load_argp, 0, NULL, 10}, {0}};
static const struct argp argp = {options, parse, "[FILE.c[:SCENARIO]]", doc, children, NULL, NULL};

static int list(void) {
    size_t width = 0;
    tick__report_set("scenarios", json_array());
    for (const struct tick_scenario *s = tick_scenario_first(); s; s = s->next) {
        tick__report_add(
            "scenarios", json_pack("{s:o, s:o}", "name", tick__report_text(s->name), "summary", tick__report_text(s->summary)));
        if (strlen(s->name) > width)
            width = strlen(s->name);
    }
    for (const struct tick_scenario *s = tick_scenario_first(); s; s = s->next)
        tick__say("%-*s  %s", (int)width, s->name, s->summary);
    return TICK__EXIT_PASS;
}

static void report_run(const struct run_arguments *a, const struct tick__loaded *loaded, const struct tick__attempt *attempt) {
    tick__report_scenario(loaded);
    tick__report_set("how", json_string(a->seeded ? "seed" : a->schedule ? "schedule" : a->real ? "real" : "calm"));
    if (a->seeded)
        tick__report_set("seed", tick__report_number(a->seed));
    tick__report_set("run", tick__report_attempt(attempt, loaded, a->run.hang));
    tick__report_written("trace", a->output);
}

// How it came to a failure; of a long run only when it is asked for, as that takes its time.
static void explain(const struct run_arguments *a, const struct tick__attempt *attempt, const char *path) {
    const struct tick__explain what = {.path = path, .there = "in the good run", .keep = true, .quiet = a->quiet, .told = true};
    if (attempt->outcome.verdict == TICK_PASS)
        return;
    if (attempt->events > 0 && attempt->events <= EXPLAINED_MOST)
        (void)tick__explain(&what);
    else
        (void)tick__details_say_of(path);
}

static void say_run(
    const struct run_arguments *a, const struct tick__loaded *loaded, const struct tick__attempt *attempt, const char *path) {
    const struct tick_outcome *outcome = &attempt->outcome;
    char how[64] = "calm", time[64], events[32], choices[32], digest[64];
    bool passed = outcome->verdict == TICK_PASS;
    const char *program = tick__program();
    if (a->seeded)
        snprintf(how, sizeof how, "seed %llu", (unsigned long long)a->seed);
    else if (a->schedule)
        snprintf(how, sizeof how, "schedule");
    else if (a->real)
        snprintf(how, sizeof how, "real");
    tick__say("%s%s%s: %s%s%s (%s)", tick__colour(stdout, TICK__BOLD), loaded->target.name, tick__colour(stdout, TICK__PLAIN),
        tick__colour(stdout, passed ? TICK__GREEN : TICK__RED), passed ? "passed" : "failed", tick__colour(stdout, TICK__PLAIN), how);
    if (!passed)
        tick__say_outcome(outcome, loaded);
    tick__say("  %s %s, %s event%s, %s choice%s, %zu deviation%s", tick__format_time(outcome->ended_at, time, sizeof time),
        a->real ? "of this machine's time" : "of virtual time", tick__format_count(attempt->events, events, sizeof events),
        TICK__PLURAL(attempt->events), tick__format_count(outcome->choices, choices, sizeof choices), TICK__PLURAL(outcome->choices),
        attempt->drawn.count, TICK__PLURAL(attempt->drawn.count));
    if (attempt->has_digest)
        tick__say("  digest %s", tick__format_digest(attempt->digest, 0, digest, sizeof digest));
    explain(a, attempt, path);
    char *picture = tick__with_extension(path, ".svg");
    char next[4200];
    if (passed)
        snprintf(next, sizeof next, "fuzz%s%s%s%s", a->load.argument ? " " : "", a->load.argument ? a->load.argument : "", loaded->options,
            loaded->tail);
    else if (attempt->drawn.count > 0)
        snprintf(next, sizeof next, "shrink %s%s%s", path, loaded->options, tick__loaded_behind_trace(loaded));
    else
        snprintf(next, sizeof next, "query %s log", path);
    tick__say("%s written. Next: %s %s    %s graph %s -o %s", path, program, next, program, path, picture ? picture : "run.svg");
    free(picture);
}

// Whether the hosts that --at names are there to be found: 0 or an exit code. What does not answer is the run's own affair.
static int check_names(const struct run_arguments *a) {
    for (size_t i = 0; i < a->names_count; i++) {
        const struct tick_real_name *at = &a->names[i];
        struct tick_linux system;
        struct sockaddr_storage found;
        tick_linux_init(&system);
        int result = tick_linux_map(&system, at->name, at->address);
        if (result < 0) {
            tick__complain(
                "--at %s=%s: write NAME=HOST:PORT, with a port from 1 to 65535, and an IPv6 address in [brackets]", at->name, at->address);
            return TICK__EXIT_USAGE;
        }
        result = tick_linux_sys(&system)->ops->resolve_all(tick_linux_sys(&system), at->name, 1, &found, 1);
        if (result < 0) {
            tick__complain("--at %s=%s: there is no such host%s%s", at->name, at->address, result == -ENOENT ? "" : ": ",
                result == -ENOENT ? "" : tick_error_text(result));
            return result == -ENOMEM ? TICK__EXIT_HARNESS : TICK__EXIT_USAGE;
        }
    }
    return 0;
}

int tick__cmd_run(int argc, char **argv) {
    struct run_arguments a = {.output = "run.db"};
    struct tick__loaded loaded = {0};
    struct tick__recipe recipe = {0};
    struct tick_schedule calm;
    struct tick_error error = {0};
    struct tick__attempt attempt;
    tick__run_options_init(&a.run);
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    tick__stack_skip(a.deeper);
    a.load.shows = true;
    code = a.schedule ? tick__recipe_read(a.schedule, &recipe) : check_names(&a);
    const struct tick__output_rules rules = {a.force, {a.load.argument, a.schedule, recipe.scenario_file}};
    if (code == 0 && !a.list)
        code = tick__output_check(&rules, a.output, TICK__OUTPUT_TRACE);
    if (code == 0)
        code = a.schedule ? tick__recipe_scenario(&recipe, a.schedule, &a.load, &loaded) : tick__scenario_load(&a.load, &loaded);
    if (code == 0 && a.list)
        code = list();
    else if (code == 0) {
        if (loaded.world)
            tick__world_show(tick__world_registered());
        const struct tick_real_options real = {.names = a.names, .names_count = a.names_count};
        tick_schedule_init(&calm, loaded.target.name);
        const struct tick__record record = {
            .target = &loaded.target,
            .scenario_file = loaded.source,
            .options = loaded.built,
            .object = loaded.object,
            .chooser = a.real       ? "real"
                       : a.seeded   ? "random"
                       : a.schedule ? "replay"
                                    : "calm",
            .path = a.output,
            .witness = a.witness,
            .input = {.schedule = a.seeded     ? NULL
                                  : a.schedule ? &recipe.schedule
                                               : &calm,
                .seed = a.seed,
                .rates = &a.run.rates},
            .hang = a.run.hang,
            .real = a.real ? &real : NULL,
            .scenario = loaded.scenario,
        };
        int result = tick__record_run(&record, &attempt, &error);
        if (result == 0) {
            say_run(&a, &loaded, &attempt, a.output);
            report_run(&a, &loaded, &attempt);
            code = attempt.outcome.verdict == TICK_PASS ? TICK__EXIT_PASS : TICK__EXIT_FINDING;
            if (a.schedule)
                code = tick__stale_tell(
                    &(struct tick__stale_run){&recipe.schedule, &attempt.drawn, &loaded, a.schedule, a.strict, false}, code);
            if (attempt.outcome.verdict == TICK_PASS && attempt.outcome.checks == 0 && !loaded.guest && !loaded.world)
                tick__warn_no_checks(loaded.target.name, 1);
            tick__attempt_fini(&attempt);
        } else {
            tick__complain_of(a.output, result, &error);
            code = result == TICK_ECANCELED ? TICK__EXIT_INTERRUPTED : TICK__EXIT_HARNESS;
        }
        tick_schedule_fini(&calm);
    }
    if (a.schedule)
        tick__recipe_fini(&recipe);
    tick__loaded_fini(&loaded);
    return code;
}
