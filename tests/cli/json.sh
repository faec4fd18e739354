#!/usr/bin/env bash
# --json: one document that the schema knows from every command, passing and failing; and query --csv.
# once: yes
# timeout: 300
export ASAN_OPTIONS=detect_leaks=1
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
command -v python3 >/dev/null || exit 77
export PYTHONDONTWRITEBYTECODE=1

# report CODE "MEMBERS" COMMAND...: ends with the code, and prints a document with these members (support/json_report.py)
report() {
    local code=$1 members=$2 got=0
    shift 2
    checks=$((checks + 1))
    "$@" --json >out.json 2>err.txt </dev/null || got=$?
    # shellcheck disable=SC2086
    if [ "$got" != "$code" ]; then
        cat out.json err.txt >.output
        complain "$* --json ended with $got, not $code"
    elif ! python3 "$RETICK_SOURCE/tests/support/json_report.py" "$RETICK_SOURCE/docs/retick.schema.json" exit="$code" $members <out.json >.output 2>&1; then
        complain "$* --json"
    fi
}
silent() { # the last command said nothing in words
    checks=$((checks + 1))
    [ ! -s err.txt ] || complain "words on stderr: $(cat err.txt)"
}
said() { # the last command said this in words as well
    checks=$((checks + 1))
    grep -qF -- "$1" err.txt || complain "stderr has no \"$1\": $(cat err.txt)"
}

cat >crash.c <<'TEXT'
#include <retick.h>
static int body(void *unused) { (void)unused; __builtin_trap(); }
TICK_SCENARIO(crash, "dies") { tick_host_add(world, "alice", body, NULL); }
TEXT
passing=$scenarios/passing.c two=$scenarios/two.c

report 0 'command="run" status="pass" how="calm" run.passed=true run.verdict="pass" run.deviations=[] !run.text run.events run.digest run.contents
    written.0.what="trace" written.0.path="run.db" scenario.name="passing" !messages' "$RETICK" run "$passing"
silent
report 1 'status="finding" run.verdict="check" run.place run.host="alice" run.task="main"' "$RETICK" run "$two:faulty" -o faulty.db
report 0 'how="seed" seed="18446744073709551615"' "$RETICK" run "$passing" --seed 18446744073709551615
report 0 'scenarios.0.name="fine" scenarios.1.name="faulty" !run' "$RETICK" run "$two" --list
report 1 'run.verdict="crash" run.digest=null run.place' "$RETICK" run crash.c -o crash.db
report 0 'how="real" run.passed=true' "$RETICK" run --real "$passing" -o real.db

report 0 'command="fuzz" campaign.runs=20 campaign.failures=0 campaign.interrupted=false !finding' "$RETICK" fuzz "$passing" -n 20
report 1 'finding.seed="0" finding.verdict="check" finding.text="always\u0020wrong" shrunk.to=0 shrunk.complete=true schedule=[] replays.times=10
    replays.different=0 written.0.path="f.db" written.1.what="schedule"' "$RETICK" fuzz "$two:faulty" -n 20 -o f.db
report 1 'campaign.failures=20 !shrunk' "$RETICK" fuzz "$two:faulty" -n 20 --keep-going --no-shrink -o k.db
report 1 'finding.seed schedule.0.kind schedule.0.words schedule.0.sound schedule.0.line' "$RETICK" fuzz "$RETICK_SOURCE/scenarios/lost_update.c" -o lost.db

report 1 'run.passed=false run.deviations.0.line recorded.same_verdict=true recorded.same_run=true unmet=0 stale.of=1
    stale.lines=[]' "$RETICK" replay lost.db
report 1 'run.passed=false !recorded' "$RETICK" replay "$RETICK_SOURCE/scenarios/lost_update.c" lost.schedule -o again.db
report 1 'finding.verdict shrunk.from schedule.0.kind replays.times' "$RETICK" shrink lost.db -o small.db
report 0 'run.passed=true !finding' "$RETICK" shrink "$RETICK_SOURCE/scenarios/lost_update.c:lost_update_fixed" lost.schedule -o none.db
said "note:"

report 0 'check.repeats=true check.seeds=3 ways.0.differ=0' "$RETICK" check "$passing" -n 3 --after 10
cat >address.c <<'TEXT'
#include <retick.h>
#include <string.h>
static int runs;
static int body(void *unused) {
    (void)unused;
    return tick_check(1, "fine %p", (void *)&runs), tick_log("at %p", (void *)memchr), 0;
}
TICK_SCENARIO(address, "tells an address of libc") { tick_host_add(world, "alice", body, NULL); }
TEXT
report 1 'check.repeats=false ways.0.name difference.0 written.1.what="trace"' "$RETICK" check address.c -n 2 --after 10 --strict -o told
report 0 'digests.1.seed="1" digests.1.verdict="pass" digests.1.digest' "$RETICK" digest "$passing" -n 2
report 1 'digests.0.verdict="check"' "$RETICK" digest "$two:faulty" -n 1
report 0 'same=true traces.1.path="run.db" !difference' "$RETICK" diff run.db run.db
report 1 'same=false difference.0 traces.0.verdict="check" traces.1.verdict="pass"' "$RETICK" diff faulty.db run.db
report 0 'traces.0.events written.0.what="graph"' "$RETICK" graph faulty.db -o faulty.dot
report 0 'recovered.how="complete" recovered.path="run.db"' "$RETICK" recover run.db

# Queries: every kind of cell, and names that are no UTF-8.
report 0 'columns=["a","b","c","d","e"] rows=[[1,2.5,null,{"hex":"00ff"},"inf"]]' "$RETICK" query run.db \
    "SELECT 1 a, 2.5 b, NULL c, x'00ff' d, 9e999 e"
report 0 'rows=[["a\\xffb\u0000\"\\\u001b","é"]]' "$RETICK" query run.db "SELECT CAST(x'61ff6200225c1b' AS TEXT) a, 'é' b"
report 0 'rows=[["\\xc0\\x80\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xe2\\x82"]]' "$RETICK" query run.db \
    "SELECT CAST(x'c080eda080f4908080e282' AS TEXT) a"
report 0 'rows=[] columns=["a"] !messages' "$RETICK" query run.db "SELECT 1 a WHERE 0"
report 0 'queries.0.name' "$RETICK" query --list
report 0 'columns.0 rows.0' "$RETICK" query faulty.db log
report 0 'page.0 page.0.seq page.0.say columns.0 rows.0' "$RETICK" query faulty.db why
report 0 'page.0 page.0.seq page.0.say columns.0' "$RETICK" query faulty.db effects 1

# What goes wrong is told twice: in the document, and in words.
report 2 'status="usage" messages.0.level="error" !run' "$RETICK" run nowhere.c
said "no such file: nowhere.c"
report 2 'messages.0.text="--seed\u0020x:\u0020write\u0020a\u0020number"' "$RETICK" run "$passing" --seed x
said "--seed x: write a number"
report 2 "messages.0.text=\"unrecognized\u0020option\u0020'--bogus'\"" "$RETICK" fuzz --bogus
said "unrecognized option '--bogus'"
report 2 'messages.0.text' "$RETICK" query run.db "SELECT nonsense"
report 2 'messages.0.text' "$RETICK" query run.db "DELETE FROM events"
report 2 'messages.0.text' "$RETICK" diff run.db nowhere.db
report 2 'command="dig" messages.0.text' "$RETICK" dig
echo junk >junk.db
for command in "replay junk.db" "shrink junk.db" "graph junk.db" "query junk.db tasks" "recover junk.db" "diff junk.db run.db"; do
    # shellcheck disable=SC2086
    report 2 'messages.0.level="error"' "$RETICK" $command
done
# Rows come first: an error among them still leaves one document.
report 2 'columns rows.0 messages.0.level="error"' "$RETICK" query run.db \
    "WITH n(i) AS (VALUES (1) UNION ALL SELECT i - 1 FROM n WHERE i > -1) SELECT abs(-9223372036854775808 * (1 - abs(i))) FROM n"

# The program's own words go to stderr.
cat >talks.c <<'TEXT'
#include <retick.h>
#include <stdio.h>
static int body(void *unused) { (void)unused; printf("{ not the report\n"); return tick_check(1, "no"); }
TICK_SCENARIO(talks, "prints") { tick_host_add(world, "alice", body, NULL); }
TEXT
report 0 'run.passed=true' "$RETICK" run talks.c
said "{ not the report"

# --json as the value of an option is none; nobody to read it is told.
expect 2 "does not compile" "$RETICK" run "$passing" --cflags --json
if [ -w /dev/full ]; then
    got=0
    "$RETICK" digest "$passing" -n 1 --json >/dev/full 2>.output || got=$?
    checks=$((checks + 1))
    [ "$got" = 3 ] || complain "a full disk: $got"
    also "could not be written"
fi

# CSV
csv() { # csv SQL: what comes, with its ends of lines visible
    checks=$((checks + 1))
    "$RETICK" query run.db "$1" --csv >.output 2>&1 || complain "--csv of $1 failed"
    sed 's/\r$/<CR>/' -i .output
}
csv "SELECT 1 AS a, 2.5 AS \"b,c\", NULL AS d, '' AS e, 'x,y' AS f, 'say \"hi\"' AS g, x'00ff' AS h"
also 'a,"b,c",d,e,f,g,h<CR>'
also '1,2.5,,"","x,y","say ""hi""",00ff<CR>'
csv "SELECT 'two' || char(10) || 'lines' AS a, 'plain text' AS b, char(27) || '[31m' AS c, CAST(x'41ff' AS TEXT) AS d"
also '"two'
also 'lines",plain text,\x1b[31m,A\xff<CR>'
csv "SELECT 1 AS a WHERE 0"
[ "$(cat .output)" = "a<CR>" ] || complain "no rows are a head alone"
if command -v sqlite3 >/dev/null; then # another reader agrees
    "$RETICK" query lost.db "SELECT * FROM tasks" --csv >tasks.csv
    sqlite3 :memory: ".mode csv" ".import tasks.csv t" "SELECT count(*) FROM t" >.output
    also "$("$RETICK" query lost.db "SELECT count(*) AS n FROM tasks" --csv | tr -d '\r' | tail -n 1)"
fi
expect 2 "not with --list or --json" "$RETICK" query run.db tasks --csv --json
finish
