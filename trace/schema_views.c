// The views: what is asked often, as SQL over the tables. docs/TRACE.md tells what they mean.
#include "trace/schema_int.h"
#include <retick/choice.h>
#include <stddef.h>

// What a choice's value counts.
#define UNIT_TICK_UNIT_TIME "ns"
#define UNIT_TICK_UNIT_POLLS "polls"
#define UNIT_TICK_UNIT_BYTES "bytes"
#define UNIT_TICK_UNIT_YES "yes"
#define UNIT_TICK_UNIT_VALUE "number"
#define UNIT_TICK_UNIT_POPS "turns"
#define WHEN_KIND(name, number, word, sound, rate, unit, manual, because) " WHEN '" word "' THEN '" UNIT_##unit "'"

// clang-format off
const struct tick__schema_view tick__schema_views[] = {
{"track", "SELECT object_id AS id, coalesce(path, name) AS name, parent_id, host_id, type FROM objects WHERE type IN"
" ('host', 'task')"},
{"slice", "SELECT step_id AS id, begin_ts AS ts, end_ts - begin_ts AS dur, task_id AS track_id, 'step' AS category, coalesce(outcome,"
" 'unfinished') AS name"
"  FROM steps UNION ALL"
" SELECT wait_id, begin_ts, end_ts - begin_ts, task_id, 'wait', coalesce(o.path, o.name, o.type) FROM waits"
"  LEFT JOIN objects o ON o.object_id = subject_id UNION ALL"
" SELECT hold_id, begin_ts, end_ts - begin_ts, task_id, 'hold', coalesce(o.path, o.name, o.type) FROM holds"
" LEFT JOIN objects o ON o.object_id = resource_id"},
{"flow", "SELECT e.seq AS id, c.seq AS out_seq, c.ts AS out_ts, c.task_id AS out_task_id, e.seq AS in_seq, e.ts AS in_ts,"
" e.task_id AS in_task_id, k.name AS kind FROM events e JOIN events c ON c.seq = e.cause_seq JOIN kinds k ON k.kind = e.kind"},
// All that an event came of: its cause (how is NULL), and what `causes` holds beside it.
{"because", "SELECT seq, cause_seq, NULL AS how FROM events WHERE cause_seq IS NOT NULL UNION ALL SELECT seq, cause_seq, how FROM causes"},
{"task_history", "SELECT e.seq, e.ts, t.object_id AS task_id, t.path AS task, k.name AS kind, coalesce(o.path, o.name,"
" o.type) AS subject,"
" e.arg, e.cause_seq FROM objects t JOIN events e ON e.task_id = t.object_id OR e.subject_id = t.object_id JOIN kinds k ON k.kind = e.kind"
" LEFT JOIN objects o ON o.object_id = e.subject_id WHERE t.type = 'task'"},
// Who waits, at the end of the run, for what that who holds (or is). owner_task_id is NULL where nobody in the run owns the subject. Of a
// subject that many hold the first 16 are named: every waiter beside every holder would be more rows than the run has events.
{"waits_for", "SELECT w.wait_id, w.task_id, t.path AS task, w.subject_id, coalesce(o.path, o.name, o.type) AS subject,"
" w.begin_ts,"
" CASE o.type WHEN 'task' THEN o.object_id ELSE h.task_id END AS owner_task_id, ot.path AS owner"
" FROM waits w JOIN objects t ON t.object_id = w.task_id JOIN objects o ON o.object_id = w.subject_id"
" LEFT JOIN (SELECT resource_id, task_id, row_number() OVER (PARTITION BY resource_id ORDER BY hold_id) AS which FROM holds"
"  WHERE end_seq IS NULL) h ON h.resource_id = w.subject_id AND h.which <= 16"
" LEFT JOIN objects ot ON ot.object_id = CASE o.type WHEN 'task' THEN o.object_id ELSE h.task_id END"
" WHERE w.end_seq IS NULL AND NOT EXISTS (SELECT 1 FROM tasks d WHERE d.task_id = w.task_id AND d.done_seq IS NOT NULL)"},
// Each deviation, with what its value counts, and what it bears on: a message, a fault, a stretch of time (until_ts NULL: for good).
{"bearings", "SELECT c.choice_id, c.seq, c.kind, c.line, c.value, CASE c.kind" TICK_CHOICES(WHEN_KIND) " END AS unit, c.ns, c.bears_seq,"
" c.host_id, m.message_id, CASE WHEN m.message_id IS NOT NULL THEN coalesce(s.ts, b.ts) WHEN k.name = 'fault_begin' THEN b.ts ELSE e.ts"
" END AS from_ts, CASE WHEN m.message_id IS NOT NULL THEN b.ts WHEN k.name = 'fault_begin' THEN iif(b.arg > 0, b.ts + b.arg, NULL)"
" ELSE e.ts + max(coalesce(c.ns, 0), 0) END AS until_ts"
" FROM choices c JOIN events e ON e.seq = c.seq LEFT JOIN events b ON b.seq = c.bears_seq LEFT JOIN kinds k ON k.kind = b.kind"
" LEFT JOIN messages m ON m.message_id = b.subject_id AND k.name IN ('msg_recv', 'msg_drop') LEFT JOIN events s ON s.seq = m.send_seq"},
// The tasks that wait for themselves, round a cycle.
{"deadlocks", "SELECT task_id, length, way FROM cycles"},
// Where a task's time went: its steps, how long it was ready and had not had its turn, and the rest, in which it waited.
{"slow", "SELECT t.task_id, o.path AS task, t.host_id, coalesce(s.steps, 0) AS steps,"
" coalesce(d.ts, x.ts, l.ts) - c.ts AS life, coalesce(s.busy, 0) AS busy, coalesce(s.ready, 0) AS ready,"
" max(0, coalesce(d.ts, x.ts, l.ts) - c.ts - coalesce(s.busy, 0) - coalesce(s.ready, 0)) AS waiting, s.longest, s.step_id AS longest_seq"
" FROM tasks t JOIN objects o ON o.object_id = t.task_id JOIN events c ON c.seq = t.created_seq"
" JOIN (SELECT ts FROM events ORDER BY seq DESC LIMIT 1) l LEFT JOIN events d ON d.seq = t.done_seq"
" LEFT JOIN (SELECT subject_id, min(ts) AS ts FROM events WHERE kind = 24 GROUP BY subject_id) x ON x.subject_id = t.host_id" // host_crash
" LEFT JOIN (SELECT s.task_id, s.step_id, count(*) AS steps, sum(coalesce(s.end_ts, s.begin_ts) - s.begin_ts) AS busy,"
"  sum(s.begin_ts - coalesce(r.ts, s.begin_ts)) AS ready, max(coalesce(s.end_ts, s.begin_ts) - s.begin_ts) AS longest"
"  FROM steps s LEFT JOIN events r ON r.seq = s.ready_seq GROUP BY s.task_id) s ON s.task_id = t.task_id"},
// Wake-ups for nothing: a step that did no more than to wait again for what it was woken at (but for locks that it took or gave back).
{"useless", "SELECT w.seq, w.ts, w.task_id, t.path AS task, w.subject_id, coalesce(o.path, o.name, o.type) AS subject, w.step AS step_id,"
" w.loc_id FROM (SELECT seq, ts, kind, task_id, subject_id, loc_id, lag(kind) OVER told AS ended, lag(subject_id) OVER told AS ended_what,"
"  lag(kind, 2) OVER told AS began, lag(seq, 2) OVER told AS step FROM events WHERE task_id IS NOT NULL AND kind NOT IN (16, 17)"
"  WINDOW told AS (PARTITION BY task_id ORDER BY seq)) w" // hold, release
" JOIN objects t ON t.object_id = w.task_id JOIN objects o ON o.object_id = w.subject_id"
" WHERE w.kind = 18 AND w.ended = 19 AND w.ended_what = w.subject_id AND w.began = 3"}, // wait_begin, wait_end, step_begin
// What is left over at the end: tasks that go on behind the end of their host's main task, and what is held by a task that is over.
{"leaks", "SELECT 'task' AS what, t.created_seq AS seq, c.ts, t.task_id, o.path AS task, NULL AS subject_id, NULL AS subject"
" FROM tasks t JOIN objects o ON o.object_id = t.task_id JOIN events c ON c.seq = t.created_seq"
" JOIN (SELECT a.host_id, max(a.done_seq) AS done_seq FROM tasks a JOIN objects b ON b.object_id = a.task_id"
"  WHERE b.parent_id = a.host_id AND a.outcome IS NOT NULL GROUP BY a.host_id) m ON m.host_id = t.host_id"
" LEFT JOIN (SELECT host_id, lead(host_id) OVER (PARTITION BY name ORDER BY host_id) AS next FROM hosts) n ON n.host_id = t.host_id"
" WHERE t.done_seq IS NULL AND m.done_seq IS NOT NULL"
" AND n.next IS NULL" // not of a life that is over
" UNION ALL SELECT 'hold', h.hold_id, h.begin_ts, h.task_id, o.path, h.resource_id, coalesce(r.path, r.name, r.type)"
" FROM holds h JOIN tasks t ON t.task_id = h.task_id JOIN objects o ON o.object_id = h.task_id JOIN objects r ON r.object_id = h.resource_id"
" WHERE h.end_seq IS NULL AND t.done_seq IS NOT NULL"},
// Failures of which nothing came: of tasks whose end nobody was told of, and of futures that nobody asked.
{"never_awaited", "SELECT d.seq, d.ts, t.task_id AS object_id, o.path AS object, t.loc_id, x.value AS error FROM tasks t"
" JOIN objects o ON o.object_id = t.task_id JOIN events d ON d.seq = t.done_seq"
" LEFT JOIN (SELECT task_id, max(seq) AS seq, subject_id FROM events WHERE kind = 33 GROUP BY task_id) e ON e.task_id = t.task_id" // exception
" LEFT JOIN strings x ON x.string_id = e.subject_id"
" WHERE t.outcome = 'failed' AND o.parent_id IS NOT t.host_id" // a host's main task is awaited by its world
" AND t.done_seq NOT IN (SELECT cause_seq FROM events WHERE cause_seq IS NOT NULL AND kind <> 34)" // verdict
" AND t.task_id NOT IN (SELECT subject_id FROM events WHERE kind = 7 AND subject_id IS NOT NULL)" // future_await
" UNION ALL SELECT d.seq, d.ts, f.future_id, coalesce(o.path, o.name, 'a future'), o.loc_id, NULL FROM futures f"
" JOIN objects o ON o.object_id = f.future_id JOIN events d ON d.seq = f.done_seq WHERE f.error = 1 AND f.retrieved = 0"},
// Those who waited while somebody had the same again and again: a lock, or items of a queue, got twice by another task since they began to
// wait. A wait goes on where a wake-up was for nothing: it ends when its task gets it. turns: how often others got it meanwhile.
{"starved", "WITH told AS MATERIALIZED (SELECT seq, ts, subject_id, task_id, gets, sum(gets) OVER (PARTITION BY subject_id, task_id ORDER BY"
" seq) - gets AS turn, iif(gets, lag(seq) OVER (PARTITION BY subject_id, task_id, gets ORDER BY seq), NULL) AS before FROM (SELECT *,"
"  kind IN (16, 36) AS gets FROM events WHERE kind IN (16, 18, 36) AND task_id IS NOT NULL))," // hold, wait_begin, take
" known AS MATERIALIZED (SELECT seq, ts, subject_id, sum(gets) OVER of_it AS gets, max(printf('%020d%d', before, task_id)) OVER of_it AS again,"
"  max(seq) OVER (PARTITION BY subject_id) AS last FROM told WINDOW of_it AS (PARTITION BY subject_id ORDER BY seq)),"
" wanted AS (SELECT subject_id, task_id, min(iif(gets, NULL, seq)) AS begin_seq, max(iif(gets, seq, NULL)) AS end_seq FROM told"
"  GROUP BY subject_id, task_id, turn HAVING begin_seq IS NOT NULL)"
" SELECT w.begin_seq AS wait_id, b.ts AS begin_ts, iif(w.end_seq, e.ts, NULL) AS end_ts, w.task_id, t.path AS task, w.subject_id,"
" coalesce(o.path, o.name, o.type) AS subject, e.gets - b.gets - (w.end_seq IS NOT NULL) AS turns, a.path AS by FROM wanted w"
" JOIN known b ON b.seq = w.begin_seq JOIN known e ON e.seq = coalesce(w.end_seq, b.last)"
" JOIN objects t ON t.object_id = w.task_id JOIN objects o ON o.object_id = w.subject_id"
" LEFT JOIN objects a ON a.object_id = CAST(substr(e.again, 21) AS INTEGER)"
" WHERE CAST(substr(e.again, 1, 20) AS INTEGER) > w.begin_seq AND a.object_id IS NOT w.task_id"},
// Shared data that was read, written by another, and then written over by who had read it before.
{"atomicity", "SELECT w.seq, w.ts, w.task_id, t.path AS task, x.value AS name, f.cause_seq AS read_seq, v.cause_seq AS over_seq,"
" o.path AS over_task, w.loc_id, r.loc_id AS read_loc_id FROM causes v JOIN causes f ON f.seq = v.seq AND f.how = 'from'"
" JOIN events w ON w.seq = v.seq JOIN events r ON r.seq = f.cause_seq JOIN events b ON b.seq = v.cause_seq"
" LEFT JOIN objects t ON t.object_id = w.task_id LEFT JOIN objects o ON o.object_id = b.task_id"
" LEFT JOIN strings x ON x.string_id = w.subject_id WHERE v.how = 'over'"},
// What took time on the way to the run's end, or to the last event before it that came of something: the links of its chain of causes in
// which time passes.
{"critical_path", "WITH RECURSIVE chain(depth, seq, cause_seq) AS (SELECT * FROM (SELECT 0, seq, cause_seq FROM events"
"  WHERE cause_seq IS NOT NULL ORDER BY seq DESC LIMIT 1)"
" UNION ALL SELECT depth + 1, e.seq, e.cause_seq FROM chain JOIN events e ON e.seq = chain.cause_seq"
"  WHERE chain.cause_seq < chain.seq AND depth < 100000)"
" SELECT e.seq, c.seq AS cause_seq, c.ts, e.ts - c.ts AS took, e.host_id, e.task_id, e.kind, e.subject_id FROM chain"
" JOIN events e ON e.seq = chain.seq JOIN events c ON c.seq = e.cause_seq WHERE e.ts > c.ts"},
// Figures of the run.
{"stats", "SELECT 'events' AS what, count(*) AS figure FROM events"
" UNION ALL SELECT 'virtual ns', (SELECT ts FROM events ORDER BY seq DESC LIMIT 1)"
" UNION ALL SELECT 'hosts', count(*) FROM hosts UNION ALL SELECT 'tasks', count(*) FROM tasks"
" UNION ALL SELECT 'tasks unfinished', count(*) FROM tasks WHERE done_seq IS NULL"
" UNION ALL SELECT 'tasks failed', count(*) FROM tasks WHERE outcome = 'failed'"
" UNION ALL SELECT 'steps', count(*) FROM steps UNION ALL SELECT 'ns in steps', coalesce(sum(end_ts - begin_ts), 0) FROM steps"
" UNION ALL SELECT 'waits', count(*) FROM waits UNION ALL SELECT 'waits without an end', count(*) FROM waits WHERE end_seq IS NULL"
" UNION ALL SELECT 'messages', count(*) FROM messages UNION ALL SELECT 'messages lost', count(*) FROM messages WHERE fate = 'dropped'"
" UNION ALL SELECT 'messages in flight', count(*) FROM messages WHERE fate = 'in flight'"
" UNION ALL SELECT 'bytes sent', coalesce(sum(bytes), 0) FROM messages"
" UNION ALL SELECT 'deviations', count(*) FROM choices"
" UNION ALL SELECT 'deviations that production cannot do', count(*) FROM choices WHERE NOT sound"
" UNION ALL SELECT 'futures', count(*) FROM futures UNION ALL SELECT 'events lost', coalesce(sum(lost), 0) FROM gap"},
{NULL, NULL}
};
// clang-format on
