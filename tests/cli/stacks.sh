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

# And in a real run, which nothing else watches; what its process ends by itself is told as well.
real() { # real SCENARIO WORDS...
    expect 1 "$1: failed (real)" "$RETICK" run --real "$2" -o "$1.real.db" --force
}
for way in "frames frame" "recursion recur" "handlers frame"; do
    real "${way% *}" "$scenarios/bottomless.c:${way% *}"
    also "stack overflow in a/victim in ${way#* }"
    in_function "${way#* }"
done
cat >ends.c <<'TEXT'
#include <retick.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
static int quits(void *arg) {
    printf("it says so\n");
    exit(arg ? 4 : 3);
}
static int aborts(void *arg) {
    tick_sleep(TICK_MS(1));
    abort();
    return !arg;
}
static int told(void *arg) {
    raise(SIGTERM);
    return !arg;
}
#define ENDS(name) \
    TICK_SCENARIO(name##_real, "ends") { \
        tick_host_add(world, "a", name, NULL); \
    }
ENDS(quits)
ENDS(aborts)
ENDS(told)
TEXT
real quits_real ends.c:quits_real
also "the program ended its process with status 3"
also "it says so"
real aborts_real ends.c:aborts_real
also "crash: Aborted in a in aborts"
also "ends.c:11"
expect 0 "killed by signal 6 (ABRT) after " "$RETICK" query aborts_real.real.db "SELECT kind FROM events"
also "Aborted in a in aborts"
expect 3 "the program was killed from outside (Terminated)" "$RETICK" run --real ends.c:told_real -o told.db
finish
