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

# A trace that is handed on names any file that it likes: only what looks like a source is read.
echo "secret" >secret.txt
cp run.db other.db
sqlite3 other.db "UPDATE locations SET file = '$PWD/secret.txt', line = 1; UPDATE meta SET value = '$PWD/secret.txt:1' WHERE key = 'place'"
expect 0 "other.html written" "$RETICK" view other.db
if grep -q '"secret"' other.html; then complain "a file that is no source is in the page"; fi

finish
