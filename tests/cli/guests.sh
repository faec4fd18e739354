#!/usr/bin/env bash
# Programs of one's own behind `--`: found, shrunk, told and replayed as scenarios are; and what is said of those that cannot be.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
bank=$(realpath "$scenarios/../../../examples/bank.py")

# --- words that are wrong ---
expect 2 "which program? Its words stand behind --, as in: retick fuzz -- python3 app.py" "$RETICK" fuzz --
expect 2 "--by goes with a program of your own" "$RETICK" fuzz --by fork scenario.c
expect 2 "--by slowly: write rewind, fork or start" "$RETICK" run --by slowly -- true
expect 2 "--network 3ms: write loopback=LATENCY" "$RETICK" run --network 3ms -- true
expect 2 "--snapshot accept:0: write wait:N" "$RETICK" run --snapshot accept:0 -- true
expect 2 "--real goes with a scenario" "$RETICK" run --real -- true
expect 2 "one program at a time" "$RETICK" run scenario.c -- true

if [ ! -e "$(dirname "$RETICK")/libretick_guest.so" ]; then # another processor's build, or a sanitizer's
    expect 2 "libretick_guest.so" "$RETICK" run -- true
    finish
fi
expect 2 "no-such-program: not found in PATH" "$RETICK" fuzz -- no-such-program
printf 'int main(void) { return 0; }\n' >still.c
if cc -static -o still still.c 2>/dev/null; then
    expect 2 "still" "$RETICK" run -- ./still
    also static
fi

# --- a run ---
expect 0 "sleep: passed (calm)" "$RETICK" run -o sleep.db -- sleep 3600
also "1 h 0 min of virtual time"
also "Next: retick fuzz -- sleep 3600"
expect 1 "exit status 3: so it ends" "$RETICK" run -o three.db -- sh -c 'echo so it ends >&2; exit 3'
never "retick fuzz -- sh"
expect 0 "--not-an-option" "$RETICK" run -o words.db -- echo --not-an-option -- "a b"
also "-- a b"

# --- a finding: Debian's own python3, where it is ---
python=/usr/bin/python3
$python -c 'import asyncio' 2>/dev/null || finish
expect 1 "failed: exit status 1: AssertionError: the balance is -60" "$RETICK" fuzz -n 500 -o found.db -- $python "$bank"
also "of start-up"
also "shrunk from"
also "each time the same"
also "sound if each client is a machine of its own"
also "how it came to it, beside found.twin.db"
also "what the server on :7001 sent to the client on :32770 from byte 1 on arrives"
also 'the server on :7000 sends "here it is" to the client on :32768'
also "Next: retick replay found.db -- $python $bank"
[ "$(grep -vcE '^(retick|scenario) ' found.schedule)" -le 2 ] || complain "it takes more than two deviations: $(cat found.schedule)"
expect 1 "the same run as in found.db, event by event, and byte by byte" "$RETICK" replay found.db -- $python "$bank"
also "found.html shows it, in a browser"
expect 1 "bank: fails under" "$RETICK" replay --by start found.schedule -- $python "$bank"
expect 1 "the same run as in found.db" "$RETICK" replay --by fork found.db -- $python "$bank"
expect 0 "passes" "$RETICK" replay found.schedule -- $python "$bank" repaired
expect 0 "passed" "$RETICK" fuzz -n 100 -- $python "$bank" repaired
expect 2 "Type it, if it is yours: retick replay found.db -- $python $bank" "$RETICK" replay found.db
expect 0 "found.svg" "$RETICK" graph found.db -o found.svg

# Its page has a lane for each end of its connections.
grep -q '"name":"the server on :7001"' found.html || complain "no end of a connection has a lane"
# and its events name them
expect 0 'the server on :7001 sends "noted" to the client on :32770' "$RETICK" query found.db why

# A loop of one thread: what one turn reads that the good run reads in several; and what is said again and again is told once.
if $python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then
    expect 1 "cancelled, and still following" "$RETICK" fuzz -n 100 -o prices.db -- $python "$(dirname "$bank")/guests/wait_for_swallows.py"
    also 'reads "price 13" of the server on :7011 and "stop" of the server on'
    also ":7012 in one turn"
    also "in the good run in turns of their own"
    also 'more like it, up to "price'
    [ "$(sqlite3 prices.db "SELECT count(*) FROM story WHERE say LIKE '%sends \"price%'")" = 1 ] || complain "prices are told one by one: $(cat .output)"
fi

expect 1 "relaxed: one machine's loopback does not delay" "$RETICK" fuzz -n 30 --quiet --network loopback=0+30ms -o one.db -- $python "$bank"

"$RETICK" fuzz -n 500 -o found.db --json -- $python "$bank" >report.json || true
checks=$((checks + 1))
python3 "$scenarios/../../support/json_report.py" "$scenarios/../../../docs/retick.schema.json" exit=1 finding schedule scenario.program \
    'schedule.0.assumes="each client is a machine of its own"' \
    <report.json >.output 2>&1 || complain "fuzz --json"
grep -q '"program": *"'$python' ' report.json || complain "the report does not name the program: $(head -c 600 report.json)"

expect 0 "out of a child" "$RETICK" run -o early.db -- $python -c "
import subprocess, time
for i in range(10000): time.monotonic()
print(subprocess.run(['echo', 'out of a child'], capture_output=True, text=True).stdout)"

# Children of before its first wait are start-up, and real, whatever it has imported.
expect 0 "out of a child" "$RETICK" run -o early.db -- $python -c "
import asyncio, subprocess
print(subprocess.run(['echo', 'out of a child'], capture_output=True, text=True).stdout)
asyncio.run(asyncio.sleep(5))"
also "5 s of virtual time"
expect 1 "started a child process after the world began" "$RETICK" run -o late.db -- $python -c "
import subprocess, time
time.sleep(1)
subprocess.run(['echo'])"

# Python's end is left out but for what the program sees of it: threads, atexit, buffers, the status.
ends() { # ends CODE: natively and as a guest
    local code="import time; time.sleep(0.01)
$1" native got=0
    $python -c "$code" >native.out 2>/dev/null
    native=$?
    "$RETICK" run --quiet -o end.db -- $python -c "$code" >end.out 2>/dev/null || got=1
    checks=$((checks + 1))
    [ $got = $((native != 0)) ] || complain "$1: natively $native, as a guest: $(cat end.out)"
    [ $native -lt 1 ] || grep -q "exit status $native\b" end.out || complain "$1: natively $native, as a guest: $(cat end.out)"
    [ "$(cat native.out)" = "$(head -n "$(wc -l <native.out)" end.out)" ] || complain "$1: says other things than natively: $(cat end.out)"
}
ends "import sys; sys.exit(3)"
ends "raise SystemExit(4)"
ends "raise ValueError('no')"
ends "import atexit; atexit.register(print, 'last words'); print('some words')"
ends "import threading, time; threading.Thread(target=lambda: (time.sleep(0.02), print('late'))).start(); raise SystemExit('text')"
ends "import sys; sys.stdout.write('without a newline'); sys.stdout.write(chr(10))"
ends "import os; print('now', flush=True); os._exit(5)"
ends "import atexit; atexit.register(lambda: 1 / 0); atexit.register(print, 'before that')"
ends "import os, sys; sys.stdout = open(os.dup(1), 'w'); print('nobody reads this'); os.close(sys.stdout.fileno())"

# The ways in which runs begin come to the same.
for by in rewind fork start; do
    "$RETICK" digest --seeds 6 --by $by -- $python "$bank" >$by.digests 2>&1 || true
done
cmp -s rewind.digests fork.digests || complain "forks differ from rewinding: $(diff rewind.digests fork.digests)"
cmp -s rewind.digests start.digests || complain "fresh starts differ from rewinding: $(diff rewind.digests start.digests)"
[ "$(wc -l <start.digests)" = 6 ] || complain "no six digests: $(cat start.digests)"

# Campaigns run what the shell would: by its PATH, and in its environment as far as that stays.
mkdir -p bin
cat >bin/finds_home <<'TEXT'
#!/usr/bin/python3
import os, sys, time
time.sleep(0.01)
sys.exit(os.environ.get("HOME") != "/somewhere/else")
TEXT
chmod +x bin/finds_home
expect 0 "finds_home: 5 schedules passed" env "PATH=$PWD/bin:$PATH" HOME=/somewhere/else "$RETICK" fuzz -n 5 -j1 -- finds_home

finish
