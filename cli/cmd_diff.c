// retick diff: where two runs part.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "trace/reader.h"
#include <stdlib.h>

struct diff_arguments {
    const char *path[2];
    size_t count;
};

static const char doc[] =
    "Compares two traces event by event, objects matched by their stable identity, and shows the first difference with what led to it "
    "on either side. If there is none, it compares what was named, logged, sent and written."
    "\vExamples:\n"
    "  retick diff passing.db failing.db\n"
    "\n"
    "Exit codes: 0 the runs are the same, 1 they differ, 2 the arguments or a file cannot be used, 3 retick itself failed.";

static error_t parse(int key, char *value, struct argp_state *state) {
    struct diff_arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (a->count == 2)
            tick__wrong(state->name, "two traces, not more");
        a->path[a->count++] = value;
        return 0;
    case ARGP_KEY_END:
        if (a->count < 2)
            tick__wrong(state->name, "name two traces");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
static const struct argp argp = {NULL, parse, "A.db B.db", doc, NULL, NULL, NULL};

int tick__cmd_diff(int argc, char **argv) {
    struct diff_arguments a = {0};
    struct tick_trace trace[2];
    struct tick_error error = {0};
    char *report = NULL;
    int opened = 0, result = 0;
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    for (; opened < 2; opened++)
        if ((result = tick_trace_open(a.path[opened], &trace[opened], &error)) < 0)
            goto out;
    result = tick_trace_diff(&trace[0], &trace[1], &report, &error);
    for (int i = 0; i < 2; i++)
        tick__report_trace(&trace[i]);
    if (result >= 0)
        tick__report_set("same", json_boolean(result == 0));
    if (result > 0)
        tick__report_lines("difference", report);
    if (result == 0)
        tick__say("%s and %s are the same run, event by event%s", a.path[0], a.path[1],
            trace[0].has_contents && trace[1].has_contents ? ", and byte by byte"
            : trace[0].real || trace[1].real               ? ""
                                                           : "; they do not know all that was sent and written");
    else if (result > 0 && !tick__report_on())
        tick__say_made_visible(report);
    code = result == 0 ? TICK__EXIT_PASS : result > 0 ? TICK__EXIT_FINDING : TICK__EXIT_HARNESS;
out:
    if (result < 0)
        code = tick__complain_of(a.path[opened < 2 ? opened : 0], result, &error);
    free(report);
    while (opened-- > 0)
        tick_trace_close(&trace[opened]);
    return code;
}
