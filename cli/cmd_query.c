// retick query: SQL over a trace, and queries that one asks often by name.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/first_read.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/rows.h"
#include "trace/query.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct query_arguments {
    const char *trace, *sql, *about;
    bool list, csv;
};

enum { OPTION_LIST = TICK__OPTION_OTHERS, OPTION_CSV };

static const struct argp_option options[] = {
    {"list", OPTION_LIST, NULL, 0, "List the queries that have a name", 0},
    {"csv", OPTION_CSV, NULL, 0, "Print the rows as comma-separated values (RFC 4180)", 0},
    {0},
};

static const char doc[] =
    "Asks a trace: a query by its name, or any SELECT in SQLite's SQL. The file is opened for reading only."
    "\vretick query --list tells the named queries. Tables and views are described in docs/TRACE.md; any SQLite client reads the file "
    "as well.\n"
    "\n"
    "Examples:\n"
    "  retick query run.db tasks\n"
    "  retick query run.db log              what was logged, and the verdict\n"
    "  retick query run.db why              the causes of the verdict\n"
    "  retick query run.db why 42           those of event 42\n"
    "  retick query run.db \"SELECT count(*) FROM events\"\n"
    "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct query_arguments *a = state->input;
    switch (key) {
    case OPTION_LIST:
        a->list = true;
        return 0;
    case OPTION_CSV:
        a->csv = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0)
            a->trace = value;
        else if (state->arg_num == 1)
            a->sql = value;
        else if (state->arg_num == 2)
            a->about = value;
        else
            tick__wrong(state->name, "%s is one argument too many: put the SQL in quotes", value);
        return 0;
    case ARGP_KEY_END:
        if (a->csv && (a->list || tick__report_on()))
            tick__wrong(state->name, "--csv is for rows: not with --list or --json");
        if (!a->list && !a->sql)
            tick__wrong(state->name, a->trace ? "ask what? Write SQL, or a query's name (--list)" : "which trace?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
static const struct argp argp = {options, parse, "TRACE.db SQL|NAME [ARGUMENT]", doc, NULL, NULL, NULL};

static int list(void) {
    tick__report_set("queries", json_array());
    for (const struct tick_trace_named *named = tick_trace_named_queries; named->name; named++) {
        char call[64];
        if (tick__report_on())
            tick__report_add("queries", json_pack("{s:s, s:s?, s:s}", "name", named->name, "argument", named->arg, "help", named->help));
        snprintf(call, sizeof call, "%s%s%s", named->name, named->arg ? " " : "", named->arg ? named->arg : "");
        tick__say("%-20s %s", call, named->help);
    }
    return TICK__EXIT_PASS;
}

// Whether the words are a name rather than SQL: no statement is a single word.
static bool is_name(const char *sql) {
    return sql[strspn(sql, "abcdefghijklmnopqrstuvwxyz_-")] == '\0';
}

// Whether the question is about nothing that the first reading has to make.
static bool needs_no_more(const char *sql) {
    for (const struct tick_trace_named *named = tick_trace_named_queries; named->name; named++)
        if (strcmp(named->name, sql) == 0)
            return !named->derived;
    return false;
}

static int ask(struct tick_trace *trace, const struct query_arguments *a) {
    struct tick_error error = {0};
    char *sql = NULL;
    int result = 0;
    if (is_name(a->sql))
        result = tick_trace_named_query(a->sql, a->about, &sql, &error);
    else if (a->about)
        result = tick_error_set(&error, -EINVAL, "%s is one argument too many: put the SQL in quotes", a->about);
    const struct tick_trace_rows rows = a->csv ? tick__rows_csv() : tick__rows_json();
    const int code = result >= 0 && !needs_no_more(a->sql) ? tick__complete(trace) : 0;
    if (code) {
        free(sql);
        return code;
    }
    if (sql == NULL)
        tick_trace_ask_on(trace);
    if (result >= 0)
        result = a->csv || tick__report_on() ? tick_trace_query_rows(trace, sql ? sql : a->sql, &rows, &error)
                                             : tick_trace_query(trace, sql ? sql : a->sql, stdout, &error);
    free(sql);
    if (result == 1 && !strcmp(a->sql, "why") && !a->about && *trace->verdict && strcmp(trace->verdict, "pass") != 0)
        tick__note(
            "the finding came of no event of its own: it is of the whole run, or of its end. Next: %s query %s log, then: %s query %s "
            "why SEQ, with the number of a line there",
            tick__program(), a->trace, tick__program(), a->trace);
    if (result == 0 && !a->csv && !tick__report_on())
        tick__note("there is none"); // on stderr: the columns' names alone look like a mistake
    if (result >= 0)
        return TICK__EXIT_PASS;
    if (result != -ENOENT)
        return tick__complain_of(trace->path, result, &error);
    tick__complain("%s: retick query --list tells the names that there are", error.text);
    return TICK__EXIT_USAGE;
}

int tick__cmd_query(int argc, char **argv) {
    struct query_arguments a = {0};
    struct tick_trace trace;
    struct tick_error error = {0};
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    if (a.list)
        return list();
    const int result = tick_trace_open(a.trace, &trace, &error);
    if (result < 0)
        return tick__complain_of(a.trace, result, &error);
    tick__report_trace(&trace);
    if (trace.note[0])
        tick__note("%s", trace.note);
    code = ask(&trace, &a);
    tick_trace_close(&trace);
    return code;
}
