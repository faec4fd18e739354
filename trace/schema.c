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
"CREATE TABLE resources(resource_id INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT, host_id INTEGER);",
// events has no constraint on purpose: with none that can fail, SQLite keeps no statement journal for the bulk insert
"CREATE TABLE events(seq INTEGER PRIMARY KEY, ts INTEGER, kind INTEGER, host_id INTEGER, task_id INTEGER, subject_id INTEGER,"
" cause_seq INTEGER, loc_id INTEGER, arg INTEGER);"
"CREATE TABLE tmark(ts INTEGER NOT NULL, seq INTEGER NOT NULL);"
"CREATE TABLE gap(seq INTEGER NOT NULL, lost INTEGER NOT NULL, why TEXT NOT NULL);"
"CREATE TABLE checkpoints(seq INTEGER PRIMARY KEY, digest BLOB NOT NULL);"
"CREATE TABLE story(n INTEGER PRIMARY KEY, seq INTEGER NOT NULL, ts INTEGER, until_ts INTEGER, class TEXT, host_id INTEGER,"
" task_id INTEGER, loc_id INTEGER, who TEXT, say TEXT, place TEXT, more TEXT, beside TEXT);",
NULL
};

const struct tick__schema_table tick__schema_derived[] = {
{"tasks", "task_id INTEGER PRIMARY KEY, host_id INTEGER, parent_task_id INTEGER, name TEXT, loc_id INTEGER,"
" created_seq INTEGER, done_seq INTEGER, outcome TEXT)", true},
{"futures", "future_id INTEGER PRIMARY KEY, type TEXT, task_id INTEGER, resource_id INTEGER,"
" state TEXT NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING','CANCELLED','FINISHED')),"
" created_seq INTEGER, done_seq INTEGER, done_by_task_id INTEGER, error INTEGER, retrieved INTEGER DEFAULT 0)", true},
{"messages", "message_id INTEGER PRIMARY KEY, src_host_id INTEGER, dst_host_id INTEGER, send_seq INTEGER, recv_seq INTEGER,"
" fate TEXT, bytes INTEGER, payload BLOB)", true},
{"choices", "choice_id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, kind TEXT NOT NULL, subject INTEGER NOT NULL, subject_id INTEGER,"
" ordinal INTEGER NOT NULL, n INTEGER NOT NULL, value INTEGER NOT NULL, most INTEGER NOT NULL, sound INTEGER NOT NULL, line TEXT,"
" words TEXT, ns INTEGER, bears_seq INTEGER, host_id INTEGER)", true},
{"steps", "step_id INTEGER PRIMARY KEY, host_id INTEGER, task_id INTEGER, begin_ts INTEGER, end_seq INTEGER, end_ts INTEGER,"
" outcome TEXT, ready_seq INTEGER)", false},
{"waits", "wait_id INTEGER PRIMARY KEY, task_id INTEGER, subject_id INTEGER, begin_ts INTEGER, end_seq INTEGER, end_ts INTEGER)", false},
{"holds", "hold_id INTEGER PRIMARY KEY, task_id INTEGER, resource_id INTEGER, begin_ts INTEGER, end_seq INTEGER, end_ts INTEGER)", false},
{"timeline", "level INTEGER, bucket INTEGER, host_id INTEGER, begin_ts INTEGER, width INTEGER, steps INTEGER, busy INTEGER,"
" PRIMARY KEY (level, host_id, bucket)) WITHOUT ROWID", false},
{"causes", "seq INTEGER, cause_seq INTEGER, how TEXT NOT NULL, PRIMARY KEY (seq, cause_seq)) WITHOUT ROWID", false},
{"cycles", "task_id INTEGER PRIMARY KEY, length INTEGER, way TEXT)", false},
{NULL, NULL, false}
};

const struct tick__schema_table tick__schema_later[] = {
{"unkept", "n INTEGER PRIMARY KEY, what TEXT NOT NULL, seq INTEGER NOT NULL, object_id INTEGER NOT NULL, offset INTEGER NOT NULL,"
" bytes INTEGER NOT NULL, hash INTEGER NOT NULL)", true},
{"sources", "file TEXT PRIMARY KEY, bytes INTEGER NOT NULL, hash INTEGER NOT NULL) WITHOUT ROWID", true},
{"source_lines", "file TEXT NOT NULL, line INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (file, line)) WITHOUT ROWID", true},
{NULL, NULL, false}
};

const char *const tick__schema_indexes[] = {
"CREATE INDEX IF NOT EXISTS choices_subject ON choices(subject_id, ordinal)",
"CREATE INDEX IF NOT EXISTS objects_stable ON objects(stable_id)",
"CREATE INDEX IF NOT EXISTS objects_parent ON objects(parent_id) WHERE parent_id IS NOT NULL",
"CREATE INDEX IF NOT EXISTS events_task ON events(task_id) WHERE task_id IS NOT NULL",
"CREATE INDEX IF NOT EXISTS causes_cause ON causes(cause_seq)",
"CREATE INDEX IF NOT EXISTS events_subject ON events(subject_id) WHERE subject_id IS NOT NULL",
NULL
};
// clang-format on
