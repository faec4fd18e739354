#!/usr/bin/env bash
# The compiler's flags that a finding was made with: schedules and traces name them, replays use those that do no harm, and no others.
# timeout: 240
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

cat >fast.c <<'TEXT'
#include <retick.h>
#include <limits.h>
#ifndef WANTED
#define WANTED 9
#endif
static int draw(void *unused) {
    (void)unused;
    return tick_check(tick_random("number", 4) != WANTED, "the number is %d", WANTED);
}
TICK_SCENARIO(fast, "fails if it is compiled for it") { tick_host_add(world, "alice", draw, NULL); }
TEXT
expect 1 "the number is 3" "$RETICK" fuzz fast.c --cflags "-DWANTED=3 -O2" --rate user=60% -o run.db
grep -qxF "cflags -DWANTED=3 -O2" run.schedule || complain "run.schedule does not name the flags: $(cat run.schedule)"
expect 1 "fast: fails under 1 deviation" "$RETICK" replay run.db
also "the same run as in run.db, event by event, and byte by byte"
also "note: compiled with -DWANTED=3 -O2, as run.db asks"
expect 1 "fast: fails under 1 deviation" "$RETICK" replay fast.c run.schedule
also "note: compiled with -DWANTED=3 -O2, as run.schedule asks"
expect 1 "fast: failed (schedule)" "$RETICK" run fast.c --schedule run.schedule -o again.db
expect 1 "the same run" "$RETICK" replay again.db
expect 1 "to 1:" "$RETICK" shrink run.db -o small.db
grep -qxF "cflags -DWANTED=3 -O2" small.schedule || complain "small.schedule does not name the flags: $(cat small.schedule)"
expect 0 "" "$RETICK" explain run.db --likelihood=5
# The user's own come first, and what differs is said.
expect 0 "fast: passes" "$RETICK" replay fast.c run.schedule --cflags ""
also "was found with the compiler's flags -DWANTED=3 -O2, and is run with none: it may be another program"
expect 0 "fast: passes" "$RETICK" replay run.db --cflags "-DWANTED=2"
also "is run with -DWANTED=2"
never "compiled with"
# Those of the environment are part of it.
expect 1 "the number is 2" env RETICK_CFLAGS=-DWANTED=2 "$RETICK" fuzz fast.c --cflags -O2 --rate user=60% -o env.db
grep -qxF "cflags -DWANTED=2 -O2" env.schedule || complain "env.schedule does not name both: $(cat env.schedule)"
for environment in "" -DWANTED=2; do
    expect 1 "the same run as in env.db" env RETICK_CFLAGS=$environment "$RETICK" replay env.db
    never "another program"
done
expect 1 "the number is 2" env RETICK_CFLAGS=-g3 "$RETICK" replay env.db
also "is run with -g3 -DWANTED=2 -O2"
# As many words as there are, with blanks, quotes and # in them.
mkdir "in clude" "qu'ote"
expect 1 "the number is 3" "$RETICK" fuzz fast.c --cflags "'-Iin clude' \"-Iqu'ote\" -DWANTED=3 -Wno-unused -std=gnu17" --rate user=60% -o odd.db
grep -qxF "cflags '-Iin clude' '-Iqu'\\''ote' -DWANTED=3 -Wno-unused -std=gnu17" odd.schedule || complain "odd.schedule: $(cat odd.schedule)"
expect 1 "the same run as in odd.db" "$RETICK" replay odd.db
expect 1 "fast: fails" "$RETICK" replay fast.c odd.schedule
sed -i "s/gnu17/gnu17   # a comment/" odd.schedule
expect 1 "fast: fails" "$RETICK" replay fast.c odd.schedule

# What a stranger may write: nothing of it is run, read or written.
asks() { # asks FLAGS: a schedule that names these
    printf 'retick schedule 2\nscenario fast\ncflags %s\nuser alice/number @1 =3\n' "$1" >asked.schedule
}
allowed() {
    asks "$1"
    expect "${2:-0}" "fast: " "$RETICK" replay fast.c asked.schedule
    never "no file may"
}
refused() { # refused FLAGS [THE ONE THAT IS NAMED]
    asks "$1"
    expect 2 "asked.schedule asks for the compiler's flag ${2:-$1}, which no file may" "$RETICK" replay fast.c asked.schedule
    also "--cflags ''"
    expect 2 "which no file may" "$RETICK" run fast.c --schedule asked.schedule -o asked.db
}
mkdir own others && chmod 777 others
allowed "-DWANTED=3" 1
allowed "-D WANTED=0x3" 1
allowed "-DA -DB= -DC=-1 -DD=1.5 -DE=true -DF=10ull"
allowed "-UWANTED -U WANTED"
allowed "-I own -Iown"
allowed "-O -O0 -O3 -Os -Og -std=c11 -std=gnu17 -g -g0 -g3 -ggdb -gdwarf-4"
allowed "-Wall -Wextra -Wno-unused-parameter -Wformat=2 -w -fwrapv -fno-strict-aliasing -fno-omit-frame-pointer -fno-sanitize=undefined -lm"
cat >evil.sh <<TEXT
#!/bin/sh
touch $work/pwned
exit 1
TEXT
chmod +x evil.sh
echo "-wrapper ./evil.sh" >evil.flags
echo "#define WANTED 3" >evil.h
: >own/limits.h && cp own/limits.h others
for one in "-fplugin=./evil.so" "-wrapper" "@evil.flags" "-B./" "-B" "-include" "-imacros" "-o" "-Wl,-rpath,." "-Wa,-v" "-Wp,-MD,pwned" "-L." "-levil" \
    "-specs=evil.flags" "-save-temps" "-MD" "-MF" "-dumpdir" "-fdump-tree-all" "-fprofile-generate" "-gsplit-dwarf" "-isystem" "-iquote" \
    "-idirafter" "--sysroot=." "-x" "-E" "-Xlinker" "-Xassembler" "-fuse-ld=./evil.sh" "-fload=evil" "-Wl" "-W" "--help" "-I" "-I-" "-Iothers" \
    "-I/tmp" "-Inowhere" "-D" "-D@evil.flags" "-DWANTED=WANTED" "-DWANTED=system" "-D1" "-D" "-U" "-U-x" "-std=../c17" "-fsanitize=../evil" \
    "-fsanitize-blacklist=evil.h" "-march=native" "-Ofast" "-shared" "-static" "evil.c" "-" "--" "-nostdinc" "-###" "-v" "-pipe" "-ftime-report" \
    "-fmodules" "-fplugin-arg-x-y" "-Xclang" "-cc1" "-mllvm" "--config" "-ccc-gcc-name"; do
    refused "$one"
done
refused "-O2 -wrapper ./evil.sh" "-wrapper"
refused "-I @evil.flags" "-I"
refused "-D -wrapper ./evil.sh" "-D"
refused "-I -fplugin=evil.so" "-I"
refused "'-DX=system(\"touch pwned\")'" '-DX=system("touch pwned")'
refused "'-DX(y)=1'" "-DX(y)=1"
refused "-DA=1;touch pwned"
refused '-DA=$(touch pwned)'
refused '`touch pwned`'
refused '-DA="1"'
refused '-I$HOME'
refused '-I~'
refused "'-DA=1"
refused "-DA=1 \\-O2"
[ ! -e pwned ] || complain "a schedule ran something"
[ ! -e asked.db ] || complain "a trace was written"
# A trace's are looked at in the same way; and what ran it is said, and not run.
cat >compiler.sh <<TEXT
#!/bin/sh
touch $work/ran
exec cc "\$@"
TEXT
chmod +x compiler.sh
expect 0 "passed" "$RETICK" run fast.c --cc ./compiler.sh --cflags "-DOTHER='\"text\"' -pipe" -o told.db
rm -f ran
expect 2 "told.db asks for the compiler's flag -DOTHER=\"text\", which no file may" "$RETICK" replay told.db
expect 0 "passes" "$RETICK" replay told.db --cflags -pipe
also "told.db was recorded with --cc ./compiler.sh: without that it may be another program"
[ ! -e ran ] || complain "a trace named the compiler"
if command -v sqlite3 >/dev/null; then
    for options in " --cflags '-O2 -fplugin=./evil.so'" " --cflags -fplugin=./evil.so" " --cflags='-fplugin=./evil.so'" " --cflags '-fplugin=./evil.so" \
        " --cflags '-O2' --cflags '@evil.flags'" " --cc './evil.sh' --cflags '-B.'"; do
        cp run.db hostile.db
        sqlite3 hostile.db "UPDATE meta SET value = '${options//\'/\'\'}' WHERE key = 'options'"
        "$RETICK" replay hostile.db >.output 2>&1 </dev/null
        grep -q "which no file may\|without that it may be another program" .output || complain "$options was taken over"
        [ ! -e pwned ] || complain "$options ran something"
    done
fi
# The head of a schedule: once, and before the lines.
printf 'retick schedule 2\nscenario fast\ncflags -O2\ncflags -O1\n' >twice.schedule
expect 2 "twice.schedule:4: expected the flags of the compiler once, before all deviations" "$RETICK" replay fast.c twice.schedule
printf 'retick schedule 2\nscenario fast\nuser alice/number @1 =3\ncflags -O1\n' >late.schedule
expect 2 "late.schedule:4: expected the flags" "$RETICK" replay fast.c late.schedule
printf 'retick schedule 2\nscenario fast\ncflags -O\033[31m2\n' >colour.schedule
expect 2 'flag -O\x1b[31m2' "$RETICK" replay fast.c colour.schedule
never $'\033'
finish
