// retick recover: what a killed run left in its ring.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/first_read.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "trace/reader.h"
#include "trace/writer.h"
#include <errno.h>

static const char doc[] =
    "Completes a trace after both the program and retick were killed: appends the events that were still in the ring file beside it."
    "\vExamples:\n"
    "  retick recover run.db\n"
    "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    const char **path = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        if (*path)
            tick__wrong(state->name, "one trace at a time");
        *path = value;
        return 0;
    case ARGP_KEY_END:
        if (!*path)
            tick__wrong(state->name, "which trace?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
static const struct argp argp = {NULL, parse, "TRACE.db", doc, NULL, NULL, NULL};

static void report_recovery(const char *path, const char *how, uint64_t events) {
    if (tick__report_on())
        tick__report_set(
            "recovered", json_pack("{s:o, s:s, s:I}", "path", tick__report_text(path), "how", how, "events", (json_int_t)events));
}

int tick__cmd_recover(int argc, char **argv) {
    const char *path = NULL;
    struct tick_error error = {0};
    uint64_t events = 0;
    char count[32];
    int code = tick__parse(&argp, argc, argv, &path);
    if (code)
        return code;
    int result = tick_trace_recover(path, &events, &error);
    if (result == -ENOENT) { // no ring beside it: then it has to be whole
        struct tick_trace trace;
        result = tick_trace_open(path, &trace, &error);
        const bool whole = result == 0 && trace.derived;
        if (result == 0 && !whole) {
            code = tick__complete(&trace);
            if (code == 0 && trace.aside) { // which is what was left to do: a note has told why
                tick__complain("%s: there is nothing to recover, and its first reading cannot be kept", path);
                code = trace.aside == -EACCES ? TICK__EXIT_USAGE : TICK__EXIT_HARNESS;
            } else if (code == 0) {
                tick__say("%s: nothing to recover; its first reading is done", path);
            }
            tick_trace_close(&trace);
            return code;
        }
        if (result == 0) {
            report_recovery(path, "complete", 0);
            tick__say("%s is complete: there is nothing to recover", path);
            tick_trace_close(&trace);
            return TICK__EXIT_PASS;
        }
    }
    if (result == -EALREADY) {
        report_recovery(path, "already", 0);
        tick__say("%s", error.text);
        return TICK__EXIT_PASS;
    }
    if (result < 0)
        return tick__complain_of(path, result, &error);
    report_recovery(path, "recovered", events);
    tick__say("%s: %s event%s recovered", path, tick__format_count(events, count, sizeof count), TICK__PLURAL(events));
    return TICK__EXIT_PASS;
}
