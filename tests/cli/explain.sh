#!/usr/bin/env bash
# Findings explain themselves: fuzz, run and replay tell a story beside the run that passes, keep both, and explain tells the same words.
# timeout: 600
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
top=$(realpath "$scenarios/../../..")

# What holds for every story: at most a dozen sentences, in the order of events, each an event of the trace, every deviation among them, the
# verdict last, no task by a number that nothing can be asked by, nothing that was before and comes later, nothing that is otherwise in the
# good run before the two part, "and 3 more" in that form alone, and messages that are sent while marks and logs say something.
sound_story() { # sound_story TRACE
    python3 - "$1" <<'PY'
import re, sqlite3, sys
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
rows = db.execute("SELECT n, seq, ts, class, who, say, place, more, beside FROM story ORDER BY n").fetchall()
events = dict(db.execute("SELECT seq, ts FROM events"))
parting = int(db.execute("SELECT coalesce(max(value), 0) FROM meta WHERE key = 'parting_ns'").fetchone()[0])
UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
wrong = []
if not 1 <= len(rows) <= 12:
    wrong.append(f"{len(rows)} sentences")
for n, seq, ts, kind, who, say, place, more, beside in rows:
    if events.get(seq) != ts:
        wrong.append(f"sentence {n} is at {ts}, its event {seq} at {events.get(seq)}")
    for number, unit in re.findall(r"\b(?:since|sent at|hung up at|read at|wrote it at|the sync of|cleared at) ([\d.]+) (ns|us|ms|s)\b", say):
        if round(float(number) * UNITS[unit]) > ts:
            wrong.append(f"sentence {n} is at {ts}, and tells of what was before it, at {number} {unit}: {say}")
    for number, unit in re.findall(r"\bat ([\d.]+) (ns|us|ms|s)\b", beside):
        if round(float(number) * UNITS[unit]) < parting:
            wrong.append(f"the runs are the same until {parting}, and sentence {n} tells of what is otherwise before: {beside}")
    for text in (who, say, more, beside):
        if re.search(r"(?<!and )\b\d+ more\b", text):
            wrong.append(f"sentence {n} has a form of its own for what is not named: {text}")
        if kind != "end" and re.search(r"\bsays?\b(?!:)", text):
            wrong.append(f"sentence {n} has messages that are said, not sent: {text}")
    if not say:
        wrong.append(f"sentence {n} says nothing")
    if re.search(r"\bTask-\d", who + say + more + beside):
        wrong.append(f"sentence {n} names a task by its number: {who} {say}")
    if re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", who + say + place + more + beside):
        wrong.append(f"sentence {n} has characters that a terminal obeys")
if [row[1] for row in rows[:-1]] != sorted(row[1] for row in rows[:-1]):
    wrong.append("not in the order of events")
if rows and rows[-1][3] != "end":
    wrong.append(f"the last sentence is no verdict: {rows[-1]}")
told = {row[1] for row in rows if row[3] == "decision"}
drawn = {seq for (seq,) in db.execute("SELECT seq FROM choices")}
if len(drawn) <= 6 and told != drawn:
    wrong.append(f"decisions {sorted(drawn)}, told {sorted(told)}")
print("\n".join(wrong), end="")
PY
}

# docs/STORIES.md says what is told of each scenario.
python3 "$top/tests/support/stories.py" "$RETICK" "$top/scenarios" . >page || complain "no page of stories"
sed '$d' page | cmp -s - "$top/docs/STORIES.md" ||
    complain "docs/STORIES.md is not what is told (./dev stories makes it anew): $(sed '$d' page | diff - "$top/docs/STORIES.md" | head -20)"
for file in "$top"/scenarios/*.c; do
    name=$(basename "$file" .c)
    wrong=$(sound_story "$name.db")
    [ -z "$wrong" ] || complain "$name: $wrong"
done

# The same words from fuzz, from its trace, from a replay of that and of the schedule
for name in redis_pool pool_deadlock heartbeats; do
    file=$top/scenarios/$name.c
    expect 1 "how it came to it, beside $name.twin.db, which passes; the two are the same until " "$RETICK" fuzz "$file" -n 20000 -o "$name.db"
    exists "$name.twin.db"
    sed -n '/^how it came/,/written\. Next/p' .output | sed '1d;$d' >said
    expect 0 "how it came to it, beside $name.twin.db" "$RETICK" explain "$name.db"
    sed 1d .output | cmp -s - said || complain "explain says something else of $name"
    expect 1 "the same run as in" "$RETICK" replay --no-page "$name.db"
    sed -n '/^how it came/,$p' .output | sed 1d | cmp -s - said || complain "replay says something else of $name"
    expect 1 "how it came to it, beside $name.twin.db" "$RETICK" replay --no-page "$file" "$name.schedule"
    sed -n '/^how it came/,$p' .output | sed 1d | cmp -s - said || complain "a replay of the schedule says something else of $name"
    expect 0 "passes" "$RETICK" replay "$file" "$name.twin.db"
    never "how it came"
done
rm heartbeats.twin.db
expect 1 "how it came to it, beside the nearest run that passes" "$RETICK" replay --no-page "$top/scenarios/heartbeats.c" heartbeats.schedule
sed -n '/^how it came/,$p' .output | sed 1d | cmp -s - said || complain "another twin of heartbeats was found"

# Beside another run, and beside the repaired program
expect 0 "" "$RETICK" run "$top/scenarios/redis_pool.c" -o calm.db
expect 0 "how it came to it, beside calm.db; the two are the same until" "$RETICK" explain redis_pool.db --against calm.db
also "reads \"chats of user 1\", the answer to \"GET retick:user:1\""
expect 0 "beside redis_pool_fixed, which passes under the same schedule" "$RETICK" explain redis_pool.db \
    --repaired "$top/scenarios/redis_pool.c:redis_pool_fixed"
also "repaired, it sends the end of the stream"
expect 0 "redis_pool fails, too, under the same schedule" "$RETICK" explain redis_pool.db --repaired "$top/scenarios/redis_pool.c:redis_pool"
expect 0 "beside redis_pool.twin.db" "$RETICK" explain redis_pool.db # what was asked meanwhile is not kept
expect 2 "exclude one another" "$RETICK" explain redis_pool.db --against calm.db --repaired x.c
expect 2 "is a schedule" "$RETICK" explain redis_pool.schedule --repaired "$top/scenarios/redis_pool.c"
expect 2 "nowhere.db" "$RETICK" explain nowhere.db
expect 2 "nowhere.db" "$RETICK" explain redis_pool.db --against nowhere.db

# A run that went well has no story; one that fails when all is calm has no twin; --quiet says nothing, and keeps the story.
expect 0 "nothing went wrong" "$RETICK" explain calm.db
expect 1 "how it came to it:" "$RETICK" fuzz "$scenarios/deadlocks.c" -n 5 -o calmly.db
[ ! -e calmly.twin.db ] || complain "a twin of what always fails"
expect 1 "" "$RETICK" fuzz "$top/scenarios/pool_deadlock.c" --quiet -o quiet.db
never "how it came"
expect 0 "how it came to it, beside quiet.twin.db" "$RETICK" explain quiet.db
expect 1 "how it came to it" "$RETICK" run "$top/scenarios/redis_pool.c" --schedule redis_pool.schedule -o again.db
expect 0 "how it came to it:" "$RETICK" explain again.db

# Who cannot write to a trace is told all the same, and what an enemy named is shown, not obeyed.
expect 1 "" "$RETICK" fuzz "$scenarios/hostile.c" -n 200 --quiet -o hostile.db
wrong=$(sound_story hostile.db)
[ -z "$wrong" ] || complain "hostile: $wrong"
chmod a-w again.db
expect 0 "how it came to it" "$RETICK" explain again.db
# The twin's name is taken by something that is not retick's
echo mine >taken.twin.db
echo mine >near.twin.db.next
expect 1 "near.twin.db" "$RETICK" fuzz "$top/scenarios/pool_deadlock.c" -o near.db
# Its circle is rows, though a pool belongs to nobody.
expect 0 "a circle: app/request waits for a queue, and the 2 items that were taken from it are with app/request#2 and itself" "$RETICK" query near.db deadlocks
[ "$(sqlite3 near.db "SELECT group_concat(path || ' ' || length) FROM deadlocks JOIN objects ON object_id = task_id")" = "app/request 2,app/request#2 2" ] ||
    complain "the circle is $(sqlite3 near.db "SELECT * FROM deadlocks")"
[ "$(cat near.twin.db.next)" = mine ] || complain "a file of the user's is gone that lay beside a twin"
expect 2 "taken.twin.db" "$RETICK" fuzz "$top/scenarios/pool_deadlock.c" -o taken.db
[ "$(cat taken.twin.db)" = mine ] || complain "a file of the user's is gone"

finish
