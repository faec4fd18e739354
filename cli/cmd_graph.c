// retick graph: a picture of a run.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/first_read.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/schedule_file.h"
#include "viewer/dot.h"
#include "viewer/pictures.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct graph_arguments {
    const char *trace, *output, *against;
    const struct tick_picture *picture; // NULL: of the whole
    uint64_t nodes, at;
    struct tick__output_rules rules;
};

enum { OPTION_NODES = TICK__OPTION_OTHERS, OPTION_OF, OPTION_AT };

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0, "The picture; its ending says what kind: .svg, .png, .pdf, or .dot for Graphviz's text (default: TRACE.svg)",
        0},
    TICK__FORCE_ROW,
    {"nodes", OPTION_NODES, "N", 0, "Draw at most so many tasks (default: what can be looked over, some 30 of up to 8 hosts)", 0},
    {"of", OPTION_OF, "PICTURE", 0, "tree, waits, hosts, cone or parting, instead of all of it", 0},
    {"at", OPTION_AT, "SEQ", 0, "With waits and cone: of that event (default: the run's end)", 0},
    {"against", 'a', "TRACE", 0, "With parting: the run beside it", 0},
    {0},
};

static const char doc[] =
    "Draws the tasks of a trace by host: who spawned, awaited and woke whom, the messages between hosts, and the way to the failure."
    "\vPictures of one question (--of):\n"
    "  tree     who began whom, when, and how it ended\n"
    "  waits    who waits for whom at an event (--at), or at the end; circles in red\n"
    "  hosts    messages by host: how many, when, how many lost\n"
    "  cone     what an event (--at) came of, or the run's end\n"
    "  parting  where the run parts from the one beside it (--against)\n"
    "They have at most 60 boxes, or --nodes; what is left out is counted in them.\n"
    "\n"
    "Graphviz's program `dot` draws. Without it the .dot file is written, for drawing elsewhere.\n"
    "\n"
    "Examples:\n"
    "  retick graph run.db -o run.svg\n"
    "  retick graph run.db -o run.dot --nodes 100\n"
    "  retick graph run.db --of waits --at 120 -o waits.svg\n"
    "  retick graph run.db --of parting --against run.twin.db -o parting.svg\n"
    "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct graph_arguments *a = state->input;
    switch (key) {
    case 'o':
        a->output = value;
        return 0;
    case TICK__OPTION_FORCE:
        a->rules.force = true;
        return 0;
    case OPTION_NODES:
        if (!tick__parse_number(value, &a->nodes) || a->nodes == 0 || a->nodes > 1000000)
            tick__wrong(state->name, "--nodes %s: write a number from 1 to 1000000", value);
        return 0;
    case OPTION_OF:
        a->picture = tick_picture(value);
        if (!a->picture)
            tick__wrong(state->name, "--of %s: the pictures are tree, waits, hosts, cone and parting", value);
        return 0;
    case OPTION_AT:
        if (!tick__parse_number(value, &a->at) || a->at == 0 || a->at > UINT32_MAX)
            tick__wrong(state->name, "--at %s: write the number of an event", value);
        return 0;
    case 'a':
        a->against = value;
        return 0;
    case ARGP_KEY_ARG:
        if (a->trace)
            tick__wrong(state->name, "one trace at a time: %s, or %s?", a->trace, value);
        a->trace = value;
        return 0;
    case ARGP_KEY_END:
        if (!a->trace)
            tick__wrong(state->name, "which trace? Name one that retick run or retick fuzz wrote");
        if ((a->at || a->against) && !a->picture)
            tick__wrong(state->name, "--at and --against go with --of");
        if (a->picture && strcmp(a->picture->name, "parting") == 0 && !a->against)
            tick__wrong(state->name, "--of parting: --against which run?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
static const struct argp argp = {options, parse, "TRACE.db", doc, NULL, NULL, NULL};

static int write_picture(const struct graph_arguments *a, const struct tick_trace *trace, FILE *file, struct tick_error *error) {
    struct tick_trace beside;
    struct tick_picture_options picture = {.seq = (uint32_t)a->at, .most = (unsigned)a->nodes};
    if (a->against)
        TICK_TRY(tick_trace_open(a->against, &beside, error));
    picture.beside = a->against ? &beside : NULL;
    const int result = tick_picture_write(trace, a->picture, &picture, file, error);
    if (a->against)
        tick_trace_close(&beside);
    return result;
}

// named: the picture's path, as it was asked for; text: where the graph goes first, a name that nobody has.
static int write_dot(const struct graph_arguments *a, const struct tick_trace *trace, const char *text, const char *named) {
    const struct tick_graph_options graph = {.most_nodes = (unsigned)a->nodes};
    struct tick_error error = {0};
    FILE *file = fopen(text, "wxe");
    if (!file) {
        tick__complain("cannot write %s: %s; name another place with -o", named, tick_error_text(-errno));
        return TICK__EXIT_HARNESS;
    }
    int result = a->picture ? write_picture(a, trace, file, &error) : tick_graph_write(trace, &graph, file, &error);
    const bool bad = ferror(file) != 0;
    if (fclose(file) != 0 && result >= 0)
        result = -errno;
    if (result < 0 && (bad || !error.text[0])) // it is about what is written, not about the trace
        tick_error_set(&error, result, "cannot write %s: %s; name another place with -o", named, tick_error_text(result));
    if (result < 0) {
        unlink(text);
        return tick__complain_of(bad ? named : trace->path, result, &error);
    }
    return 0;
}

static int put_in_place(const char *text, const char *path) {
    if (rename(text, path) == 0)
        return 0;
    tick__complain("cannot write %s: %s; name another place with -o", path, tick_error_text(-errno));
    unlink(text);
    return TICK__EXIT_HARNESS;
}

// The picture cannot be drawn: what is there is the graph's text, beside where it would stand.
static int keep_text(const struct graph_arguments *a, const char *text, const char *output, char **kept) {
    *kept = tick__with_extension(output, ".dot");
    int code = *kept ? tick__output_check(&a->rules, *kept, TICK__OUTPUT_PICTURE) : tick__no_memory(output);
    if (code) {
        unlink(text);
        return code;
    }
    return put_in_place(text, *kept);
}

static int draw_picture(const struct graph_arguments *a, const char *text, const char *format, const char *output) {
    struct tick_error error = {0};
    char *kept = NULL;
    int result = tick_graph_draw(text, format, output, 60000000000, &error);
    if (result >= 0) {
        unlink(text);
        tick__say("%s written", output);
        tick__report_written("picture", output);
        return TICK__EXIT_PASS;
    }
    int code = keep_text(a, text, output, &kept);
    if (code == 0 && result == -ENOENT) {
        tick__say("%s written", kept);
        tick__report_written("graph", kept);
        tick__note(
            "Graphviz draws it, and is not installed: apt install graphviz (or brew, dnf), then: dot -T%s %s -o %s", format, kept, output);
    } else if (code == 0) {
        tick__complain("%s; the graph itself is in %s", error.text[0] ? error.text : tick_error_text(result), kept);
        code = TICK__EXIT_HARNESS;
    }
    free(kept);
    return code;
}

static int draw(const struct graph_arguments *a, const struct tick_trace *trace, const char *output) {
    static const char *const formats[] = {"svg", "png", "pdf", "dot"};
    const char *ending = strrchr(output, '.'), *format = NULL;
    char *text = NULL;
    for (size_t i = 0; ending && i < sizeof formats / sizeof *formats; i++)
        if (strcmp(ending + 1, formats[i]) == 0)
            format = formats[i];
    if (!format) {
        tick__complain("%s: the name must end with .svg, .png, .pdf or .dot", output);
        return TICK__EXIT_USAGE;
    }
    int code = tick__output_check(&a->rules, output, TICK__OUTPUT_PICTURE);
    if (code)
        return code;
    if (asprintf(&text, "%s.%ld.dot", output, (long)getpid()) < 0)
        return tick__no_memory(output);
    code = write_dot(a, trace, text, output);
    if (code == 0 && strcmp(format, "dot") != 0)
        code = draw_picture(a, text, format, output);
    else if (code == 0 && (code = put_in_place(text, output)) == 0) {
        tick__say("%s written", output);
        tick__report_written("graph", output);
    }
    free(text);
    return code;
}

int tick__cmd_graph(int argc, char **argv) {
    struct graph_arguments a = {0};
    struct tick_trace trace;
    struct tick_error error = {0};
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    a.rules.reads[0] = a.trace;
    a.rules.reads[1] = a.against;
    const int result = tick_trace_open(a.trace, &trace, &error);
    if (result < 0)
        return tick__complain_of(a.trace, result, &error);
    tick__report_trace(&trace);
    char *beside = tick__with_extension(a.trace, ".svg");
    code = tick__complete(&trace);
    if (code == 0)
        code = beside ? draw(&a, &trace, a.output ? a.output : beside) : tick__no_memory(a.trace);
    free(beside);
    tick_trace_close(&trace);
    return code;
}
