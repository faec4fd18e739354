#!/usr/bin/env bash
# A run too large to be worked out at once: what commands say of it before and after its first reading, and ctrl-C in the midst.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

state() { sqlite3 run.db "SELECT value FROM meta WHERE key = 'derived'"; }
is() { # WHAT EXPECTED GOT
    checks=$((checks + 1))
    [ "$2" = "$3" ] || complain "$1: $3, not $2"
}

expect 1 "the end of the chain" "$RETICK" run "$scenarios/longchain.c"
expect 0 "120,0" "$RETICK" query run.db "SELECT printf('%,d', count(*)) FROM events WHERE kind = 3"
expect 1 "" "$RETICK" run "$scenarios/longchain.c" --force
is "after the run, derived" 0 "$(state)"

# What follows causes and texts only needs no more than the events.
expect 0 "more than 100,000 between" "$RETICK" query run.db why --csv
also "the end of the chain"
is "rows of why" 62 "$(wc -l <"$work/.output")"
expect 0 "the end of the chain" "$RETICK" query run.db why
also "; --all shows them"
is "lines of the page" 1 "$(($(wc -l <"$work/.output") <= 20))"
expect 0 "h begins" "$RETICK" query run.db why --all
expect 0 "the end of the chain" "$RETICK" query run.db log
cp run.db same.db
expect 0 "the same run" "$RETICK" diff run.db same.db
expect 1 "" "$RETICK" run "$scenarios/longchain.c" --cflags -DTURNS=119000 -o shorter.db
expect 1 "more than 100,000 causes between" "$RETICK" diff run.db shorter.db
is "lines of diff" 1 "$(($(wc -l <"$work/.output") < 60))"
is "before the first reading, derived" 0 "$(state)"

# The first reading, cut short, then whole.
cp run.db before.db
for delay in 0.02 0.1 0.2; do
    "$RETICK" query run.db tasks >.said 2>&1 &
    sleep $delay
    kill -INT $! 2>/dev/null
    wait $!
    is "sqlite3's opinion" ok "$(sqlite3 run.db 'PRAGMA integrity_check')"
done
cp before.db run.db
expect 0 "h/main" "$RETICK" query run.db tasks
is "after the first reading, derived" 1 "$(state)"
expect 0 "written" "$RETICK" graph run.db -o run.dot
expect 0 "is complete" "$RETICK" recover run.db
# An export takes no more memory for a long run than for a short one: what is open at the moment, and a page of names.
peak() { # peak TRACE, in KiB; what is freed counts under ASan, as long as it is kept from use
    ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=1:thread_local_quarantine_size_kb=64 python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$RETICK" export "$1" --as perfetto -o -
}
expect 1 "" "$RETICK" run "$scenarios/longchain.c" --cflags -DTURNS=12000 -o short.db
short=$(peak short.db) long=$(peak run.db)
is "peak of $long KiB, where a tenth takes $short KiB" 1 "$((long < short + 16384))"
cp before.db run.db
expect 0 "first reading is done" "$RETICK" recover run.db
is "after recover, derived" 1 "$(state)"

# A disk that is full: query, graph and recover say the same of it; nothing was kept, which is no success of recover's.
mkdir disk
if mount -t tmpfs -o size=40m tmpfs disk 2>/dev/null; then
    trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
    cp before.db disk/run.db
    cat /dev/zero >disk/fill 2>/dev/null
    expect 0 "disk/run.db: disk full, so that each reading" "$RETICK" query disk/run.db tasks
    also "h/main"
    expect 0 "disk/run.db: disk full, so that each reading" "$RETICK" graph disk/run.db -o run.dot --force
    expect 3 "disk/run.db: disk full, so that each reading" "$RETICK" recover disk/run.db
    also "its first reading cannot be kept"
    for words in "query disk/run.db tasks" "graph disk/run.db -o run.dot --force" "recover disk/run.db"; do
        # shellcheck disable=SC2086
        expect 3 "disk/run.db: disk full: $work/disk has no room for temporary files" env TMPDIR="$work/disk" "$RETICK" $words
    done
    cmp -s before.db disk/run.db || complain "a trace was changed on a full disk"
    umount disk
else
    echo "no mount: full disks are left out"
fi

# Ctrl-C during the run: what was told is there, and says so.
"$RETICK" run "$scenarios/longchain.c" --cflags -DTURNS=30000000 -o cut.db >said 2>&1 &
pid=$!
for ((i = 0; i < 200; i++)); do
    [ "$(sqlite3 cut.db 'SELECT count(*) > 5 FROM checkpoints' 2>/dev/null)" = 1 ] && break
    sleep 0.05
done
kill -INT $pid
wait $pid
is "ctrl-C, exit code" 130 $?
is "what it said" "retick: interrupted; cut.db holds what was recorded until then" "$(cat said)"
expect 0 "killed by signal 2 (INT) after" "$RETICK" query cut.db "SELECT max(seq) FROM events"
is "no ring left" 0 "$(find . -name '*-ring' | wc -l)"

# A run that takes too long on the processor is ended, however much it tells.
expect 1 "longchain: failed" "$RETICK" run "$scenarios/longchain.c" --cflags -DTURNS=30000000 --hang 200ms -o hang.db
expect 0 "hang" "$RETICK" query hang.db "SELECT value FROM meta WHERE key = 'verdict'"
finish
