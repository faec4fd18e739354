#!/usr/bin/env bash
# Task programs and the logs that CPython 3.13 gave for them (asyncio_log.py): ours are the same, byte for byte. Then those for which
# CPython is wrong, with the logs that are right.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

same() { # same WHAT: compares expected with ours
    cmp -s "$work/expected" "$work/ours" && return
    echo "$1 differ from here on (expected <, ours >):"
    diff "$work/expected" "$work/ours" | head -n 20
    exit 1
}

gzip -dc "$here/asyncio_logs.txt.gz" >"$work/expected"
gzip -dc "$here/asyncio_programs.jsonl.gz" | "$RETICK_BUILD/task_program" >"$work/ours"
[ -s "$work/expected" ]
same "the logs of asyncio_programs"

grep -v '^#' "$here/wrong_in_cpython.txt" | grep '^\[' | "$RETICK_BUILD/task_program" >"$work/ours"
grep -v '^[#[]' "$here/wrong_in_cpython.txt" >"$work/expected"
[ -s "$work/expected" ]
same "the logs of wrong_in_cpython"

# What is no program is told so.
try() { # try PROGRAM MESSAGE
    if printf '%s\n' "$1" | "$RETICK_BUILD/task_program" >"$work/ours" 2>&1 || ! grep -qF "$2" "$work/ours"; then
        echo "$1: \"$2\" was expected, and not:"
        cat "$work/ours"
        exit 1
    fi
}
try '[' "line 1"
try '{}' "a task program is a list of bodies"
try '[[["fly", 1]]]' "there is no such operation"
try '[[["spawn", 1]]]' "the number of a body was expected"
try '[[["lock", 2]]]' "there are locks 0 and 1"
try '[[["job", 3, 1, 0, false]]]' "there are jobs 0 to 2"
try '[[["jwait", [0, 3], 1, "ALL"]]]' "there are jobs 0 to 2"
try '[[["cbdo", 0, ["jshut", true, true]]]]' "an operation that a callback can do was expected"
try '[[["sleep"]]]' "a number of ticks was expected"
try '[[["wf", 1, ["tg", [], []]]]]' "an operation that holds no others was expected"
try '[[["try", [], "XX", [], true]]]' "CE, EX or ALL was expected"
try '[[["sleep", 1, 2]]]' "too many words"
