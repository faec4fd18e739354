#!/usr/bin/env bash
# What the README shows is what happens: its example of a scenario, and the demo's finding.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
top=$(realpath "$scenarios/../../..")

awk '/<!-- example: greet.c -->/ {f = 1; next} f && /^```c/ {p = 1; next} p && /^```/ {exit} p' "$top/README.md" >greet.c
[ "$(wc -l <greet.c)" -gt 20 ] || complain "README.md has no example greet.c"
expect 0 "greet: passed (calm)" "$RETICK" run greet.c
expect 1 "no greeting within 50 ms" "$RETICK" fuzz greet.c --seeds 1000

expect 1 "was shown: chats of user" "$RETICK" fuzz "$top/scenarios/redis_pool.c" -o run.db
also "replayed 10 times"
deviations=$(grep -vc -e '^#' -e '^retick' -e '^scenario' run.schedule)
[ "$deviations" -le 3 ] || complain "the demo's schedule has $deviations deviations"
expect 0 "redis_pool_fixed: passes" "$RETICK" replay "$top/scenarios/redis_pool.c:redis_pool_fixed" run.schedule
expect 0 "run.svg written" "$RETICK" graph run.db -o run.svg
grep -q 'client\(-\|&#45;\)2' run.svg || complain "run.svg shows no client-2"
finish
