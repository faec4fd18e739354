#!/usr/bin/env bash
# What a scenario's constructors do is a finding, with its place, whichever command loads them; and a run that takes its process down keeps
# its marks. What kills a worker from outside is none.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
file=$scenarios/constructors.c

line() { # line PHRASE: where it stands
    grep -nF -- "// $1" "$file" | cut -d: -f1
}
"$RETICK" run "$file" -o good.db >/dev/null
for command in "run $file" "run --list $file" "run --real $file" "fuzz -n 5 $file" "check --seeds 2 $file" "digest --seeds 2 $file" \
    "replay $file good.db" "shrink $file good.db"; do
    # shellcheck disable=SC2086
    expect 1 "fails when it is loaded" "$RETICK" $command --cflags -DCRASHES
    also "crash: SIGSEGV in before_main"
    also "constructors.c:$(line crashes)"
done
expect 1 "exit: the program called _exit in before_main" "$RETICK" fuzz "$file" --cflags -DEXITS
also "constructors.c:$(line exits)"
expect 1 "crash: SIGABRT in before_main" "$RETICK" run "$file" --cflags -DABORTS
also "constructors.c:$(line aborts)"
expect 1 "hang: the program did not come back within the CPU time that a run may take in before_main" \
    "$RETICK" run "$file" --cflags -DSPINS --hang 300ms
also "constructors.c:"
# A set-up waits for nothing, and simulates nothing: one that spins is told of long before a run that does, and in few runs.
cat >spins.c <<'TEXT'
#include <retick.h>
TICK_SCENARIO(spins, "a set-up that does not return") {
    (void)world;
    for (volatile unsigned i = 0;;)
        i++;
}
TEXT
expect 1 "hang: the set-up did not return within the CPU time that it may take: --hang TIME gives it more" \
    "$RETICK" fuzz spins.c --hang 200ms -j 1
also "it was in tick_setup_spins"
also "no deviation is needed"
also "replayed 2 times, each time the same hang"
checks=$((checks + 1))
TIMEFORMAT='%U %S'
took=$({ time "$RETICK" run spins.c -o spins.db --force >.output 2>&1; } 2>&1)
also "the set-up did not return"
awk '{exit !($1 + $2 < 8)}' <<<"$took" || complain "it took $took s of CPU time to tell that a set-up spins"
expect 0 "passed" "$RETICK" run "$file" --cflags -DPRINTS --force
checks=$((checks + 1))
[ "$(grep -c '^printed$' .output)" = 1 ] || complain "what a constructor prints is printed once"

# Marks.
expect 1 "schedules failed" "$RETICK" fuzz "$file" -n 200 -j 1 --keep-going --rate user=50% -o marks.db
also 'reached "seven" in'
also 'reached "nine" in'

# kill -9 of a worker, once. What is compiled already starts no compiler that could be taken for one.
"$RETICK" run "$scenarios/passing.c" >/dev/null
"$RETICK" fuzz "$scenarios/passing.c" --time 2s -j 1 >.output 2>&1 &
pid=$!
sleep 0.5
worker=$(pgrep -P $pid | head -1)
[ -n "$worker" ] && kill -9 "$worker"
wait $pid
code=$?
checks=$((checks + 1))
[ $code = 0 ] || complain "a worker that was killed once ended the campaign with $code"

# And of a run that is recorded: it is recorded anew. A real program that is killed has no finding either.
"$RETICK" run "$scenarios/lengthy.c" --hang 600s -o lengthy.db >.output 2>&1 &
pid=$!
worker=
for ((i = 0; i < 200 && ${#worker} == 0; i++)); do
    watcher=$(pgrep -P $pid | head -1)
    [ -e lengthy.db-ring ] && worker=$(pgrep -P "${watcher:-0}" | head -1)
    sleep 0.01
done
[ -n "$worker" ] && kill -9 "$worker"
wait $pid
code=$?
checks=$((checks + 1))
[ $code = 0 ] || complain "a run whose process was killed once ended with $code"
also "lengthy"
expect 0 "closed" "$RETICK" query lengthy.db "SELECT value FROM meta WHERE key = 'state'"
finish
