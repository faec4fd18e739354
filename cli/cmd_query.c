// retick query: SQL over a trace, and queries that one asks often by name.
#include "cli/command.h"
#include "cli/options.h"
#include "cli/print.h"
#include "trace/reader.h"
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *purpose, *sql;
} named[] = {
    {"summary", "what the trace is of", "SELECT key, value FROM meta ORDER BY key"},
    {"hosts", "the hosts", "SELECT host_id, name, address FROM hosts ORDER BY host_id"},
    {"tasks", "every task, and how it ended",
        "SELECT t.task_id, o.path AS task, coalesce(t.outcome, 'unfinished') AS outcome, t.created_seq, t.done_seq FROM tasks t JOIN objects o ON "
        "o.object_id = t.task_id ORDER BY t.task_id"},
    {"choices", "the deviations: what the outside world did", "SELECT seq, line, words, iif(sound, 'sound', 'relaxed') AS kind FROM choices ORDER BY seq"},
    {"messages", "what was sent, and what became of it",
        "SELECT m.message_id, s.name AS source, d.name AS target, m.bytes, m.fate, a.ts AS sent_at, b.ts AS received_at FROM messages m LEFT JOIN hosts s "
        "ON s.host_id = m.src_host_id LEFT JOIN hosts d ON d.host_id = m.dst_host_id LEFT JOIN events a ON a.seq = m.send_seq LEFT JOIN events b ON "
        "b.seq = m.recv_seq ORDER BY m.message_id"},
    {"waits", "who waited for what when the run ended", "SELECT task, subject, owner, begin_ts FROM waits_for ORDER BY wait_id"},
    {"deadlocks", "tasks that wait for themselves in a circle", "SELECT length, way FROM deadlocks ORDER BY length, task_id"},
    {"events", "everything, in order",
        "SELECT e.seq, e.ts, k.name AS kind, h.name AS host, t.path AS task, coalesce(o.path, s.value, o.name) AS subject, e.cause_seq AS cause, e.arg FROM "
        "events e JOIN kinds k ON k.kind = e.kind LEFT JOIN hosts h ON h.host_id = e.host_id LEFT JOIN objects t ON t.object_id = e.task_id LEFT JOIN "
        "objects o ON o.object_id = e.subject_id LEFT JOIN strings s ON s.string_id = e.subject_id ORDER BY e.seq"},
    {"log", "what the program logged, and the marks it reached",
        "SELECT e.seq, e.ts, h.name AS host, k.name AS kind, s.value AS text FROM events e JOIN kinds k ON k.kind = e.kind LEFT JOIN hosts h ON h.host_id = "
        "e.host_id LEFT JOIN strings s ON s.string_id = e.subject_id WHERE k.name IN ('log', 'mark', 'exception', 'verdict') ORDER BY e.seq"},
    {"why", "the chain of causes that led to the last event",
        "WITH RECURSIVE chain(seq, depth) AS (SELECT max(seq), 0 FROM events UNION ALL SELECT coalesce(e.cause_seq, (SELECT max(b.seq) FROM events b WHERE "
        "b.seq < e.seq AND b.task_id = e.task_id AND b.kind = 3)), depth + 1 FROM chain c JOIN events e ON e.seq = c.seq WHERE depth < 1000 AND "
        "coalesce(e.cause_seq, (SELECT max(b.seq) FROM events b WHERE b.seq < e.seq AND b.task_id = e.task_id AND b.kind = 3)) IS NOT NULL) SELECT e.seq, "
        "e.ts, k.name AS kind, h.name AS host, t.path AS task, coalesce(o.path, s.value, o.name) AS subject FROM chain c JOIN events e ON e.seq = c.seq "
        "JOIN kinds k ON k.kind = e.kind LEFT JOIN hosts h ON h.host_id = e.host_id LEFT JOIN objects t ON t.object_id = e.task_id LEFT JOIN objects o ON "
        "o.object_id = e.subject_id LEFT JOIN strings s ON s.string_id = e.subject_id ORDER BY e.seq"},
};
enum { NAMED = sizeof named / sizeof *named };

struct query_arguments {
    const char *trace, *sql;
    bool tabs, list;
};

enum { OPTION_TABS = TICK__OPTION_OTHERS, OPTION_LIST };

static const struct argp_option options[] = {
    {"tabs", OPTION_TABS, NULL, 0, "Separate columns by tabs, for other programs (default: aligned columns)", 0},
    {"list", OPTION_LIST, NULL, 0, "List the queries that have a name", 0},
    {0},
};

static const char doc[] = "Asks a trace: a query by its name, or any SELECT in SQLite's SQL. The file is opened for reading only."
                          "\vNamed queries: summary, hosts, tasks, choices, messages, waits, deadlocks, events, log, why. Tables and views are described in "
                          "docs/TRACE.md; any SQLite client reads the file as well.\n"
                          "\n"
                          "Examples:\n"
                          "  retick query run.db why\n"
                          "  retick query run.db \"SELECT count(*) FROM events\"\n"
                          "  retick query run.db events --tabs | less\n"
                          "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct query_arguments *a = state->input;
    switch (key) {
    case OPTION_TABS:
        a->tabs = true;
        return 0;
    case OPTION_LIST:
        a->list = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0)
            a->trace = value;
        else if (state->arg_num == 1)
            a->sql = value;
        else
            argp_error(state, "%s is one argument too many: put the SQL in quotes", value);
        return 0;
    case ARGP_KEY_END:
        if (!a->list && !a->sql)
            argp_error(state, a->trace ? "ask what? Write SQL, or a query's name (--list)" : "which trace?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
static const struct argp argp = {options, parse, "TRACE.db SQL|NAME", doc, NULL, NULL, NULL};

// The rows so far: kept, because a column is as wide as its widest field.
struct table {
    char **fields; // rows x columns, the names first; owned
    size_t used, room;
    int columns;
};

static bool add_field(struct table *table, const char *text) {
    if (table->used == table->room) {
        size_t room = table->room ? table->room * 2 : 256;
        char **grown = realloc(table->fields, room * sizeof *grown);
        if (!grown)
            return false;
        table->fields = grown;
        table->room = room;
    }
    char *copy = strdup(text ? text : "-");
    if (!copy)
        return false;
    for (char *c = copy; *c; c++)
        if (*c == '\n' || *c == '\t' || *c == '\r')
            *c = ' ';
    table->fields[table->used++] = copy;
    return true;
}

static void print_table(const struct table *table, bool tabs, bool head) {
    size_t columns = (size_t)table->columns, *width = calloc(columns ? columns : 1, sizeof *width);
    if (!width)
        return;
    for (size_t i = 0; i < table->used; i++) {
        size_t w = tick__width(table->fields[i]);
        if (w > width[i % columns])
            width[i % columns] = w;
    }
    for (size_t i = head ? 0 : columns; i < table->used; i++) {
        bool last = i % columns == columns - 1;
        printf("%s%s%s", i < columns ? tick__colour(stdout, TICK__BOLD) : "", table->fields[i], i < columns ? tick__colour(stdout, TICK__PLAIN) : "");
        if (last)
            putchar('\n');
        else if (tabs)
            putchar('\t');
        else
            printf("%*s", (int)(width[i % columns] - tick__width(table->fields[i]) + 2), "");
    }
    free(width);
}

static int ask(const struct tick_trace *trace, const struct query_arguments *a) {
    enum { BATCH = 100000 }; // fields; a long answer is aligned piece by piece
    sqlite3_stmt *statement = NULL;
    struct table table = {0};
    const char *sql = a->sql, *rest = NULL;
    int code = TICK__EXIT_USAGE, step = SQLITE_DONE;
    bool head = true, ok = true;
    for (size_t i = 0; i < NAMED; i++)
        if (strcmp(a->sql, named[i].name) == 0)
            sql = named[i].sql;
    if (sqlite3_prepare_v2(trace->db, sql, -1, &statement, &rest) != SQLITE_OK || !statement) {
        tick__complain("%s", statement || sqlite3_errcode(trace->db) != SQLITE_OK ? sqlite3_errmsg(trace->db) : "that is no query");
        if (!strchr(a->sql, ' '))
            tick__complain("no query is called \"%s\": retick query --list tells those there are", a->sql);
        goto out;
    }
    if (rest[strspn(rest, " \t\n;")]) {
        tick__complain("one statement at a time, please");
        goto out;
    }
    if (!sqlite3_stmt_readonly(statement)) {
        tick__complain("a trace is only read: write a SELECT");
        goto out;
    }
    table.columns = sqlite3_column_count(statement);
    for (int c = 0; c < table.columns && ok; c++)
        ok = add_field(&table, sqlite3_column_name(statement, c));
    while (ok && table.columns && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int c = 0; c < table.columns && ok; c++)
            ok = add_field(&table, (const char *)sqlite3_column_text(statement, c));
        if (table.used >= BATCH) {
            print_table(&table, a->tabs, head);
            head = false;
            while (table.used > (size_t)table.columns)
                free(table.fields[--table.used]);
        }
    }
    if (!ok || step != SQLITE_DONE) {
        tick__complain("%s", ok ? sqlite3_errmsg(trace->db) : "out of memory");
        code = TICK__EXIT_HARNESS;
        goto out;
    }
    print_table(&table, a->tabs, head);
    code = TICK__EXIT_PASS;
out:
    sqlite3_finalize(statement);
    while (table.used > 0)
        free(table.fields[--table.used]);
    free(table.fields);
    return code;
}

int tick__cmd_query(int argc, char **argv) {
    struct query_arguments a = {0};
    struct tick_trace trace;
    struct tick_error error = {0};
    if (tick__parse(&argp, argc, argv, &a) != 0)
        return TICK__EXIT_USAGE;
    if (a.list) {
        for (size_t i = 0; i < NAMED; i++)
            tick__say("%-10s %s", named[i].name, named[i].purpose);
        return TICK__EXIT_PASS;
    }
    if (tick_trace_open(a.trace, &trace, &error) < 0) {
        tick__complain("%s", error.text);
        return TICK__EXIT_USAGE;
    }
    if (trace.note[0])
        tick__note("%s", trace.note);
    int code = ask(&trace, &a);
    tick_trace_close(&trace);
    return code;
}
