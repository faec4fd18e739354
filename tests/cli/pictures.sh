#!/usr/bin/env bash
# retick graph --of: a picture for each question, of which Graphviz is the judge, and what stands in it.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

picture() { # picture NAME WORDS...: into NAME.dot, which dot takes
    local name=$1
    shift
    expect 0 "$name.dot written" "$RETICK" graph "$@" -o "$name.dot" --force
    checks=$((checks + 1))
    if command -v dot >/dev/null && ! dot -Tsvg "$name.dot" -o "$name.svg" >.output 2>&1; then complain "dot does not take $name.dot"; fi
    cp "$name.dot" .output
}
expect 1 "" "$RETICK" fuzz "$RETICK_SOURCE/scenarios/redis_pool.c" -o run.db --quiet --no-page
expect 1 "" "$RETICK" run "$scenarios/analyses.c:deadlocks" -o stuck.db --quiet
expect 1 "" "$RETICK" fuzz "$RETICK_SOURCE/scenarios/etcd_lock.c" -o lives.db --quiet --no-page
expect 1 "" "$RETICK" fuzz "$scenarios/hostile.c:hostile" -o hostile.db --quiet --no-page

picture all run.db
also " messages, 154 B from 2 ms to 126 ms"
picture tree run.db --of tree
also "app/client-1"
also "label=<0 ms>"
also "not over at the end"

# The waiters of a circle are red, and who only joins them is not.
picture waits stuck.db --of waits
also "waits"
red() { grep -F "penwidth=2" "$1" | grep -cE "^  t[0-9]+ \[" || true; }
checks=$((checks + 1))
[ "$(red waits.dot)" = 2 ] || complain "$(red waits.dot) boxes are red, not two"
checks=$((checks + 1))
grep -F "label=<app>" waits.dot | grep -q "penwidth=2" && complain "who joins them is red"
seq=$(sqlite3 stuck.db "SELECT min(seq) FROM events WHERE kind = 18")
picture moment stuck.db --of waits --at "$((seq - 1))"
checks=$((checks + 1))
[ "$(red moment.dot)" = 0 ] || complain "a circle before there is one"
picture nobody run.db --of waits --at 1
also "nobody waits"

picture hosts run.db --of hosts
also "messages, "
also " ms to "
picture lives lives.db --of hosts
if [ "$(sqlite3 lives.db "SELECT count(*) - count(DISTINCT name) FROM hosts")" -gt 0 ]; then also "life 2 of"; fi

picture cone run.db --of cone
also "user 2 was shown"
also "rankdir=TB"
also "+"
picture early run.db --of cone --at 1
picture few run.db --of cone --nodes 3
also "left out: "

picture parting run.db --of parting --against run.twin.db
also "where the runs part, at event $(sqlite3 run.db "SELECT seq FROM choices")"
also "the run beside it"
picture same run.db --of parting --against run.db
also "the two runs are the same"

for of in tree waits hosts cone; do
    picture hostile-$of hostile.db --of $of
    checks=$((checks + 1))
    ! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' hostile-$of.dot || complain "$of: a text that a terminal obeys"
done
expect 2 "the pictures are tree, waits, hosts, cone and parting" "$RETICK" graph run.db --of everything
expect 2 "--against which run?" "$RETICK" graph run.db --of parting
expect 2 "run.db has no event 99999" "$RETICK" graph run.db --of cone --at 99999
expect 2 "--at and --against go with --of" "$RETICK" graph run.db --at 3
expect 2 "nothing.db" "$RETICK" graph run.db --of parting --against nothing.db
finish
