#!/usr/bin/env bash
# SIGKILL of retick, of the program, of both, and SIGINT, at different moments: the trace can be read, and recovered, every time.
# once: yes
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
rounds=${RETICK_KILLS:-10}

expect 0 "lengthy" "$RETICK" run "$scenarios/lengthy.c" --list # and the cache is warm

children() { ps -o pid= --ppid "$1" 2>/dev/null | tr -d ' '; }

for ((i = 0; i < rounds; i++)); do
    rm -f run.db*
    "$RETICK" run "$scenarios/lengthy.c" >said 2>&1 &
    pid=$!
    sleep "0.$(printf %03d $((37 * i % 120 + 5)))"
    case $((i % 3)) in
    0) kill -KILL $pid 2>/dev/null ;;
    1) # the program: a grandchild, which runs under its watcher
        for child in $(children $pid); do
            for grandchild in $(children "$child"); do kill -KILL "$grandchild" 2>/dev/null; done
        done ;;
    2) for child in $(children $pid); do kill -KILL "$child" 2>/dev/null; done ;;
    esac
    wait $pid 2>/dev/null
    # its children go with it
    for ((j = 0; j < 50; j++)); do
        [ -z "$(children $pid)" ] && break
        sleep 0.02
    done
    checks=$((checks + 1))
    if [ -e run.db-ring ]; then
        "$RETICK" recover run.db >recovered 2>&1 || { cp recovered .output; complain "round $i: recover failed"; }
    fi
    if [ -e run.db ]; then
        expect 0 "" "$RETICK" query run.db "SELECT count(*) FROM events"
        expect 0 "whole" "$RETICK" query run.db "SELECT iif(count(*) = coalesce(max(seq), 0), 'who' || 'le', 'events are missing') AS answer FROM events"
        if command -v sqlite3 >/dev/null; then
            expect 0 "ok" sqlite3 run.db "PRAGMA quick_check"
        fi
    fi
done

# ctrl-C: the trace is completed, and retick says so
"$RETICK" run "$scenarios/lengthy.c" -o stopped.db >said 2>&1 &
pid=$!
sleep 0.3
for child in $(children $pid); do kill -INT "$child"; done
wait $pid
code=$?
[ $code = 130 ] || [ $code = 0 ] || complain "an interrupted run ended with $code: $(cat said)"
expect 0 "" "$RETICK" query stopped.db "SELECT count(*) FROM events"

# Not before the first run: until then the signal is ignored, as the shell has it for what runs in the background.
cat >tells.c <<'EOF'
#include <retick.h>
#include <stdio.h>

static int tells(void *arg) {
    FILE *file = fopen("begun", "w");
    (void)arg;
    return tick_check(file && fclose(file) == 0, "no file");
}

TICK_SCENARIO(tells, "that it has begun") {
    tick_host_add(world, "alice", tells, NULL);
}
EOF
"$RETICK" fuzz tells.c --seeds 100000000 >said 2>&1 &
pid=$!
for ((i = 0; i < 600; i++)); do
    [ -e begun ] && break
    sleep 0.05
done
kill -INT $pid
wait $pid
code=$?
cp said .output
[ $code = 130 ] || complain "an interrupted campaign ended with $code"
also "interrupted: "
also "passed in"
finish
