// The questions that have names. Each is plain SQL over docs/TRACE.md's tables, so that it can be had, changed and asked again.
#include "trace/query.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS(column) \
    "iif(" column " % 1000000, printf('%d.%03d', " column " / 1000000, " column " / 1000 % 1000), " column " / 1000000) || ' ms'"
#define OF_ARG "iif(%Q = '', (SELECT max(seq) FROM events), CAST(%Q AS INTEGER))" // an event; without one, the last
#define OF_END \
    "iif(%Q = '', (SELECT max(seq) FROM events WHERE cause_seq IS NOT NULL), CAST(%Q AS INTEGER))" // likewise, that came of something
#define PLURAL(count) "iif(" count " = 1, '', 's')"
// The links in which time passes on the way to an event.
#define PATH_TO \
    "WITH RECURSIVE chain(depth, seq, cause_seq) AS (SELECT 0, seq, cause_seq FROM events WHERE seq = " OF_END \
    " UNION ALL SELECT depth + 1, e.seq, e.cause_seq FROM chain JOIN events e ON e.seq = chain.cause_seq" \
    " WHERE chain.cause_seq < chain.seq AND depth < 100000), path AS (SELECT chain.depth, e.seq, c.ts, e.ts - c.ts AS took, e.kind, " \
    "e.host_id," \
    " e.task_id, e.subject_id, e.loc_id, CASE WHEN e.kind = 12 THEN 'a timer' WHEN e.kind IN (21, 22) THEN 'on its way'" \
    " WHEN e.kind = 3 THEN 'waits for a turn' WHEN e.kind = 15 THEN 'an operation' ELSE 'runs' END AS what FROM chain JOIN events e ON " \
    "e.seq = " \
    "chain.seq" \
    " JOIN events c ON c.seq = e.cause_seq WHERE e.ts > c.ts)"
// Who waits at an event, for what, and who holds (or is) it then.
#define WAIT_AT \
    "WITH waiting AS (SELECT w.*, coalesce(w.end_seq, 9223372036854775807) AS until FROM waits w WHERE w.wait_id <= " OF_ARG \
    " AND NOT EXISTS (SELECT 1 FROM tasks d WHERE d.task_id = w.task_id AND d.done_seq <= " OF_ARG \
    ")), now AS (SELECT wait_id, w.task_id," \
    " w.subject_id, w.begin_ts, CASE o.type WHEN 'task' THEN o.object_id ELSE h.task_id END AS owner FROM waiting w LEFT JOIN objects o" \
    " ON o.object_id = w.subject_id LEFT JOIN (SELECT resource_id, task_id, row_number() OVER (PARTITION BY resource_id ORDER BY hold_id)" \
    " AS which FROM holds WHERE hold_id <= " OF_ARG " AND coalesce(end_seq, 9223372036854775807) > " OF_ARG \
    ") h ON h.resource_id = w.subject_id AND h.which <= 16 WHERE w.until > " OF_ARG ")"

const struct tick_trace_named tick_trace_named_queries[] = {
    {"tasks", NULL, "every task: its host, when it began, how it ended", true,
        "SELECT printf('%d task%s on %d host%s: %d returned, %d failed, %d cancelled, %d are not over', count(*), " PLURAL(
            "count(*)") ", count(DISTINCT host_id), " PLURAL("count(DISTINCT host_id)") ", sum(outcome IS 'returned'), sum(outcome IS "
                                                                                        "'failed'),"
                                                                                        " sum(outcome IS 'cancelled'), sum(outcome IS "
                                                                                        "NULL)) FROM tasks"},
    {"waits", NULL, "every wait: who, for what, where, how long; unfinished ones first (explain --waits says more of those)", true,
        "SELECT printf('%d wait%s, %d of them without an end', count(*), " PLURAL("count(*)") ", sum(end_seq IS NULL)) FROM waits"},
    {"waits-for", "[SEQ]", "who waits for whom: at the end, or when an event happened", true,
        WAIT_AT " SELECT printf('%d task%s wait%s then, %d of them for what a task holds, or is', count(DISTINCT task_id), " PLURAL(
            "count(DISTINCT task_id)") ", iif(count(DISTINCT task_id) = 1, 's', ''), count(DISTINCT iif(owner, task_id, NULL))) FROM now"},
    {"deadlocks", NULL, "tasks that wait for each other in a cycle, also over pools and event flags where the story is told", true,
        "SELECT iif(count(*), printf('%d task%s wait%s in a circle', count(*), " PLURAL(
            "count(*)") ", iif(count(*) = 1, 's', '')),"
                        " 'nobody waits for himself, round a circle of tasks and what they hold') FROM deadlocks"},
    {"critical-path", "[SEQ]", "what took time on the way to an event; without SEQ, to the end", true,
        PATH_TO " SELECT printf('%s from the first cause to event %d', " WORDS(
            "coalesce(sum(took), 0)") ", " OF_END ") || (SELECT"
                                      " coalesce(': ' || group_concat(" WORDS(
                                          "took") " || ' ' || what, ', '), '') FROM (SELECT what, sum(took) AS took FROM path"
                                                  " GROUP BY what ORDER BY took DESC, what)) FROM path"},
    {"slow", NULL, "where each task's time went: running, ready without its turn, waiting", true,
        "SELECT iif(max(busy + ready) > 0, (SELECT printf('%s was kept from its turn for longest, %s; it ran for %s', task, " WORDS(
            "ready") ", " WORDS("busy") ") FROM slow ORDER BY ready DESC, busy DESC, task_id LIMIT 1), 'nobody was kept from his turn: all "
                                        "of the time is waiting')"
                                        " FROM slow"},
    {"useless", NULL, "wake-ups for nothing: a step that only waits again for the same", true,
        "SELECT printf('%d of %d wake-up%s let a task do no more than wait again for the same', count(*), (SELECT count(*) FROM "
        "steps), " PLURAL("(SELECT count(*) FROM steps)") ") FROM useless"},
    {"leaks", NULL, "what is left over: tasks behind the end of their host's main task, locks of tasks that are over", true,
        "SELECT iif(count(*), printf('%d left over: %d task%s, %d held by who is over', count(*), sum(what = 'task'), " PLURAL(
            "sum(what = 'task')") ", sum(what = 'hold')), 'nothing is left over') FROM leaks"},
    {"never-awaited", NULL, "failures that nobody asked for: of tasks and futures", true,
        "SELECT iif(count(*), printf('%d failure%s of which nobody heard', count(*), " PLURAL(
            "count(*)") "), 'somebody heard of each failure') FROM never_awaited"},
    {"starved", NULL, "who waited while somebody got the same again and again", true,
        "SELECT iif(count(*), printf('%d wait%s in which another got the same again and again', count(*), " PLURAL(
            "count(*)") "), 'nobody got anything twice while another waited for it') FROM starved"},
    {"atomicity", NULL, "shared data that was read, written by another, and written over (tick_shared_read, tick_shared_write)", true,
        "SELECT iif(count(*), printf('%d write%s over what the writer had not seen', count(*), " PLURAL(
            "count(*)") "), iif((SELECT 1 FROM events WHERE kind IN (45, 46) LIMIT 1), 'no write was lost',"
                        " 'the run tells of no shared data: tick_shared_read(\"name\"), tick_shared_write(\"name\")')) FROM atomicity"},
    {"stats", NULL, "figures of the run", true, NULL},
    {"messages", NULL, "every message: from, to, when, its first bytes", true,
        "SELECT printf('%d message%s: %d received, %d lost, %d under way at the end', count(*), " PLURAL(
            "count(*)") ", sum(fate IS 'received'), sum(fate IS 'dropped'), sum(fate IS 'in flight')) FROM messages"},
    {"choices", NULL, "the deviations of the run, in the words of a schedule", false, NULL},
    {"log", NULL, "log lines, marks, errors and the verdict", false, NULL},
    {"story", NULL, "how it came to its end, a sentence a row, each with its event's number", false, NULL},
    {"why", "[SEQ]", "what an event came of, a page (--all: the whole); without SEQ, the verdict", false, NULL},
    {"effects", "SEQ", "what came of an event, a page (--all: the whole), the way to the verdict first", false, NULL},
    {"history", "TASK", "everything that a task did and that was done to it: by its path, or what a finding calls it", true, NULL},
    {NULL, NULL, NULL, false, NULL},
};

#define TIME(column) "printf('%d.%06d', " column " / 1000000, " column " % 1000000)"
#define MS(column) TIME(column) " AS ms"
// Of a program without debug information the function.
#define PLACE "iif(l.line > 0, l.file || ':' || l.line, l.function)"
#define NAME(table) "coalesce(" table ".path, " table ".name, " table ".type || ' ' || " table ".object_id)"

// %Q is where the argument goes.
static const char *const texts[] = {
    "SELECT t.task_id AS id, o.path AS task, h.name AS host, " MS(
        "c.ts") ", coalesce(t.outcome, 'unfinished') AS outcome, iif(d.ts IS NULL, NULL, printf('%d.%06d', d.ts / 1000000, d.ts % "
                "1000000)) AS until_ms,"
                " " PLACE " AS made_at FROM tasks t JOIN objects o ON o.object_id = t.task_id LEFT JOIN hosts h ON h.host_id "
                "= t.host_id"
                " LEFT JOIN events c ON c.seq = t.created_seq LEFT JOIN events d ON d.seq = t.done_seq LEFT JOIN locations l ON l.loc_id = "
                "t.loc_id ORDER BY t.task_id",
    "SELECT w.wait_id AS seq, " MS("w.begin_ts") ", t.path AS task, " NAME(
        "o") " AS waits_for, " PLACE " AS at,"
             " iif(w.end_ts IS NULL, 'still waiting', printf('%d.%06d', (w.end_ts - w.begin_ts) / 1000000, (w.end_ts - w.begin_ts) % "
             "1000000)) AS for_ms FROM waits w LEFT JOIN objects t ON "
             "t.object_id = w.task_id"
             " LEFT JOIN objects o ON o.object_id = w.subject_id LEFT JOIN events e ON e.seq = w.wait_id"
             " LEFT JOIN locations l ON l.loc_id = e.loc_id ORDER BY w.end_ts IS NOT NULL, w.wait_id",
    WAIT_AT " SELECT now.wait_id AS seq, " MS("now.begin_ts") ", t.path AS task, " NAME(
        "o") " AS waits_for, w.path AS of, " PLACE " AS at FROM now LEFT JOIN objects t ON t.object_id = now.task_id LEFT JOIN objects o "
             "ON o.object_id = now.subject_id LEFT JOIN"
             " objects w ON w.object_id = now.owner LEFT JOIN events e ON e.seq = now.wait_id LEFT JOIN locations l ON l.loc_id = e.loc_id"
             " ORDER BY now.wait_id, now.owner",
    "SELECT way FROM deadlocks",
    PATH_TO " SELECT path.seq, " TIME("path.ts") " AS from_ms, " TIME(
        "path.took") " AS took_ms, path.what, coalesce(t.path, h.name) AS who, "
                     "k.name AS kind, " NAME("s") " AS subject, " PLACE " AS at FROM path LEFT JOIN kinds k ON k.kind = "
                                                  "path.kind LEFT JOIN objects t ON t.object_id ="
                                                  " path.task_id LEFT JOIN objects h ON h.object_id = "
                                                  "path.host_id LEFT JOIN objects s ON s.object_id = "
                                                  "path.subject_id LEFT JOIN"
                                                  " locations l ON l.loc_id = path.loc_id ORDER BY "
                                                  "path.depth DESC",
    "SELECT s.task, h.name AS host, s.steps, " TIME("s.life") " AS life_ms, " TIME("s.busy") " AS busy_ms, " TIME(
        "s.ready") " AS ready_ms, " TIME("s.waiting") " AS waiting_ms, " TIME("coalesce(s.longest, 0)") " AS longest_step_ms, "
                                                                                                        "iif(s.longest > 0, s.longest_seq, "
                                                                                                        "NULL) AS seq"
                                                                                                        " FROM slow s LEFT JOIN hosts h ON "
                                                                                                        "h.host_id = s.host_id ORDER BY "
                                                                                                        "s.busy + s.ready DESC, s.waiting "
                                                                                                        "DESC, s.task_id",
    "SELECT u.step_id AS seq, " MS("u.ts") ", u.task, u.subject AS waits_again_for, " PLACE
                                           " AS at FROM useless u LEFT JOIN locations l ON l.loc_id = u.loc_id ORDER BY u.seq",
    "SELECT what, seq, " TIME("ts") " AS since_ms, task, subject FROM leaks ORDER BY seq",
    "SELECT n.seq, " MS("n.ts") ", n.object AS failed, n.error, " PLACE
                                " AS made_at FROM never_awaited n LEFT JOIN locations l ON l.loc_id = n.loc_id ORDER BY n.seq",
    "SELECT s.wait_id AS seq, " MS("s.begin_ts") ", s.task, s.subject AS waits_for, iif(s.end_ts IS NULL, 'still waiting', " TIME(
        "(s.end_ts - s.begin_ts)") ") AS for_ms, s.turns AS others_got_it, s.by AS again_by FROM starved s ORDER BY s.wait_id",
    "SELECT a.read_seq AS read, a.over_seq AS written, a.seq AS written_over, " MS(
        "a.ts") ", a.name, a.task, a.over_task AS wrote_between, " PLACE
                " AS at FROM atomicity a LEFT JOIN locations l ON l.loc_id = a.loc_id ORDER BY a.seq",
    "SELECT what, figure FROM stats",
    "SELECT m.message_id AS id, " MS(
        "s.ts") ", a.name AS \"from\", b.name AS \"to\", d.path AS direction, o.ordinal AS \"offset\", m.bytes, m.fate,"
                " iif(r.ts IS NULL, NULL, printf('%d.%06d', (r.ts - s.ts) / 1000000, (r.ts - s.ts) % 1000000)) AS took_ms, m.payload FROM "
                "messages m JOIN objects o ON o.object_id = m.message_id LEFT JOIN "
                "objects d ON d.object_id = o.parent_id"
                " LEFT JOIN hosts a ON a.host_id = m.src_host_id LEFT JOIN hosts b ON b.host_id = m.dst_host_id LEFT JOIN events s ON "
                "s.seq = m.send_seq"
                " LEFT JOIN events r ON r.seq = m.recv_seq ORDER BY m.message_id",
    "SELECT c.seq, " MS("e.ts") ", c.line, iif(c.sound, 'sound', 'relaxed') AS soundness, c.words FROM choices c JOIN events e ON e.seq = "
                                "c.seq ORDER BY c.seq",
    "SELECT e.seq, " MS(
        "e.ts") ", coalesce(t.path, h.name) AS who, k.name AS kind, s.value AS text FROM events e JOIN kinds k ON k.kind = e.kind"
                " JOIN strings s ON s.string_id = e.subject_id LEFT JOIN objects t ON t.object_id = e.task_id LEFT JOIN hosts h ON "
                "h.host_id = e.host_id ORDER BY e.seq",
    "SELECT seq, " MS("ts") ", nullif(who, '') AS who, say, nullif(place, '') AS at FROM story ORDER BY n",
    // The first 60 links and the last 20; of what lies between only the number, and that up to 100,000.
    "WITH RECURSIVE chain(depth, seq) AS (SELECT 0, iif(%Q = '', (SELECT max(seq) FROM events), " // the verdict is the last event
    "CAST(%Q AS INTEGER)) UNION ALL SELECT depth + 1, e.cause_seq FROM chain JOIN events e"
    " ON e.seq = chain.seq WHERE e.cause_seq < e.seq AND depth < 100080),"
    " most(links) AS MATERIALIZED (SELECT max(depth) + 1 FROM chain),"
    " shown(depth, seq) AS MATERIALIZED (SELECT depth, seq FROM chain, most WHERE depth < 60 OR links <= 100080 AND depth >= links - 20"
    "  UNION ALL SELECT 60, NULL FROM most WHERE links > 80)"
    " SELECT shown.seq, iif(e.seq, printf('%d.%06d', e.ts / 1000000, e.ts % 1000000), NULL) AS ms, coalesce(t.path, h.name) AS who, "
    "coalesce(k.name, iif(links > 100080, 'more than 100,000', printf('%,d', links - 80))"
    " || ' between') AS kind, coalesce(x.value, " NAME(
        "s") ") AS subject, e.arg, c.line AS deviation, " PLACE " AS at FROM shown JOIN most"
             " LEFT JOIN events e ON e.seq = shown.seq LEFT JOIN kinds k ON k.kind = e.kind"
             " LEFT JOIN objects t ON t.object_id = e.task_id LEFT JOIN objects h ON h.object_id = "
             "e.host_id LEFT JOIN objects s ON s.object_id = e.subject_id"
             " LEFT JOIN strings x ON x.string_id = e.subject_id LEFT JOIN choices c ON c.seq = e.seq "
             "LEFT JOIN locations l ON l.loc_id = e.loc_id ORDER BY depth, shown.seq DESC",
    "SELECT e.seq, " MS("e.ts") ", coalesce(t.path, h.name) AS who, k.name AS kind, coalesce(x.value, " NAME(
        "s") ") AS subject, e.arg FROM events e LEFT JOIN kinds k ON k.kind = e.kind LEFT JOIN objects t ON t.object_id = e.task_id"
             " LEFT JOIN objects h ON h.object_id = e.host_id LEFT JOIN objects s ON s.object_id = e.subject_id"
             " LEFT JOIN strings x ON x.string_id = e.subject_id WHERE e.cause_seq = CAST(%Q AS INTEGER) AND e.seq > e.cause_seq ORDER BY "
             "e.seq",
    "SELECT seq, " MS("ts") ", kind, subject, arg, cause_seq AS cause FROM task_history WHERE task IN (%Q, %Q || '/main') ORDER BY seq",
};

static const struct tick_trace_named *named_of(const char *name) {
    const struct tick_trace_named *named = tick_trace_named_queries;
    while (named->name && strcmp(named->name, name) != 0)
        named++;
    return named->name ? named : NULL;
}

// The text with the argument in quotes for each %Q, malloc'd. Only texts with an argument are formats: the others contain printf's own
// percent signs.
static char *fill_in(const char *text, const char *arg) {
    char *filled = NULL;
    size_t size;
    FILE *to = open_memstream(&filled, &size);
    if (!to)
        return NULL;
    for (const char *at = text; *at; at++) {
        if (!arg || at[0] != '%' || at[1] != 'Q') {
            fputc(*at, to);
            continue;
        }
        fputc('\'', to);
        for (const char *from = arg; *from; from++) {
            if (*from == '\'')
                fputc('\'', to);
            fputc(*from, to);
        }
        fputc('\'', to);
        at++;
    }
    if (fclose(to) == 0)
        return filled;
    free(filled);
    return NULL;
}

static const char *argument_of(const struct tick_trace_named *named, const char *arg) {
    return named->arg && named->arg[0] == '[' && !arg ? "" : arg;
}

int tick_trace_named_query(const char *name, const char *arg, char **sql, struct tick_error *error) {
    const struct tick_trace_named *named = named_of(name);
    *sql = NULL;
    if (!named)
        return tick_error_set(error, -ENOENT, "there is no query named '%s'", name);
    arg = argument_of(named, arg);
    if (named->arg && !arg)
        return tick_error_set(error, -EINVAL, "%s wants a %s", name, named->arg);
    if (arg && *arg && named->arg && strstr(named->arg, "SEQ") && arg[strspn(arg, "0123456789")])
        return tick_error_set(error, -EINVAL, "%s wants the number of an event, as the column seq has it, not '%s'", name, arg);
    if (!named->arg && arg)
        return tick_error_set(error, -EINVAL, "%s takes no argument, but was given '%s'", name, arg);
    *sql = fill_in(texts[named - tick_trace_named_queries], arg);
    return *sql ? 0 : tick_error_set(error, -ENOMEM, "out of memory");
}

static void keep_first(void *ctx, size_t columns, const struct tick_cell *cells) {
    char **text = ctx;
    if (!*text && columns && cells->kind == TICK_CELL_TEXT)
        *text = strndup(cells->bytes, cells->size);
}

static void no_head(void *ctx, size_t columns, const char *const *names) {
    (void)ctx, (void)columns, (void)names;
}

int tick_trace_named_about(const struct tick_trace *trace, const char *name, const char *arg, char **text, struct tick_error *error) {
    const struct tick_trace_named *named = named_of(name);
    const struct tick_trace_rows rows = {no_head, keep_first, text};
    *text = NULL;
    if (!named || !named->about)
        return 0;
    char *sql = fill_in(named->about, argument_of(named, arg));
    if (!sql)
        return tick_error_set(error, -ENOMEM, "out of memory");
    const int code = tick_trace_query_rows(trace, sql, &rows, error);
    free(sql);
    return code < 0 ? code : 0;
}
