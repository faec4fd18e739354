#!/usr/bin/env bash
# Traces of earlier versions: every command reads them, and tells what it tells of a new one, as far as that was recorded.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

expect 1 "" "$RETICK" fuzz "$RETICK_SOURCE/scenarios/redis_pool.c" -o run.db --quiet --no-page
as_of() { # as_of NAME: run.db as an earlier version would have left it, read by SQL from stdin
    cp run.db "$1.db"
    {
        sqlite3 run.db "SELECT 'DROP VIEW ' || name || ';' FROM sqlite_schema WHERE type = 'view'"
        cat
        echo "PRAGMA user_version = 1; VACUUM;"
    } | sqlite3 "$1.db" || complain "$1 could not be made"
}
# Each as trace/schema.c once was, the newest first.
as_of views <<<""
as_of contents <<<"DROP TABLE unkept; DELETE FROM meta WHERE key = 'contents';"
as_of stories <<<"DROP TABLE unkept; DROP TABLE story;
    DELETE FROM meta WHERE key IN ('contents', 'beside', 'parting', 'parting_ns', 'place');"
as_of causes <<<"DROP TABLE unkept; DROP TABLE story; DROP TABLE causes; DROP TABLE cycles;
    DELETE FROM meta WHERE key IN ('contents', 'beside');
    ALTER TABLE choices DROP COLUMN ns; ALTER TABLE choices DROP COLUMN bears_seq; ALTER TABLE choices DROP COLUMN host_id;"

for query in tasks waits messages choices log why slow stats waits-for critical-path; do
    "$RETICK" query run.db $query --csv >whole.$query
done
"$RETICK" explain run.db --waits >whole.explain
for old in views contents stories causes; do
    md5sum $old.db >before
    for query in tasks waits messages choices log why slow stats waits-for critical-path; do
        checks=$((checks + 1))
        "$RETICK" query $old.db $query --csv 2>.output | cmp -s - whole.$query || complain "$old: $query is another"
    done
    expect 0 "written" "$RETICK" graph $old.db -o $old.dot
    expect 0 "written" "$RETICK" export $old.db --as perfetto
    expect 0 "written" "$RETICK" export $old.db --as csv
    expect 0 "written" "$RETICK" view $old.db -o $old.html
    expect 1 "" "$RETICK" replay $old.db --quiet
    expect 0 "the same run" "$RETICK" diff $old.db run.db
    md5sum -c --quiet before >.output 2>&1 || complain "$old: the file was changed"
    expect 0 "user 2 was shown: chats of user 1" "$RETICK" explain $old.db # which keeps the story in it, where there is room for one
done
expect 0 "an earlier retick wrote it" "$RETICK" query causes.db tasks
expect 0 "0" "$RETICK" query views.db "SELECT count(*) FROM deadlocks"
never "an earlier retick wrote it"

# What every trace has had from the first on is no matter of versions; nor what is no table.
cp causes.db broken.db && sqlite3 broken.db "DROP TABLE events"
expect 2 "broken.db is damaged: it has no table events" "$RETICK" query broken.db tasks
cp causes.db lying.db && sqlite3 lying.db "CREATE VIEW causes AS SELECT 1 AS seq, 1 AS cause_seq, 'x' AS how"
expect 2 "causes is a view, where a table is expected" "$RETICK" query lying.db tasks
cp run.db newer.db && sqlite3 newer.db "PRAGMA user_version = 3"
expect 2 "was written by a newer retick" "$RETICK" query newer.db tasks
cp run.db cut.db && sqlite3 cut.db "DROP TABLE causes"
expect 2 "cut.db is damaged: it has no table causes" "$RETICK" query cut.db tasks
finish
