#!/usr/bin/env bash
# Whether runs of a program repeat, and what of its surroundings they depend on: `retick check -- PROGRAM`.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
bank=$(realpath "$scenarios/../../../examples/bank.py")
[ -e "$(dirname "$RETICK")/libretick_guest.so" ] || finish # another processor's build, or a sanitizer's
python=/usr/bin/python3
$python -c 'import asyncio' 2>/dev/null || finish

expect 0 "every run repeats" "$RETICK" check --seeds 4 --after 5 -- $python "$bank"
also "begun by fork"
also "begun in fresh starts"
also "another folder                     same"
also "another environment                same"
never warning
printf 'import time, os\ntime.sleep(1)\nprint(os.stat("/proc/self").st_ctime_ns)\n' >differs.py
expect 1 "runs that do not repeat" "$RETICK" check --seeds 2 --after 1 -- $python differs.py
cat >surrounded.py <<'EOF'
import os, time
if os.environ["LANG"] == "C": time.sleep(1)
time.sleep(1)
print(os.environ["HOME"], os.getcwd(), hex(id(time)))
EOF
expect 0 "every run repeats, but for what is noted below" "$RETICK" check --seeds 1 --after 0 -- $python surrounded.py
also "note: what runs hold depends on where the kernel puts its memory"
also "note: what runs hold depends on the folder that it is run in"
also "note: runs depend on the environment: HOME, LANG" # and LC_ALL, where one is set
expect 1 "and runs that do not repeat" "$RETICK" check --strict --seeds 1 --after 0 -- $python surrounded.py
also "surrounded-0-b.db written"
also "what runs hold depends on where the kernel puts its memory"
finish
