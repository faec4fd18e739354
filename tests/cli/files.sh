#!/usr/bin/env bash
# Files that cannot be used: damaged and foreign traces, schedules of others and malformed ones, disks that are full, folders that are shut.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

expect 0 "passed" "$RETICK" run "$scenarios/passing.c" -o good.db
size=$(stat -c %s good.db)

# Traces
head -c $((size / 2)) good.db >half.db
head -c 100 good.db >head.db
: >empty.db
echo "this is a letter, not a trace, and long enough to be looked at by anybody who reads it" >letter.db
for file in half.db head.db empty.db letter.db; do
    expect 2 "$file" "$RETICK" query $file tasks
    expect 2 "$file" "$RETICK" replay $file
    expect 2 "$file" "$RETICK" graph $file -o x.svg
    expect 2 "$file" "$RETICK" diff good.db $file
done
if command -v sqlite3 >/dev/null; then
    sqlite3 other.db 'CREATE TABLE t(x); INSERT INTO t VALUES (1)'
    expect 2 "other.db" "$RETICK" query other.db tasks
    expect 2 "other.db" "$RETICK" recover other.db
fi
expect 2 "nowhere.db" "$RETICK" query nowhere.db tasks
expect 2 "no such file" "$RETICK" replay nowhere.db
expect 2 "" "$RETICK" recover nowhere.db
expect 0 "nothing to recover" "$RETICK" recover good.db

# Queries
expect 2 "syntax error" "$RETICK" query good.db "SELEKT 1"
expect 2 'tusks' "$RETICK" query good.db tusks
expect 2 "" "$RETICK" query good.db "DELETE FROM events"
expect 0 "" "$RETICK" query good.db "SELECT count(*) FROM events"
expect 0 "task_create" "$RETICK" query good.db why 2 --csv
expect 2 "good.db has no event 99999999: they end at" "$RETICK" query good.db why 99999999
expect 2 "good.db has no event 0: they are 1 to" "$RETICK" query good.db why 0
expect 2 "--all is for the pages of why and effects" "$RETICK" query good.db tasks --all
expect 0 "alice" "$RETICK" query good.db history alice
expect 0 "the run passes" "$RETICK" query good.db why
expect 2 "good.db has no task 'nobody': the query tasks lists them" "$RETICK" query good.db history nobody
expect 2 "why wants the number of an event" "$RETICK" query good.db why x
expect 2 "good.db is a trace, not a scenario. Next: retick replay good.db" "$RETICK" run good.db
expect 2 "wants a TASK" "$RETICK" query good.db history
expect 0 "nobody waits for himself" "$RETICK" query good.db deadlocks
for name in tasks choices messages waits deadlocks log; do
    expect 0 "" "$RETICK" query good.db $name
    never "_us" # times are in one unit
    never " us"
done

# Schedules
cat >other.schedule <<'TEXT'
retick schedule 2
scenario something_else
TEXT
expect 2 "belongs to scenario something_else" "$RETICK" replay "$scenarios/passing.c" other.schedule
expect 2 "belongs to scenario something_else" "$RETICK" run "$scenarios/passing.c" --schedule other.schedule
printf 'retick schedule 2\nscenario passing\ndelivery nonsense\n' >malformed.schedule
expect 2 "malformed.schedule" "$RETICK" replay "$scenarios/passing.c" malformed.schedule
also "3"
echo "hello" >hello.schedule
expect 2 "hello.schedule" "$RETICK" replay "$scenarios/passing.c" hello.schedule
expect 2 "no such file: missing.schedule" "$RETICK" replay "$scenarios/passing.c" missing.schedule
expect 2 "which scenario, or which program?" "$RETICK" replay other.schedule
printf 'retick schedule 2\nscenario faulty\n' >faulty.schedule
expect 1 "faulty: fails under 0 deviations" "$RETICK" replay "$scenarios/two.c" faulty.schedule

# A trace whose scenario moved away
cp "$scenarios/passing.c" moving.c
expect 0 "passed" "$RETICK" run moving.c -o moved.db
mkdir elsewhere
mv moving.c moved.db elsewhere
expect 0 "the same run" "$RETICK" replay elsewhere/moved.db
rm elsewhere/moving.c
expect 2 "which is gone; name the file" "$RETICK" replay elsewhere/moved.db

# Pictures
mkdir bare
expect 0 "good.dot written" env PATH="$work/bare" "$RETICK" graph good.db
also "apt install graphviz"
exists good.dot
expect 2 ".svg, .png, .pdf or .dot" "$RETICK" graph good.db -o picture.gif
expect 0 "text.dot written" "$RETICK" graph good.db -o text.dot
grep -q digraph text.dot || complain "text.dot is no graph"
if command -v dot >/dev/null; then
    for kind in svg png pdf; do
        expect 0 "picture.$kind written" "$RETICK" graph good.db -o picture.$kind
        exists picture.$kind
    done
fi

# Nowhere to write
expect 2 "/proc/nowhere/run.db" "$RETICK" run "$scenarios/passing.c" -o /proc/nowhere/run.db
expect 2 "" "$RETICK" run "$scenarios/passing.c" -o missing/folder/run.db
also "missing/folder"
expect 2 "" "$RETICK" graph good.db -o /proc/nowhere/x.dot
expect 2 "cannot write" "$RETICK" fuzz "$scenarios/two.c:faulty" --seeds 3 -o missing/folder/run.db
never "always wrong" # it is told before the work
if [ -e /dev/full ]; then
    "$RETICK" query good.db "SELECT * FROM events" >/dev/full 2>error
    [ $? = 3 ] || complain "a full output went unnoticed"
fi

mkdir disk
if mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null; then
    trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
    expect 3 "disk/run.db" "$RETICK" run "$scenarios/passing.c" -o disk/run.db
    umount disk
    mount -t tmpfs -o size=16m tmpfs disk
    expect 3 "disk/run.db" "$RETICK" run "$scenarios/lengthy.c" -o disk/run.db
    mount -o remount,ro disk
    expect 2 "Read-only file system" "$RETICK" run "$scenarios/passing.c" -o disk/new.db
    umount disk
else
    echo "no mount: full and read-only disks are left out"
fi
# Many lines that a run does not meet are counted, not listed.
{
    printf 'retick schedule 2\nscenario passing\n'
    for i in {1001..1030}; do echo "host_late alice @$i +100ms"; done
} >unmet.schedule
expect 0 "stale: 30 of 30 lines were not met:" "$RETICK" replay "$scenarios/passing.c" unmet.schedule
also "    host_late alice @1010 +100ms"
never "@1011"
also "and 20 more"

finish
