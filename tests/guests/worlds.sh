#!/usr/bin/env bash
# once: yes
# A program in a C scenario's world, by the command line: what is found there is shrunk, replayed, told beside a run that passes, and
# looked at in the trace; the repaired program passes.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
[ -e "$(dirname "$RETICK")/libretick_guest.so" ] || { came_to_finish=yes && exit 77; } # another processor's build, or a sanitizer's
cp "$scenarios"/../../../examples/guests/payments.* . || exit 1
[ -x /usr/bin/python3 ] || { came_to_finish=yes && exit 77; }

expect 0 "passed (calm)" "$RETICK" run payments.c
expect 1 "the order was paid" "$RETICK" fuzz -n 1000 -o found.db payments.c
also "each time the same"
also "shop's connection to bank is reset at byte"
also "shop says: again, after [Errno 104] Connection reset by peer"
also "found.twin.db, which passes"
[ "$(grep -vcE '^(retick|scenario|flags) ' found.schedule)" -le 2 ] || complain "more than two deviations: $(cat found.schedule)"
expect 1 "the same run as in found.db, event by event" "$RETICK" replay found.db
expect 1 "fails under" "$RETICK" shrink -o again.db payments.c found.schedule
expect 0 "again, after" "$RETICK" query found.db log
also "runs /usr/bin/python3 payments.py"
expect 0 "shop/main" "$RETICK" query found.db tasks
expect 0 "found.svg written" "$RETICK" graph found.db -o found.svg
expect 0 "200 schedules passed" "$RETICK" fuzz -n 200 payments.c:payments_repaired
finish
