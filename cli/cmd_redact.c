// retick redact: a copy of a trace to show to others.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/first_read.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "trace/redact.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct redact_arguments {
    const char *trace, *output;
    struct tick__output_rules rules;
};

static const struct argp_option options[] = {
    TICK__FORCE_ROW,
    {0},
};

static const char doc[] = "Copies a trace without what was said in it: texts (log lines, marks, errors, the verdict's) and payloads of "
                          "messages become their lengths "
                          "and short hashes, of paths of sources the last part is kept. What happened, when, to whom and why stays, and "
                          "every command reads the copy."
                          "\vNames stay: of the scenario, of hosts, tasks, resources and files, and those in deviations. Equal texts have "
                          "equal hashes, also in other "
                          "copies; who guesses a short text can make sure by its hash.\n"
                          "\n"
                          "Examples:\n"
                          "  retick redact run.db shared.db\n"
                          "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct redact_arguments *a = state->input;
    switch (key) {
    case TICK__OPTION_FORCE:
        a->rules.force = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0)
            a->trace = value;
        else if (state->arg_num == 1)
            a->output = value;
        else
            tick__wrong(state->name, "%s is one argument too many: a trace, and where its copy goes", value);
        return 0;
    case ARGP_KEY_END:
        if (!a->output)
            tick__wrong(state->name, a->trace ? "where to? Name the copy, as in: run.db shared.db" : "which trace?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
static const struct argp argp = {options, parse, "TRACE.db COPY.db", doc, NULL, NULL, NULL};

// Under a name that nobody has, and then in its place.
static int redact(const struct redact_arguments *a, const struct tick_trace *trace) {
    struct tick_error error = {0};
    char *next;
    if (asprintf(&next, "%s.%ld.next", a->output, (long)getpid()) < 0)
        return tick__no_memory(a->output);
    int result = tick_trace_redact(trace, next, &error);
    int code = result < 0 ? tick__complain_of(a->output, result, &error) : TICK__EXIT_PASS;
    if (code == 0 && rename(next, a->output) != 0) {
        tick__complain("cannot write %s: %s; name another place", a->output, tick_error_text(-errno));
        unlink(next);
        code = TICK__EXIT_HARNESS;
    }
    free(next);
    return code;
}

int tick__cmd_redact(int argc, char **argv) {
    struct redact_arguments a = {0};
    struct tick_trace trace;
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    a.rules.reads[0] = a.trace;
    code = tick__open(a.trace, &trace);
    if (code)
        return code;
    code = tick__output_check(&a.rules, a.output, TICK__OUTPUT_TRACE);
    if (code == 0)
        code = tick__complete(&trace);
    if (code == 0)
        code = redact(&a, &trace);
    tick_trace_close(&trace);
    if (code == 0) {
        tick__say("%s written", a.output);
        tick__report_written("trace", a.output);
    }
    return code;
}
