// retick export: a trace in the formats of others.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/first_read.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/schedule_file.h"
#include "viewer/export/export.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct export_arguments {
    const char *trace, *output;
    const struct tick_export_format *format;
    struct tick__output_rules rules;
};

enum { OPTION_AS = TICK__OPTION_OTHERS };

static const struct argp_option options[] = {
    {"as", OPTION_AS, "FORMAT", 0, "perfetto, chrome, otlp, folded, shiviz or csv", 0},
    {"output", 'o', "FILE", 0, "Where to (default: beside the trace, under its name); - is the standard output", 0},
    TICK__FORCE_ROW,
    {0},
};

static const char doc[] =
    "Writes a trace in the format of another tool. It is read once, event by event, and takes no more memory for a long run than for a "
    "short "
    "one."
    "\vFormats:\n"
    "  perfetto  for https://ui.perfetto.dev: hosts, tasks, waits as slices, arrows for messages and wake-ups\n"
    "  chrome    Trace Event JSON, for chrome://tracing, Perfetto and speedscope\n"
    "  otlp      OpenTelemetry spans as OTLP/JSON, for collectors, Jaeger, Tempo: tasks, their waits, messages\n"
    "  folded    stacks for flame graphs: where each task's time went (running, ready, waiting for what), by who began it\n"
    "  shiviz    a log with vector clocks, for ShiViz: what hosts do, and who could know of it\n"
    "  csv       a new folder with each table and view as a file (RFC 4180)\n"
    "\n"
    "Examples:\n"
    "  retick export run.db --as perfetto                        into run.perfetto\n"
    "  retick export run.db --as folded -o - | flamegraph.pl --countname ns >run.svg\n"
    "  retick export run.db --as otlp -o - | curl -H 'Content-Type: application/json' -d @- localhost:4318/v1/traces\n"
    "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct export_arguments *a = state->input;
    switch (key) {
    case OPTION_AS:
        a->format = tick_export_format(value);
        if (!a->format)
            tick__wrong(state->name, "--as %s: the formats are perfetto, chrome, otlp, folded, shiviz and csv", value);
        return 0;
    case 'o':
        a->output = value;
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
        if (!a->format)
            tick__wrong(state->name, "as what? --as perfetto, chrome, otlp, folded, shiviz or csv");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
static const struct argp argp = {options, parse, "TRACE.db", doc, NULL, NULL, NULL};

static int failed(const struct export_arguments *a, const char *output, int result, const struct tick_error *error) {
    if (error->text[0]) // it is about the trace
        return tick__complain_of(a->trace, result, error);
    tick__complain("cannot write %s: %s; name another place with -o", output, tick_error_text(result));
    return TICK__EXIT_HARNESS;
}

static int to_output(const struct export_arguments *a, const struct tick_trace *trace) {
    struct tick_error error = {0};
    if (tick__report_on()) {
        tick__complain("-o - and --json are both the standard output: name a file with -o");
        return TICK__EXIT_USAGE;
    }
    if (!a->format->write || (a->format->bytes && isatty(STDOUT_FILENO))) {
        tick__complain(
            a->format->write ? "%s is no text for a terminal: name a file with -o" : "%s is a folder: name one with -o", a->format->name);
        return TICK__EXIT_USAGE;
    }
    const int result = tick_export(trace, a->format, stdout, &error);
    return result < 0 ? failed(a, "the standard output", result, &error) : TICK__EXIT_PASS;
}

// Under a name that nobody has, and then in its place.
static int to_file(const struct export_arguments *a, const struct tick_trace *trace, const char *output) {
    struct tick_error error = {0};
    char *next;
    int code = tick__output_check(&a->rules, output, TICK__OUTPUT_EXPORT);
    if (code)
        return code;
    if (asprintf(&next, "%s.%ld.next", output, (long)getpid()) < 0)
        return tick__no_memory(output);
    FILE *file = fopen(next, "wxe");
    int result = file ? tick_export(trace, a->format, file, &error) : -errno;
    if (file && fclose(file) != 0 && result == 0)
        result = -errno;
    if (result == 0 && rename(next, output) != 0)
        result = -errno;
    if (result < 0 && file)
        unlink(next);
    free(next);
    return result < 0 ? failed(a, output, result, &error) : TICK__EXIT_PASS;
}

static int to_folder(const struct export_arguments *a, const struct tick_trace *trace, const char *output) {
    struct tick_error error = {0};
    size_t made;
    if (mkdir(output, 0777) != 0 && errno == EEXIST) {
        tick__complain("%s is there: each table becomes a file of a new folder; name one with -o", output);
        return TICK__EXIT_USAGE;
    }
    const int fd = open(output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        tick__complain("cannot make the folder %s: %s; name another place with -o", output, tick_error_text(-errno));
        return TICK__EXIT_USAGE;
    }
    const int result = tick_export_tables(trace, fd, &made, &error);
    if (result < 0)
        tick_export_tables_remove(fd, made);
    close(fd);
    if (result < 0)
        rmdir(output);
    return result < 0 ? failed(a, output, result, &error) : TICK__EXIT_PASS;
}

static int export(const struct export_arguments *a, struct tick_trace *trace) {
    if (a->output && strcmp(a->output, "-") == 0)
        return to_output(a, trace);
    char *beside = a->output ? NULL : tick__with_extension(a->trace, a->format->ending);
    const char *output = a->output ? a->output : beside;
    int code = output ? TICK__EXIT_PASS : tick__no_memory(a->trace);
    if (code == 0)
        code = a->format->write ? to_file(a, trace, output) : to_folder(a, trace, output);
    if (code == 0) {
        tick__say("%s written", output);
        tick__report_written("export", output);
    }
    free(beside);
    return code;
}

int tick__cmd_export(int argc, char **argv) {
    struct export_arguments a = {0};
    struct tick_trace trace;
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    a.rules.reads[0] = a.trace;
    code = tick__open(a.trace, &trace);
    if (code)
        return code;
    code = tick__complete(&trace);
    if (code == 0)
        code = export(&a, &trace);
    tick_trace_close(&trace);
    return code;
}
