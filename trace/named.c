// The questions that have names. Each is plain SQL over docs/TRACE.md's tables, so that it can be had, changed and asked again.
#include "trace/query.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct tick_trace_named tick_trace_named_queries[] = {
    {"tasks", NULL, "every task: its host, when it began, how it ended", true},
    {"waits", NULL, "every wait: who, for what, where, how long; unfinished ones first (explain --waits says more of those)", true},
    {"deadlocks", NULL, "tasks that wait for each other in a cycle (a queue belongs to nobody: see waits)", true},
    {"messages", NULL, "every message: from, to, when, its first bytes", true},
    {"choices", NULL, "the deviations of the run, in the words of a schedule", false},
    {"log", NULL, "log lines, marks, errors and the verdict", false},
    {"story", NULL, "how it came to its end, a sentence a row, each with its event's number", false},
    {"why", "[SEQ]", "what an event came of, a page (--all: the whole); without SEQ, the verdict", false},
    {"effects", "SEQ", "what came of an event, a page (--all: the whole), the way to the verdict first", false},
    {"history", "TASK", "everything that a task did and that was done to it: by its path, or what a finding calls it", true},
    {NULL, NULL, NULL, false},
};

#define MS(column) "printf('%d.%06d', " column " / 1000000, " column " % 1000000) AS ms"
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
    "SELECT way FROM deadlocks",
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

int tick_trace_named_query(const char *name, const char *arg, char **sql, struct tick_error *error) {
    *sql = NULL;
    size_t i = 0;
    while (tick_trace_named_queries[i].name && strcmp(tick_trace_named_queries[i].name, name) != 0)
        i++;
    const struct tick_trace_named *named = &tick_trace_named_queries[i];
    if (!named->name)
        return tick_error_set(error, -ENOENT, "there is no query named '%s'", name);
    if (named->arg && named->arg[0] == '[' && !arg)
        arg = "";
    if (named->arg && !arg)
        return tick_error_set(error, -EINVAL, "%s wants a %s", name, named->arg);
    if (arg && *arg && named->arg && strstr(named->arg, "SEQ") && arg[strspn(arg, "0123456789")])
        return tick_error_set(error, -EINVAL, "%s wants the number of an event, as the column seq has it, not '%s'", name, arg);
    if (!named->arg && arg)
        return tick_error_set(error, -EINVAL, "%s takes no argument, but was given '%s'", name, arg);
    // Only the texts with an argument are formats: the others contain printf's own percent signs.
    size_t room = strlen(texts[i]) + (arg ? 2 * (2 * strlen(arg) + 2) : 0) + 1;
    char *text = malloc(room), *to = text;
    if (!text)
        return tick_error_set(error, -ENOMEM, "out of memory");
    for (const char *at = texts[i]; *at;) {
        if (arg && at[0] == '%' && at[1] == 'Q') {
            *to++ = '\'';
            for (const char *from = arg; *from; from++) {
                if (*from == '\'')
                    *to++ = '\'';
                *to++ = *from;
            }
            *to++ = '\'';
            at += 2;
        } else {
            *to++ = *at++;
        }
    }
    *to = 0;
    *sql = text;
    return 0;
}
