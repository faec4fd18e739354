#!/usr/bin/env bash
# From a scenario's file to its code: what is missing, does not compile, holds nothing, or calls what it must not.
cache=own
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

expect 2 "no such file: nowhere.c" "$RETICK" run nowhere.c
expect 2 "is a folder" "$RETICK" run "$scenarios"
echo text >notes.txt
expect 2 "neither a C file" "$RETICK" run notes.txt
expect 2 "no_such_thing" "$RETICK" run "$scenarios/broken.c"
also "broken.c does not compile"
expect 2 "registers no scenario" "$RETICK" run "$scenarios/empty.c"
also "TICK_SCENARIO(first"
expect 2 'has no scenario "third"' "$RETICK" run "$scenarios/two.c:third"
also "    fine"
also "    faulty"
expect 0 "faulty  the second, which fails" "$RETICK" run "$scenarios/two.c" --list
echo junk >junk.so
expect 2 "junk.so" "$RETICK" run junk.so

# The example in the message works as it stands.
"$RETICK" run "$scenarios/empty.c" 2>&1 | sed -n 's/^    //p' >example.c
expect 0 "first: passed" "$RETICK" run example.c

# Compilers
expect 3 'no compiler "no-such-cc"' "$RETICK" run "$scenarios/passing.c" --cc no-such-cc
expect 3 'no compiler "no-such-cc" (from RETICK_CC)' env RETICK_CC=no-such-cc "$RETICK" run "$scenarios/passing.c"
mkdir nothing
# (a build with a sanitizer has its own compiler's path in it)
grep -qs '^RETICK_C_COMPILER:STRING=/' "${RETICK_BUILD:-$(dirname "$RETICK")}/CMakeCache.txt" ||
    expect 3 "no C compiler found" env PATH="$work/nothing" "$RETICK" run "$scenarios/passing.c"
expect 2 "check the quotes" "$RETICK" run "$scenarios/passing.c" --cflags '"open'

# The cache: a second run compiles nothing; a header's change is seen.
cat >wrapped.c <<'TEXT'
#include "wrapped.h"
#include <retick.h>
static int body(void *unused) { (void)unused; return tick_check(ANSWER == 42, "the answer is %d", ANSWER); }
TICK_SCENARIO(wrapped, "depends on a header") { tick_host_add(world, "alice", body, NULL); }
TEXT
echo '#define ANSWER 42' >wrapped.h
expect 0 "wrapped: passed" "$RETICK" run wrapped.c
before=$(find "$XDG_CACHE_HOME/retick" -name "*.so" | wc -l)
expect 0 "wrapped: passed" "$RETICK" run wrapped.c
[ "$(find "$XDG_CACHE_HOME/retick" -name "*.so" | wc -l)" = "$before" ] || complain "a second run compiled again"
echo '#define ANSWER 41' >wrapped.h
expect 1 "the answer is 41" "$RETICK" run wrapped.c

# A shared object as it is
expect 0 "passed" env XDG_CACHE_HOME="$work/alone" "$RETICK" run "$scenarios/passing.c"
cp alone/retick/*.so own.so
expect 0 "passing: passed" "$RETICK" run own.so

# A cache that cannot be written gives way to TMPDIR.
mkdir temporary
expect 0 "passed" env XDG_CACHE_HOME=/proc/nowhere TMPDIR="$work/temporary" "$RETICK" run "$scenarios/passing.c"
ls "$work"/temporary/retick-*/*.so >/dev/null || complain "TMPDIR was not used"
expect 3 "no folder for compiled scenarios" env XDG_CACHE_HOME=/proc/nowhere TMPDIR=/proc/nowhere "$RETICK" run "$scenarios/passing.c"

# The deny list
expect 2 "calls time, which the simulated world cannot answer; use tick_time()" "$RETICK" run "$scenarios/clockwork.c"
also "calls rand"
also "use tick_random"
also "calls usleep"
also "use tick_sleep(ns)"
also "in late"
if command -v addr2line >/dev/null; then
    also "clockwork.c:9"
fi
also "--allow NAME"
expect 2 "calls rand" "$RETICK" run "$scenarios/clockwork.c" --allow time
never "calls time"
expect 0 "clockwork: passed" "$RETICK" run "$scenarios/clockwork.c" --allow time --allow usleep --allow rand
cat >keeper.c <<'TEXT'
#include <retick.h>
#include <locale.h>
#include <stdlib.h>
static void bye(void) {}
static int body(void *unused) { (void)unused; setlocale(LC_ALL, "C"); setenv("A", "b", 1); atexit(bye); return 0; }
TICK_SCENARIO(keeper, "leaves something in libc") { tick_host_add(world, "alice", body, NULL); }
TEXT
expect 2 "calls setlocale, which" "$RETICK" run keeper.c
also "calls setenv, which"
also "use tick_at_end"
finish
