// retick whatif: the run of a trace once more, with one answer of the outside changed.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "cli/finding.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/record.h"
#include "cli/report_json.h"
#include "cli/schedule_file.h"
#include "cli/stale.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SET_MOST 16

struct whatif_arguments {
    struct tick__load load;
    const char *path, *output, *set[SET_MOST];
    size_t set_count;
    uint64_t at; // seq of a deviation, 0: the lines say all
    bool force, quiet;
};

enum { OPTION_AT = TICK__OPTION_OTHERS };

static const struct argp_option options[] = {
    {"set", 's', "LINE", 0,
        "A line as a schedule has it, in place of the one at that address if there is one; with --at only its value, or 0 for calm (may be "
        "repeated)",
        0},
    {"at", OPTION_AT, "SEQ", 0, "The deviation at this event of the trace is the one that is set", 0},
    {"output", 'o', "FILE", 0, "Where the trace of the changed run goes (default: NAME.whatif.db)", 0},
    TICK__FORCE_ROW,
    TICK__QUIET_ROW,
    {0},
};

static const char doc[] = "Runs a trace's schedule again with other answers of the outside, and tells what became of it."
                          "\vExamples:\n"
                          "  retick whatif run.db --set 'delivery alice->server @12 +30ms'\n"
                          "  retick whatif run.db --at 134 --set +10ms\n"
                          "  retick whatif run.db --at 134 --set 0\n"
                          "  retick whatif app.db --at 134 --set 0 -- python3 app.py\n"
                          "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct whatif_arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->load;
        return 0;
    case 's':
        if (a->set_count == SET_MOST)
            tick__wrong(state->name, "more than %d --set", SET_MOST);
        a->set[a->set_count++] = value;
        return 0;
    case OPTION_AT:
        if (!tick__parse_number(value, &a->at) || a->at == 0)
            tick__wrong(state->name, "--at %s: write an event's number", value);
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
        if (!a->set_count)
            tick__wrong(state->name, "--set LINE says what is to be otherwise");
        if (a->at && a->set_count > 1)
            tick__wrong(state->name, "--at goes with one --set");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&tick__load_argp, 0, NULL, 10}, {0}};
static const struct argp argp = {options, parse, "[FILE.c[:SCENARIO]] TRACE", doc, children, NULL, NULL};

// The line of the deviation at an event, its value changed, or as it is if it is to be taken away. malloc'd; NULL: the reason has been
// printed.
static char *line_at(const struct whatif_arguments *a, bool away) {
    struct tick_trace trace;
    struct tick_error error = {0};
    sqlite3_stmt *row = NULL;
    char *line = NULL;
    const int result = tick_trace_open(a->path, &trace, &error);
    if (result < 0) {
        tick__complain_of(a->path, result, &error);
        return NULL;
    }
    if (sqlite3_prepare_v2(trace.db, "SELECT line FROM choices WHERE seq = ?1", -1, &row, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(row, 1, (sqlite3_int64)a->at);
        const char *text = sqlite3_step(row) == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
        const char *value = text ? strrchr(text, '@') : NULL;
        value = value ? value + strcspn(value, " ") : NULL;
        if (value && asprintf(&line, "%.*s %s", (int)(value - text), text, away ? value : a->set[0]) < 0)
            line = NULL;
        else if (!value)
            tick__complain("%s: event %llu is no deviation: %s query %s choices lists them", a->path, (unsigned long long)a->at,
                tick__program(), a->path);
    }
    sqlite3_finalize(row);
    tick_trace_close(&trace);
    return line;
}

// The lines as a schedule of their own. 0, or an exit code.
static int read_lines(const struct whatif_arguments *a, const char *scenario, const char *at, struct tick_schedule *lines) {
    struct tick_error error = {0};
    char *text = NULL;
    bool whole = asprintf(&text, "retick schedule %d\nscenario %s\n", TICK_CHOICE_VERSION, scenario) >= 0;
    for (size_t i = 0; i < a->set_count && whole; i++) {
        char *before = text;
        whole = asprintf(&text, "%s%s\n", before, at ? at : a->set[i]) >= 0;
        free(before);
    }
    FILE *file = whole ? fmemopen(text, strlen(text), "r") : NULL;
    const int result = file ? tick_schedule_read(file, "--set", lines, &error) : -ENOMEM;
    if (file)
        fclose(file);
    if (whole)
        free(text);
    return result < 0 ? tick__complain_of("--set", result, &error) : 0;
}

static bool same_address(const struct tick_deviation *a, const struct tick_deviation *b) {
    return a->kind == b->kind && a->subject == b->subject && a->ordinal == b->ordinal;
}

// `schedule` without what stands at the addresses of `lines`, and with those.
static int change(const struct tick_schedule *schedule, const struct tick_schedule *lines, bool away, struct tick_schedule *changed) {
    int code = 0;
    tick_schedule_init(changed, schedule->scenario);
    for (size_t i = 0; i < schedule->count && code == 0; i++) {
        bool replaced = false;
        for (size_t k = 0; k < lines->count; k++)
            replaced |= same_address(&schedule->deviations[i], &lines->deviations[k]);
        if (!replaced)
            code = tick_schedule_add(changed, &schedule->deviations[i]);
    }
    for (size_t k = 0; k < lines->count && code == 0 && !away; k++)
        code = tick_schedule_add(changed, &lines->deviations[k]);
    return code;
}

// lines: what was asked for; schedule: all that the run is to meet.
static int run(const struct whatif_arguments *a, const struct tick__loaded *loaded, const struct tick_schedule *lines,
    const struct tick_schedule *schedule) {
    struct tick__attempt attempt;
    struct tick_error error = {0};
    const struct tick__record record = {
        .target = &loaded->target,
        .scenario_file = loaded->source,
        .options = loaded->built,
        .object = loaded->object,
        .chooser = "replay",
        .path = a->output,
        .input = {.schedule = schedule},
    };
    const int result = tick__record_run(&record, &attempt, &error);
    if (result < 0)
        return result == TICK_ECANCELED ? TICK__EXIT_INTERRUPTED : tick__complain_of(a->path, result, &error);
    const bool passed = attempt.outcome.verdict == TICK_PASS;
    tick__say("%s%s%s: with that it %s%s%s", tick__colour(stdout, TICK__BOLD), loaded->target.name, tick__colour(stdout, TICK__PLAIN),
        tick__colour(stdout, passed ? TICK__GREEN : TICK__RED), passed ? "passes" : "fails", tick__colour(stdout, TICK__PLAIN));
    if (!passed)
        tick__say_outcome(&attempt.outcome, loaded);
    tick__stale_note(lines, &attempt.drawn);
    tick__report_scenario(loaded);
    tick__report_set("run", tick__report_attempt(&attempt, loaded, 0));
    tick__report_written("trace", a->output);
    // Whichever of the two failed is told, beside the other.
    const struct tick__explain what = {.path = passed ? a->path : a->output,
        .against = passed ? a->output : a->path,
        .there = passed ? "with that," : "without that,",
        .quiet = a->quiet,
        .told = true};
    const int code = tick__explain(&what);
    tick__say("%s written. Next: %s diff %s %s", a->output, tick__program(), a->path, a->output);
    tick__attempt_fini(&attempt);
    return code ? code : passed ? TICK__EXIT_PASS : TICK__EXIT_FINDING;
}

static int change_and_run(struct whatif_arguments *a, const struct tick__recipe *recipe, const struct tick__loaded *loaded) {
    struct tick_schedule lines = {0}, changed = {0};
    const bool away = a->at && (strcmp(a->set[0], "0") == 0 || strcmp(a->set[0], "calm") == 0);
    char *line = a->at ? line_at(a, away) : NULL;
    if (a->at && !line)
        return TICK__EXIT_USAGE;
    int code = read_lines(a, loaded->target.name, line, &lines);
    if (code == 0) {
        code = change(&recipe->schedule, &lines, away, &changed) < 0 ? tick__no_memory(a->path)
                                                                     : run(a, loaded, away ? &changed : &lines, &changed);
        tick_schedule_fini(&changed);
        tick_schedule_fini(&lines);
    }
    free(line);
    return code;
}

int tick__cmd_whatif(int argc, char **argv) {
    struct whatif_arguments a = {0};
    struct tick__loaded loaded = {0};
    struct tick__recipe recipe;
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    code = tick__recipe_read(a.path, &recipe);
    char *output = tick__with_extension(a.path, ".whatif.db");
    if (!a.output)
        a.output = output;
    const struct tick__output_rules rules = {a.force, {a.path, recipe.scenario_file}};
    if (code == 0 && !recipe.trace) {
        tick__complain("%s is a schedule: edit it and replay it, or name the trace that stands beside it", a.path);
        code = TICK__EXIT_USAGE;
    }
    if (code == 0)
        code = a.output ? tick__output_check(&rules, a.output, TICK__OUTPUT_TRACE) : tick__no_memory(a.path);
    if (code == 0)
        code = tick__recipe_scenario(&recipe, a.path, &a.load, &loaded);
    if (code == 0)
        code = change_and_run(&a, &recipe, &loaded);
    free(output);
    tick__recipe_fini(&recipe);
    tick__loaded_fini(&loaded);
    return code;
}
