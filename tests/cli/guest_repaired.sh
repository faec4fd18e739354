#!/usr/bin/env bash
# The repaired program beside the one that fails: `retick fuzz --repaired COMMAND -- PROGRAM`.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
bank=$(realpath "$scenarios/../../../examples/bank.py")

expect 2 "--repaired of fuzz goes with a program of your own" "$RETICK" fuzz --repaired true "$scenarios/../../../scenarios/redis_pool.c"
python=/usr/bin/python3
[ -e "$(dirname "$RETICK")/libretick_guest.so" ] || finish # another processor's build, or a sanitizer's
$python -c 'import asyncio' 2>/dev/null || finish
# shellcheck disable=SC2016
expect 2 'a $HOME: write a command as you would behind --' "$RETICK" fuzz --repaired 'a $HOME' -- true
expect 2 "no-such-program: not found in PATH" "$RETICK" fuzz --repaired no-such-program -- true
expect 2 "--repaired-seeds many: write a number" "$RETICK" fuzz --repaired-seeds many -- true

fuzz() { # REPAIRED...: the bank's finding, and what is said of the repaired one
    "$RETICK" fuzz -n 20 --quiet -o bank.db --repaired-seeds 40 --repaired "$@" -- $python "$bank"
}
expect 1 "repaired: passes under the 21 schedules that fail bank, and under 40 seeds of its own" fuzz "$python '$bank' repaired"

# What has another name is the same machine to schedules: else none of them would bear.
sed 's/async with taking:/if True:/' "$bank" >renamed.py
expect 1 "repaired: fails, too, under 21 of the 21 schedules that fail bank: exit status 1: AssertionError: the balance is -60" fuzz "$python renamed.py"
also "Next: retick replay bank.db -- $python renamed.py"
expect 1 "fails under 1 deviation" "$RETICK" replay bank.schedule -- $python renamed.py

# Repaired there, and broken elsewhere.
sed 's/^    print(answers)/    import sys; sys.exit(answers[1] == b"here it is\\n" and 9)/; s/contextlib.nullcontext()/asyncio.Lock()/' "$bank" >moved.py
expect 1 "repaired: fails in another way, under " fuzz "$python moved.py"
also "exit status 9"
sed 's/contextlib.nullcontext()/asyncio.Lock()/' "$bank" >seldom.py
cat >>seldom.py <<'EOF'
import threading, time
came = []
threads = [threading.Thread(target=lambda number=number: (time.sleep(0.01), came.append(number))) for number in range(3)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
if came != [0, 1, 2]: sys.exit(9)
EOF
"$RETICK" fuzz -n 20 --quiet -o bank.db --repaired-seeds 400 --repaired "$python seldom.py" -- $python "$bank" >.output 2>&1 || true
also "repaired: passes under the 21 schedules that fail bank, and fails under seed"
also "of its own: exit status 9"
also "-- $python seldom.py"
expect 0 "repaired: not run, as no schedule fails" "$RETICK" fuzz -n 3 --repaired "$python '$bank'" -- $python "$bank" repaired

"$RETICK" fuzz -n 20 --quiet -o bank.db --repaired-seeds 5 --repaired "$python '$bank' repaired" --json -- $python "$bank" >report.json || true
checks=$((checks + 1))
python3 "$scenarios/../../support/json_report.py" "$scenarios/../../../docs/retick.schema.json" exit=1 finding repaired.passed repaired.seeds=5 \
    <report.json >.output 2>&1 || complain "fuzz --repaired --json"
finish
