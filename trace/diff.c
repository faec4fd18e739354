// Where two runs part: their events in step, compared by what they mean (stable ids), not by this run's numbers.
#include "src/base/visible.h"
#include "trace/contents.h"
#include "trace/story.h"
#include <errno.h>
#include <retick/probe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TS, KIND, HOST, TASK, SUBJECT, CAUSE, ARG, FIELDS };
static const char *const field_names[FIELDS] = {"time", "kind", "host", "task", "subject", "cause", "argument"};

struct side {
    const struct tick_trace *trace;
    const char *name;
    sqlite3_stmt *events;
    int64_t seq, field[FIELDS];
    bool there;
};

// The number of the first object that is another in the two runs by its stable id; 0: what both have is the same.
static int first_odd_object(const struct tick_trace *a, const struct tick_trace *b, int64_t *odd, struct tick_error *error) {
    sqlite3_stmt *x = NULL, *y = NULL;
    const char *sql = "SELECT stable_id, object_id FROM objects ORDER BY object_id";
    *odd = 0;
    int code = tick__prepare(a, sql, &x, error);
    if (code == 0)
        code = tick__prepare(b, sql, &y, error);
    while (code == 0 && !*odd && sqlite3_step(x) == SQLITE_ROW && sqlite3_step(y) == SQLITE_ROW)
        if (sqlite3_column_int64(x, 0) != sqlite3_column_int64(y, 0))
            *odd = sqlite3_column_int64(x, 1);
    if (sqlite3_finalize(x) != SQLITE_OK && code == 0)
        code = tick__trace_failed(a, error);
    if (sqlite3_finalize(y) != SQLITE_OK && code == 0)
        code = tick__trace_failed(b, error);
    return code;
}

// The seq up to which checkpoints say that both runs are the same; by bisection, as digests of longer prefixes stay different.
static int64_t common_prefix(const struct tick_trace *a, const struct tick_trace *b) {
    sqlite3_stmt *x = NULL, *y = NULL;
    const char *sql = "SELECT digest FROM checkpoints WHERE seq = ? * 4096";
    int64_t low = 0, high = (int64_t)((a->events < b->events ? a->events : b->events) / 4096);
    if (tick__prepare(a, sql, &x, NULL) == 0 && tick__prepare(b, sql, &y, NULL) == 0)
        while (low < high) {
            int64_t middle = low + (high - low + 1) / 2;
            sqlite3_bind_int64(x, 1, middle);
            sqlite3_bind_int64(y, 1, middle);
            bool same = sqlite3_step(x) == SQLITE_ROW && sqlite3_step(y) == SQLITE_ROW && sqlite3_column_bytes(x, 0) == 16 &&
                        sqlite3_column_bytes(y, 0) == 16 && memcmp(sqlite3_column_blob(x, 0), sqlite3_column_blob(y, 0), 16) == 0;
            sqlite3_reset(x);
            sqlite3_reset(y);
            if (same)
                low = middle;
            else
                high = middle - 1;
        }
    sqlite3_finalize(x);
    sqlite3_finalize(y);
    return low * 4096;
}

// Where to begin the walk: all up to there is the same. Up to the common prefix the numbers are, and so are the events, unless one
// mentions an object that only has the number in common.
static int begin_at(const struct tick_trace *a, const struct tick_trace *b, int64_t *from, struct tick_error *error) {
    sqlite3_stmt *row;
    int64_t odd;
    *from = 0;
    if (a->real || b->real)
        return 0;
    TICK_TRY(first_odd_object(a, b, &odd, error));
    *from = common_prefix(a, b);
    if (!odd)
        return 0;
    TICK_TRY(tick__prepare(a,
        "SELECT seq FROM events WHERE seq <= ?1 AND (subject_id >= ?2 OR task_id >= ?2 OR host_id >= ?2) ORDER BY seq LIMIT 1", &row,
        error));
    sqlite3_bind_int64(row, 1, *from);
    sqlite3_bind_int64(row, 2, odd);
    if (sqlite3_step(row) == SQLITE_ROW)
        *from = sqlite3_column_int64(row, 0) - 1;
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__trace_failed(a, error);
}

static int side_next(struct side *side, struct tick_error *error) {
    int code = sqlite3_step(side->events);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return tick__trace_failed(side->trace, error);
    side->there = code == SQLITE_ROW;
    if (side->there)
        side->seq = sqlite3_column_int64(side->events, 0);
    for (int i = 0; i < FIELDS; i++)
        side->field[i] = side->there ? sqlite3_column_int64(side->events, i + 1) : 0;
    return 0;
}

// Steps both until they differ: 1, or until both end: 0. Up to there all is the same, so that a cause's number is its identity.
static int walk(struct side *a, struct side *b, int64_t from, struct tick_error *error) {
    const char *sql = "SELECT e.seq, e.ts, e.kind, h.stable_id, t.stable_id, s.stable_id, e.cause_seq, e.arg FROM events e"
                      " LEFT JOIN objects h ON h.object_id = e.host_id LEFT JOIN objects t ON t.object_id = e.task_id"
                      " LEFT JOIN objects s ON s.object_id = e.subject_id WHERE e.seq > ? ORDER BY e.seq";
    struct side *sides[2] = {a, b};
    bool timed = !a->trace->real && !b->trace->real; // host times are never alike
    for (int i = 0; i < 2; i++) {
        TICK_TRY(tick__prepare(sides[i]->trace, sql, &sides[i]->events, error));
        sqlite3_bind_int64(sides[i]->events, 1, from);
    }
    for (;;) {
        TICK_TRY(side_next(a, error));
        TICK_TRY(side_next(b, error));
        if (!a->there && !b->there)
            return 0;
        if (a->there != b->there)
            return 1;
        if (memcmp(a->field + !timed, b->field + !timed, sizeof a->field - (timed ? 0 : sizeof a->field[0])) != 0)
            return 1;
    }
}

static void line(FILE *out, const struct tick__told *told) {
    tick__print(out, "#%-6lld %12s  %s%s%s", (long long)told->seq, told->time, told->who, *told->who ? " " : "", told->words);
    if (*told->where)
        tick__print(out, "  (%s)", told->where);
    fputc('\n', out);
}

static int say_side(FILE *out, const struct side *side, struct tick__told *told, struct tick_error *error) {
    tick__print(out, "  %s  ", side->name);
    if (!side->there) {
        tick__print(out, "has ended: it has %llu events\n", (unsigned long long)side->trace->events);
        return 0;
    }
    TICK_TRY(tick__told_read(side->trace, side->seq, told, error));
    line(out, told);
    return 0;
}

// The last events of the task (else of the host) that acts at the parting; the same in both runs.
static int say_history(FILE *out, const struct side *side, const struct tick__told *at, struct tick_error *error) {
    int64_t seqs[6];
    size_t count = 0;
    sqlite3_stmt *row;
    bool task = at->task != 0;
    if (!task && !at->host)
        return 0;
    TICK_TRY(tick__prepare(side->trace,
        task ? "SELECT seq FROM events WHERE task_id = ? AND seq < ? ORDER BY seq DESC LIMIT 6"
             : "SELECT seq FROM events WHERE host_id = ? AND seq < ? ORDER BY seq DESC LIMIT 6",
        &row, error));
    sqlite3_bind_int64(row, 1, task ? at->task : at->host);
    sqlite3_bind_int64(row, 2, at->seq);
    while (count < 6 && sqlite3_step(row) == SQLITE_ROW)
        seqs[count++] = sqlite3_column_int64(row, 0);
    if (sqlite3_finalize(row) != SQLITE_OK)
        return tick__trace_failed(side->trace, error);
    if (count)
        tick__print(out, "\n%s before that, in both:\n", at->who);
    while (count--) {
        struct tick__told told;
        TICK_TRY(tick__told_read(side->trace, seqs[count], &told, error));
        fputs("     ", out);
        line(out, &told);
    }
    return 0;
}

static void say_between(FILE *out, const struct tick__chain *chain) {
    char count[32];
    if (chain->between)
        tick__print(out, "     ... %s%s causes between ...\n", chain->endless ? "more than " : "",
            tick__count_words(chain->between, count, sizeof count));
}

static int say_why(FILE *out, const struct side *side, struct tick_error *error) {
    struct tick__chain chain;
    if (!side->there)
        return 0;
    TICK_TRY(tick__chain_read(side->trace, side->seq, 12, 4, &chain, error));
    tick__print(out, "\nwhy, in %s:\n", side->name);
    int code = 0;
    for (size_t i = 0; i < chain.head + chain.tail; i++) {
        const struct tick__cause *cause = &chain.causes[i];
        struct tick__told told;
        if (i == chain.head)
            say_between(out, &chain);
        code = tick__told_read(side->trace, cause->seq, &told, error);
        if (code < 0)
            break;
        code = 0;
        tick__print(out, "%s", i ? "  <- " : "     ");
        line(out, &told);
        if (*cause->deviation)
            tick__print(out, "       deviation #%lld bears on it: %s\n", (long long)cause->choice_seq, cause->deviation);
    }
    if (code == 0 && !chain.tail)
        say_between(out, &chain);
    tick__chain_fini(&chain);
    return code;
}

// What only one of two schedules has; 1 if there is anything.
static int say_schedule(FILE *out, const struct side *side, const struct side *other, struct tick_error *error) {
    struct tick_schedule mine, theirs;
    sqlite3_stmt *row = NULL;
    int said = 0;
    TICK_TRY(tick_trace_schedule(side->trace, &mine, error));
    int code = tick_trace_schedule(other->trace, &theirs, error);
    if (code < 0) {
        tick_schedule_fini(&mine);
        return code;
    }
    bool *found = calloc(mine.count + 1, sizeof *found);
    code = found ? tick_schedule_among(&mine, &theirs, true, found) : -ENOMEM;
    if (code < 0)
        tick_error_set(error, code, "out of memory");
    else
        code = tick__prepare(side->trace, "SELECT coalesce(line, kind), sound FROM choices ORDER BY choice_id", &row, error);
    for (size_t i = 0; code == 0 && i < mine.count && sqlite3_step(row) == SQLITE_ROW; i++)
        if (!found[i] && said++ < 40)
            tick__print(out, "  only in %s: %s%s\n", side->name, (const char *)sqlite3_column_text(row, 0),
                sqlite3_column_int(row, 1) ? "" : "  (relaxed)");
    if (said > 40)
        tick__print(out, "  only in %s: %d more\n", side->name, said - 40);
    if (sqlite3_finalize(row) != SQLITE_OK && code == 0)
        code = tick__trace_failed(side->trace, error);
    free(found);
    tick_schedule_fini(&mine);
    tick_schedule_fini(&theirs);
    return code < 0 ? code : said;
}

static void say_verdict(FILE *out, const struct side *side) {
    const struct tick_trace *trace = side->trace;
    bool more = *trace->text && strcmp(trace->text, trace->verdict) != 0;
    tick__print(out, "  %s  %s%s%s  (%s, %llu events)\n", side->name, *trace->verdict ? trace->verdict : "no verdict", more ? ": " : "",
        more ? trace->text : "", trace->path, (unsigned long long)trace->events);
    if (*trace->note)
        tick__print(out, "     note: %s\n", trace->note);
}

static int tell(FILE *out, struct side *a, struct side *b, struct tick_error *error) {
    struct tick__told at_a = {0}, at_b = {0};
    int64_t parting = a->there ? a->seq : b->seq;
    tick__print(out, "the runs are the same up to event %lld and part at event %lld\n", (long long)parting - 1, (long long)parting);
    say_verdict(out, a);
    say_verdict(out, b);
    fputs("\nthe parting:\n", out);
    TICK_TRY(say_side(out, a, &at_a, error));
    TICK_TRY(say_side(out, b, &at_b, error));
    if (a->there && b->there) {
        const char *comma = "";
        fputs("  differing in ", out);
        for (int i = 0; i < FIELDS; i++)
            if (a->field[i] != b->field[i]) {
                tick__print(out, "%s%s", comma, field_names[i]);
                comma = ", ";
            }
        fputc('\n', out);
    }
    TICK_TRY(say_history(out, a->there ? a : b, a->there ? &at_a : &at_b, error));
    TICK_TRY(say_why(out, a, error));
    TICK_TRY(say_why(out, b, error));
    fputs("\nthe schedules:\n", out);
    int only_a = say_schedule(out, a, b, error), only_b = only_a < 0 ? only_a : say_schedule(out, b, a, error);
    TICK_TRY(only_b);
    if (only_a + only_b == 0)
        fputs("  are the same: the difference lies in the program, its build or its surroundings\n", out);
    return 0;
}

// Where the events are the same: 1 if what they hold is not, 0 if it is, as far as the traces know. Other names alone are other objects,
// whose events are told apart (walked: they were not).
static int tell_contents(const struct tick_trace *a, const struct tick_trace *b, bool walked, char **report, struct tick_error *error) {
    struct tick_difference difference = {0};
    size_t size;
    const bool known = a->has_contents && b->has_contents;
    if (a->real || b->real || (known && memcmp(a->contents, b->contents, sizeof a->contents) == 0))
        return 0;
    int found = tick_contents_compare(a, b, &difference, error), code = found;
    if (found < 0 || (!found && !(known && walked)) || (difference.what == TICK_CONTENT_NAME && !walked))
        return found < 0 ? found : 0;
    FILE *out = open_memstream(report, &size);
    if (!out)
        return tick_error_set(error, -ENOMEM, "out of memory");
    if (found)
        code = tick_difference_say(out, a, &difference, (const char *const[2]){"A", "B"}, error);
    else
        fputs("the events are the same, but not all that was sent or written: what these traces keep of it is. `retick check` says where "
              "runs "
              "of a scenario differ\n",
            out);
    if (fclose(out) != 0 && code >= 0)
        code = tick_error_set(error, -ENOMEM, "out of memory");
    if (code < 0) {
        free(*report);
        *report = NULL;
    }
    return code < 0 ? code : 1;
}

int tick_trace_diff(const struct tick_trace *a, const struct tick_trace *b, char **report, struct tick_error *error) {
    struct side left = {.trace = a, .name = "A"}, right = {.trace = b, .name = "B"};
    FILE *out = NULL;
    size_t size;
    *report = NULL;
    int64_t from;
    if (a->has_digest && b->has_digest && memcmp(a->digest, b->digest, sizeof a->digest) == 0) {
        const int differ = tell_contents(a, b, false, report, error);
        if (differ)
            return differ;
    }
    int code = begin_at(a, b, &from, error);
    if (code == 0)
        code = walk(&left, &right, from, error);
    if (code == 1) {
        out = open_memstream(report, &size);
        code = out ? tell(out, &left, &right, error) : tick_error_set(error, -ENOMEM, "out of memory");
        if (out && fclose(out) != 0 && code == 0)
            code = tick_error_set(error, -ENOMEM, "out of memory");
        if (code < 0) {
            free(*report);
            *report = NULL;
        } else {
            code = 1;
        }
    }
    sqlite3_finalize(left.events);
    sqlite3_finalize(right.events);
    return code == 0 ? tell_contents(a, b, true, report, error) : code;
}
