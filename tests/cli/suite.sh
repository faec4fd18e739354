#!/usr/bin/env bash
# retick test: scenarios and kept schedules as tests, whatever they do, in TAP, JUnit's XML and JSON.
# once: yes
# timeout: 600
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
known=$(realpath "$scenarios/../../../scenarios")
report=$RETICK_SOURCE/tests/support/json_report.py
export PYTHONDONTWRITEBYTECODE=1

says() { # says NUMBER LINE: the line of that number is this
    checks=$((checks + 1))
    [ "$(sed -n "$1p" .output)" = "$2" ] || complain "line $1 is not \"$2\""
}
line() { # the last command said this line
    checks=$((checks + 1))
    grep -qxF -- "$1" .output || complain "the last command did not say the line \"$1\""
}

# A program that is broken, its schedule, and its repair.
mkdir -p kept
cp "$scenarios/rare.c" rare.c
printf 'retick schedule 2\nscenario rare\nuser alice/first @1 =3\nuser alice/second @1 =3\n' >rare.schedule
expect 1 "TAP version 14" "$RETICK" test rare.c --seeds 5
says 2 "ok 1 - rare.c:rare: calm"
says 3 "not ok 2 - rare.c:rare: rare.schedule"
line '  message: "both were three"'
line '  verdict: "check"'
line "  place: \"rare.c:$(grep -n "both were three" rare.c | cut -d: -f1)\""
line '  next: "retick replay rare.c:rare rare.schedule"'
line "ok 3 - rare.c:rare: seeds 0..4"
line "1..3"
line "# 3 tests: 2 passed, 1 failed, 0 known to fail, 0 stale"
sed -i 's/first + second < 6/first + second < 7/' rare.c
expect 0 "ok 2 - rare.c:rare: rare.schedule" "$RETICK" test rare.c
also "ok 3 - rare.c:rare: seeds 0..99"
never "not ok"
# Wherever the schedule is kept: beside the file, in its folder, in a folder of its own, or named.
mv rare.schedule kept
expect 0 "1..2" "$RETICK" test rare.c
expect 0 "ok 2 - rare.c:rare: kept/rare.schedule" "$RETICK" test rare.c kept -n 0
line "1..2"
expect 0 "ok 2 - rare.c:rare: kept/rare.schedule" "$RETICK" test . --seeds 0
expect 0 "ok 2 - kept/../rare.c:rare: kept/rare.schedule" "$RETICK" test kept/rare.schedule ./kept kept/../rare.c --seeds 0
line "1..2"
expect 2 'no scenario \"rare\" is in what was named' "$RETICK" test kept
expect 2 "not ok 2 - kept/rare.schedule: it can be run" "$RETICK" test "$scenarios/passing.c" kept -n 0
# One of a folder with scenarios belongs to these alone.
mkdir other
sed 's/< 7/< 6/' rare.c >other/rare.c
cp kept/rare.schedule other
expect 1 "1..5" "$RETICK" test rare.c other kept/rare.schedule -n 0
line "ok 2 - rare.c:rare: kept/rare.schedule"
line "not ok 4 - other/rare.c:rare: other/rare.schedule"

# What is known to fail: its schedule says so, and whatever else fails in the same way is no news; anything else is.
mkdir bug
cat >bug/bug.c <<'TEXT'
#include <retick.h>
static int draw(void *unused) {
    (void)unused;
    const unsigned drawn = tick_random("number", 4);
#ifndef REPAIRED
    TICK_TRY(tick_check(drawn != 3, "it is three"));
#endif
#ifdef OTHER
    TICK_TRY(tick_check(drawn != 2, "it is two"));
#endif
    return tick_check(1, "fine");
}
TICK_SCENARIO(bug, "a known one") { tick_host_add(world, "alice", draw, NULL); }
TEXT
printf 'retick schedule 2\nscenario bug\nexpect fails\nuser alice/number @1 =3\n' >bug/bug.schedule
expect 0 "ok 2 - bug/bug.c:bug: bug/bug.schedule" "$RETICK" test bug --seeds 200 --rate user=60%
also "not ok 3 - bug/bug.c:bug: seeds 0..199 # TODO a schedule expects it"
also "# 3 tests: 2 passed, 0 failed, 1 known to fail, 0 stale"
expect 1 'message: "it is two"' "$RETICK" test bug --cflags -DOTHER --seeds 200 --rate user=60%
line "not ok 3 - bug/bug.c:bug: seeds 0..199"
expect 1 "not ok 2 - bug/bug.c:bug: bug/bug.schedule" "$RETICK" test bug --cflags -DREPAIRED
also 'it passes, and \"expect fails\" stands in it: if the program was repaired, write \"expect passes\"'
also "ok 3 - bug/bug.c:bug: seeds"
sed -i 's/expect fails/expect passes/' bug/bug.schedule
expect 0 "ok 2 - bug/bug.c:bug: bug/bug.schedule" "$RETICK" test bug --cflags -DREPAIRED
for head in "expect nothing" "expect fails
expect fails" "expect"; do
    printf 'retick schedule 2\nscenario bug\n%s\n' "$head" >bug/bug.schedule
    expect 2 "bug.schedule:" "$RETICK" test bug --seeds 0
    also "not ok 2 - bug/bug.schedule: it can be run"
    also "ok 1 - bug/bug.c:bug: calm"
done
# The flags that a schedule was found with.
printf 'retick schedule 2\nscenario bug\ncflags -DREPAIRED\nuser alice/number @1 =3\n' >bug/repaired.schedule
printf 'retick schedule 2\nscenario bug\ncflags -fplugin=evil.so\nexpect fails\nuser alice/number @1 =3\n' >bug/bug.schedule
expect 2 "ok 3 - bug/bug.c:bug: bug/repaired.schedule" "$RETICK" test bug -n 0
also "not ok 2 - bug/bug.c:bug: bug/bug.schedule"
also "it asks for the compiler's flag -fplugin=evil.so, which no file may"
expect 1 "not ok 3 - bug/bug.c:bug: bug/repaired.schedule" "$RETICK" test bug -n 0 --cflags ""
line "ok 2 - bug/bug.c:bug: bug/bug.schedule"

# A stale schedule is told, and is no passed test where one is strict.
sed 's/tick_random("second", 4)/0/' "$scenarios/rare.c" >rare.c
expect 0 "ok 2 - rare.c:rare: kept/rare.schedule # stale: 1 of 2 lines was not met" "$RETICK" test rare.c kept -n 0
also '    - "user alice/second @1 =3"'
also "# 2 tests: 2 passed, 0 failed, 0 known to fail, 1 stale"
expect 2 "not ok 2 - rare.c:rare: kept/rare.schedule # stale: 1 of 2 lines was not met" "$RETICK" test rare.c kept -n 0 --strict
also "it is stale, and --strict is given"

# Names from outside.
odd="o#d\\d <&\">
$(printf '\033[31m')"
mkdir "$odd"
cp "$scenarios/passing.c" "$odd/a#b 'c.c"
printf 'retick schedule 2\nscenario passing\n' >"$odd/it's <&\">.schedule"
expect 0 'ok 1 - o\#d\\d <&">\\n\\x1b[31m/a\#b '"'c.c:passing: calm" "$RETICK" test "$odd" -n 2 --junit odd.xml
also 'it'"'"'s <&">.schedule'
never $'\033'
# A report that is not retick's is not replaced; its own is.
expect 0 "1..3" "$RETICK" test "$odd" -n 2 --junit odd.xml
echo mine >mine.xml
expect 2 "is no report of retick's" "$RETICK" test "$scenarios/passing.c" --junit mine.xml
expect 0 "1..2" "$RETICK" test "$scenarios/passing.c" --junit mine.xml --force
expect 2 "there is no folder nowhere/" "$RETICK" test "$scenarios/passing.c" --junit nowhere/x.xml

if command -v python3 >/dev/null; then
    cat >check.py <<'PYTHON'
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
cases = root.findall(".//testcase")
for suite in root:
    assert int(suite.get("tests")) == len(suite), suite.attrib
    for word, of in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert int(suite.get(of)) == len(suite.findall(".//" + word)), suite.attrib
print(len(cases), len(root.findall(".//failure")), len(root.findall(".//error")), len(root.findall(".//skipped")))
print(repr(cases[0].get("name")))
PYTHON
    expect 0 "3 0 0 0" python3 check.py odd.xml
    also '<&">\n\\x1b[31m/a#b '
    json() { # json CODE MEMBERS COMMAND...
        local code=$1 members=$2
        shift 2
        expect "$code" '"command": "test"' "$@" --json
        # shellcheck disable=SC2086
        "$@" --json 2>/dev/null | python3 "$report" "$RETICK_SOURCE/docs/retick.schema.json" exit="$code" $members || complain "$*: its report"
    }
    json 0 'tests.0.what="calm" tests.1.what="seeds" tests.1.seeds.runs=4 tests.1.ok=true tally.passed=2 tally.failed=0' \
        "$RETICK" test "$scenarios/passing.c" -n 4
    json 1 'tests.2.finding.verdict="check" tests.2.finding.text="always\u0020wrong" tests.3.finding.seed="0" tests.3.next tally.failed=2' \
        "$RETICK" test "$scenarios/two.c" -n 4
    json 2 'tests.0.what="load" tests.0.said tests.0.message tests.0.exit=2' "$RETICK" test "$scenarios/broken.c"
    json 0 'tests.1.stale.of=2 tests.1.stale.lines=["user\u0020alice/second\u0020@1\u0020=3"] tests.1.expected="passes" tally.stale=1' \
        "$RETICK" test rare.c kept -n 0
    json 2 'messages.0.level="error" !tests' "$RETICK" test nowhere.c
fi

# Words.
expect 2 "which tests? Name files with scenarios, or folders" "$RETICK" test
expect 2 "nowhere.c: No such file or directory; name files with scenarios, schedules, or folders" "$RETICK" test rare.c nowhere.c
mkdir empty
expect 2 "there is no scenario in what was named" "$RETICK" test empty
expect 2 "rare.c has no scenario \"two\"" "$RETICK" test rare.c:two
expect 2 "write a number, or A..B" "$RETICK" test rare.c --seeds x
expect 0 "seeds 5..6" "$RETICK" test rare.c --seeds 5..6

# The published bug whose schedule is kept, in each way.
expect 0 "ok 2 - $known/etcd_lock.c:etcd_lock: $known/etcd_lock.schedule" "$RETICK" test "$known/etcd_lock.c" --seeds 20
finish
