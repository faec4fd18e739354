// retick query: SQL over a trace, and queries that one asks often by name.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/first_read.h"
#include "cli/options.h"
#include "cli/page_print.h"
#include "cli/print.h"
#include "cli/query_over.h"
#include "cli/report_json.h"
#include "cli/rows.h"
#include "trace/explain/task_named.h"
#include "trace/query.h"
#include "viewer/export/csv_rows.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct query_arguments {
    const char *trace, *sql, *about, *over;
    const char *words[3]; // with --over, of which trace is the first
    size_t count;
    bool list, csv, all;
};

enum { OPTION_LIST = TICK__OPTION_OTHERS, OPTION_CSV, OPTION_ALL, OPTION_OVER };

static const struct argp_option options[] = {
    {"list", OPTION_LIST, NULL, 0, "List the queries that have a name", 0},
    {"csv", OPTION_CSV, NULL, 0, "Print the rows as comma-separated values (RFC 4180)", 0},
    {"over", OPTION_OVER, "FOLDER", 0, "Ask each trace of a folder; preceded FIRST SECOND: in which of them one event came before another",
        0},
    {"all", OPTION_ALL, NULL, 0, "With why and effects: the whole, not a page of it", 0},
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
    "  retick query run.db story            how it came to its end, with the numbers of the events\n"
    "  retick query run.db why              what the verdict came of, a page\n"
    "  retick query run.db why 42 --all     what event 42 came of, all of it\n"
    "  retick query run.db effects 42       what came of it, a page\n"
    "  retick query run.db history client-1 what that task did\n"
    "  retick query run.db slow             where each task's time went\n"
    "  retick query run.db \"SELECT count(*) FROM events\"\n"
    "  retick query --over runs preceded \"the lease ends\" \"the write begins\"\n"
    "                                       in which failing and which passing runs one came before the other\n"
    "\n"
    "Events are named by a text (of a mark, a log line, an error, a fault), whole or with * for any; by a kind of event; or by a kind and "
    "what it "
    "is about, as in 'msg_send:GET*', 'task_cancel:app/client-1'.\n"
    "\n" TICK__EXIT_CODES;

// The questions that are answered by a page; why with --csv by its rows.
static bool is_page(const char *sql) {
    return sql && (!strcmp(sql, "why") || !strcmp(sql, "effects"));
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct query_arguments *a = state->input;
    switch (key) {
    case OPTION_LIST:
        a->list = true;
        return 0;
    case OPTION_CSV:
        a->csv = true;
        return 0;
    case OPTION_ALL:
        a->all = true;
        return 0;
    case OPTION_OVER:
        a->over = value;
        return 0;
    case ARGP_KEY_ARG:
        if (a->count < sizeof a->words / sizeof *a->words)
            a->words[a->count++] = value;
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
        if (a->over && (a->list || a->all || !a->count))
            tick__wrong(state->name,
                a->count ? "--over is not for --list or --all" : "ask what? Write SQL, a query's name, or preceded FIRST SECOND");
        if (a->over)
            return 0;
        if (a->csv && (a->list || tick__report_on()))
            tick__wrong(state->name, "--csv is for rows: not with --list or --json");
        if (a->all && (a->csv || !is_page(a->sql)))
            tick__wrong(state->name, "--all is for the pages of why and effects");
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

// The note beside causes that end at once.
static void note_no_cause(const struct tick_trace *trace, const struct query_arguments *a, bool alone) {
    if (alone && !a->about && *trace->verdict && strcmp(trace->verdict, "pass") != 0)
        tick__note(
            "the finding came of no event of its own: it is of the whole run, or of its end. Next: %s query %s log, then: %s query %s "
            "why SEQ, with the number of a line there",
            tick__program(), a->trace, tick__program(), a->trace);
}

static int page(const struct tick_trace *trace, const struct query_arguments *a) {
    struct tick_error error = {0};
    const unsigned long long seq = a->about ? strtoull(a->about, NULL, 10) : 0;
    const bool why = !strcmp(a->sql, "why");
    uint64_t lines = 0;
    int result = a->about && (seq == 0 || seq > UINT32_MAX)
                     ? tick_error_set(&error, -EINVAL, "%s has no event %s: they are 1 to %llu", trace->path, a->about,
                           (unsigned long long)trace->events)
                     : tick__page_ask(trace, why ? TICK__PAGE_WHY : TICK__PAGE_EFFECTS, (uint32_t)seq, a->all, &lines, &error);
    if (result < 0)
        return tick__complain_of(trace->path, result, &error);
    note_no_cause(trace, a, why && lines == 1);
    if (!why && lines == 1)
        tick__note("nothing came of it, as far as the trace tells");
    if (!trace->derived)
        tick__note("what data brought, and where deviations bear, is worked out when a run of this size is first read: %s recover %s, then "
                   "ask again",
            tick__program(), a->trace);
    return TICK__EXIT_PASS;
}

// The sentence above the rows of a query that has a name.
static int tell_about(const struct tick_trace *trace, const struct query_arguments *a, bool *told, struct tick_error *error) {
    char *text;
    *told = false;
    if (a->csv || !is_name(a->sql))
        return 0;
    TICK_TRY(tick_trace_named_about(trace, a->sql, a->about, &text, error));
    *told = text != NULL;
    if (text && tick__report_on())
        tick__report_set("about", tick__report_text(text));
    else if (text)
        tick__say("%s\n", text);
    free(text);
    return 0;
}

static int ask(struct tick_trace *trace, const struct query_arguments *a) {
    struct tick_error error = {0};
    char *sql = NULL;
    char *task = NULL;
    int result = 0;
    if (is_name(a->sql) && !strcmp(a->sql, "history") && a->about && (result = tick__task_named(trace, a->about, &task, &error)) < 0)
        return tick__complain_of(trace->path, result, &error);
    if (is_name(a->sql))
        result = tick_trace_named_query(a->sql, task ? task : a->about, &sql, &error);
    else if (a->about)
        result = tick_error_set(&error, -EINVAL, "%s is one argument too many: put the SQL in quotes", a->about);
    free(task);
    if (result >= 0 && is_page(a->sql) && !a->csv && !tick__report_on()) {
        free(sql);
        return page(trace, a);
    }
    const struct tick_trace_rows rows = a->csv ? tick_csv_rows(stdout) : tick__rows_json();
    const int code = result >= 0 && !needs_no_more(a->sql) ? tick__complete(trace) : 0;
    if (code) {
        free(sql);
        return code;
    }
    bool told = false;
    if (sql == NULL)
        tick_trace_ask_on(trace);
    if (result >= 0)
        result = tell_about(trace, a, &told, &error);
    if (result >= 0)
        result = a->csv || tick__report_on() ? tick_trace_query_rows(trace, sql ? sql : a->sql, &rows, &error)
                                             : tick_trace_query(trace, sql ? sql : a->sql, stdout, &error);
    free(sql);
    if (result >= 0 && is_page(a->sql) && tick__report_on())
        return page(trace, a);
    if (result == 0 && !a->csv && !told && !tick__report_on())
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
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    if (a.list)
        return list();
    if (a.over)
        return tick__query_over(&(struct tick__over){.folder = a.over, .words = a.words, .count = a.count, .csv = a.csv});
    code = tick__open(a.trace, &trace);
    if (code)
        return code;
    code = ask(&trace, &a);
    tick_trace_close(&trace);
    return code;
}
