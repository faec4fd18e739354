#!/usr/bin/env bash
# once: yes
# timeout: 300
# A world of programs in a file, and what is asked about its finding: whether the repaired world holds, how the two differ, how likely it
# was, and what becomes of it with one answer changed.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
[ -e "$(dirname "$RETICK")/libretick_guest.so" ] || { came_to_finish=yes && exit 77; } # another processor's build, or a sanitizer's
[ -x /usr/bin/python3 ] || { came_to_finish=yes && exit 77; }
cp "$RETICK_SOURCE"/examples/worlds/* .

expect 1 "order 17 was paid 2 times" "$RETICK" fuzz payments.yaml --repaired payments_repaired.yaml --repaired-seeds 40 -j1
also "repaired: passes under the"
also "and under 40 seeds of its own"
expect 1 "(the repair does not reach it, or it is the test's own)" "$RETICK" fuzz payments.yaml --repaired payments.yaml -j1 --no-shrink \
    --replays 1 -o same.db
also "Next: retick replay same.db payments.yaml"
expect 2 "goes with a program of your own, behind --, or with a world file" "$RETICK" fuzz payments.yaml --repaired true

expect 0 "which passes under the same schedule" "$RETICK" explain payments.db --repaired payments_repaired.yaml
expect 0 "how likely it was" "$RETICK" explain --likelihood=10 payments.yaml payments.db
also " of fresh schedules, with nothing decided"
[ "$(sed -n '/of fresh schedules/,/trusted at\|how many seeds/p' .output | grep -cE '^ +[0-9]+ +100 %')" -ge 1 ] ||
    complain "the last sentence before the failure leaves it open"

line=$(sed -n 3p payments.schedule | sed 's/ *#.*//')
expect 0 "passes" "$RETICK" whatif payments.yaml payments.db --set "${line% *} +1ms" --quiet
expect 1 "order 17 was paid 2 times" "$RETICK" whatif payments.yaml payments.db --set "$line" --quiet

# Kept in a folder beside its world, it is tried there; the repaired world passes under it.
mkdir kept
cp pay_*.py payments.yaml kept
sed '2a expect fails' payments.schedule >kept/late_receipt.schedule
expect 0 "2 passed, 0 failed" "$RETICK" test kept --seeds 0
cp payments_repaired.yaml kept/payments.yaml
expect 1 "1 passed, 1 failed" "$RETICK" test kept --seeds 0
also "stands in it: if the program was repaired"
finish
