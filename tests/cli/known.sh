#!/usr/bin/env bash
# A scenario whose files are all as they were is not even preprocessed again; whatever could make another program of it is noticed.
# once: yes
cache=own
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
mkdir -p bin program/near far
cat >bin/counted-cc <<TEXT
#!/bin/sh
echo called >>"$work/calls"
exec cc "\$@"
TEXT
chmod +x bin/counted-cc
export RETICK_CC=$work/bin/counted-cc
cat >program/answer.c <<'TEXT'
#include "answer.h"
#include <retick.h>
static int body(void *unused) { (void)unused; return tick_check(ANSWER == 42, "the answer is %d", ANSWER); }
TICK_SCENARIO(answer, "depends on a header") { tick_host_add(world, "alice", body, NULL); }
TEXT
echo '#define ANSWER 42' >far/answer.h
flags="-Ifar"

# answers N CODE WHY: what it says now. calm: and no compiler was called for it.
answers() {
    : >calls
    # shellcheck disable=SC2086
    expect "$2" "" "$RETICK" run program/answer.c --cflags "$flags" -o program/run.db
    [ "$2" = 0 ] || also "the answer is $1"
}
settle() { # files that were touched just now are trusted from the next moment on
    sleep 0.05
    answers "$@"
}
calm() {
    checks=$((checks + 1))
    answers "$@"
    [ ! -s calls ] || complain "$3: the compiler was called $(wc -l <calls) times"
}
asked() {
    checks=$((checks + 1))
    answers "$@"
    [ -s calls ] || complain "$3: the compiler was not called"
}

asked 42 0 "the first run"
settle 42 0
calm 42 0 "nothing changed but the trace beside the source"
calm 42 0 "nor now"

# What it reads
touch -r far/answer.h then
echo '#define ANSWER 41' >far/answer.h
touch -r then far/answer.h
asked 41 1 "a header has other bytes, and says the same time"
settle 41 1
calm 41 1 "that header is known"
echo '#define ANSWER 42' >far/answer.h
asked 42 0 "the header is as it was first"
settle 42 0
echo '#define ANSWER 40' >program/answer.h
asked 40 1 "a header has come beside the source, before the one that was found"
rm program/answer.h
settle 42 0
settle 42 0
calm 42 0 "and went"
mkdir before
flags="-Ibefore -I far"
settle 42 0
settle 42 0
calm 42 0 "another folder of headers"
echo '#define ANSWER 39' >before/answer.h
asked 39 1 "a header has come in a folder that is looked at before"
rm -r before
flags="-Ifar"
settle 42 0
echo '// more' >>program/answer.c
asked 42 0 "the source has one line more"

# How it is made
settle 42 0
flags="-Ifar -DANSWER=42"
expect 0 "" "$RETICK" run program/answer.c --cflags "$flags" -o program/run.db
flags="-Ifar"
settle 42 0
calm 42 0 "other words are another command"
sleep 0.05
touch bin/counted-cc
asked 42 0 "the compiler's file was touched"
settle 42 0
calm 42 0 "and is known now"
export CPATH=$work/far
asked 42 0 "folders of headers in the environment"
asked 42 0 "which are never relied on"
unset CPATH
echo '#define MORE 1' >macros
flags="-Ifar -imacros macros"
settle 42 0
asked 42 0 "an option that reads files unseen"
flags="-Ifar"
: >calls
cd program || exit 1
expect 0 "" "$RETICK" run answer.c --cflags "-I$work/far"
cd .. || exit 1
[ -s calls ] || complain "another folder is another program: its messages name other paths"

# Where else a header could newly stand, and what else the compiler is told
mkdir far/sub
echo '#include "sub/outer.h"' >far/answer.h
echo '#include "deep.h"' >far/sub/outer.h
printf '#ifndef ANSWER\n#define ANSWER 42\n#endif\n' >far/deep.h
settle 42 0
settle 42 0
calm 42 0 "headers that headers name"
echo '#define ANSWER 38' >far/sub/deep.h
asked 38 1 "a header has come beside the one that names it"
rm far/sub/deep.h
echo '#define FIRST' >far/first.h
flags="-include first.h -Ifar"
settle 42 0
settle 42 0
calm 42 0 "a header before all others"
echo '#define ANSWER 37' >first.h
asked 37 1 "a header of that name has come where it is looked for first"
rm first.h
flags="-Ifar"
settle 42 0
settle 42 0
calm 42 0 "nothing in the environment"
export SOURCE_DATE_EPOCH=1
asked 42 0 "the compiler is told another time"
unset SOURCE_DATE_EPOCH
calm 42 0 "and no more"
mkdir elsewhere
cp -r program far elsewhere
sleep 0.05
: >calls
cd elsewhere || exit 1
expect 0 "" "$RETICK" run program/answer.c --cflags "$flags" -o program/run.db
cd .. || exit 1
[ -s calls ] || complain "the same files in another folder are another program: its places are named from there"

# What says the time of its making
sed -i '1i static const char *made(void) { return __TIME__; }' program/answer.c
sed -i 's/(void)unused;/(void)unused; (void)made();/' program/answer.c
settle 42 0
settle 42 0
asked 42 0 "the source says __TIME__"
sed -i 1d program/answer.c
sed -i 's/(void)made();//' program/answer.c

# What is remembered is as safe as what is loaded
settle 42 0
calm 42 0 "before anything is damaged"
for file in cache/retick/*.known; do printf x | dd of="$file" bs=1 seek=60 conv=notrunc status=none; done
asked 42 0 "what was remembered is damaged"
settle 42 0
calm 42 0 "and whole again"
chmod 722 cache/retick/*.known
asked 42 0 "others could write what was remembered"
settle 42 0
rm cache/retick/*.so
asked 42 0 "the object is gone"
calm 42 0 "and made anew"
touch -d "31 days ago" cache/retick/*.known
echo 'extern int and_more;' >>program/answer.c
answers 42 0
[ "$(find cache/retick -name '*.known' -mtime +30 | wc -l)" = 0 ] || complain "what is old is kept"
[ -z "$(find cache -name '*.known.*')" ] || complain "left behind: $(find cache -name '*.known.*')"
finish
