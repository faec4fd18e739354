#!/usr/bin/env bash
# retick export: each format read by rules that are not ours, on findings, crashes, hostile names and guests; and what it refuses.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
source_tree=$(realpath "$RETICK_SOURCE")
formats="perfetto chrome otlp folded shiviz csv"
declare -A ends=([perfetto]=perfetto [chrome]=chrome.json [otlp]=otlp.json [folded]=folded [shiviz]=shiviz.log [csv]=csv)

reads() { # reads TRACE FORMAT...: what is exported of it
    local format
    for format in "${@:2}"; do
        expect 0 "$1.${ends[$format]} written" "$RETICK" export "$1.db" --as "$format"
        expect 0 "" python3 "$source_tree/tests/support/exported.py" "$format" "$1.${ends[$format]}" "$1.db"
    done
}

expect 1 "" "$RETICK" fuzz "$source_tree/scenarios/redis_pool.c" -o run.db --quiet --no-page
# shellcheck disable=SC2086
reads run $formats
# What it says, besides that it says it well.
grep -qx "retick redis_pool;app;app/client-1;waits in read_line at redis_pool.c:47 [0-9]*" run.folded || complain "no wait in read_line"
grep -q "user 2 was shown" run.otlp.json || complain "no verdict in spans"
grep -qa "asks to connect to redis" run.perfetto || complain "no words of the explanations"
grep -q '"name":"wakes app/client' run.chrome.json || complain "nobody wakes anybody"
if command -v protoc >/dev/null; then # a reader of another make
    checks=$((checks + 1))
    protoc --decode_raw <run.perfetto >.output 2>&1 || complain "protoc does not read it"
    also "waits in read_line"
fi

# Twice the same, and twice into the same file; but nothing of the user's is replaced.
for format in perfetto chrome otlp folded shiviz; do
    cp "run.${ends[$format]}" before
    expect 0 "written" "$RETICK" export run.db --as $format
    cmp -s before "run.${ends[$format]}" || complain "$format: another file the second time"
    "$RETICK" export run.db --as $format -o - 2>.output | cmp -s - before || complain "$format: -o - is another"
    echo mine >mine
    expect 2 "mine is there, and is no export of retick's" "$RETICK" export run.db --as $format -o mine
    grep -qx mine mine || complain "$format: a file of the user's is gone"
done
expect 2 "run.csv is there" "$RETICK" export run.db --as csv
expect 2 "csv is a folder" "$RETICK" export run.db --as csv -o -
expect 2 "the formats are" "$RETICK" export run.db --as pdf
expect 2 "as what?" "$RETICK" export run.db
expect 2 "is what this command reads" "$RETICK" export run.db --as folded -o run.db --force
expect 2 "mine is not a trace" "$RETICK" export mine --as chrome
expect 0 '"what": "export"' "$RETICK" export run.db --as chrome --json

# Lives of a host, crashes and cuts; names that would take over a terminal; a deadlock, in which waits have no end.
expect 1 "" "$RETICK" fuzz "$source_tree/scenarios/etcd_lock.c" -o lives.db --quiet --no-page
reads lives perfetto chrome otlp shiviz
expect 1 "" "$RETICK" fuzz "$scenarios/hostile.c:hostile" -o hostile.db --quiet --no-page
# shellcheck disable=SC2086
reads hostile $formats
expect 1 "" "$RETICK" fuzz "$source_tree/scenarios/pool_deadlock.c" -o stuck.db --quiet --no-page
reads stuck perfetto folded
grep -qa "it still does when its run, or its host, ends" stuck.perfetto || complain "a wait without an end has one"

# A disk that is full is no success, and leaves nothing behind.
if [ -w /dev/full ]; then
    for format in perfetto chrome otlp folded shiviz; do
        expect 3 "cannot write the standard output: No space left on device" bash -c "\"$RETICK\" export run.db --as $format -o - >/dev/full"
    done
fi
mkdir disk
if mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null; then
    trap 'umount "$work/disk" 2>/dev/null; cleared_up' EXIT
    head -c 64k /dev/zero >disk/fill 2>/dev/null
    for format in $formats; do
        expect 3 "cannot write disk/x: No space left on device" "$RETICK" export run.db --as $format -o disk/x
        [ "$(ls disk)" = fill ] || complain "$format left something on a full disk: $(ls disk)"
    done
    umount disk
fi

# Guests: threads are tasks, and ends of connections have ports.
if [ -e "$(dirname "$RETICK")/libretick_guest.so" ]; then
    expect 1 "" "$RETICK" fuzz -o guest.db --quiet --no-page --seeds 0..20 -- python3 "$source_tree/examples/bank.py"
    reads guest perfetto shiviz
fi
finish
