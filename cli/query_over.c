#include "cli/query_over.h"
#include "cli/first_read.h"
#include "cli/print.h"
#include "cli/process.h"
#include "cli/report_json.h"
#include "cli/rows.h"
#include "trace/query.h"
#include "trace/story.h"
#include "viewer/export/csv_rows.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

// An event by what it is called: a text (of a mark, a log line, an error, a fault, a name of shared data), whole or with * for any; a kind
// of event; or a kind and what it is about, "msg_send:GET*", "task_cancel:app/client-1": a text, a name, what a message says, or who does it.
static const char first_event[] =
    "SELECT min(e.seq) FROM events e JOIN kinds k ON k.kind = e.kind LEFT JOIN strings x ON x.string_id = e.subject_id"
    " LEFT JOIN objects o ON o.object_id = e.subject_id LEFT JOIN objects t ON t.object_id = e.task_id"
    " LEFT JOIN messages m ON m.message_id = e.subject_id WHERE x.value GLOB ?1 OR k.name = ?1 OR (k.name = ?2 AND (x.value GLOB ?3"
    " OR o.path GLOB ?3 OR o.name GLOB ?3 OR t.path GLOB ?3 OR CAST(m.payload AS TEXT) GLOB ?3))";

enum order { BEFORE, AFTER, NOT_FIRST, NOT_SECOND, NEITHER };
static const char *const orders[] = {"before", "after", "the first is not there", "the second is not there", "neither is there"};

struct row { // a trace's answer
    char name[NAME_MAX + 1], verdict[32];
    int64_t first, second; // seq, 0: there is none
    int64_t first_at, second_at;
};

static int find(const struct tick_trace *trace, const char *what, int64_t *seq, int64_t *at, struct tick_error *error) {
    const char *colon = strchr(what, ':');
    sqlite3_stmt *row;
    *seq = *at = 0;
    TICK_TRY(tick__prepare(trace, first_event, &row, error));
    sqlite3_bind_text(row, 1, what, -1, SQLITE_STATIC);
    if (colon) {
        sqlite3_bind_text(row, 2, what, (int)(colon - what), SQLITE_STATIC);
        sqlite3_bind_text(row, 3, colon + 1, -1, SQLITE_STATIC);
    }
    if (sqlite3_step(row) == SQLITE_ROW)
        *seq = sqlite3_column_int64(row, 0);
    if (sqlite3_finalize(row) != SQLITE_OK)
        return tick__trace_failed(trace, error);
    struct tick__told told;
    if (*seq && tick__told_read(trace, *seq, &told, error) > 0)
        *at = told.ts;
    return 0;
}

static enum order order_of(const struct row *row) {
    if (!row->first || !row->second)
        return row->first ? NOT_SECOND : row->second ? NOT_FIRST : NEITHER;
    return row->first < row->second ? BEFORE : AFTER;
}

static void say_row(const struct tick__over *over, const struct row *row, size_t width) {
    char first[48] = "-", second[48] = "-";
    const enum order order = order_of(row);
    if (tick__report_on()) {
        tick__report_add(
            "runs", json_pack("{s:o, s:o, s:I, s:I, s:s}", "path", tick__report_text(row->name), "verdict", tick__report_text(row->verdict),
                        "first", (json_int_t)row->first, "second", (json_int_t)row->second, "order", orders[order]));
        return;
    }
    if (over->csv) {
        const struct tick_trace_rows csv = tick_csv_rows(stdout);
        const struct tick_cell cells[] = {{.kind = TICK_CELL_TEXT, .bytes = row->name, .size = strlen(row->name)},
            {.kind = TICK_CELL_TEXT, .bytes = row->verdict, .size = strlen(row->verdict)},
            {.kind = row->first ? TICK_CELL_INTEGER : TICK_CELL_NULL, .integer = row->first},
            {.kind = row->second ? TICK_CELL_INTEGER : TICK_CELL_NULL, .integer = row->second},
            {.kind = TICK_CELL_TEXT, .bytes = orders[order], .size = strlen(orders[order])}};
        csv.row(csv.ctx, sizeof cells / sizeof *cells, cells);
        return;
    }
    if (row->first)
        tick__format_time(row->first_at, first, sizeof first);
    if (row->second)
        tick__format_time(row->second_at, second, sizeof second);
    tick__say("%-*s  %-9s  %-10s  %-10s  %s", (int)width, row->name, row->verdict, first, second, orders[order]);
}

static bool passed(const struct row *row) {
    return strcmp(row->verdict, "pass") == 0;
}

static void say_preceded(const struct tick__over *over, const struct row *rows, size_t count) {
    size_t failing = 0, failing_so = 0, passing_so = 0, width = 5;
    for (size_t i = 0; i < count; i++) {
        const bool so = order_of(&rows[i]) == BEFORE;
        failing += !passed(&rows[i]);
        failing_so += so && !passed(&rows[i]);
        passing_so += so && passed(&rows[i]);
        width = strlen(rows[i].name) > width ? strlen(rows[i].name) : width;
    }
    char about[160];
    snprintf(about, sizeof about, "the first came before the second in %zu of %zu failing run%s, and in %zu of %zu that pass", failing_so,
        failing, TICK__PLURAL(failing), passing_so, count - failing);
    if (tick__report_on())
        tick__report_set("about", tick__report_text(about));
    else if (!over->csv)
        tick__say("%s\n\n%-*s  %-9s  %-10s  %-10s  %s", about, (int)width, "run", "verdict", "first", "second", "order");
    if (over->csv && !tick__report_on()) {
        static const char *const names[] = {"run", "verdict", "first", "second", "order"};
        const struct tick_trace_rows csv = tick_csv_rows(stdout);
        csv.head(csv.ctx, sizeof names / sizeof *names, names);
    }
    for (size_t i = 0; i < count; i++)
        say_row(over, &rows[i], width);
}

// One trace, its rows behind a line with its name and verdict.
static int ask_one(const struct tick__over *over, struct tick_trace *trace, const char *name, struct tick_error *error) {
    const char *const arg = over->count > 1 ? over->words[1] : NULL;
    char *sql = NULL, *about = NULL;
    const bool named = over->words[0][strspn(over->words[0], "abcdefghijklmnopqrstuvwxyz_-")] == '\0';
    int result = named ? tick_trace_named_query(over->words[0], arg, &sql, error) : 0;
    if (result >= 0 && named)
        result = tick_trace_named_about(trace, over->words[0], arg, &about, error);
    if (result >= 0) {
        tick__say("%s: %s%s%s", name, *trace->verdict ? trace->verdict : trace->state, about ? ": " : "", about ? about : "");
        fflush(stdout);
        result = tick_trace_query(trace, sql ? sql : over->words[0], stdout, error);
        tick__say("%s", "");
    }
    free(about);
    free(sql);
    return result < 0 ? result : 0;
}

static int is_trace(const struct dirent *entry) {
    const size_t length = strlen(entry->d_name);
    return length > 3 && strcmp(entry->d_name + length - 3, ".db") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

// What is asked of each; a file that is no trace is passed over, with a note. 0; 1 for one that was; or, negative, the exit code.
static int look_at(const struct tick__over *over, const char *name, bool preceded, struct row *row) {
    char path[PATH_MAX];
    struct tick_trace trace;
    struct tick_error error = {0};
    if (snprintf(path, sizeof path, "%s/%s", over->folder, name) >= (int)sizeof path)
        return 1;
    int result = tick_trace_open(path, &trace, &error);
    if (result == TICK_EFOREIGN || result == TICK_EFORMAT || result == -EISDIR) {
        tick__note("%s is left out: %s", path, error.text);
        return 1;
    }
    if (result < 0)
        return -tick__complain_of(path, result, &error);
    int code = tick__complete(&trace);
    snprintf(row->name, sizeof row->name, "%s", name);
    snprintf(row->verdict, sizeof row->verdict, "%s", *trace.verdict ? trace.verdict : trace.state);
    if (code == 0 && preceded) {
        result = find(&trace, over->words[1], &row->first, &row->first_at, &error);
        if (result == 0)
            result = find(&trace, over->words[2], &row->second, &row->second_at, &error);
    } else if (code == 0) {
        result = ask_one(over, &trace, name, &error);
    }
    if (result < 0)
        code = tick__complain_of(path, result, &error);
    tick_trace_close(&trace);
    return -code;
}

static int ask_all(const struct tick__over *over, bool preceded) {
    struct dirent **entries;
    const int found = scandir(over->folder, &entries, is_trace, by_name);
    if (found < 0) {
        tick__complain("%s cannot be read: %s; name a folder of traces", over->folder, tick_error_text(-errno));
        return TICK__EXIT_USAGE;
    }
    struct row *rows = calloc((size_t)found + 1, sizeof *rows);
    size_t count = 0;
    int code = rows ? 0 : tick__no_memory(over->folder);
    for (int i = 0; i < found; i++) {
        const int looked = code == 0 ? look_at(over, entries[i]->d_name, preceded, &rows[count]) : 0;
        code = looked < 0 ? -looked : code;
        count += code == 0 && looked == 0;
        free(entries[i]);
    }
    free(entries);
    if (code == 0 && count == 0) {
        tick__complain("%s has no traces (.db): name a folder that has", over->folder);
        code = TICK__EXIT_USAGE;
    }
    if (code == 0 && preceded)
        say_preceded(over, rows, count);
    free(rows);
    return code;
}

int tick__query_over(const struct tick__over *over) {
    struct tick__over asked = *over;
    struct tick__argv words = {0};
    const bool one = over->count == 1 && strncmp(over->words[0], "preceded ", 9) == 0; // as one word, in quotes
    int result = one ? tick__argv_add_words(&words, over->words[0]) : 0;
    if (result < 0) {
        tick__complain("'%s': its quotes do not match", over->words[0]);
        return TICK__EXIT_USAGE;
    }
    if (one) {
        asked.words = (const char *const *)words.argv;
        asked.count = words.count;
    }
    const bool preceded = strcmp(asked.words[0], "preceded") == 0;
    int code = 0;
    if (preceded && asked.count != 3) {
        tick__complain("preceded wants two events, as in: %s query --over %s preceded \"a mark\" verdict", tick__program(), over->folder);
        code = TICK__EXIT_USAGE;
    } else if (!preceded && (asked.csv || tick__report_on())) {
        tick__complain("--csv and --json are for preceded, with --over: ask one trace at a time for rows");
        code = TICK__EXIT_USAGE;
    }
    if (code == 0)
        code = ask_all(&asked, preceded);
    tick__argv_fini(&words);
    return code;
}
