#include "trace/schema_int.h"
#include <stddef.h>

// clang-format off
const char *const tick__schema_tables[] = {
"CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
"CREATE TABLE kinds(kind INTEGER PRIMARY KEY, name TEXT NOT NULL);"
"CREATE TABLE strings(string_id INTEGER PRIMARY KEY, value TEXT NOT NULL);" // string_id is an object_id
"CREATE TABLE hosts(host_id INTEGER PRIMARY KEY, name TEXT, address TEXT);"
"CREATE TABLE locations(loc_id INTEGER PRIMARY KEY, function TEXT, file TEXT, line INTEGER, name TEXT, parent_loc_id INTEGER);"
"CREATE TABLE objects(object_id INTEGER PRIMARY KEY, type TEXT NOT NULL, stable_id INTEGER NOT NULL, path TEXT, parent_id INTEGER,"
" host_id INTEGER, name TEXT, kth INTEGER, ordinal INTEGER, loc_id INTEGER);"
"CREATE TABLE tasks(task_id INTEGER PRIMARY KEY, host_id INTEGER, parent_task_id INTEGER, name TEXT, loc_id INTEGER,"
" created_seq INTEGER, done_seq INTEGER, outcome TEXT);"
"CREATE TABLE futures(future_id INTEGER PRIMARY KEY, type TEXT, task_id INTEGER, resource_id INTEGER,"
" state TEXT NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING','CANCELLED','FINISHED')),"
" created_seq INTEGER, done_seq INTEGER, done_by_task_id INTEGER, error INTEGER, retrieved INTEGER);"
"CREATE TABLE resources(resource_id INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT, host_id INTEGER);"
"CREATE TABLE messages(message_id INTEGER PRIMARY KEY, src_host_id INTEGER, dst_host_id INTEGER, send_seq INTEGER, recv_seq INTEGER,"
" fate TEXT, bytes INTEGER, payload BLOB);",
// events has no constraint on purpose: with none that can fail, SQLite keeps no statement journal for the bulk insert
"CREATE TABLE events(seq INTEGER PRIMARY KEY, ts INTEGER, kind INTEGER, host_id INTEGER, task_id INTEGER, subject_id INTEGER,"
" cause_seq INTEGER, loc_id INTEGER, arg INTEGER);"
"CREATE TABLE choices(choice_id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, kind TEXT NOT NULL, subject INTEGER NOT NULL,"
" subject_id INTEGER,"
" ordinal INTEGER NOT NULL, n INTEGER NOT NULL, value INTEGER NOT NULL, most INTEGER NOT NULL, sound INTEGER NOT NULL, line TEXT,"
" words TEXT);"
"CREATE TABLE tmark(ts INTEGER NOT NULL, seq INTEGER NOT NULL);"
"CREATE TABLE gap(seq INTEGER NOT NULL, lost INTEGER NOT NULL, why TEXT NOT NULL);"
"CREATE TABLE checkpoints(seq INTEGER PRIMARY KEY, digest BLOB NOT NULL);",
"CREATE TABLE steps(step_id INTEGER PRIMARY KEY, host_id INTEGER, task_id INTEGER, begin_ts INTEGER, end_seq INTEGER, end_ts INTEGER,"
" outcome TEXT, ready_seq INTEGER);"
"CREATE TABLE waits(wait_id INTEGER PRIMARY KEY, task_id INTEGER, subject_id INTEGER, begin_ts INTEGER, end_seq INTEGER, end_ts INTEGER);"
"CREATE TABLE holds(hold_id INTEGER PRIMARY KEY, task_id INTEGER, resource_id INTEGER, begin_ts INTEGER, end_seq INTEGER, end_ts INTEGER);"
"CREATE TABLE timeline(level INTEGER, bucket INTEGER, host_id INTEGER, begin_ts INTEGER, width INTEGER, steps INTEGER, busy INTEGER,"
" PRIMARY KEY (level, host_id, bucket)) WITHOUT ROWID;",
NULL
};

const char *const tick__schema_derived[] = {
"CREATE INDEX IF NOT EXISTS events_task ON events(task_id) WHERE task_id IS NOT NULL;"
"CREATE INDEX IF NOT EXISTS events_subject ON events(subject_id) WHERE subject_id IS NOT NULL;"
"CREATE INDEX IF NOT EXISTS objects_stable ON objects(stable_id);"
"CREATE INDEX IF NOT EXISTS objects_parent ON objects(parent_id) WHERE parent_id IS NOT NULL;",
// kinds by number: 1 task_create, 3 step_begin, 4 step_end, 6..8 future_create, _await, _done, 16 hold, 17 release, 18 wait_begin,
// 19 wait_end, 20..22 msg_send, _recv, _drop (include/retick/probe.h)
"UPDATE tasks SET created_seq = (SELECT min(seq) FROM events WHERE subject_id = tasks.task_id AND kind = 1),"
" (done_seq, outcome) = (SELECT seq, CASE arg WHEN 1 THEN 'returned' WHEN 2 THEN 'failed' ELSE 'cancelled' END FROM events"
"  WHERE subject_id = tasks.task_id AND kind = 4 AND arg > 0 ORDER BY seq LIMIT 1);"
"UPDATE futures SET created_seq = (SELECT min(seq) FROM events WHERE subject_id = future_id AND kind = 6),"
" retrieved = EXISTS (SELECT 1 FROM events WHERE subject_id = future_id AND kind = 7);"
"UPDATE futures SET state = CASE e.arg WHEN 2 THEN 'CANCELLED' ELSE 'FINISHED' END, error = e.arg = 1, done_seq = e.seq,"
" done_by_task_id = e.task_id"
" FROM (SELECT min(seq) AS seq, subject_id, task_id, arg FROM events WHERE kind = 8 GROUP BY subject_id) AS e WHERE e.subject_id"
" = future_id;",
"UPDATE messages SET send_seq = e.seq, bytes = coalesce(bytes, e.arg), src_host_id = coalesce(e.host_id, src_host_id), fate = 'in flight'"
" FROM (SELECT min(seq) AS seq, subject_id, host_id, arg FROM events WHERE kind = 20 GROUP BY subject_id) AS e WHERE e.subject_id"
" = message_id;"
"UPDATE messages SET fate = 'dropped' FROM (SELECT DISTINCT subject_id FROM events WHERE kind = 22) AS e WHERE e.subject_id = message_id;"
"UPDATE messages SET recv_seq = e.seq, dst_host_id = e.host_id, fate = 'received'"
" FROM (SELECT min(seq) AS seq, subject_id, host_id FROM events WHERE kind = 21 GROUP BY subject_id) AS e WHERE e.subject_id = message_id;"
// one that never arrived: its direction's connection knows the peer's name
"UPDATE messages SET dst_host_id = (SELECT CASE d.kth WHEN 2 THEN c.host_id ELSE (SELECT host_id FROM hosts WHERE name = c.name) END"
" FROM objects m JOIN objects d ON d.object_id = m.parent_id JOIN objects c ON c.object_id = d.parent_id WHERE m.object_id = message_id)"
" WHERE dst_host_id IS NULL;",
"DELETE FROM holds; INSERT INTO holds SELECT seq, task_id, subject_id, ts, iif(next = 17, end_seq, NULL), iif(next = 17, end_ts, NULL) FROM"
" (SELECT seq, kind, task_id, subject_id, ts, lead(kind) OVER w AS next, lead(seq) OVER w AS end_seq, lead(ts) OVER w AS end_ts"
"  FROM events WHERE kind IN (16, 17) WINDOW w AS (PARTITION BY subject_id, task_id ORDER BY seq)) WHERE kind = 16;",
// a wait ends with its wait_end, or when the awaited future is done, or, for a task, when that task ends
"DELETE FROM waits; INSERT INTO waits SELECT seq, task_id, subject_id, ts, iif(next = 19, end_seq, NULL), iif(next = 19, end_ts, NULL) FROM"
" (SELECT seq, kind, task_id, subject_id, ts, lead(kind) OVER w AS next, lead(seq) OVER w AS end_seq, lead(ts) OVER w AS end_ts"
"  FROM events WHERE kind IN (18, 19) WINDOW w AS (PARTITION BY subject_id, task_id ORDER BY seq)) WHERE kind = 18;"
"INSERT INTO waits SELECT a.seq, a.task_id, a.subject_id, a.ts, d.seq, d.ts FROM events a LEFT JOIN events d ON d.seq ="
" (SELECT min(seq) FROM events WHERE subject_id = a.subject_id AND seq > a.seq AND (kind = 8 OR kind = 4 AND arg > 0))"
" WHERE a.kind = 7;",
NULL
};

const char *const tick__schema_views[] = {
"CREATE VIEW track AS SELECT object_id AS id, coalesce(path, name) AS name, parent_id, host_id, type FROM objects WHERE type IN"
" ('host', 'task');"
"CREATE VIEW slice AS"
" SELECT step_id AS id, begin_ts AS ts, end_ts - begin_ts AS dur, task_id AS track_id, 'step' AS category, coalesce(outcome,"
" 'unfinished') AS name"
"  FROM steps UNION ALL"
" SELECT wait_id, begin_ts, end_ts - begin_ts, task_id, 'wait', coalesce(o.path, o.name, o.type) FROM waits"
"  LEFT JOIN objects o ON o.object_id = subject_id UNION ALL"
" SELECT hold_id, begin_ts, end_ts - begin_ts, task_id, 'hold', coalesce(o.path, o.name, o.type) FROM holds"
" LEFT JOIN objects o ON o.object_id = resource_id;"
"CREATE VIEW flow AS SELECT e.seq AS id, c.seq AS out_seq, c.ts AS out_ts, c.task_id AS out_task_id, e.seq AS in_seq, e.ts AS in_ts,"
" e.task_id AS in_task_id, k.name AS kind FROM events e JOIN events c ON c.seq = e.cause_seq JOIN kinds k ON k.kind = e.kind;"
"CREATE VIEW task_history AS SELECT e.seq, e.ts, t.object_id AS task_id, t.path AS task, k.name AS kind, coalesce(o.path, o.name,"
" o.type) AS subject,"
" e.arg, e.cause_seq FROM objects t JOIN events e ON e.task_id = t.object_id OR e.subject_id = t.object_id JOIN kinds k ON k.kind = e.kind"
" LEFT JOIN objects o ON o.object_id = e.subject_id WHERE t.type = 'task';",
// Who waits, at the end of the run, for what that who holds (or is). owner_task_id is NULL where nobody in the run owns the subject.
"CREATE VIEW waits_for AS SELECT w.wait_id, w.task_id, t.path AS task, w.subject_id, coalesce(o.path, o.name, o.type) AS subject,"
" w.begin_ts,"
" CASE o.type WHEN 'task' THEN o.object_id ELSE h.task_id END AS owner_task_id, ot.path AS owner"
" FROM waits w JOIN objects t ON t.object_id = w.task_id JOIN objects o ON o.object_id = w.subject_id"
" LEFT JOIN holds h ON h.resource_id = w.subject_id AND h.end_seq IS NULL"
" LEFT JOIN objects ot ON ot.object_id = CASE o.type WHEN 'task' THEN o.object_id ELSE h.task_id END"
" WHERE w.end_seq IS NULL AND NOT EXISTS (SELECT 1 FROM tasks d WHERE d.task_id = w.task_id AND d.done_seq IS NOT NULL);"
// The tasks that wait for themselves, round a cycle.
"CREATE VIEW deadlocks AS WITH RECURSIVE reach(start, at, length, way) AS ("
" SELECT task_id, owner_task_id, 1, task || ' waits for ' || subject FROM waits_for WHERE owner_task_id IS NOT NULL"
" UNION SELECT r.start, w.owner_task_id, r.length + 1, r.way || ', held by ' || w.task || ', which waits for ' || w.subject"
"  FROM reach r JOIN waits_for w ON w.task_id = r.at WHERE r.at <> r.start AND r.length < 100 AND w.owner_task_id IS NOT NULL)"
" SELECT start AS task_id, length, way FROM reach WHERE at = start;",
NULL
};
// clang-format on
