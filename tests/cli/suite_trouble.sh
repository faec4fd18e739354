#!/usr/bin/env bash
# retick test on a folder full of trouble: whatever a file does when it is compiled, loaded or run, the other tests go on.
# timeout: 600
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

# Whatever a file does, the others go on; and the order is that of the names, however many are tested at a time.
mkdir all
for name in segfault exits forever leaks deadlocks passing unchecked constructors talkative; do cp "$scenarios/$name.c" all; done
printf '#include <retick.h>\nTICK_SCENARIO(broken, "one")\n' >all/broken.c
printf 'int helper(void);\nint helper(void) { return 1; }\n' >all/helper.c
printf 'TICK_SCENARIO\n' >all/no.txt
cat >all/trap.c <<'TEXT'
#include <retick.h>
__attribute__((constructor)) static void crash(void) { __builtin_trap(); } // before any TICK_SCENARIO
TEXT
mkdir -p all/deep/er all/.hidden && cp "$scenarios/two.c" all/deep/er && cp "$scenarios/two.c" all/.hidden
mkfifo all/waits.c all/waits.schedule
export RETICK_CFLAGS=-fno-sanitize=undefined
expect 1 "not ok" "$RETICK" test all --hang 300ms --seeds 3 --jobs 1 --junit one.xml
cp .output one.tap
also "not ok 25 - all/waits.schedule: it can be run"
also "all/waits.schedule cannot be read: it is no file"
grep -E '^(not )?ok ' one.tap | sed -E 's/ [0-9]+ - / /' >results
for result in "not ok all/broken.c: it can be loaded" "not ok all/trap.c: it can be loaded" \
    "ok all/passing.c:passing: calm" "ok all/passing.c:passing: seeds 0..2" \
    "not ok all/deadlocks.c:deadlocks: calm" "not ok all/exits.c:exits: calm" "not ok all/deep/er/two.c:faulty: calm" "ok all/deep/er/two.c:fine: seeds 0..2" \
    "not ok all/leaks.c:leaks: calm" "ok all/segfault.c:segfault: calm" "ok all/unchecked.c:unchecked: calm"; do
    grep -qxF "$result" results || complain "there is no \"$result\" in $(cat results)"
done
also 'verdict: "hang"'
also 'verdict: "exit"'
also "# it has no checks: only crashes, deadlocks and leaks can be found"
also 'message: "all/broken.c does not compile ('
also 'cc says why above, exit 1)"' # by the name that the build calls it
also 'message: "all/trap.c: fails when it is loaded, before any scenario runs"'
never helper
never .hidden
never no.txt
grep -v "^retick: \|error:\|^ \|In function\|note:" one.tap | grep -E '^(not )?ok |^  (verdict|message|next)|^#|^1\.\.' >one.told
expect 1 "not ok" "$RETICK" test all --hang 300ms --seeds 3 --jobs 4 --junit four.xml
grep -v "^retick: \|error:\|^ \|In function\|note:" .output | grep -E '^(not )?ok |^  (verdict|message|next)|^#|^1\.\.' >four.told
cmp -s one.told four.told || complain "--jobs 4 tells something else: $(diff one.told four.told)"
cmp -s one.xml four.xml || complain "--jobs 4 writes something else: $(diff one.xml four.xml)"
if command -v python3 >/dev/null; then
    python3 - one.xml >.output 2>&1 <<'PYTHON' || complain "the report is not as it should be"
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
count = [len(root.findall(".//" + word)) for word in ("testcase", "failure", "error", "skipped")]
assert count == [25, 11, 2, 0], count
assert "error: expected" in root.find(".//testsuite[@name='all/broken.c']//error").text
PYTHON
fi
finish
