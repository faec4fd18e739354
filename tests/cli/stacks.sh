#!/usr/bin/env bash
# Whoever needs more stack than there is, in whatever way, is a finding that says who and where; nobody else's stack is touched.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

in_function() { # in_function NAME: the last command said that it was in there, by a line of bottomless.c
    local first
    first=$(grep -n "^__attribute__.* $1(int n) {" "$scenarios/bottomless.c" | cut -d: -f1)
    checks=$((checks + 1))
    grep -qE "in $1( |\$)" .output && grep -qE "bottomless.c:($first|$((first + 1))|$((first + 2))|$((first + 3)))\$" .output ||
        complain "the last command did not say that it was in $1"
}
overflows() { # overflows SCENARIO WORD: in a task and in a callback
    expect 1 "stack overflow in a/victim in " "$RETICK" run "$scenarios/bottomless.c:$1" -o "$1.db" --force
    in_function "$2"
    never "written over"
    expect 1 "stack overflow in a in " "$RETICK" run "$scenarios/bottomless.c:$1_called" -o "$1.db" --force
    in_function "$2"
}
overflows frames frame
overflows spaces space
overflows arrays array
overflows recursion recur
overflows handlers frame
expect 1 "stack overflow in a signal handler in " "$RETICK" run "$scenarios/bottomless.c:handlers_aside" -o aside.db
in_function deep

# The same on every other path.
expect 1 "stack overflow in a/victim in " "$RETICK" fuzz "$scenarios/bottomless.c:rarely" -o rarely.db
also "shrunk from 1 deviation to 1:"
also "replayed 10 times, each time the same crash"
expect 1 "stack overflow in a/victim in " "$RETICK" replay rarely.db
in_function frame
expect 1 "stack overflow in a/victim in " "$RETICK" shrink rarely.db -o small.db
expect 0 "seeds fail, each time in the same way" "$RETICK" check "$scenarios/bottomless.c:rarely"
finish
