#!/usr/bin/env bash
# retick view: what it writes, what it refuses, what it reads. What a browser makes of it is tests/cli/page.sh's.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
source_tree=$(realpath "$RETICK_SOURCE")

expect 1 "run.db and run.schedule written" "$RETICK" fuzz "$source_tree/scenarios/redis_pool.c" -o run.db
expect 0 "run.html written" "$RETICK" view run.db
grep -q "default-src 'none'; script-src 'sha256-" run.html || complain "the page has no policy"
if grep -qE 'src=|href="http|url\(' <(sed 's/<script type="application\/json".*//' run.html); then complain "the page asks for something"; fi
expect 0 "run.html written" "$RETICK" view run.db # one of its own is made anew
grep -q '"name":"run.twin.db"' run.html || complain "the page is not beside the run that passes"
expect 0 "alone.html written" "$RETICK" view run.db -o alone.html --against run.twin.db --events 100
expect 0 "" "$RETICK" view run.db --json
also '"what": "page"'

echo "mine" >mine.html
expect 2 "mine.html" "$RETICK" view run.db -o mine.html
grep -qx mine mine.html || complain "a file of the user's is gone"
expect 2 "run.db" "$RETICK" view run.db -o run.db
expect 2 "which trace?" "$RETICK" view
expect 2 "--events 0" "$RETICK" view run.db --events 0
expect 2 "nothing.db" "$RETICK" view nothing.db
expect 2 "mine.html" "$RETICK" view mine.html
rm run.twin.db
expect 0 "run.html written" "$RETICK" view run.db # a twin that is not there is done without

# Beside a finding, unasked, but over nothing of the user's.
expect 1 "found.html shows it, in a browser" "$RETICK" fuzz "$source_tree/scenarios/redis_pool.c" -o found.db --quiet
grep -q 'retick view' found.html || complain "fuzz writes no page"
echo "mine" >found.html
expect 1 "found.html is there, and is no page of retick's" "$RETICK" fuzz "$source_tree/scenarios/redis_pool.c" -o found.db --quiet
grep -qx mine found.html || complain "a file of the user's is gone"
expect 1 "" "$RETICK" fuzz "$source_tree/scenarios/redis_pool.c" -o pageless.db --quiet --no-page
[ ! -e pageless.html ] || complain "--no-page writes a page"

# And beside what is replayed: of a trace, of a schedule alone, or with a trace of its own.
rm -f run.html
expect 1 "run.html shows it, in a browser" "$RETICK" replay run.db --quiet
grep -q '"name":"run.db"' run.html || complain "the page is of another run"
cp run.schedule kept.schedule
expect 1 "kept.html shows it, in a browser" "$RETICK" replay kept.schedule "$source_tree/scenarios/redis_pool.c"
grep -q '"name":"kept.schedule"' kept.html || complain "the page does not say of which schedule it is"
grep -q '"name":"the nearest run that passes"' kept.html || complain "the page of a schedule is beside nothing"
expect 1 "again.html shows it, in a browser" "$RETICK" replay run.db -o again.db
grep -q '"name":"again.db"' again.html || complain "the page is not of what was recorded"
rm again.html kept.html
expect 1 "" "$RETICK" replay run.db -o again.db --no-page
expect 1 "" "$RETICK" replay kept.schedule "$source_tree/scenarios/redis_pool.c" --no-page
[ ! -e again.html ] && [ ! -e kept.html ] || complain "--no-page writes a page"
expect 0 "passes" "$RETICK" replay kept.schedule "$source_tree/scenarios/redis_pool.c:redis_pool_fixed"
[ ! -e kept.html ] || complain "a run that passes has a page"
sed 's/TICK_TRY(result);/& tick_mark("an answer");/' "$source_tree/scenarios/redis_pool.c" >edited.c
cp run.html before.html
expect 1 "not the same run as in run.db" "$RETICK" replay run.db edited.c
cmp -s run.html before.html || complain "a trace's page is replaced by another program's"
echo "mine" >run.html
expect 1 "run.html is there, and is no page of retick's" "$RETICK" replay run.db
grep -qx mine run.html || complain "a file of the user's is gone"

# The lines of its source are in the trace: it can be looked at elsewhere, and is shown as it was.
cp "$source_tree/scenarios/redis_pool.c" mine.c
expect 1 "" "$RETICK" fuzz mine.c -o moved.db --quiet --no-page
sed -i 's/tick_within(DEADLINE/edited(DEADLINE/' mine.c
expect 0 "moved.html written" "$RETICK" view moved.db
grep -q 'tick_within(DEADLINE' moved.html || complain "the page does not show the source as it was"
rm mine.c moved.html
expect 0 "moved.html written" "$RETICK" view moved.db
grep -q 'tick_within(DEADLINE' moved.html || complain "the page has no source where the file is gone"
[ "$(sqlite3 moved.db "SELECT bytes FROM sources WHERE file LIKE '%mine.c'")" = "$(stat -c %s "$source_tree/scenarios/redis_pool.c")" ] ||
    complain "no size of the source"
mv moved.db older.db
rm moved.twin.db
sqlite3 older.db "DROP TABLE sources; DROP TABLE source_lines"
expect 0 "older.html written" "$RETICK" view older.db
if grep -q 'tick_within(DEADLINE' older.html; then complain "a source that nobody has is shown"; fi

# A trace that is handed on names any file that it likes: only what looks like a source is read.
echo "secret" >secret.txt
cp run.db other.db
sqlite3 other.db "UPDATE locations SET file = '$PWD/secret.txt', line = 1; UPDATE meta SET value = '$PWD/secret.txt:1' WHERE key = 'place'"
expect 0 "other.html written" "$RETICK" view other.db
if grep -q '"secret"' other.html; then complain "a file that is no source is in the page"; fi

finish
