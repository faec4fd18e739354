#!/usr/bin/env bash
# The loop beside its peers: every row of the table, each program run K times in turn (a slow moment of the machine hits all alike),
# process CPU time a piece, medians; then the instructions of retick's rows.
#
#     bench/loop.sh [K]          K 5 by default; build/bench-loop holds programs and figures
#
# Peers come from Debian: libuv1-dev libev-dev libevent-dev python3-uvloop golang-go. One that is not there is left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-5}
out=build/bench-loop
mkdir -p "$out"
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
cmake --build build/release --target bench_loop_rows -- --quiet

programs=(retick)
for peer in libuv:uv libev:ev libevent:event; do
    name=${peer%%:*}
    if cc -O3 -I. -o "$out/$name" "bench/peers/${name}_rows.c" "-l${peer##*:}" 2>"$out/$name.log"; then
        programs+=("$name")
    fi
done
/usr/bin/python3 -c 'import asyncio' 2>/dev/null && programs+=(asyncio)
/usr/bin/python3 -c 'import uvloop' 2>/dev/null && programs+=(uvloop)
if command -v go >/dev/null && GO111MODULE=off go build -o "$out/go" bench/peers/go_rows.go 2>"$out/go.log"; then
    programs+=(go)
fi

: >"$out/figures"
for ((round = 0; round < rounds; round++)); do
    for program in "${programs[@]}"; do
        case $program in
        retick) build/release/bench/bench_loop_rows ;;
        asyncio | uvloop) /usr/bin/python3 bench/peers/asyncio_rows.py "$program" ;;
        *) "$out/$program" ;;
        esac | sed "s/^/$program /" >>"$out/figures"
    done
done
/usr/bin/python3 bench/peers/loop_table.py "$out/figures"

command -v valgrind >/dev/null || exit 0
echo
echo "instructions a piece (callgrind, the difference of two runs)"
count() { # count ROW PIECES
    valgrind --tool=callgrind --callgrind-out-file=/dev/null build/release/bench/bench_loop_rows "$1" "$2" 2>&1 |
        sed -n 's/.*refs: *//p' | tr -d ,
}
for row in call_soon chain yield yield_stackless future channel spawn virtual_sleep; do
    printf '%-18s %8.1f\n' "$row" "$(awk "BEGIN { print ($(count $row 60000) - $(count $row 20000)) / 40000 }")"
done
