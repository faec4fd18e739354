#!/usr/bin/env bash
# once: yes
# Unmodified programs of many kinds: runs that begin by rewinding, by fork and in fresh processes have the same digests, seed by seed; and
# where one deviation is taken away from a run, nine of ten of the others are met all the same. By itself a few programs and seeds;
# RETICK_SEEDS=100, as in ./dev soak, takes all programs, and as many seeds, and leaves out what is not installed.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
built=$(dirname "$RETICK")
[ -e "$built/libretick_guest.so" ] || { came_to_finish=yes && exit 77; } # another processor's build, or a sanitizer's
source=$(realpath "$scenarios/../../..")
seeds=${RETICK_SEEDS:-4} all=${RETICK_SEEDS:-}
python=/usr/bin/python3

alike() { # alike [OPTION...] -- PROGRAM...: the digests of its seeds, in each way
    local by
    for by in rewind fork start; do
        "$RETICK" digest --seeds "$seeds" --by $by "$@" >$by.digests 2>$by.errors || true
    done
    checks=$((checks + 1))
    [ "$(wc -l <start.digests)" = "$seeds" ] || complain "$*: no $seeds digests: $(cat start.digests start.errors)"
    ! grep -E ' (crash|exit|hang|limit)' start.digests >.output || complain "$*: it does not run"
    cmp -s rewind.digests start.digests || complain "$*: rewinding is not as starting: $(diff rewind.digests start.digests | head)"
    cmp -s fork.digests start.digests || complain "$*: forks are not as starts: $(diff fork.digests start.digests | head)"
}

compare() { # compare PROGRAM...: the same; seeds differ, and schedules are stable
    alike -- "$@"
    [ -n "$all" ] || return
    [ "$(sort -u start.digests | wc -l)" = "$seeds" ] || complain "$*: seeds come to the same"
    local share
    share=$("$RETICK" check --seeds 20 --after 2 -- "$@" 2>&1 | sed -nE 's/.*schedule stability: ([0-9]+)\..*/\1/p')
    checks=$((checks + 1))
    [ "${share:-0}" -ge 90 ] || complain "$*: the schedule stability is ${share:-not told} %"
    echo "$*: $seeds seeds alike in three ways, stability ${share:-?} %"
}

of_python() { # of_python MODULE PACKAGE SCRIPT ARGUMENT...: MODULE is what it needs
    if ! $python -c "import $1" 2>/dev/null; then
        echo "left out: $3: it takes Debian 12's package $2"
        return
    fi
    shift 2
    compare $python "$built/tests/guest_scripts/$@"
}

compare $python "$source/examples/bank.py"
of_python asyncio python3 python_executor.py
compare "$built/tests/pthread_lives"
[ -n "$all" ] || finish

of_python uvloop python3-uvloop python_uvloop.py
of_python aiohttp python3-aiohttp python_aiohttp.py
of_python trio python3-trio python_trio.py
if openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 3650 -subj /CN=localhost 2>.output; then
    of_python ssl python3 python_tls.py "$PWD/certificate.pem" "$PWD/key.pem"
else
    echo "left out: python_tls.py: there is no openssl to make a certificate"
fi
of_python threading python3 python_threads.py
of_python signal python3 python_signals.py
compare "$built/tests/pthread_locks"
compare "$built/tests/signal_ways"
[ ! -e "$built/tests/cxx_threads" ] || compare "$built/tests/cxx_threads"
if sqlite3 --version >.output 2>&1; then # it has no choices to make: all seeds are one run
    "$python" -c 'import sqlite3; sqlite3.connect("kept.db").executescript("create table t (a); insert into t values (1);")'
    sum=$(sha256sum kept.db)
    alike --guest sqlite3 -- sqlite3 kept.db "insert into t select a + 1 from t; pragma journal_mode = wal; insert into t values (random()); select * from t;"
    [ "$(sha256sum kept.db)" = "$sum" ] || complain "sqlite3 wrote to the machine's file"
    echo "sqlite3: $seeds seeds alike in three ways"
else
    echo "left out: sqlite3: there is no shell of that name (Debian 12's package sqlite3)"
fi
if node --version >.output 2>&1; then
    compare node "$source/tests/guests/programs/node_http.js"
else
    echo "left out: node_http.js: there is no Node"
fi
for program in uv_echo ev_echo event_echo; do
    [ -e "$built/tests/$program" ] && compare "$built/tests/$program"
done
finish
