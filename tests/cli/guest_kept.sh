#!/usr/bin/env bash
# What is done with a program's finding later on: kept as a test, told beside the repaired program's run, with one answer changed.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
bank=$(realpath "$scenarios/../../../examples/bank.py")
[ -e "$(dirname "$RETICK")/libretick_guest.so" ] || finish # another processor's build, or a sanitizer's
python=/usr/bin/python3
$python -c 'import asyncio' 2>/dev/null || finish
mkdir kept
"$RETICK" fuzz -n 20 --quiet -o kept/bank.db -- $python "$bank" >.output 2>&1
[ -e kept/bank.schedule ] || complain "there is no finding"

# --- retick test: schedules start no program by themselves ---
expect 2 "it is of a program, and starts none by itself. Type it, if it is yours: retick test kept/bank.schedule -- $python $bank" "$RETICK" test kept
expect 1 "not ok 2 - bank: kept/bank.schedule" "$RETICK" test -n 0 kept -- $python "$bank"
also "exit status 1: AssertionError: the balance is -60"
also "retick replay kept/bank.schedule -- $python $bank"
cp "$bank" other.py
expect 0 "ok 2 - bank: kept/bank.schedule" "$RETICK" test -n 5 kept -- $python other.py repaired
also "ok 3 - bank: seeds 0..4"
never "no checks"
sed '3a expect fails' kept/bank.schedule >kept/still.schedule
rm kept/bank.schedule
expect 0 "not ok 3 - bank: seeds 0..4 # TODO a schedule expects it" "$RETICK" test -n 5 kept -- $python "$bank"
sed 's/^scenario bank/scenario till/' kept/still.schedule >kept/till.schedule
expect 2 "it is of the program till, and another one is tested" "$RETICK" test -n 0 kept -- $python "$bank"
expect 2 "test: which tests? Name files with scenarios, or folders" "$RETICK" test

# --- retick explain and whatif ---
expect 0 "beside bank, which passes under the same schedule" "$RETICK" explain kept/bank.db --repaired "$python '$bank' repaired"
also "repaired, too"
expect 2 "write a command as you would behind --" "$RETICK" explain kept/bank.db --repaired "'"
expect 0 "of fresh schedules, with nothing decided" "$RETICK" explain kept/bank.db --likelihood=2 -- $python "$bank"
also "100 % ("
expect 2 "starts none by itself" "$RETICK" explain kept/bank.db --likelihood=2
expect 0 "bank: with that it passes" "$RETICK" whatif kept/bank.db --set 'delivery bank<-bank#3 @1 +2ms' -o other.db -- $python "$bank"
also "with that, after 4 ms"
expect 1 "the runs are the same up to" "$RETICK" diff kept/bank.db other.db
finish
