#!/usr/bin/env bash
# The loop beside its peers: every row of the table, each program run K times in turn (a slow moment of the machine hits all alike),
# process CPU time a piece, medians; then the instructions of retick's rows.
#
#     bench/loop.sh [K]          K 5 by default; build/bench-loop holds programs and figures
# Between them: what it costs that a loop can be traced, while it is not. "bare" is retick with every check for a probe compiled as false.
#
# Peers come from Debian: libuv1-dev libev-dev libevent-dev python3-uvloop golang-go nodejs, and for tokio cargo librust-tokio-dev, whose
# sources stand in /usr/share/cargo/registry. One that is not there is left out. What a row means for a peer stands in its program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-5}
out=build/bench-loop
mkdir -p "$out"
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
cmake --build build/release --target bench_loop_rows -- --quiet >/dev/null

tokio() { # builds $out/tokio from Debian's crates, without a network
    local crates=/usr/share/cargo/registry
    [ -d $crates ] && command -v cargo >/dev/null || return 1
    mkdir -p "$out/crate/.cargo"
    cat >"$out/crate/.cargo/config.toml" <<TOML
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "$crates"
TOML
    cat >"$out/crate/Cargo.toml" <<TOML
[package]
name = "tokio_rows"
version = "0.0.0"
edition = "2021"
[[bin]]
name = "tokio_rows"
path = "$PWD/bench/peers/tokio_rows.rs"
[dependencies]
tokio = {version = "1", default-features = false, features = ["rt", "sync", "time", "net", "test-util"]}
[profile.release]
lto = "fat"
codegen-units = 1
panic = "abort"
[workspace]
TOML
    (cd "$out/crate" && cargo build --release --offline) >"$out/tokio.log" 2>&1 && cp "$out/crate/target/release/tokio_rows" "$out/tokio"
}

bare() { # builds $out/bare, from a copy of the sources
    rm -rf "$out/bare-source" && mkdir -p "$out/bare-source/bench"
    cp -r src include "$out/bare-source"
    cp bench/loop_rows.c "$out/bare-source/bench"
    perl -pi -e 's/\b[\w.>-]*loop->(observed|watched|special)\b(?!\s*=[^=])/false/g;
        s/\b[\w.>-]*loop->probe\b(?!\s*=[^=])/((struct tick_probe *)0)/g' "$out"/bare-source/src/{loop,io}/*.[ch]
    (cd "$out/bare-source" && find src/{base,coro,loop,io,os} bench -name '*.[cS]' -print0 |
        xargs -0 cc -w -std=c17 -D_GNU_SOURCE -O3 -fno-plt -fPIC -fno-omit-frame-pointer -I. -Iinclude -o ../bare) 2>"$out/bare.log"
}

programs=(retick)
if bare; then
    programs+=(bare)
fi
for peer in libuv:uv libev:ev libevent:event; do
    name=${peer%%:*}
    if cc -O3 -I. -o "$out/$name" "bench/peers/${name}_rows.c" "-l${peer##*:}" 2>"$out/$name.log"; then
        programs+=("$name")
    fi
done
if tokio; then
    programs+=(tokio)
fi
if command -v go >/dev/null && GO111MODULE=off go build -o "$out/go" bench/peers/go_rows.go 2>"$out/go.log"; then
    programs+=(go)
fi
command -v node >/dev/null && programs+=(node microtasks)
/usr/bin/python3 -c 'import asyncio' 2>/dev/null && programs+=(asyncio)
/usr/bin/python3 -c 'import uvloop' 2>/dev/null && programs+=(uvloop)

: >"$out/figures"
for ((round = 0; round < rounds; round++)); do
    for program in "${programs[@]}"; do
        case $program in
        retick) build/release/bench/bench_loop_rows ;;
        bare) for row in call_soon chain yield yield_stackless future channel spawn; do "$out/bare" $row; done ;;
        asyncio | uvloop) /usr/bin/python3 bench/peers/asyncio_rows.py "$program" ;;
        node) node bench/peers/node_rows.js ;;
        microtasks) node bench/peers/node_rows.js micro ;;
        *) "$out/$program" ;;
        esac | sed "s/^/$program /" >>"$out/figures"
    done
done
/usr/bin/python3 bench/peers/loop_table.py "$out/figures"

command -v valgrind >/dev/null || exit 0
echo
echo "instructions a piece, and without the checks for a probe (callgrind, the difference of two runs)"
count() { # count PROGRAM ROW PIECES
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" "$2" "$3" 2>&1 | sed -n 's/.*refs: *//p' | tr -d ,
}
piece() { # piece PROGRAM ROW
    awk "BEGIN { printf \"%9.1f\", ($(count "$1" "$2" 30000) - $(count "$1" "$2" 10000)) / 20000 }"
}
for row in call_soon chain yield yield_stackless future channel spawn virtual_sleep; do
    printf '%-18s %s %s\n' $row "$(piece build/release/bench/bench_loop_rows $row)" "$([ ! -x "$out/bare" ] || piece "$out/bare" $row)"
done
