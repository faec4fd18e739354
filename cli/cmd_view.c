// retick view: a run as a page for a browser.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/schedule_file.h"
#include "cli/view.h"
#include <stdlib.h>

struct view_arguments {
    const char *trace, *against, *output;
    uint64_t events;
    struct tick__output_rules rules;
};

enum { OPTION_EVENTS = TICK__OPTION_OTHERS };

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0, "The page (default: TRACE.html)", 0},
    {"against", 'a', "TRACE", 0, "The run beside which it is shown (default: the nearest one that passes, as fuzz has kept it)", 0},
    {"events", OPTION_EVENTS, "N", 0, "Show at most so many events of a run, the last ones (default: 20000)", 0},
    TICK__FORCE_ROW,
    {0},
};

static const char doc[] =
    "Writes a run as a page for a browser: what failed, how it came to it, and who did what when, beside the run that passes. The page is "
    "one file, and asks nothing of any network."
    "\vExamples:\n"
    "  retick view run.db                         into run.html\n"
    "  retick view run.db -o bug.html --against passing.db\n"
    "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct view_arguments *a = state->input;
    switch (key) {
    case 'o':
        a->output = value;
        return 0;
    case 'a':
        a->against = value;
        return 0;
    case OPTION_EVENTS:
        if (!tick__parse_number(value, &a->events) || a->events == 0 || a->events > 1000000)
            tick__wrong(state->name, "--events %s: write a number from 1 to 1000000", value);
        return 0;
    case TICK__OPTION_FORCE:
        a->rules.force = true;
        return 0;
    case ARGP_KEY_ARG:
        if (a->trace)
            tick__wrong(state->name, "one trace at a time: %s, or %s?", a->trace, value);
        a->trace = value;
        return 0;
    case ARGP_KEY_END:
        if (!a->trace)
            tick__wrong(state->name, "which trace? Name one that retick run or retick fuzz wrote");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
static const struct argp argp = {options, parse, "TRACE.db", doc, NULL, NULL, NULL};

int tick__cmd_view(int argc, char **argv) {
    struct view_arguments a = {0};
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    a.rules.reads[0] = a.trace;
    a.rules.reads[1] = a.against;
    char *beside = tick__with_extension(a.trace, ".html");
    const char *output = a.output ? a.output : beside;
    const struct tick__view view = {
        .path = a.trace, .against = a.against, .output = output, .most_events = (uint32_t)a.events, .rules = &a.rules};
    code = output ? tick__view(&view) : tick__no_memory(a.trace);
    if (code == 0) {
        tick__say("%s written", output);
        tick__report_written("page", output);
    }
    free(beside);
    return code;
}
