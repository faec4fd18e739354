#!/usr/bin/env bash
# once: yes
# No call of a guest's reaches the machine: programs under a second filter (caged.c), by which the kernel asks about each call that a world
# answers, and which kills who makes one. Some programs; RETICK_CAGED=all, as in ./dev soak, takes all that are installed. One that is let
# out on purpose is caught.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
built=$(dirname "$RETICK")
[ -e "$built/libretick_guest.so" ] || { came_to_finish=yes && exit 77; } # another processor's build, or a sanitizer's
caged=$built/tests/caged source=$(realpath "$scenarios/../../..") all=${RETICK_CAGED:-} python=/usr/bin/python3
status=0
"$caged" true 2>.output || status=$?
[ $status = 0 ] || { cat .output && came_to_finish=yes && exit 77; } # Linux before 5.9 asks nobody

inside() { # inside STATUS PROGRAM...: by hand, once
    local expected=$1 status=0
    shift
    checks=$((checks + 1))
    "$caged" "$built/tests/guest_by_hand" -q "$@" >.output 2>&1 || status=$?
    [ $status = "$expected" ] || complain "$*: $status: $(grep -v '^exited' .output | head -3)"
}

campaign() { # campaign PROGRAM...: by retick, in all three ways
    local by status
    for by in rewind fork start; do
        checks=$((checks + 1)) status=0
        "$caged" "$RETICK" digest --seeds 2 --by $by -- "$@" >.output 2>&1 || status=$?
        [ $status = 0 ] || complain "$*, by $by: $status: $(head -3 .output)"
    done
}

# What is let out is caught: whether it goes past libc's names, or is libc's own, or writes.
for case in sockets:socket names:socket semaphores:getrandom files:open machine:uname; do
    expect 99 "escapes: ${case#*:}(" "$caged" "$built/tests/guest_by_hand" -q -b "$built/tests/past_libc" "${case%:*}"
done

for case in sockets times machine names semaphores threads many signals contexts files walks lacking; do
    inside 0 "$built/tests/past_libc" $case
done
for case in echo numbers times stream passes names; do
    inside 0 "$built/tests/guest_cases" $case
done
for case in opens readers names links folders rights bytes streams maps locks sockets; do
    rm -rf full link old.txt
    mkdir full && echo old >old.txt && echo one >full/one && echo two >full/two && ln -s old.txt link
    inside 0 "$built/tests/file_calls" $case
done
for program in pthread_locks signal_ways guest_echo; do
    inside 0 "$built/tests/$program"
done
campaign "$built/tests/pthread_lives"
campaign $python "$source/examples/bank.py" repaired
[ -n "$all" ] || finish

of_python() { # of_python MODULE SCRIPT ARGUMENT...: MODULE is what it needs
    $python -c "import $1" 2>/dev/null || { echo "left out: $2" && return; }
    shift
    campaign $python "$built/tests/guest_scripts/$@"
}
of_python asyncio echo.py
of_python asyncio python_executor.py
of_python threading python_threads.py
of_python signal python_signals.py
of_python uvloop python_uvloop.py
of_python aiohttp python_aiohttp.py
of_python trio python_trio.py
if openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 3650 -subj /CN=localhost 2>.output; then
    of_python ssl python_tls.py "$PWD/certificate.pem" "$PWD/key.pem"
fi
for program in cxx_threads uv_echo ev_echo event_echo threads_later; do
    [ ! -e "$built/tests/$program" ] || inside 0 "$built/tests/$program"
done
! node --version >.output 2>&1 || campaign node "$source/tests/guests/programs/node_http.js"
! sqlite3 --version >.output 2>&1 || inside 0 sqlite3 :memory: 'create table t(a); insert into t values (1); select a from t;'
finish
