#!/usr/bin/env bash
# Where a program stood that came to a bad end: each thread's stack by function and line, a Python program's by Python's lines; what it left
# open, and where it was opened; a call that is not there, and what to do about it; a program that takes memory without end.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

# --- words that are wrong ---
expect 2 "--leaks goes with a program of your own" "$RETICK" fuzz --leaks fds scenario.c
expect 2 "--leaks fd: write fds, unread, or fds,unread" "$RETICK" run --leaks fd -- true
expect 2 "--leaks fds,: write fds, unread, or fds,unread" "$RETICK" run --leaks fds, -- true
expect 2 "--memory 100: write a size with its unit, such as 500MB or 2GB" "$RETICK" run --memory 100 -- true
expect 2 "--memory 0MB: write a size" "$RETICK" run --memory 0MB -- true
[ -e "$(dirname "$RETICK")/libretick_guest.so" ] || finish # another processor's build, or a sanitizer's
ends=$RETICK_BUILD/tests/bad_ends

# line N in `fn`: the number of the first line of the program's text that has that in it
line() {
    grep -nF -- "$1" "$RETICK_SOURCE/tests/guests/programs/$2" | head -n 1 | cut -d : -f 1
}
# stack LINE...: the last output has these lines one below the other, each with what goes before it cut off
stack() {
    checks=$((checks + 1))
    python3 "$RETICK_SOURCE/tests/support/lines_below.py" "$work/.output" "$@" || complain "these do not stand one below the other: $*"
}

# --- crashes ---
expect 1 "crash: killed by SIGSEGV" "$RETICK" run -o end.db -- "$ends" segv
stack "where bad_ends stood:" "main was killed here" "take_apart (" "touch_nothing (" "main ("
also "bad_ends.c:$(line 'return *number + 1;' bad_ends.c))"
also "bad_ends.c:$(line 'take_apart(nowhere)' bad_ends.c))"
for by in rewind start; do
    expect 1 "killed by SIGSEGV" "$RETICK" run --by $by -o end.db -- "$ends" threadsegv
    stack "where each thread of bad_ends stood:" "main/in_a_thread \"unlucky\" was killed here" "take_apart (" "touch_nothing (" "in_a_thread (" \
        "main waits for the end of a thread, main/in_a_thread" "with_a_thread (" "main ("
done
expect 1 "killed by SIGABRT" "$RETICK" run -o end.db -- "$ends" abort
stack "main was killed here" "give_up (" "main ("
expect 1 "killed by SIGFPE" "$RETICK" run -o end.db -- "$ends" fpe
stack "was killed here" "divide (" "in_a_thread ("
expect 1 "killed by SIGSEGV" "$RETICK" run -o end.db -- "$ends" deep
stack "go_deep (" "go_deep (" "... "
expect 1 "killed by SIGSEGV" "$RETICK" run -o end.db -- "$ends" inlined
stack "main was killed here" "inner (" "outer (" "within (" "main ("
also "bad_ends.c:$(line '    inner(NULL);' bad_ends.c))"
expect 1 "its own handler" "$RETICK" run -o end.db -- "$ends" handlers
also "exit status 3"
never "0
"

# The trace has them, and whoever tells of it: explain, the page, the report.
"$RETICK" run -o end.db --json -- "$ends" segv >report.json || true
checks=$((checks + 1))
python3 "$scenarios/../../support/json_report.py" "$scenarios/../../../docs/retick.schema.json" exit=1 run details <report.json >.output 2>&1 ||
    complain "run --json"
expect 0 "take_apart (" "$RETICK" explain end.db
expect 0 "" "$RETICK" view end.db -o end.html
grep -q 'take_apart (' end.html || complain "the page does not tell the stack"
expect 1 "take_apart (" "$RETICK" fuzz -n 5 --no-page -o end.db -- "$ends" segv
expect 1 "take_apart (" "$RETICK" replay end.db -- "$ends" segv
stack "crash: killed by SIGSEGV" # the headline is one line

# --- deadlocks ---
locks=$RETICK_BUILD/tests/deadlocked_threads
expect 1 "deadlock: main waits for the end of a thread" "$RETICK" run -o locks.db -- "$locks"
at=$(line 'pthread_mutex_lock(after);' deadlocked_threads.c)
stack "main/first waits for a mutex that main/second has" "both (" "first ("
stack "main/second waits for a mutex that main/first has" "both (" "second ("
stack "main waits for the end of a thread, main/first" "main ("
also "deadlocked_threads.c:$at)"

# --- what never comes back: where it still ran ---
expect 1 "hang: the program did not come back within the CPU time" "$RETICK" run --hang 300ms -o end.db -- "$ends" spin
stack "main/in_a_thread \"unlucky\" still ran" "turn_round (" "in_a_thread ("

# --- a call that is not there ---
expect 1 "fork: not supported yet: it started a child process after the world began" "$RETICK" run -o end.db -- "$ends" fork
also ", in start_a_child+0x"
also "what to do: start it before the program's first wait"
stack "where bad_ends stood:" "main ran" "start_a_child (" "main ("
also "bad_ends.c:$(line 'if (fork() == 0)' bad_ends.c))"

# --- memory ---
expect 1 "memory: the program took more than 100 MiB of memory, and was ended: --memory SIZE lets it have more" \
    "$RETICK" run --memory 100MB -o end.db -- "$ends" eat
expect 0 "passed" "$RETICK" run --memory 100MB -o end.db -- "$ends" none

# --- what is left over ---
expect 0 "passed" "$RETICK" run -o end.db -- "$ends" leave
expect 1 "leak: 1 fd was left open at its exit: fd 4, a TCP socket on :32768, connected with :7000 was left open, in leave+0x" \
    "$RETICK" run --leaks fds -o end.db -- "$ends" leave
stack "what bad_ends left over, and where it was opened:" "fd 4, a TCP socket on :32768, connected with :7000 was left open" "leave ("
never "unread"
expect 1 "leak: unread bytes in 1 fd: 5 bytes that nobody has read in fd 4, a TCP socket on :32768, connected with :7000" \
    "$RETICK" fuzz -n 3 --no-page --leaks unread -o end.db -- "$ends" leave
also "Next: retick replay end.db --leaks unread -- $ends leave"
expect 1 "leak: 1 fd was left open at its exit, unread bytes in 1 fd: " "$RETICK" run --leaks fds,unread -o end.db -- "$ends" leave
expect 0 "passed" "$RETICK" run --leaks fds,unread -o end.db -- "$ends" none

# --- Python: its own lines ---
python=/usr/bin/python3
$python -c 'import threading' 2>/dev/null || finish
cp "$RETICK_SOURCE/tests/guests/programs/python_deadlock.py" locks.py
expect 1 "deadlock: " "$RETICK" run --by fork -o locks.db -- $python locks.py
stack "waits for" "both (locks.py:11)" "deposit (locks.py:16)"
stack "waits for" "both (locks.py:11)" "withdraw (locks.py:20)"
also "<module> (locks.py:27)"
never "PyEval"
cat >crash.py <<'EOF'
import ctypes, socket, time
def read_nothing():
    ctypes.string_at(1)
def leave(port):
    return socket.create_server(("127.0.0.1", port))
time.sleep(0.01)
kept = leave(7000)
import sys
if len(sys.argv) > 1:
    read_nothing()
EOF
expect 1 "killed by SIGSEGV" "$RETICK" run -o crash.db -- $python crash.py now
stack "string_at (" "read_nothing (crash.py:3)" "<module> (crash.py:10)"
expect 1 "leak: 1 fd was left open at its exit: fd 3, a TCP socket that listens on :7000" "$RETICK" run --leaks fds -o crash.db -- $python crash.py
stack "what crash left over" "fd 3, a TCP socket that listens on :7000 was left open"
also "leave (crash.py:5)"

# --- in a world of several: each that waits, or the one that came to its end ---
cat >both.yaml <<EOF
hosts:
  locks: {program: $locks}
  py: {program: $python locks.py}
EOF
expect 1 "deadlock: nothing can ever run again" "$RETICK" run -o both.db both.yaml
stack "where each thread of locks stood:" "main waits for the end of a thread, main/first" "main ("
stack "where each thread of py stood:" "main waits for a semaphore"
also "withdraw (locks.py:20)"
sed -i "s|$locks|$ends inlined|" both.yaml
expect 1 "killed by SIGSEGV" "$RETICK" run -o both.db both.yaml
stack "where locks stood:" "main was killed here" "inner (" "outer (" "within (" "main ("
never "withdraw ("
finish
